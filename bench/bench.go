//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/skirmish-dev/skirmish/bench/bot"
	"github.com/skirmish-dev/skirmish/bench/floor"
	"github.com/skirmish-dev/skirmish/bench/load"
	"github.com/skirmish-dev/skirmish/bench/proc"
	"github.com/skirmish-dev/skirmish/bench/product"
)

// bench is one use of the command.
type bench struct {
	cfg    config
	server proc.Set // processors of the server and of the floor
	dir    string
	floor  string           // the program; empty: there is none
	built  *product.Program // of cmd/skirmish, once it has been built
	all    proc.Set         // processors of this process before it gave one away
	peer   *peer            // another server in place of ours; nil: ours
	told   io.Writer        // of how it goes
}

func newBench(cfg config) (*bench, error) {
	files, err := proc.RaiseFiles()
	if err != nil {
		return nil, err
	}
	if files < 20_000 {
		fmt.Fprintf(os.Stderr, "bench: this process may open %d files only: raise the limit (ulimit -n) for large runs\n", files)
	}
	all, err := proc.Allowed()
	if err != nil {
		return nil, err
	}
	b := &bench{cfg: cfg, server: all, all: all, told: os.Stderr, built: new(product.Program)}
	if b.dir, err = os.MkdirTemp("", "skirmish-bench-"); err != nil {
		return nil, err
	}
	if cfg.floor {
		if b.floor, err = floor.Build(b.dir); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

// separate gives the server a processor of its own, and this process the others.
func (b *bench) separate() error {
	all := b.server
	if all.Len() == 1 {
		b.say("bench: there is one processor only, which server and load share: the figures mean little")
		return nil
	}
	b.server = proc.Of(all.First())
	return proc.Pin(all &^ b.server)
}

func (b *bench) close() { _ = os.RemoveAll(b.dir) }

// say tells how it goes.
func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.told, format+"\n", args...) }

// runContext is what the parts of one run share.
type runContext struct {
	context.Context
	server *server
	joiner *bot.Joiner
	target *load.Skirmish
	load   *load.Generator
	rss    int64 // of the server before anybody joined
}

// with runs f with a fresh server and a load generator for it.
func (b *bench) with(ctx context.Context, s scenario, n size, f func(runContext) error) error {
	srv, err := startServer(ctx, b.cfg, b.server)
	if err != nil {
		return err
	}
	defer srv.stop()
	rc := runContext{Context: ctx, server: srv}
	if rc.rss, err = proc.RSS(srv.PID); err != nil {
		return err
	}
	rc.joiner, err = bot.NewJoiner(ctx, bot.Config{
		URL: srv.url, Game: s.game.Name(), Clients: n.clients, Rooms: n.rooms, Options: s.options(n),
	})
	if err != nil {
		return err
	}
	defer rc.joiner.Close()
	rc.target = &load.Skirmish{
		Seats: rc.joiner, Schema: s.game.Schema(), Rate: s.rate(), Plain: b.cfg.codec == "plain", Decode: s.decode, Watches: s.watches(n),
	}
	rc.load, err = load.New(load.Config{Target: rc.target, Rate: s.rate(), OnPlaying: b.progress(n.clients)})
	if err != nil {
		return err
	}
	defer rc.load.Close()
	return f(rc)
}

// progress tells every few seconds how many play, while they join.
func (b *bench) progress(all int) func(n int) {
	const every = 5 * time.Second
	last := time.Now()
	return func(n int) {
		if now := time.Now(); now.Sub(last) >= every {
			last = now
			b.say("  %d of %d play", n, all)
		}
	}
}

// during measures for d.
func (rc runContext) during(d time.Duration) func() (load.Window, error) {
	return func() (load.Window, error) {
		w, err := rc.load.Measure(rc, d)
		return w, errors.Join(err, rc.Err())
	}
}

// join lets clients in, and complains about those that fail.
func (b *bench) join(rc runContext, from, to int) (time.Duration, error) {
	start := time.Now()
	failed, err := rc.load.Join(rc, from, to)
	if err == nil && failed > 0 {
		b.say("  %d of %d clients did not get in: %v", failed, to-from, rc.load.Failures())
	}
	return time.Since(start), err
}

// observe reads what the server costs while measure runs.
func (b *bench) observe(rc runContext, s scenario, n size, measure func() (load.Window, error)) (result, error) {
	r := result{Scenario: s.name, Rooms: n.rooms, Clients: rc.load.Playing()}
	r.Detail.Codec, r.Detail.Resume = b.cfg.codec, b.cfg.resume
	// The same readings as below, with nothing between them, show what these allocate.
	allocs := allocations{server: rc.server}
	if err := errors.Join(allocs.read(rc), allocs.scraped(rc), allocs.scraped(rc), allocs.read(rc)); err != nil {
		return r, err
	}
	before, err := rc.server.scrape(rc)
	if err != nil {
		return r, err
	}
	used, err := readCost(rc.server.PID, b.server)
	if err != nil {
		return r, err
	}
	profiled := b.profile(rc)
	w, err := measure()
	if err := errors.Join(err, <-profiled); err != nil {
		return r, err
	}
	now, err := readCost(rc.server.PID, b.server)
	if err != nil {
		return r, err
	}
	after, err := rc.server.scrape(rc)
	if err := errors.Join(err, allocs.read(rc)); err != nil {
		return r, err
	}
	diff := after.since(before)
	r.take(w)
	r.count(diff, w)
	if ticks := diff["skirmish_ticks_total"]; ticks > 0 {
		r.AllocsPerTick = round(max(0, allocs.more()) / ticks)
	}
	r.charge(now.since(used), w)
	if n := rc.load.Playing(); n > 0 {
		r.RSSPerClient = round(float64(now.rss-rc.rss) / 1024 / float64(n))
	}
	return r, nil
}

// profile takes a profile of the server while a run is measured, if it is asked for. The channel gives what went wrong.
func (b *bench) profile(rc runContext) <-chan error {
	done := make(chan error, 1)
	if b.cfg.profile == "" {
		done <- nil
		return done
	}
	go func() { done <- rc.server.profile(rc, b.cfg.duration, b.cfg.profile) }()
	return done
}

// steady is a run in which everybody plays.
func (b *bench) steady(rc runContext, s scenario, n size) (result, error) {
	took, err := b.join(rc, 0, n.clients)
	if err != nil {
		return result{}, err
	}
	rc.joiner.Close()
	if err := pause(rc, b.cfg.settle); err != nil {
		return result{}, err
	}
	r, err := b.observe(rc, s, n, rc.during(b.cfg.duration))
	r.Detail.JoinS = round(took.Seconds())
	return r, err
}

// once makes one run with a fresh server, and those beside it.
func (b *bench) once(ctx context.Context, s scenario, n size) (r result, err error) {
	if b.peer != nil {
		return b.peerOnce(ctx, s, n)
	}
	err = b.with(ctx, s, n, func(rc runContext) (err error) {
		r, err = s.run(b, rc, s, n)
		return err
	})
	if err == nil && s.floor && b.floor != "" {
		err = b.beside(ctx, s, &r)
	}
	return r, err
}

// repeat makes the runs and returns them, the one with the median cost first.
func (b *bench) repeat(ctx context.Context, s scenario, n size) ([]result, error) {
	var list []result
	for i := range b.cfg.runs {
		b.say("%s, run %d of %d: %d clients in %d rooms", s.name, i+1, b.cfg.runs, n.clients, n.rooms)
		r, err := b.once(ctx, s, n)
		if err != nil {
			return list, err
		}
		b.say("  %s", r.line())
		list = append(list, r)
	}
	middle := median(list, func(r result) float64 { return r.CPUPerSnapshot })
	return append([]result{middle}, list...), nil
}

// busy is the percentage of time that a server may wait for a processor that should be its own. Its own threads make each other
// wait a little.
const busy = 10

// line is a result for people.
func (r *result) line() string {
	s := fmt.Sprintf("%.2f Hz (min %.2f), gap p99 %.1f ms, %.0f B and %.2f us per snapshot", r.HzMean, r.HzMin, r.GapMS.P99,
		r.BytesPerSnapshot, r.CPUPerSnapshot)
	if r.FloorUS > 0 {
		s += fmt.Sprintf(" (floor %.2f: x%.2f)", r.FloorUS, r.CPUPerSnapshot/r.FloorUS)
	}
	if r.Detail.TransportUS > 0 {
		s += fmt.Sprintf(" (transport alone %.2f: x%.2f)", r.Detail.TransportUS, r.transportRatio())
	}
	if r.LatenessMS.P99 > 0 { // other servers do not tell
		s += fmt.Sprintf(", late %.2f / %.2f ms (p50 / p99), drift %.2f ticks", r.LatenessMS.P50, r.LatenessMS.P99, r.Detail.DriftTicks)
	}
	s += fmt.Sprintf(", server %.0f %%, load %.0f %% of a processor", r.Detail.ServerCPU, r.BotsCPU)
	if p := r.Detail.Processor; p != nil {
		s += fmt.Sprintf("; on the server's: others %.1f, packets %.1f, stolen %.1f, idle %.1f %%, waited %.1f %% of the time", p.Others, p.IRQ,
			p.Steal, p.Idle, r.Detail.ServerWaited)
	}
	switch {
	case r.Detail.BotsWereLimit:
		s += "; THE LOAD WAS THE LIMIT"
	case r.Detail.Limit == limitBoth:
		s += "; server and load were both full"
	}
	if r.Detail.ServerWaited > busy {
		s += fmt.Sprintf("; THE SERVER WAITED FOR ITS PROCESSOR %.0f %% OF THE TIME: others use this machine", r.Detail.ServerWaited)
	}
	return s
}

// single runs one scenario.
func (b *bench) single(ctx context.Context) error {
	runs, err := b.runs(ctx, b.cfg.find())
	if err != nil {
		return err
	}
	verdicts := judge(runs[1:])
	printVerdicts(os.Stderr, verdicts)
	if err := b.writeJSON(runs[0]); err != nil {
		return err
	}
	return b.checked(verdicts)
}

// runs makes the runs that the command line asks for, the one with the median cost first and again in its place.
func (b *bench) runs(ctx context.Context, s scenario) ([]result, error) {
	if b.cfg.auto {
		return b.confirmed(ctx, s)
	}
	return b.repeat(ctx, s, s.size(b.cfg))
}

// errBar says that a figure misses its bar.
var errBar = errors.New("figures miss their bars")

// checked is an error if a bar is missed and that matters.
func (b *bench) checked(list []verdict) error {
	missed := 0
	for _, v := range list {
		if !v.Pass {
			missed++
		}
	}
	if !b.cfg.check || missed == 0 {
		return nil
	}
	return fmt.Errorf("%d %w", missed, errBar)
}

// printVerdicts writes the table of figures and bars.
func printVerdicts(out io.Writer, list []verdict) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, v := range list {
		word := "pass"
		if !v.Pass {
			word = "MISS"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\tbar %s\t%s\t%s\n", word, v.Scenario, v.Name, v.Figure(), v.Bar, v.Of(), v.From)
	}
	_ = t.Flush() // a terminal that is gone is no reason to lose the figures
}

func (b *bench) writeJSON(v any) error {
	if b.cfg.json == "" {
		return nil
	}
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	raw = append(raw, '\n')
	if b.cfg.json == "-" {
		_, err = os.Stdout.Write(raw)
		return err
	}
	return os.WriteFile(b.cfg.json, raw, 0o644)
}

// pause waits for d, or until ctx is done, whose error it returns.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
