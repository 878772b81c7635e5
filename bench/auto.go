//go:build linux

package main

import (
	"context"
	"time"
)

// probe is how long one try of the search is measured; what it finds is confirmed with runs of full length.
const probe = 5 * time.Second

// remade is how many times a try is made again in which the server could not have its processor.
const remade = 2

// fine is to which part of it the largest load is searched.
const fine = 20

// unit is by how many clients a search for the largest load goes: whole rooms, where the scenario has rooms.
func (s scenario) unit() int {
	if s.perRoom > 0 {
		return s.perRoom
	}
	return 10
}

// trial is one load that a server was given in a search.
type trial struct {
	Clients int     `json:"clients"`
	Carried bool    `json:"carried"`
	Error   string  `json:"error,omitempty"` // such as nobody getting in
	Result  *result `json:"result,omitempty"`
}

// attempt gives a fresh server a load. That it is too much for the server is no error.
func (b *bench) attempt(ctx context.Context, s scenario, n int) (trial, error) {
	t := trial{Clients: n}
	r, err := b.once(ctx, s, s.sized(n))
	switch {
	case ctx.Err() != nil:
		return t, ctx.Err()
	case err != nil:
		t.Error = err.Error()
		b.say("  %d clients: too much. %v", n, err)
		return t, nil
	}
	t.Result, t.Carried = &r, r.Clients == n && r.holds(s.rate())
	word := "too much"
	if t.Carried {
		word = "carried"
	}
	b.say("  %d clients: %s. %s", n, word, r.line())
	return t, nil
}

// fair is attempt for a machine that others use, too: what is not carried while the server waited for its processor says nothing about it,
// and is tried again.
func (b *bench) fair(ctx context.Context, s scenario, n int) (t trial, err error) {
	for range 1 + remade {
		t, err = b.attempt(ctx, s, n)
		if err != nil || t.Carried || t.Result == nil || t.Result.Detail.ServerWaited <= busy {
			break
		}
		b.say("  once more: the server waited for its processor")
	}
	return t, err
}

// tried is what a search needs to know of it.
func (t trial) tried() tried {
	if t.Result == nil {
		return tried{}
	}
	return tried{carried: t.Carried, cpu: t.Result.Detail.ServerCPU}
}

// largest searches with a fresh server for each try.
func (b *bench) largest(ctx context.Context, s scenario) (size, error) {
	short := *b
	short.cfg.duration, short.cfg.profile, short.floor = probe, "", ""
	in, err := searcher{unit: s.unit(), part: fine, try: func(n int) (tried, error) {
		t, err := short.attempt(ctx, s, n)
		return t.tried(), err
	}}.fresh(s.size(b.cfg).clients)
	return s.sized(in.Carried), err
}

// confirmed makes the runs at the largest load, or a little below it: a short try may have been lucky.
func (b *bench) confirmed(ctx context.Context, s scenario) ([]result, error) {
	n, err := b.largest(ctx, s)
	for unit := s.unit(); ; n = s.sized(max(unit, n.clients*19/20/unit*unit)) {
		if err != nil {
			return nil, err
		}
		runs, err := b.repeat(ctx, s, n)
		if err != nil || runs[0].holds(s.rate()) || n.clients <= unit {
			return runs, err
		}
	}
}
