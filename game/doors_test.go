package game_test

import (
	"bytes"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// What clients may send wrongly, each through the whole of a room with another player in it. joined: after JOIN and a snapshot.
var badMessages = []struct {
	name   string
	joined bool
	data   []byte
	code   uint16
}{
	{"nothing", true, nil, netcode.CloseBadMessage},
	{"no array", true, []byte{0x01}, netcode.CloseBadMessage},
	{"an array of four billion", true, []byte{0xdd, 0xff, 0xff, 0xff, 0xff}, netcode.CloseBadMessage},
	{"an array of four billion as the first message", false, []byte{0xdd, 0xff, 0xff, 0xff, 0xff}, netcode.CloseBadMessage},
	{"an empty array", true, []byte{0x90}, netcode.CloseBadMessage},
	{"a type of the future", true, []byte{0x91, 9}, netcode.CloseBadMessage},
	{"a negative type", true, []byte{0x91, 0xff}, netcode.CloseBadMessage},
	{"a string for a type", true, []byte{0x91, 0xa1, '1'}, netcode.CloseBadMessage},
	{"a message longer than 4096 bytes", true, append([]byte{0x92, 3}, make([]byte, 4096)...), 1009},

	{"INPUT before JOIN", false, []byte{0x95, 1, 1, 0, 0, 0x90}, netcode.CloseBadMessage},
	{"PING before JOIN", false, []byte{0x92, 3, 1}, netcode.CloseBadMessage},
	{"JOIN again", true, []byte{0x97, 0, 1, 1, 0, 0xc4, 0, 0xc4, 0, 0xc0}, netcode.CloseBadMessage},
	{"JOIN of another protocol", false, []byte{0x97, 0, 2, 1, 0, 0xc4, 0, 0xc4, 0, 0xc0}, netcode.CloseVersion},
	{"JOIN without a codec", false, []byte{0x97, 0, 1, 0, 0, 0xc4, 0, 0xc4, 0, 0xc0}, netcode.CloseBadMessage},
	{"JOIN without a codec", false, []byte{0x97, 0, 1, 0, 0, 0xc4, 0, 0xc4, 0, 0xc0}, netcode.CloseBadMessage},
	{"JOIN with a short hash", false, []byte{0x97, 0, 1, 1, 0, 0xc4, 1, 7, 0xc4, 0, 0xc0}, netcode.CloseBadMessage},
	{"JOIN with another input hash", false, []byte{0x97, 0, 1, 1, 0, 0xc4, 0, 0xc4, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0xc0}, netcode.CloseVersion},
	{"JOIN with an element too few", false, []byte{0x96, 0, 1, 1, 0, 0xc4, 0, 0xc4, 0}, netcode.CloseBadMessage},
	{"JOIN cut off", false, []byte{0x97, 0, 1, 1, 0, 0xc4, 8}, netcode.CloseBadMessage},

	{"INPUT with an element too many", true, []byte{0x96, 1, 1, 0, 0, 0x90, 0}, netcode.CloseBadMessage},
	{"INPUT with a byte after it", true, []byte{0x95, 1, 1, 0, 0, 0x90, 0}, netcode.CloseBadMessage},
	{"INPUT with nine inputs", true, inputs(1, 9, 0, false), netcode.CloseBadMessage},
	{"INPUT with four billion inputs", true, []byte{0x95, 1, 1, 0, 0, 0xdd, 0xff, 0xff, 0xff, 0xff}, netcode.CloseBadMessage},
	{"INPUT out of range", true, inputs(1, 1, 2, false), netcode.CloseBadMessage},
	{"INPUT with a bool of 2", true, []byte{0x95, 1, 1, 0, 0, 0x91, 0x92, 0, 2}, netcode.CloseBadMessage},
	{"INPUT with a field too few", true, []byte{0x95, 1, 1, 0, 0, 0x91, 0x91, 0}, netcode.CloseBadMessage},
	{"INPUT with a float", true, []byte{0x95, 1, 1, 0, 0, 0x91, 0x92, 0xca, 0, 0, 0, 0, 0}, netcode.CloseBadMessage},
	{"INPUT that is right and then wrong", true, []byte{0x95, 1, 1, 0, 0, 0x92, 0x92, 1, 1, 0x92, 7, 0}, netcode.CloseBadMessage},
	{"INPUT with an ack of the future", true, []byte{0x95, 1, 1, 0xcd, 0xff, 0xff, 0, 0x90}, netcode.CloseBadMessage},
	{"INPUT with a tick over 32 bits", true, []byte{0x95, 1, 0xcf, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x90}, netcode.CloseBadMessage},
	{"INPUT with a negative tick", true, []byte{0x95, 1, 0xff, 0, 0, 0x90}, netcode.CloseBadMessage},

	{"CALL with arguments that are no array", true, []byte{0x94, 2, 1, 0, 7}, netcode.CloseBadMessage},
	{"CALL nested too deeply", true, append(append([]byte{0x94, 2, 1, 0}, bytes.Repeat([]byte{0x91}, 20)...), 1), netcode.CloseBadMessage},
	{"CALL with an extension", true, []byte{0x94, 2, 1, 0, 0x91, 0xd4, 1, 1}, netcode.CloseBadMessage},
	{"CALL with four billion arguments", true, []byte{0x94, 2, 1, 0, 0xdd, 0xff, 0xff, 0xff, 0xff}, netcode.CloseBadMessage},
	{"CALL with a string of bad UTF-8", true, []byte{0x94, 2, 1, 0, 0x91, 0xa1, 0xff}, netcode.CloseBadMessage},
	{"CALL with a string that does not end", true, []byte{0x94, 2, 1, 0, 0x91, 0xdb, 0xff, 0xff, 0xff, 0xff}, netcode.CloseBadMessage},

	{"PING with a float", true, []byte{0x92, 3, 0xca, 0, 0, 0, 0}, netcode.CloseBadMessage},
	{"PING over 2^53", true, []byte{0x92, 3, 0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0}, netcode.CloseBadMessage},
	{"EVENTACK of nothing", true, []byte{0x92, 4, 0xcd, 0xff, 0xff}, netcode.CloseBadMessage},
	{"EVENTACK cut off", true, []byte{0x92, 4}, netcode.CloseBadMessage},
}

func TestBadMessageEndsItsConnectionAlone(t *testing.T) {
	for _, m := range badMessages {
		t.Run(m.name, func(t *testing.T) {
			r := newRig(probeDef(probe{}))
			good, core := r.dial("good"), client.NewCore(client.Options{Check: true})
			play := func() {
				t.Helper()
				core.Outgoing(r.now, good.Send)
				r.step(1)
				for _, data := range good.Recv() {
					if err := core.Receive(r.now, data); err != nil {
						t.Fatal(err)
					}
				}
			}
			bad := r.dial("bad")
			if m.joined {
				bad.Send(msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: msg.OfferPlain}))
			}
			play()
			bad.Send(m.data)
			bad.Send([]byte{0x92, 3, 1}) // a good one after it is not heard
			play()
			if code, reason, closed := bad.CloseInfo(); !closed || code != m.code || len(reason) > 123 {
				t.Errorf("closed: %v with %d %q, want %d", closed, code, reason, m.code)
			}
			if m.code != 1009 {
				if err := closedWith(bad, m.code); err != nil {
					t.Error(err)
				}
			}
			before := core.Stats.Snapshots
			play()
			play()
			if _, _, closed := good.CloseInfo(); closed || core.Stats.Snapshots != before+2 || core.State.Hash() != r.room.StateHash() {
				t.Error("the other player was hurt")
			}
			if r.room.Seated() != 1 || r.metrics.Crashes.Load() != 0 {
				t.Errorf("%d seated, %d crashes; want 1, 0", r.room.Seated(), r.metrics.Crashes.Load())
			}
		})
	}
}

// Whatever a client says, the room stands and the other player is sent the next tick.
func FuzzRoomStandsAnyMessage(f *testing.F) {
	for _, m := range badMessages {
		f.Add(m.data, inputs(1, 2, 1, true))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		r := newRig(probeDef(probe{}))
		good, bad := r.join("good"), r.join("bad")
		r.step(1)
		bad.Send(first)
		r.step(1)
		bad.Send(second)
		r.step(1)
		good.Recv()
		r.step(1)
		if _, _, closed := good.CloseInfo(); closed || len(good.Recv()) == 0 || r.metrics.Crashes.Load() != 0 {
			t.Errorf("the room was hurt: %d crashes", r.metrics.Crashes.Load())
		}
	})
}

// Calls that the game cannot take are answered and end nothing.
func TestCallThatDoesNotFitIsAnswered(t *testing.T) {
	text := func(n int) []byte {
		return append([]byte{0x94, 2, 7, 0, 0x91, 0xd9, byte(n)}, bytes.Repeat([]byte{'x'}, n)...)
	}
	for name, c := range map[string]struct {
		call   []byte
		status uint8
	}{
		"a good one":             {text(40), msg.StatusOK},
		"no such method":         {[]byte{0x94, 2, 7, 1, 0x90}, msg.StatusNoMethod},
		"too few arguments":      {[]byte{0x94, 2, 7, 0, 0x90}, msg.StatusBadArgs},
		"a number for a string":  {[]byte{0x94, 2, 7, 0, 0x91, 5}, msg.StatusBadArgs},
		"a string over its max":  {text(41), msg.StatusBadArgs},
		"a string inside a list": {[]byte{0x94, 2, 7, 0, 0x91, 0x91, 0xa1, 'x'}, msg.StatusBadArgs},
	} {
		r := newRig(probeDef(probe{}))
		ann := r.join("ann")
		r.step(1)
		ann.Recv()
		ann.Send(c.call)
		r.step(1)
		var got []msg.Reply
		for _, m := range ann.Recv() {
			if reply, err := msg.ReadReply(m); err == nil {
				got = append(got, reply)
			}
		}
		if _, _, closed := ann.CloseInfo(); closed || len(got) != 1 || got[0].ID != 7 || got[0].Status != c.status {
			t.Errorf("%s: closed: %v, replies %+v, want one with status %d", name, closed, got, c.status)
		}
	}
}

func TestTooManyMessagesCloseTheConnection(t *testing.T) {
	r := newRig(probeDef(probe{}))
	ann, ben := r.join("ann"), r.join("ben")
	r.step(1)
	for range 10*(2*probeRate+20) + 1 {
		ann.Send([]byte{0x92, 3, 1})
		r.now = r.now.Add(1)
	}
	r.step(1)
	if err := closedWith(ann, netcode.CloseTooMany); err != nil {
		t.Error(err)
	}
	if _, _, closed := ben.CloseInfo(); closed {
		t.Error("the other player was closed too")
	}
}

// TestStallIsNoFlood: what an honest client has sent while its network stood still comes at once, and is no reason to send it away.
func TestStallIsNoFlood(t *testing.T) {
	r := newRig(probeDef(probe{}))
	ann := r.join("ann")
	r.step(10)
	ann.Recv()
	first := r.room.Tick() + 1
	for range 8 * probeRate {
		r.step(1)
		ann.Recv()
	}
	for i := range uint32(8 * probeRate) {
		ann.Send(inputs(first+i, 1, 1, false))
	}
	r.step(1)
	if code, reason, closed := ann.CloseInfo(); closed {
		t.Errorf("closed with %d %q", code, reason)
	}
}

func TestCallsInOneTickAreAnsweredAndEndNothing(t *testing.T) {
	r := newRig(probeDef(probe{}))
	ann := r.join("ann")
	r.step(2)
	ann.Recv()
	for i := range uint32(40) {
		ann.Send(msg.AppendCall(nil, msg.Call{ID: i, Args: []byte{0x91, 0xa1, 'x'}}))
	}
	r.step(1)
	if code, reason, closed := ann.CloseInfo(); closed {
		t.Errorf("closed with %d %q", code, reason)
	}
	answers := 0
	for _, m := range ann.Recv() {
		if kind, err := msg.PeekType(m); err == nil && kind == msg.TypeReply {
			answers++
		}
	}
	if answers != 40 {
		t.Errorf("%d of 40 calls were answered", answers)
	}
}

func TestClientWithoutJoinIsClosed(t *testing.T) {
	r := newRig(probeDef(probe{}))
	mute := r.dial("mute")
	r.step(int(netcode.JoinTimeout / r.room.Period()))
	if _, _, closed := mute.CloseInfo(); closed {
		t.Error("closed before its time")
	}
	r.step(2)
	if err := closedWith(mute, netcode.CloseNoJoin); err != nil {
		t.Error(err)
	}
}

func TestSilentClientIsClosed(t *testing.T) {
	r := newRig(probeDef(probe{}))
	mute := r.join("mute")
	r.step(int(netcode.SilenceTimeout / r.room.Period()))
	if _, _, closed := mute.CloseInfo(); closed {
		t.Error("closed before its time")
	}
	r.step(2)
	if err := closedWith(mute, netcode.CloseSilent); err != nil {
		t.Error(err)
	}
}

// A client that sends ten inputs per tick moves no further than one that sends one, whatever it labels them with.
func TestManyInputsPerTickGainNothing(t *testing.T) {
	const ticks = 100
	for name, send := range map[string]func(c *conn.MemoryConn, next uint32){
		"one": func(c *conn.MemoryConn, next uint32) { c.Send(inputs(next, 1, 1, true)) },
		"the same tick again": func(c *conn.MemoryConn, next uint32) {
			c.Send(inputs(next, 1, 1, true))
			c.Send(inputs(next, 1, 1, true))
		},
		"eight ahead": func(c *conn.MemoryConn, next uint32) { c.Send(inputs(next, 8, 1, true)) },
		"far ahead, and again": func(c *conn.MemoryConn, next uint32) {
			c.Send(inputs(next+12, 8, 1, true))
			c.Send(inputs(next, 8, 1, true))
		},
		"late ones too": func(c *conn.MemoryConn, next uint32) { c.Send(inputs(max(next, 5)-4, 5, 1, true)) },
	} {
		var p *probe
		r := newRig(probeDef(probe{tick: func(g *probe, _ *game.Tick, _ game.Inputs[probeInput]) { p = g }}))
		ann := r.join("ann")
		for range ticks {
			send(ann, r.room.Tick()+1)
			r.step(1)
			ann.Recv()
		}
		for _, row := range p.rows.All() {
			if row.Moved > ticks || row.Shots > ticks || row.Moved < ticks-1 {
				t.Errorf("%s: moved %d and shot %d times in %d ticks", name, row.Moved, row.Shots, ticks)
			}
		}
		if _, _, closed := ann.CloseInfo(); closed || p.rows.Len() != 1 {
			t.Errorf("%s: the client was closed", name)
		}
	}
}
