//go:build linux

package main

import "errors"

// errNothing says that not even the smallest load was carried.
var errNothing = errors.New("the server does not even carry the smallest load")

// tried is what came of one load.
type tried struct {
	carried bool
	cpu     float64 // share of its processor that the server used, in percent
}

// interval is what one search knows in the end: carried clients were carried, tooMuch were not.
type interval struct {
	Carried int `json:"carried"`
	TooMuch int `json:"too_much"`
}

// searcher looks for the most clients that a server carries. Both ways of searching double their strides until one load was carried and
// another was not, and halve what lies between (J. Bentley and A. Yao, An almost optimal algorithm for unbounded searching, 1976).
type searcher struct {
	unit int // loads are whole multiples of it
	part int // an interval that is at most this part of what is carried ends the search, and so does one unit
	try  func(n int) (tried, error)
}

// fresh begins with a guess. A server that has much of its processor left is given as much more.
func (s searcher) fresh(first int) (interval, error) {
	up := func(n int, t tried) int {
		// Not more than twice as many, so that not all the next tries are lost ones.
		return max(n+max(s.unit, n/s.part), int(float64(n)*min(100/max(t.cpu, 1), 2)))
	}
	return s.search(first, up, func(n int) int { return n * 2 / 3 })
}

// again begins where a search has ended: two tries where nothing has changed, and few where little has.
func (s searcher) again(near int) (interval, error) {
	stride := max(s.unit, s.whole(near/(s.part+1))) // at most the interval that ends it, seen from either side
	further := func() int { d := stride; stride *= 2; return d }
	return s.search(near, func(n int, _ tried) int { return n + further() }, func(n int) int { return n - further() })
}

// sure makes certain of what a search has found, by longer tries with what was carried: one that is not carried after all is too much, and the
// next smaller load has its turn.
func (s searcher) sure(in interval, longer func(int) (tried, error)) (interval, error) {
	for {
		t, err := longer(in.Carried)
		switch {
		case err != nil || t.carried:
			return in, err
		case in.Carried <= s.unit:
			return in, errNothing
		}
		in.TooMuch, in.Carried = in.Carried, s.whole(in.Carried-max(s.unit, in.Carried/s.part))
	}
}

// search tries loads from first on. While it knows one side only, up and down say what comes after a load.
func (s searcher) search(first int, up func(int, tried) int, down func(int) int) (interval, error) {
	var in interval
	for n := s.whole(first); ; n = s.whole(n) {
		t, err := s.try(n)
		if err != nil {
			return in, err
		}
		if t.carried {
			in.Carried = n
		} else {
			in.TooMuch = n
		}
		switch {
		case in.TooMuch == 0:
			n = up(n, t)
		case in.Carried == 0 && n <= s.unit:
			return in, errNothing
		case in.Carried == 0:
			n = down(n)
		case in.TooMuch-in.Carried <= max(s.unit, in.Carried/s.part):
			return in, nil
		default:
			n = (in.Carried + in.TooMuch) / 2
		}
	}
}

// whole is the multiple of the unit at or below n, and at least one.
func (s searcher) whole(n int) int { return max(s.unit, n/s.unit*s.unit) }
