package game

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// seconds tells an admission of seconds with a hundred steps each, of which n are late.
func seconds(a *admission, count, n int, late time.Duration) {
	for range count {
		for i := range 100 {
			if i < n {
				a.step(late, 0)
			} else {
				a.step(0, 0)
			}
		}
		a.second(1)
	}
}

func TestAdmissionShutsWhenThreeOfFiveSecondsAreLate(t *testing.T) {
	const bound = 10 * time.Millisecond
	for _, c := range []struct {
		name string
		run  func(*admission)
		shut bool
	}{
		{"two late seconds", func(a *admission) { seconds(a, 2, 2, bound+1) }, false},
		{"three late seconds", func(a *admission) { seconds(a, 3, 2, bound+1) }, true},
		{"one in a hundred is not over the percentile", func(a *admission) { seconds(a, 9, 1, time.Hour) }, false},
		{"the bound itself is not late", func(a *admission) { seconds(a, 9, 100, bound) }, false},
		{"late every third second", func(a *admission) {
			for range 9 {
				seconds(a, 1, 50, time.Second)
				seconds(a, 2, 0, 0)
			}
		}, false},
		{"dropped steps are late ones", func(a *admission) {
			for range 3 {
				a.step(time.Second, 20)
				seconds(a, 1, 0, 0)
			}
		}, true},
	} {
		a := &admission{bound: bound}
		c.run(a)
		if got := a.shut.Load(); got != c.shut {
			t.Errorf("%s: shut %v", c.name, got)
		}
	}
	off := new(admission)
	if seconds(off, 9, 100, time.Hour); off.shut.Load() {
		t.Error("it shuts without a bound")
	}
}

func TestAdmissionOpensAfterFiveSecondsHalfAsLate(t *testing.T) {
	const bound = 10 * time.Millisecond
	late := func() *admission {
		a := &admission{bound: bound}
		seconds(a, 3, 50, time.Second)
		return a
	}
	a := late()
	if seconds(a, 4, 0, 0); !a.shut.Load() {
		t.Error("four good seconds open it")
	}
	if seconds(a, 1, 0, 0); a.shut.Load() {
		t.Error("five good seconds do not open it")
	}
	a = late()
	if seconds(a, 60, 2, bound/2+1); !a.shut.Load() {
		t.Error("it opens while steps are just below the bound")
	}
	a = late()
	if a.second(1); !a.shut.Load() {
		t.Fatal("a second without a step opens it")
	}
	for range 60 {
		a.second(1) // its rooms stand still
	}
	if !a.shut.Load() {
		t.Error("a minute without any step opens it, though there is a room")
	}
	for range 5 {
		a.second(0)
	}
	if a.shut.Load() {
		t.Error("it stays shut with no room left")
	}
}

func TestOverloadedHostTakesNobodyNew(t *testing.T) {
	r := newHostRig(t, nil)
	room := r.create(RoomOptions{Game: "tiny"})
	first := r.line(r.seat(room.ID, "first"))
	before := r.seat(room.ID, "before")
	r.admission.shut.Store(true)

	_, errCreate := r.Create(RoomOptions{Game: "tiny"})
	_, errReserve := r.Reserve(room.ID, Seat{Account: "new"})
	_, errWatch := r.Reserve(room.ID, Seat{Account: "watcher", Spectator: true})
	_, _, errQuick := r.QuickJoin("tiny", Seat{Account: "new"})
	for what, err := range map[string]error{"a room": errCreate, "a seat": errReserve, "a place to watch": errWatch, "quick join": errQuick} {
		if !errors.Is(err, ErrOverloaded) {
			t.Errorf("%s: %v, want ErrOverloaded", what, err)
		}
	}
	if n := r.Metrics().Refused.Load(); n != 4 || !r.Overloaded() {
		t.Errorf("%d refusals counted, want 4; overloaded: %v", n, r.Overloaded())
	}

	if code, _ := r.get(before); code != 426 && code != 400 {
		t.Errorf("a seat given before gets %d: want that only the upgrade is missing", code)
	}
	first.cut()
	if err := first.Resume(context.Background()); err != nil {
		t.Fatalf("who comes back is refused: %v", err)
	}
	first.run()
	if _, err := r.Reserve(room.ID, Seat{Account: "first", Name: "first"}); err != nil {
		t.Errorf("a player who is there asks for a seat anew: %v", err)
	}
	r.admission.shut.Store(false)
	r.seat(room.ID, "new")
}

// TestSlowGameShutsTheDoor: from steps that take too long to a refusal, and back when they do not.
func TestSlowGameShutsTheDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow atomic.Bool
		slow.Store(true)
		h := virtualHostWith(t, HostConfig{AdmitLateness: 10 * time.Millisecond, HangAfter: time.Hour}, tinyDef("tiny", Config{TickRate: 20, RunEmpty: true}, func(*Tick) {
			if slow.Load() {
				<-time.After(60 * time.Millisecond)
			}
		}))
		open(t, h, "tiny")
		pass(10 * time.Second)
		if !h.Overloaded() {
			t.Error("a loop that is always late takes new rooms")
		}
		slow.Store(false)
		pass(10 * time.Second)
		if h.Overloaded() {
			t.Error("the door stays shut though nothing is late any more")
		}
	})
}
