package game

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// These tests run in virtual time: an hour is over as soon as every goroutine waits.

// virtualHost is a Host with one loop and no sockets. Call it in a synctest bubble.
func virtualHost(t *testing.T, defs ...*Def) *Host {
	t.Helper()
	return virtualHostWith(t, HostConfig{HangAfter: time.Hour}, defs...)
}

// virtualHostThatHangs gives rooms up after hang.
func virtualHostThatHangs(t *testing.T, hang time.Duration, defs ...*Def) *Host {
	t.Helper()
	return virtualHostWith(t, HostConfig{HangAfter: hang}, defs...)
}

// virtualHostWith fills in the rest of cfg.
func virtualHostWith(t *testing.T, cfg HostConfig, defs ...*Def) *Host {
	t.Helper()
	keys, err := token.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := token.NewSigner(token.Config{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := token.NewVerifier(token.Config{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Games, cfg.Signer, cfg.Verifier, cfg.Loops, cfg.EmptyFor, cfg.GoTimers = defs, signer, verifier, 1, 1000*time.Hour, true
	if cfg.NewTransport == nil {
		cfg.NewTransport = func(conn.Config) conn.Transport { return conn.NewMemory() }
	}
	h, err := NewHost(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Drain(context.Background(), 0); err != nil {
			t.Error(err)
		}
	})
	return h
}

func open(t *testing.T, h *Host, game string) {
	t.Helper()
	if _, err := h.Create(RoomOptions{Game: game}); err != nil {
		t.Fatal(err)
	}
}

// pass lets virtual time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// about reports whether got is want, give or take one: a room's first tick is up to a period after its making.
func about(got uint64, want int) bool { return int(got) >= want-1 && int(got) <= want+1 }

func TestTicksDoNotDriftInAnHour(t *testing.T) {
	for _, rate := range []int{1, 7, 20, 30} {
		t.Run(fmt.Sprint("rate=", rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// Each step takes a quarter of its period: counting from when one ends would add that up.
				h := virtualHost(t, tinyDef("tiny", Config{TickRate: rate, RunEmpty: true}, func(*Tick) {
					<-time.After(time.Second / time.Duration(4*rate))
				}))
				open(t, h, "tiny")
				pass(time.Hour)
				m := h.Metrics()
				if !about(m.Ticks.Load(), 3600*rate) || m.Dropped.Load() != 0 {
					t.Errorf("%d ticks, want %d; %d dropped", m.Ticks.Load(), 3600*rate, m.Dropped.Load())
				}
				if counts, sum := m.Lateness.Read(); counts[0] != m.Ticks.Load() || sum != 0 {
					t.Errorf("steps were late by %v in sum, where nothing else takes time", sum)
				}
			})
		})
	}
}

func TestLateRoomCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := virtualHost(t, tinyDef("tiny", Config{TickRate: 20, RunEmpty: true}, func(tk *Tick) {
			if tk.N == 10 {
				<-time.After(4 * 50 * time.Millisecond)
			}
		}))
		open(t, h, "tiny")
		pass(10 * time.Second)
		if m := h.Metrics(); !about(m.Ticks.Load(), 200) || m.Dropped.Load() != 0 {
			t.Errorf("%d ticks and %d dropped, want 200 and none: four late steps are made good", m.Ticks.Load(), m.Dropped.Load())
		}
	})
}

// TestNewRoomRunsBesideOneThatIsAlwaysLate: a loop that never gets to the end of what is due takes new rooms in all the same.
func TestNewRoomRunsBesideOneThatIsAlwaysLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ticks := 0
		h := virtualHost(t,
			tinyDef("busy", Config{TickRate: 100, RunEmpty: true}, func(*Tick) { <-time.After(15 * time.Millisecond) }),
			tinyDef("tiny", Config{TickRate: 50, RunEmpty: true}, func(*Tick) { ticks++ }))
		open(t, h, "busy")
		pass(time.Second)
		open(t, h, "tiny")
		pass(4 * time.Second)
		if ticks < 100 {
			t.Errorf("the second room has had %d ticks in 4 s", ticks)
		}
	})
}

func TestLongStallDropsTimeAndCountsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		burst, last := 0, time.Time{}
		h := virtualHost(t, tinyDef("tiny", Config{TickRate: 20, RunEmpty: true}, func(tk *Tick) {
			if now := time.Now(); now.Sub(last) < 50*time.Millisecond {
				burst++
			}
			if tk.N == 10 {
				<-time.After(2 * time.Second)
			}
			last = time.Now()
		}))
		open(t, h, "tiny")
		pass(10 * time.Second)
		m := h.Metrics()
		if ticks, dropped := m.Ticks.Load(), m.Dropped.Load(); !about(ticks+dropped, 200) || dropped != 39 {
			t.Errorf("%d ticks and %d dropped, want 200 together and 39 dropped", ticks, dropped)
		}
		if burst > maxCatchUp {
			t.Errorf("%d steps back to back after the stall, %d are the most", burst, maxCatchUp)
		}
	})
}

func TestSlowRoomDoesNotStopTheOthers(t *testing.T) {
	for _, periods := range []time.Duration{2, 4, 10} {
		synctest.Test(t, func(t *testing.T) {
			slow, quick := 0, 0
			h := virtualHost(t,
				tinyDef("slow", Config{TickRate: 20, RunEmpty: true}, func(*Tick) {
					slow++
					<-time.After(periods * 50 * time.Millisecond)
				}),
				tinyDef("quick", Config{TickRate: 20, RunEmpty: true}, func(*Tick) { quick++ }))
			open(t, h, "slow")
			open(t, h, "quick")
			pass(time.Minute)
			// The loop has time for 1200/periods slow steps; the quick room steps at least once between two of them.
			if want := 1200 / int(periods); slow < want-2 || quick < want-2 {
				t.Errorf("a slow room of %d periods per step: %d slow and %d quick steps, want at least %d", periods, slow, quick, want)
			}
			// Steps that are late, but not so late that they are dropped, may be outstanding.
			m := h.Metrics()
			if all := m.Ticks.Load() + m.Dropped.Load(); all > 2401 || all < 2400-2*(maxCatchUp+uint64(periods)) {
				t.Errorf("a slow room of %d periods per step: %d steps run or dropped, want 2400", periods, all)
			}
		})
	}
}

func TestRoomsStartAtDifferentPointsOfTheTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := map[time.Duration]bool{}
		start := time.Now()
		h := virtualHost(t, tinyDef("tiny", Config{TickRate: 1, RunEmpty: true}, func(tk *Tick) { at[time.Since(start)%time.Second] = true }))
		for range 50 {
			open(t, h, "tiny")
		}
		pass(10 * time.Second)
		if len(at) != 50 {
			t.Errorf("50 rooms step at %d different points of a second", len(at))
		}
	})
}
