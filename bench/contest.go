//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// searches is how many searches a server gets on which a bar hangs: its figure is their median.
const searches = 3

// few is the smaller of the two sizes at which servers are compared; the other is the most that each carries.
const few = 400

// contestant is one server of the comparison.
type contestant struct {
	row      *compared
	searches int // 0: it only gets few clients
	part     int // to which part of it the most is searched
	unit     int
	rate     int
	before   int                                       // what the newest report says that it carries; 0: there is none
	repeat   func(context.Context) ([]result, error)   // with few clients, the median first
	try      func(context.Context, int) (trial, error) // with a fresh server
	verify   func(context.Context, int) (trial, error) // the same for longer
}

// turn is one piece of the comparison: a contestant with few clients, or one of its searches.
type turn struct {
	*contestant
	search int // from 1; 0: with few clients
}

// schedule says in which order the contestants of one scenario take their turns. Those that get as many searches go round by round, A B C
// A B C: what the machine does to one of a round, it does to all. Those with most go first.
func schedule(list []*contestant) (turns []turn) {
	left := slices.Clone(list)
	slices.SortStableFunc(left, func(x, y *contestant) int { return y.searches - x.searches })
	for len(left) > 0 {
		n := slices.IndexFunc(left, func(c *contestant) bool { return c.searches < left[0].searches })
		if n < 0 {
			n = len(left)
		}
		for round := 0; round <= left[0].searches; round++ {
			for _, c := range left[:n] {
				turns = append(turns, turn{c, round})
			}
		}
		left = left[n:]
	}
	return turns
}

// tries is about how many times a server is started for a turn.
func (t turn) tries() int {
	switch {
	case t.search == 0:
		return 1
	case t.search > 1 || t.before > 0:
		return 4
	case t.part < fine:
		return 6
	}
	return 8
}

// String names the turn.
func (t turn) String() string {
	if t.search == 0 {
		return fmt.Sprintf("%s: %s, %d clients", t.row.Scenario, t.row.Name, few)
	}
	return fmt.Sprintf("%s: %s, search %d of %d", t.row.Scenario, t.row.Name, t.search, t.searches)
}

// play takes the turns, and notes in the contestants' rows what comes of them. A contestant that fails takes no more.
func (b *bench) play(ctx context.Context, turns []turn) error {
	left := newLeft(turns)
	for i, t := range turns {
		if t.row.Error == "" {
			b.say("\n== %d of %d: %s; about %d min left\n   %s", i+1, len(turns), t, left.minutes(time.Now()), t.row.Command)
			if err := t.take(ctx); err != nil {
				t.row.Error = err.Error()
				b.say("   failed: %v", err)
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		left.took(t)
	}
	return nil
}

// take is one turn.
func (t turn) take(ctx context.Context) error {
	if t.search == 0 {
		runs, err := t.repeat(ctx)
		if err == nil {
			t.row.Few, t.row.Runs = runs[0], runs[1:]
		}
		return err
	}
	var tries []trial
	noting := func(try func(context.Context, int) (trial, error)) func(int) (tried, error) {
		return func(n int) (tried, error) {
			one, err := try(ctx, n)
			if err == nil {
				tries = append(tries, one)
			}
			return one.tried(), err
		}
	}
	s := searcher{unit: t.unit, part: t.part, try: noting(t.try)}
	begin, from := s.fresh, likely(t.row.Few, t.rate)
	switch {
	case t.search > 1:
		begin, from = s.again, t.row.median().Carried
	case t.before > 0:
		begin, from = s.again, t.before
	}
	in, err := begin(from)
	if err == nil {
		in, err = s.sure(in, noting(t.verify))
	}
	if err == nil {
		t.row.Searches = append(t.row.Searches, found{interval: in, Tries: tries})
	}
	return err
}

// likely is with how many clients a search begins: snapshots cost less when there are more of them at once.
func likely(r result, rate int) int {
	if r.CPUPerSnapshot <= 0 {
		return few
	}
	return int(1e6 / (r.CPUPerSnapshot * float64(rate)))
}

// found is what one search has shown.
type found struct {
	interval
	Tries []trial `json:"tries"`
}

// at is the longest run with the clients that were carried.
func (f found) at() result {
	for _, t := range slices.Backward(f.Tries) {
		if t.Carried && t.Clients == f.Carried {
			return *t.Result
		}
	}
	return result{}
}

// limit is whose processor was full in the last try that was too much. One in which nobody played tells the server's.
func (f found) limit() limit {
	for _, t := range slices.Backward(f.Tries) {
		if t.Clients == f.TooMuch && !t.Carried && t.Result != nil {
			return t.Result.Detail.Limit
		}
	}
	return limitServer
}

// left tells how long the rest of the turns will take, by how long those before it took.
type left struct {
	start time.Time
	tries int // of the turns that were
	all   int
}

// guessed is how long a try takes before one is known.
const guessed = 17 * time.Second

func newLeft(turns []turn) *left {
	l := &left{start: time.Now()}
	for _, t := range turns {
		l.all += t.tries()
	}
	return l
}

func (l *left) took(t turn) { l.tries += t.tries() }

func (l *left) minutes(now time.Time) int {
	each := guessed
	if l.tries > 0 {
		each = now.Sub(l.start) / time.Duration(l.tries)
	}
	return int((time.Duration(l.all-l.tries) * each).Round(time.Minute).Minutes())
}
