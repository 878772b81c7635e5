package netcode

import (
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// viewReceiver keeps the view of the newest INPUT.
type viewReceiver struct {
	Receiver
	view uint64
}

func (r *viewReceiver) Input(_ time.Time, in msg.Input) *Violation {
	r.view = in.ViewTick
	return nil
}

// A client that could choose its view freely would shoot at whatever moment suits it.
func TestViewTickNeverPassesTheAckNorGoesBack(t *testing.T) {
	now := time.Unix(1000, 0)
	sch := &schema.Schema{}
	s := NewSession(NewRoom(sch, 30), now)
	s.joined = true
	h := snapshot.NewHistory(sch, 32)
	h.Begin(50)
	var enc snapshot.Encoder
	enc.AppendBody(nil, h, &s.view, snapshot.Options{Full: true})
	s.view.Commit()
	var r viewReceiver
	for _, c := range []struct {
		ack  uint32
		view uint64
		want uint64
	}{
		{10, 16 * 9, 16 * 9},
		{10, 16*9 + 5, 16*9 + 5},
		{10, 16*10 + 1, 16 * 10},
		{10, 1<<64 - 1, 16 * 10},
		{12, 3, 16 * 10},
		{11, 16 * 30, 16 * 12}, // an older ack takes nothing back
		{50, 16 * 50, 16 * 50},
	} {
		m := msg.AppendInput(nil, msg.Input{FirstTick: 51, AckTick: c.ack, ViewTick: c.view, Inputs: []byte{0x91, 0x90}})
		if v := s.Handle(now, 0, m, &r); v != nil {
			t.Fatalf("%+v: %v", c, v)
		}
		if r.view != c.want {
			t.Errorf("acknowledged %d, view %d: counts as %d, want %d", c.ack, c.view, r.view, c.want)
		}
	}
	m := msg.AppendInput(nil, msg.Input{FirstTick: 51, AckTick: 51, ViewTick: 1, Inputs: []byte{0x91, 0x90}})
	if v := s.Handle(now, 0, m, &r); v != errAckTick {
		t.Errorf("an acknowledgement of what was never sent: %v", v)
	}
}
