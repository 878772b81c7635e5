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

// tried is what came of one load.
type tried struct {
	carried bool
	cpu     float64 // share of its processor that the server used, in percent
}

// fine is to which part of it the largest load is searched.
const fine = 20

// search looks for the most clients, in steps, that are carried, to about a part of them. It begins with first.
func search(first, part int, try func(n int) (tried, error)) (int, error) {
	carried, tooMuch := 0, 0
	for n := first; ; n = max(step, n/step*step) {
		t, err := try(n)
		if err != nil {
			return 0, err
		}
		if t.carried {
			carried = n
		} else {
			tooMuch = n
		}
		switch {
		case tooMuch == 0:
			// As many as this one leaves room for, but not so many that all the next tries are lost ones.
			n = max(n+max(step, n/part), int(float64(n)*min(100/max(t.cpu, 1), 2)))
		case carried == 0 && n <= step:
			return 0, errNothing
		case carried == 0:
			n = n * 2 / 3
		case tooMuch-carried <= max(step, carried/part):
			return carried, nil
		default:
			n = (carried + tooMuch) / 2
		}
	}
}

// largest searches with a fresh server for each try.
func (b *bench) largest(ctx context.Context, s scenario) (size, error) {
	short := *b
	short.cfg.duration, short.cfg.profile, short.floor = probe, "", ""
	first := max(step, s.size(b.cfg).clients/step*step)
	n, err := search(first, b.cfg.fine, func(n int) (tried, error) {
		r, err := short.once(ctx, s, s.sized(n))
		switch {
		case ctx.Err() != nil:
			return tried{}, ctx.Err()
		case err != nil: // such as nobody getting in
			b.say("  %d clients: too much. %v", n, err)
			return tried{}, nil
		}
		t := tried{carried: r.Clients == n && r.holds(s.rate()), cpu: r.Detail.ServerCPU}
		word := "too much"
		if t.carried {
			word = "carried"
		}
		b.say("  %d clients: %s. %s", n, word, r.line())
		return t, nil
	})
	return s.sized(n), err
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
