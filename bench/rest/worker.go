//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/skirmish-dev/skirmish/bench/hist"
	"github.com/skirmish-dev/skirmish/bench/proc"
)

// errRefused is an answer that was not wanted.
var errRefused = errors.New("an answer was not the one that is wanted")

// worker is one client. Owned by its goroutine until that has ended.
type worker struct {
	world      *world
	conn       conn
	begin, end time.Time // of the time that counts
	turn, of   int       // it takes every of-th account
	etag       string
	seen       map[string]*hist.Histogram // by name; of what has ended while it counts
	errs       int
	first      error
}

// next is a number that no other worker gets.
func (w *worker) next() int {
	w.turn += w.of
	return w.turn
}

// token is the access token of a guest that no other worker has.
func (w *worker) token() string {
	if w.turn += w.of; w.turn >= len(w.world.tokens) {
		w.turn %= w.of
	}
	return w.world.tokens[w.turn]
}

// call makes a request and times it. An answer of another status is an error.
func (w *worker) call(name string, status int, r request, read func(answer) error) error {
	r.from = w.world.from()
	a, err := w.timed(name, status, r)
	switch {
	case err != nil:
		return err
	case a.status != status:
		return unwanted(r, a)
	case read != nil:
		return read(a)
	}
	return nil
}

// timed makes a request, and counts it if it has the status and ends in time.
func (w *worker) timed(name string, status int, r request) (answer, error) {
	begun := time.Now()
	a, err := w.conn.do(r)
	now := time.Now()
	if err == nil && a.status == status && !now.Before(w.begin) && now.Before(w.end) {
		if w.seen[name] == nil {
			w.seen[name] = hist.New()
		}
		w.seen[name].Record(now.Sub(begun))
	}
	return a, err
}

// run does a step over and over until the time is over.
func (w *worker) run(ctx context.Context, step func(*worker) error) {
	defer w.conn.close()
	for ctx.Err() == nil && time.Now().Before(w.end) {
		if err := step(w); err != nil {
			w.errs++
			w.first = errors.Join(w.first, err)
			if w.errs == 10 { // each may take long
				return
			}
		}
	}
}

// observe lets the clients do a scenario, and says what came of it.
func (b *bench) observe(ctx context.Context, w *world, s scenario) ([]sample, error) {
	if s.prepare != nil {
		if err := s.prepare(w, ctx); err != nil {
			return nil, err
		}
	}
	begin := time.Now().Add(min(time.Second, b.cfg.duration/5))
	workers := make([]*worker, b.cfg.clients)
	var done sync.WaitGroup
	for i := range workers {
		c := &worker{
			world: w, conn: conn{addr: w.server.addr}, begin: begin, end: begin.Add(b.cfg.duration), turn: i, of: b.cfg.clients,
			seen: map[string]*hist.Histogram{},
		}
		workers[i] = c
		done.Go(func() { c.run(ctx, s.step) })
	}
	if err := until(ctx, begin); err != nil {
		return nil, err
	}
	before, err := busy(os.Getpid(), w.server.PID)
	if err != nil {
		return nil, err
	}
	if err := until(ctx, begin.Add(b.cfg.duration)); err != nil {
		return nil, err
	}
	after, err := busy(os.Getpid(), w.server.PID)
	if err != nil {
		return nil, err
	}
	done.Wait()
	all, errs, first := map[string]*hist.Histogram{}, 0, error(nil)
	for _, c := range workers {
		errs, first = errs+c.errs, errors.Join(first, c.first)
		for name, h := range c.seen {
			if all[name] == nil {
				all[name] = hist.New()
			}
			all[name].Add(h)
		}
	}
	if errs > 0 {
		return nil, fmt.Errorf("%s: %d errors, such as %.400s: %w", s.name, errs, first.Error(), errRefused)
	}
	var list []sample
	for _, name := range []string{s.name, cancels} {
		if h := all[name]; h != nil {
			list = append(list, sample{
				Scenario: name, PerS: round(float64(h.Count()) / b.cfg.duration.Seconds()), P50MS: round(h.MS(50)), P99MS: round(h.MS(99)),
				MaxMS: round(h.MaxMS()), N: h.Count(), LoadPct: share(after[0]-before[0], b.cfg.duration),
				ServerPct: share(after[1]-before[1], b.cfg.duration), Bars: coarse(h.Bars()),
			})
		}
	}
	return list, nil
}

// busy is the processor time that processes have used.
func busy(pids ...int) ([]time.Duration, error) {
	var list []time.Duration
	for _, pid := range pids {
		d, err := proc.CPU(pid)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// share is used of one processor, in per cent.
func share(used, of time.Duration) float64 { return round(100 * float64(used) / float64(of)) }

func until(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
