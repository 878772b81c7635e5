//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"

	"github.com/skirmish-dev/skirmish/bench/proc"
	"github.com/skirmish-dev/skirmish/bench/rest/apply"
	"github.com/skirmish-dev/skirmish/internal/pgtest"
)

// bench is one use of the command.
type bench struct {
	cfg      config
	server   proc.Set       // processors of the server and of PostgreSQL
	postgres *pgtest.Server // nil: not wanted
}

// prepare gives the server a processor of its own, this process the others, and starts PostgreSQL.
func (b *bench) prepare(context.Context) error {
	all, err := proc.Allowed()
	if err != nil {
		return err
	}
	b.server = all
	if all.Len() == 1 {
		fmt.Fprintln(os.Stderr, "rest: there is one processor only, which server and load share: the figures mean little")
	} else {
		b.server = proc.Of(all.First())
		if err := proc.Pin(all &^ b.server); err != nil {
			return err
		}
	}
	if slices.Contains(b.cfg.dbs, postgres) {
		return proc.StartOn(b.server, func() error {
			b.postgres, err = pgtest.New()
			return err
		})
	}
	return nil
}

func (b *bench) close() {
	if b.postgres != nil {
		if err := b.postgres.Remove(); err != nil {
			fmt.Fprintln(os.Stderr, "rest:", err)
		}
	}
}

// measure runs everything: each database in turn, so that what else the machine does meets them alike.
func (b *bench) measure(ctx context.Context) (report, error) {
	r := report{Clients: b.cfg.clients, DurationS: b.cfg.duration.Seconds(), Runs: b.cfg.runs}
	for n := range b.cfg.runs {
		for _, db := range b.cfg.dbs {
			fmt.Fprintf(os.Stderr, "rest: run %d of %d, %s\n", n+1, b.cfg.runs, db)
			list, err := b.one(ctx, db)
			if err != nil {
				return r, fmt.Errorf("%s: %w", db, err)
			}
			for _, s := range list {
				s.DB, s.Run = db, n+1
				r.Samples = append(r.Samples, s)
			}
		}
	}
	return r, nil
}

// one measures one server, and then the results.
func (b *bench) one(ctx context.Context, db string) (list []sample, err error) {
	if len(b.cfg.only) == 0 || !slices.Equal(b.cfg.only, []string{applying}) {
		if list, err = b.serve(ctx, db); err != nil {
			return nil, err
		}
	}
	if b.cfg.wants(applying) {
		for _, s := range []struct {
			name   string
			atOnce int
		}{{applying, b.cfg.clients}, {applyOnes, 1}} {
			one, err := b.apply(ctx, db, s.atOnce)
			if err != nil {
				return nil, err
			}
			one.Scenario = s.name
			list = append(list, one)
		}
	}
	return list, nil
}

func (b *bench) serve(ctx context.Context, db string) (list []sample, err error) {
	dsn, err := b.dsn(ctx, db)
	if err != nil {
		return nil, err
	}
	srv, err := startServer(b.server, dsn)
	if err != nil {
		return nil, err
	}
	defer srv.stop()
	w, err := newWorld(srv, b.cfg)
	if err != nil {
		return nil, err
	}
	wanted := slices.DeleteFunc(slices.Clone(scenarios), func(s scenario) bool { return !b.cfg.wants(s.name) })
	for i, s := range wanted {
		file := ""
		if i == len(wanted)-1 {
			file = b.cfg.profile
		}
		profiled := srv.profile(ctx, b.cfg.duration, file)
		some, err := b.observe(ctx, w, s)
		if err := errors.Join(err, <-profiled); err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// dsn is a fresh database: empty for SQLite, which is in the server's folder.
func (b *bench) dsn(ctx context.Context, db string) (string, error) {
	if db == sqlite {
		return "", nil
	}
	return b.postgres.Schema(ctx)
}

// apply has a child apply results on the server's processor.
func (b *bench) apply(ctx context.Context, db string, atOnce int) (sample, error) {
	dsn, err := b.dsn(ctx, db)
	if err != nil {
		return sample{}, err
	}
	dir, err := os.MkdirTemp("", "skirmish-rest-")
	if err != nil {
		return sample{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	order, err := json.Marshal(apply.Config{Dir: dir, URL: dsn, AtOnce: atOnce, Duration: b.cfg.duration})
	if err != nil {
		return sample{}, err
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), applyEnv+"="+string(order))
	cmd.Stderr = os.Stderr
	var out []byte
	err = proc.StartOn(b.server, func() (err error) {
		out, err = cmd.Output()
		return err
	})
	if err != nil {
		return sample{}, fmt.Errorf("apply results: %w", err)
	}
	var f apply.Figures
	if err := json.Unmarshal(out, &f); err != nil {
		return sample{}, fmt.Errorf("apply results: %w", err)
	}
	return sample{
		PerS: round(float64(f.Applied) / b.cfg.duration.Seconds()), P50MS: round(f.P50MS), P99MS: round(f.P99MS), MaxMS: round(f.MaxMS),
		N: f.Applied, ServerPct: share(f.CPU, b.cfg.duration), Bars: coarse(f.Bars),
	}, nil
}
