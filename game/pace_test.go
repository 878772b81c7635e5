package game_test

import (
	"testing"

	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// paceOf reads what the newest DELTA says of the client's inputs.
func paceOf(t *testing.T, c *conn.MemoryConn) (pace int8, ok bool) {
	t.Helper()
	for _, m := range c.Recv() {
		if kind, err := msg.PeekType(m); err != nil || kind != msg.TypeDelta {
			continue
		}
		d, err := msg.ReadDelta(m, 0)
		if err != nil {
			t.Fatal(err)
		}
		pace, ok = d.Pace, d.HasPace
	}
	return pace, ok
}

// A connection that stood still for a third of a second must not cost its player a third of a second of delay afterwards.
func TestStallDoesNotSlowAPlayerDown(t *testing.T) {
	r := newRig(probeDef(probe{}))
	c := r.join("ann")
	r.step(2)
	send := func(label uint32) { // a tick early, with what has been received
		in, err := msg.ReadInput(inputs(label, 1, 1, false))
		if err != nil {
			t.Fatal(err)
		}
		in.AckTick = r.room.Tick()
		c.Send(msg.AppendInput(nil, in))
	}
	for range 40 {
		send(r.room.Tick() + 1)
		r.step(1)
	}
	if pace, ok := paceOf(t, c); !ok || pace != 16 {
		t.Fatalf("pace %d (there: %v) of inputs that come a tick early, want 16", pace, ok)
	}
	stalled := r.room.Tick()
	r.step(7)
	for label := stalled + 1; label <= r.room.Tick()+1; label++ {
		send(label)
	}
	r.step(1)
	// The one just before the newest counts: it is late by no more than what a network is always late by.
	if pace, ok := paceOf(t, c); !ok || pace != 0 {
		t.Errorf("pace %d (there: %v) after a burst of eight, want 0", pace, ok)
	}
	if late := r.metrics.InputsLate.Load(); late != 7 {
		t.Errorf("%d inputs came late, want 7", late)
	}
}
