//go:build linux

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/bench/flood"
)

// ticking is how the rooms ticked in a second.
type ticking struct {
	late            float64 // ms, the median of all rooms
	dropped, missed float64 // ticks left out, and snapshots that came over half a tick late to a client
}

func (t ticking) String() string {
	return fmt.Sprintf("late by %.2f ms in the median, %v ticks dropped, %v snapshots missed", t.late, t.dropped, t.missed)
}

// second watches the rooms for one.
func second(t *testing.T, rc runContext) ticking {
	t.Helper()
	before, err := rc.server.scrape(rc)
	if err != nil {
		t.Fatal(err)
	}
	w, err := rc.load.Measure(rc, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	after, err := rc.server.scrape(rc)
	if err != nil {
		t.Fatal(err)
	}
	diff := after.since(before)
	return ticking{diff.quantileMS(lateness, 0.5), diff["skirmish_ticks_dropped_total"], float64(w.Missed)}
}

// TestFloodOfSignInsMakesNoTickLate floods a server that plays with real sign-ins, more than it can hash. Go has one
// processor there, so that whatever computes in the server's process keeps the ticks from it for milliseconds at a time.
//
// What else a machine does makes ticks late too, but not each second, while hashes are computed in every one: the best of the seconds with
// sign-ins is held against the worst of those without.
func TestFloodOfSignInsMakesNoTickLate(t *testing.T) {
	cfg, err := parse(strings.Fields("--scenario flood --gomaxprocs 1 --floor=false"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBench(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	n := size{2, 40}
	err = b.with(t.Context(), cfg.find(), n, func(rc runContext) error {
		logins, err := flood.New(rc, flood.Config{URL: rc.server.url, Mail: filepath.Join(rc.server.dir, "mail"), Rate: 60})
		if err != nil {
			return err
		}
		defer logins.Close()
		if _, err := b.join(rc, 0, n.clients); err != nil {
			return err
		}
		var quiet ticking
		for range 3 {
			s := second(t, rc)
			quiet = ticking{max(quiet.late, s.late), max(quiet.dropped, s.dropped), max(quiet.missed, s.missed)}
		}

		ctx, stop := context.WithCancel(rc)
		defer stop()
		answered := make(chan *flood.Answers, 1)
		go func() { answered <- logins.Run(rc, ctx) }()
		if err := pause(rc, floodFills); err != nil {
			return err
		}
		const seconds = 20
		var beside []ticking
		as := func(s ticking) bool {
			const noise = 1 // ms; a slice of Go's scheduler is ten
			return s.late <= quiet.late+noise && s.dropped <= quiet.dropped && s.missed <= quiet.missed
		}
		for len(beside) < seconds && (len(beside) == 0 || !as(beside[len(beside)-1])) {
			beside = append(beside, second(t, rc))
		}
		if !as(beside[len(beside)-1]) {
			t.Errorf("beside sign-ins, second by second: %v; without, the worst: %v", beside, quiet)
		}
		stop()
		checkAnswers(t, <-answered)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkAnswers: everybody is answered, with what is theirs to learn, and the queue of hashes is bounded.
func checkAnswers(t *testing.T, a *flood.Answers) {
	t.Helper()
	t.Logf("%d sign-ins: 200: %d, 401: %d, 429: %d, 503: %d; the longest took %.1f s", a.Attempts, a.SignedIn, a.Refused, a.Throttled, a.Busy,
		a.Took.MaxMS()/1000)
	if a.Amiss > 0 {
		t.Errorf("%d sign-ins of %d are amiss: %s", a.Amiss, a.Attempts, strings.Join(a.First, "; "))
	}
	if a.Hashed() == 0 || a.Throttled == 0 {
		t.Error("no sign-in was hashed, or none throttled: that was no flood")
	}
	// A place in the queue is waited for at most ten seconds.
	if a.Busy == 0 || a.Turned.MS(50) > 5000 {
		t.Errorf("%d sign-ins got 503, half of them after %.1f s: all of them wait", a.Busy, a.Turned.MS(50)/1000)
	}
}
