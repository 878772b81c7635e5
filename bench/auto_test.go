//go:build linux

package main

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestSearchFindsTheLargestLoadThatIsCarried(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(step, 20_000).Draw(t, "limit")
		first := step * rapid.IntRange(1, 200).Draw(t, "first")
		tries := 0
		got, err := search(first, fine, func(n int) (tried, error) {
			tries++
			return tried{carried: n <= limit, cpu: min(100, 100*float64(n)/float64(limit))}, nil
		})
		if err != nil || got > limit || got < limit-max(step, limit/20)-step || tries > 25 {
			t.Fatalf("of %d are carried %d, after %d tries from %d (%v)", limit, got, tries, first, err)
		}
	})
}

func TestSearchEndsWhereNothingIsCarried(t *testing.T) {
	if n, err := search(1000, fine, func(int) (tried, error) { return tried{}, nil }); !errors.Is(err, errNothing) {
		t.Errorf("found %d (%v)", n, err)
	}
	stop := errors.New("stop")
	if _, err := search(1000, fine, func(int) (tried, error) { return tried{}, stop }); !errors.Is(err, stop) {
		t.Errorf("a try that fails ends it with %v", err)
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
