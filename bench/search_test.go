//go:build linux

package main

import (
	"errors"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// carries is a server that carries so many.
func carries(limit int, tries *int) func(int) (tried, error) {
	return func(n int) (tried, error) {
		*tries++
		return tried{carried: n <= limit, cpu: min(100, 100*float64(n)/float64(limit))}, nil
	}
}

func TestSearchFindsTheLargestLoadThatIsCarried(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]int{10, 50}).Draw(t, "unit")
		limit := rapid.IntRange(unit, 20_000).Draw(t, "limit")
		first := rapid.IntRange(1, 10_000).Draw(t, "first")
		part := rapid.SampledFrom([]int{5, fine}).Draw(t, "part")
		tries := 0
		s := searcher{unit: unit, part: part, try: carries(limit, &tries)}
		for name, begin := range map[string]func(int) (interval, error){"fresh": s.fresh, "again": s.again} {
			tries = 0
			in, err := begin(first)
			if err != nil || limit < in.Carried || limit >= in.TooMuch {
				t.Errorf("%s: %d is not in %+v (%v)", name, limit, in, err)
			}
			if in.TooMuch-in.Carried > max(unit, in.Carried/part) || in.Carried%unit != 0 || tries > 30 {
				t.Errorf("%s from %d: %+v after %d tries", name, first, in, tries)
			}
		}
	})
}

func TestSearchAgainTakesFewTriesWhereLittleHasChanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]int{10, 50}).Draw(t, "unit")
		tries := 0
		limit := rapid.IntRange(10*unit, 20_000).Draw(t, "limit")
		s := searcher{unit: unit, part: fine, try: carries(limit, &tries)}
		in, err := s.fresh(limit)
		if err != nil {
			t.Fatal(err)
		}
		tries = 0
		if _, err := s.again(in.Carried); err != nil || tries > 3 { // the first stride may end below what was too much before
			t.Errorf("%d tries (%v)", tries, err)
		}
		tries = 0
		limit = limit * 9 / 10
		s.try = carries(limit, &tries)
		if _, err := s.again(in.Carried); err != nil || tries > 7 {
			t.Errorf("%d tries where a tenth less is carried (%v)", tries, err)
		}
	})
}

// TestSearchIsRightWithinTheNoise has servers that carry, from try to try, up to so much more or less.
func TestSearchIsRightWithinTheNoise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(200, 20_000).Draw(t, "limit")
		noise := rapid.Float64Range(0, 0.2).Draw(t, "noise")
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		tries := 0
		s := searcher{unit: 10, part: fine, try: func(n int) (tried, error) {
			return carries(int(float64(limit)*(1+noise*(2*rnd.Float64()-1))), &tries)(n)
		}}
		in, err := s.fresh(limit / 2)
		for _, begin := range []int{in.Carried, limit * 2, limit / 2} {
			if err != nil || float64(in.Carried) > float64(limit)*(1+noise) || float64(in.TooMuch) < float64(limit)*(1-noise)-1 || tries > 40 {
				t.Fatalf("%d, give or take %.2f, is not in %+v after %d tries (%v)", limit, noise, in, tries, err)
			}
			tries = 0
			in, err = s.again(begin)
		}
	})
}

func TestSearchEndsWhereNothingIsCarried(t *testing.T) {
	nothing := searcher{unit: 50, part: fine, try: func(int) (tried, error) { return tried{}, nil }}
	stop := errors.New("stop")
	stopped := searcher{unit: 50, part: fine, try: func(int) (tried, error) { return tried{}, stop }}
	for _, begin := range []func(searcher) (interval, error){
		func(s searcher) (interval, error) { return s.fresh(1000) }, func(s searcher) (interval, error) { return s.again(1000) },
	} {
		if in, err := begin(nothing); !errors.Is(err, errNothing) {
			t.Errorf("found %+v (%v)", in, err)
		}
		if _, err := begin(stopped); !errors.Is(err, stop) {
			t.Errorf("a try that fails ends it with %v", err)
		}
	}
}

func TestLoadIsCarriedOnlyByAllThatCounts(t *testing.T) {
	good := result{HzMin: 19.5, GapMS: quantiles{P99: 80}}
	slow, gaps, dropped, lost := good, good, good, good
	slow.HzMin, gaps.GapMS.P99, dropped.Detail.TicksDropped, lost.Detail.Lost = 18.9, 100, 1, 1
	if !good.holds(20) {
		t.Error("a good run does not hold")
	}
	for name, r := range map[string]result{"slow": slow, "gaps": gaps, "dropped ticks": dropped, "lost clients": lost} {
		if r.holds(20) {
			t.Errorf("%s: it holds", name)
		}
	}
}

func TestWhatIsFoundHoldsALongerTry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tries := 0
		unit := rapid.SampledFrom([]int{10, 50}).Draw(t, "unit")
		lucky := rapid.IntRange(2*unit, 20_000).Draw(t, "lucky")            // what is carried for a short while
		limit := rapid.IntRange(max(unit, lucky/2), lucky).Draw(t, "limit") // and for long
		s := searcher{unit: unit, part: fine, try: carries(lucky, &tries)}
		in, err := s.fresh(lucky)
		if err != nil {
			t.Fatal(err)
		}
		sure, err := s.sure(in, carries(limit, &tries))
		if err != nil || sure.Carried > limit || sure.Carried >= sure.TooMuch || sure.TooMuch > limit && sure.TooMuch-sure.Carried > max(unit, sure.TooMuch/fine+unit) {
			t.Errorf("%+v became %+v, and %d is carried (%v)", in, sure, limit, err)
		}
	})
	s := searcher{unit: 50, part: fine}
	if _, err := s.sure(interval{100, 150}, func(int) (tried, error) { return tried{}, nil }); !errors.Is(err, errNothing) {
		t.Errorf("where nothing holds it says %v", err)
	}
}

func TestLimitIsWhoseProcessorWasFull(t *testing.T) {
	for _, c := range []struct {
		server, load float64
		want         limit
		mark         string
	}{{99, 60, limitServer, ""}, {85, 95, limitLoad, "+"}, {99, 97, limitBoth, "~"}, {60, 70, limitNone, "?"}} {
		if got := limitOf(c.server, c.load); got != c.want || got.mark() != c.mark {
			t.Errorf("a server at %v and a load at %v %%: %s, %q", c.server, c.load, got, got.mark())
		}
	}
}
