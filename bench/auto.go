//go:build linux

package main

import (
	"context"
	"errors"
	"time"
)

// probe is how long one try of the search is measured; what it finds is confirmed with runs of full length.
const probe = 5 * time.Second

// step is by how many clients the search goes.
const step = 50

// errNothing says that not even the smallest load was carried.
var errNothing = errors.New("the server does not even carry 50 clients")

// largest looks for the most clients that the server carries, to about a twentieth, each try with a fresh server.
func (b *bench) largest(ctx context.Context, s scenario) (size, error) {
	short := *b
	short.cfg.duration, short.floor = probe, ""
	carried, tooMuch := 0, 0
	for n := s.size(b.cfg).clients; ; n = max(step, n/step*step) {
		r, err := short.once(ctx, s, s.sized(n))
		if ctx.Err() != nil {
			return size{}, ctx.Err()
		}
		if err == nil && r.Clients == n && r.holds(s.rate()) {
			b.say("  %d clients: carried. %s", n, r.line())
			carried = n
		} else if err == nil {
			b.say("  %d clients: too much. %s", n, r.line())
			tooMuch = n
		} else {
			b.say("  %d clients: too much. %v", n, err)
			tooMuch = n
		}
		switch {
		case tooMuch == 0:
			// As many as this one leaves room for, but not so many that all the next tries are lost ones.
			n = int(float64(n) * min(max(100/max(r.Detail.ServerCPU, 1), 1.1), 2))
		case carried == 0 && n <= step:
			return size{}, errNothing
		case carried == 0:
			n = n * 2 / 3
		case tooMuch-carried <= max(step, carried/20):
			return s.sized(carried), nil
		default:
			n = (carried + tooMuch) / 2
		}
	}
}

// confirmed makes the runs at the largest load, or a little below it: a short try may have been lucky.
func (b *bench) confirmed(ctx context.Context, s scenario) ([]result, error) {
	n, err := b.largest(ctx, s)
	for {
		if err != nil {
			return nil, err
		}
		runs, err := b.repeat(ctx, s, n)
		if err != nil || runs[0].holds(s.rate()) || n.clients <= step {
			return runs, err
		}
		n = s.sized(max(step, n.clients*19/20/step*step))
	}
}
