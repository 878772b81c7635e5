package game

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestRoomThatHangsIsLeftAloneAndTheOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var calls, quick atomic.Int64
		h := virtualHostThatHangs(t, time.Second,
			tinyDef("hangs", Config{TickRate: 20, RunEmpty: true}, func(tk *Tick) {
				if calls.Add(1); tk.N == 20 {
					<-release
				}
			}),
			tinyDef("quick", Config{TickRate: 20, RunEmpty: true}, func(*Tick) { quick.Add(1) }))
		core, logs := observer.New(zap.ErrorLevel)
		h.cfg.Log = zap.New(core)
		open(t, h, "hangs")
		open(t, h, "quick")
		h.mu.Lock()
		var hung *hosted
		for _, r := range h.rooms {
			if r.info.Game == "hangs" {
				hung = r
			}
		}
		h.mu.Unlock()

		pass(10 * time.Second)
		// The other room stands still for at most a second and a half.
		if quick.Load() < 200-31 {
			t.Errorf("the other room has had %d of 200 ticks", quick.Load())
		}
		if n := h.Metrics().Hangs.Load(); n != 1 {
			t.Errorf("%d rooms are said to hang", n)
		}
		if rooms := h.Rooms(); len(rooms) != 1 || rooms[0].Game != "quick" {
			t.Errorf("the list has %v", rooms)
		}
		if all := logs.All(); len(all) != 1 || !strings.Contains(all[0].ContextMap()["goroutine"].(string), "TestRoomThatHangs") {
			t.Errorf("logged %v, want one line with the stack of the step that hangs", all)
		}

		open(t, h, "quick")
		before := quick.Load()
		pass(time.Second)
		if quick.Load()-before < 38 {
			t.Errorf("%d ticks of two rooms in a second, want 40", quick.Load()-before)
		}
		close(release)
		pass(5 * time.Second)
		if !hung.room.Ended() || !hung.room.crashed || calls.Load() != 20 {
			t.Errorf("the room that has hung: ended %v, failed %v, %d ticks; want it closed without another", hung.room.Ended(), hung.room.crashed, calls.Load())
		}
	})
}

func TestStepBelowTheBoundIsNoHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := virtualHostThatHangs(t, time.Second, tinyDef("slow", Config{TickRate: 1, RunEmpty: true}, func(*Tick) { <-time.After(990 * time.Millisecond) }))
		open(t, h, "slow")
		pass(time.Minute)
		if n := h.Metrics().Hangs.Load(); n != 0 || len(h.Rooms()) != 1 {
			t.Errorf("%d hangs, %d rooms", n, len(h.Rooms()))
		}
	})
}

// TestRoomsAreSpreadOverTheTick: no two of n rooms are closer than half of what n equal gaps would be, also when rooms have gone and
// others have come in their places.
func TestRoomsAreSpreadOverTheTick(t *testing.T) {
	const period = 50 * time.Millisecond
	now := time.Unix(1_000_000_000, 0)
	l := newLoop(func() time.Time { return now }, nil)
	join := func() {
		now = now.Add(7919 * time.Microsecond)
		h := &hosted{room: &Room{period: period}}
		h.due = l.firstStep(h)
		if wait := h.due.Sub(now); wait < 0 || wait >= period {
			t.Fatalf("the first step is due in %v", wait)
		}
		l.rooms.Push(h)
	}
	check := func(when string) {
		t.Helper()
		var phases []time.Duration
		for _, h := range l.rooms {
			phases = append(phases, time.Duration(h.due.UnixNano())%period)
		}
		slices.Sort(phases)
		for i, p := range phases {
			next := phases[(i+1)%len(phases)]
			if i == len(phases)-1 {
				next += period
			}
			if least := period/time.Duration(2*len(phases)) - period/64; next-p < least {
				t.Errorf("%s: two of %d rooms are %v apart, want at least %v", when, len(phases), next-p, least)
			}
		}
	}
	for range 16 {
		join()
		check("growing")
	}
	for range 100 {
		l.rooms = slices.Delete(l.rooms, 3, 7)
		for range 4 {
			join()
		}
		check("after rooms have left and others come")
	}
}
