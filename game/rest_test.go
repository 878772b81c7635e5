package game

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// polled is a transport without clients that counts how often its room is stepped.
type polled struct {
	*conn.Memory
	polls int // owned by the loop
}

func (p *polled) Poll(h conn.Handler) {
	p.polls++
	p.Memory.Poll(h)
}

// restingHost runs a room of def, in virtual time, which ends when it was empty for so long.
func restingHost(t *testing.T, emptyFor time.Duration, def *Def) (h *Host, room *hosted, p *polled) {
	h = virtualHost(t, def)
	h.cfg.EmptyFor = emptyFor
	p = &polled{Memory: conn.NewMemory()}
	h.cfg.NewTransport = func(conn.Config) conn.Transport { return p }
	open(t, h, def.name)
	for _, r := range h.rooms {
		room = r
	}
	return h, room, p
}

// A room whose first socket never comes costs nothing, however fast its game ticks.
func TestRoomThatNobodyHasComeToIsNotStepped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, p := restingHost(t, 10*time.Hour, tinyDef("tiny", Config{TickRate: 100}, func(*Tick) { t.Error("a tick for nobody") }))
		pass(time.Hour)
		if p.polls > 2 || p.polls == 0 || h.Metrics().Ticks.Load() != 0 {
			t.Errorf("in an hour it was stepped %d times, with %d ticks", p.polls, h.Metrics().Ticks.Load())
		}
	})
}

func TestRoomRunsWhileSomebodyIsThereAndRestsAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, room, p := restingHost(t, 10*time.Hour, tinyDef("tiny", Config{TickRate: 20, Grace: -1}, nil))
		pass(time.Hour)
		var c *conn.MemoryConn
		seat := &Seat{Account: "ann", Name: "ann", Spectator: true}
		h.mu.Lock()
		room.take(seat)
		h.mu.Unlock()
		h.sit(room, seat)
		room.post(func(*Room) { c = p.Dial(seat) })
		pass(time.Second)
		if n := h.Metrics().Ticks.Load(); n < 18 || n > 21 {
			t.Errorf("%d ticks in the first second with a client, want about 20", n)
		}
		room.post(func(*Room) { c.Leave() })
		pass(time.Second)
		ticks, polls := h.Metrics().Ticks.Load(), p.polls
		pass(time.Hour)
		if h.Metrics().Ticks.Load() != ticks || p.polls > polls+2 {
			t.Errorf("in an hour after the last has left: %d ticks, stepped %d times", h.Metrics().Ticks.Load()-ticks, p.polls-polls)
		}
		if h.Metrics().Dropped.Load() != 0 {
			t.Errorf("%d ticks of its rest count as dropped", h.Metrics().Dropped.Load())
		}
	})
}

// The seat that a socket brings wakes the room: its next look at itself would be a quarter of an hour away.
func TestFirstSocketWakesTheRoom(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	for range 5 {
		room := r.create(RoomOptions{Game: "tiny"}).ID
		eventually(t, "the room to rest", func() bool {
			h := r.hostedRoom(room)
			l := h.home.Load()
			l.mu.Lock()
			defer l.mu.Unlock()
			return h.rests
		})
		r.play(r.seat(room, "ann")).quit()
	}
}

// hostedRoom is a room by its id.
func (r *hostRig) hostedRoom(id string) *hosted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rooms[id]
}

func TestRoomThatRestsEndsWhenNobodyHasComeForLongEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, _ := restingHost(t, time.Minute, tinyDef("tiny", Config{TickRate: 20}, nil))
		pass(time.Minute - time.Second)
		if n := len(h.Rooms()); n != 1 {
			t.Errorf("%d rooms before a minute is over, want 1", n)
		}
		pass(20 * time.Second)
		if n := len(h.Rooms()); n != 0 {
			t.Errorf("%d rooms long after, want none", n)
		}
	})
}

func TestRoomThatRunsEmptyTicksFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, _ := restingHost(t, 10*time.Hour, tinyDef("tiny", Config{TickRate: 20, RunEmpty: true}, nil))
		pass(10 * time.Second)
		if n := h.Metrics().Ticks.Load(); !about(n, 200) {
			t.Errorf("%d ticks in ten seconds, want 200", n)
		}
	})
}

// Rooms that rest step too seldom to say that ticks keep their times again: who was turned away must not be for ever.
func TestDoorOpensWhenAllRoomsRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := virtualHostWith(t, HostConfig{HangAfter: time.Hour, AdmitLateness: time.Millisecond}, tinyDef("tiny", Config{TickRate: 20}, nil))
		open(t, h, "tiny")
		pass(time.Second)
		h.admission.shut.Store(true)
		pass(10 * time.Second)
		if h.Overloaded() {
			t.Error("nobody new is taken, though nothing runs")
		}
	})
}
