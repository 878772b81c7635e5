package netcode

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

func TestEventLogTellsEachEventOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := eventLog{}
		var all []byte // one byte per event: its number modulo 256
		received, acked := uint64(0), uint64(0)
		for range rapid.IntRange(1, 4000).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				n := byte(len(all) + 1)
				if l.add([]byte{n}) {
					all = append(all, n)
				} else if uint64(len(all))-acked != MaxUnacked {
					t.Fatalf("full with %d unacknowledged", uint64(len(all))-acked)
				}
			case 2: // the transport takes what there is
				first, events, n := l.after(l.sent)
				if first != received+1 || n != min(len(all)-int(received), msg.MaxEvents) || string(events) != string(all[received:int(received)+n]) {
					t.Fatalf("after gives %d from %d, want those after %d", n, first, received)
				}
				l.sent = first + uint64(n) - 1
				received = l.sent
			case 3:
				seq := rapid.Uint64Range(0, uint64(len(all))+2).Draw(t, "ack")
				if ok := l.ack(seq); ok != (seq <= received) {
					t.Fatalf("ack %d of %d sent: %v", seq, received, ok)
				} else if ok {
					acked = max(acked, seq)
				}
			}
			if h := l.has(); len(h.ends) > MaxUnacked || l.first() != acked+1 || len(h.buf) != len(all)-int(acked) {
				t.Fatalf("holds %d from %d after ack %d", len(l.has().ends), l.first(), acked)
			}
		}
	})
}

func TestBucketLetsThroughItsRate(t *testing.T) {
	var now time.Duration
	ten := allowance{rate: 10, burst: 5}
	b := newBucket(ten)
	taken := 0
	for range 1000 { // ten seconds of a message each 10 ms
		if b.take(now, ten) {
			taken++
		}
		now += 10 * time.Millisecond
	}
	if taken < 103 || taken > 106 {
		t.Errorf("%d of 1000 in 10 s, want 10/s and a burst of 5", taken)
	}
	if b.take(now-time.Hour, ten); b.tokens > 5 {
		t.Error("a clock that goes back fills the bucket")
	}
}

// sink is a Receiver that counts.
type sink struct{ joins, inputs, calls int }

func (s *sink) Join(Joining) *Violation               { s.joins++; return nil }
func (s *sink) Input(time.Time, msg.Input) *Violation { s.inputs++; return nil }
func (s *sink) Call(msg.Call)                         { s.calls++ }

func testRoom() *Room {
	return NewRoom(&schema.Schema{Game: "g", Tables: []schema.Table{{Record: schema.Record{Name: "players", Fields: []schema.Field{
		{Name: "id", Kind: schema.Player, Bits: 32, Hi: 1<<32 - 1},
	}}}}}, 30)
}

func join(room *Room) []byte {
	return msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: msg.OfferPlain, InputHash: room.InputHash[:]})
}

// TestSessionRefusesWhatTheProtocolForbids goes through the doors of a session.
func TestSessionRefusesWhatTheProtocolForbids(t *testing.T) {
	room := testRoom()
	now := time.Unix(1000, 0)
	f := func(name string, joined bool, data []byte, code uint16) {
		t.Helper()
		s, r := NewSession(room, now), new(sink)
		if joined {
			if v := s.Handle(now, 0, join(room), r); v != nil || r.joins != 1 {
				t.Fatalf("JOIN was refused: %v", v)
			}
		}
		if v := s.Handle(now, 0, data, r); v == nil || v.Code != code {
			t.Errorf("%s: got %v, want close %d", name, v, code)
		}
		if r.inputs+r.calls > 0 {
			t.Errorf("%s: it reached the room", name)
		}
	}
	bomb := []byte{0xdd, 0xff, 0xff, 0xff, 0xff}
	f("five bytes that kill a decoder", false, bomb, CloseBadMessage)
	f("the same after JOIN", true, bomb, CloseBadMessage)
	f("nothing", false, nil, CloseBadMessage)
	f("INPUT before JOIN", false, msg.AppendInput(nil, msg.Input{}), CloseBadMessage)
	f("a second JOIN", true, join(room), CloseBadMessage)
	f("unknown type", true, []byte{0x91, 99}, CloseBadMessage)
	f("another protocol", false, msg.AppendJoin(nil, msg.Join{Protocol: 2, Codecs: 1}), CloseVersion)
	f("no codec", false, msg.AppendJoin(nil, msg.Join{Protocol: 1}), CloseBadMessage)
	f("another input schema", false, msg.AppendJoin(nil, msg.Join{Protocol: 1, Codecs: 1, InputHash: make([]byte, 8)}), CloseVersion)
	f("JOIN and more", false, append(join(room), 0), CloseBadMessage)
	f("ack of a tick not sent", true, msg.AppendInput(nil, msg.Input{AckTick: 1}), CloseBadMessage)
	f("ack of an event not sent", true, msg.AppendEventAck(nil, msg.EventAck{Seq: 1}), CloseBadMessage)
	f("CALL cut short", true, msg.AppendCall(nil, msg.Call{ID: 1})[:3], CloseBadMessage)
	f("PING of a string", true, []byte{0x92, 3, 0xa1, 'x'}, CloseBadMessage)
}

func TestSessionLimitsMessagesAndCalls(t *testing.T) {
	room := testRoom()
	now := time.Unix(1000, 0)
	s, r := NewSession(room, now), new(sink)
	if v := s.Handle(now, 0, join(room), r); v != nil {
		t.Fatal(v)
	}
	call := msg.AppendCall(nil, msg.Call{ID: 9})
	for range CallBurst + 3 {
		if v := s.Handle(now, 0, call, r); v != nil {
			t.Fatal(v)
		}
	}
	if r.calls != CallBurst || s.has().nReplies != 3 {
		t.Errorf("%d calls reached the room and %d were answered with too many", r.calls, s.has().nReplies)
	}
	var v *Violation
	sent := CallBurst + 4
	const most = 10 * (2*30 + 20) // what a connection held up for ten seconds may bring
	for v == nil && sent <= most {
		v = s.Handle(now, 0, msg.AppendPing(nil, msg.Ping{}), r)
		sent++
	}
	if v == nil || v.Code != CloseTooMany || sent != most+1 {
		t.Errorf("message %d at once ended the session with %v", sent, v)
	}
}

func TestUnreadRepliesEndTheSession(t *testing.T) {
	s := NewSession(testRoom(), time.Unix(1000, 0))
	var v *Violation
	n := 0
	for v == nil && n < 1000 {
		v = s.Reply(msg.Reply{ID: 1})
		n++
	}
	if v == nil || v.Code != CloseTooMany || n != maxReplies+1 {
		t.Errorf("reply %d: %v", n, v)
	}
}

func TestSessionTimeouts(t *testing.T) {
	room := testRoom()
	start := time.Unix(1000, 0)
	code := func(s *Session, after time.Duration) uint16 {
		if v := s.Overdue(start.Add(after)); v != nil {
			return v.Code
		}
		return 0
	}
	s := NewSession(room, start)
	if c := code(s, JoinTimeout); c != 0 {
		t.Errorf("closed with %d in time", c)
	}
	if c := code(s, JoinTimeout+1); c != CloseNoJoin {
		t.Errorf("no JOIN: %d", c)
	}
	if v := s.Handle(start, 0, join(room), new(sink)); v != nil {
		t.Fatal(v)
	}
	if c := code(s, SilenceTimeout); c != 0 {
		t.Errorf("closed with %d in time", c)
	}
	if c := code(s, SilenceTimeout+1); c != CloseSilent {
		t.Errorf("silent: %d", c)
	}
	s.helloSent, s.heard = true, time.Hour
	if c := code(s, BehindTimeout+1); c != CloseBehind {
		t.Errorf("nothing taken: %d", c)
	}
}

// What must go out takes from what may: with events and replies a message is no larger than without.
func TestEventsTakeFromTheBudgetOfTheState(t *testing.T) {
	room := testRoom()
	room.SnapshotBytes = 4096
	start := time.Unix(1000, 0)
	s := NewSession(room, start)
	if v := s.Handle(start, 0, join(room), new(sink)); v != nil {
		t.Fatal(v)
	}
	s.Start(1)
	out := Sender{History: snapshot.NewHistory(room.Schema, 32), Payload: msg.NewEncoder()}
	most := 0
	for tick := range uint32(300) {
		now := start.Add(time.Duration(tick) * time.Second / 30)
		out.History.Begin(tick + 1)
		for slot := range uint16(100) {
			out.History.Put(0, slot, 1)[0] = tick<<16 | uint32(slot) // all of it is news
		}
		out.Payload.Reset(nil)
		out.Payload.BeginEvent(msg.EventHead{Event: 1, Args: 1})
		out.Payload.String(strings.Repeat("x", 60))
		event := out.Payload.Bytes()
		for range tick % 3 {
			if v := s.Event(event); v != nil {
				t.Fatal(v)
			}
		}
		if !s.Due(now) {
			continue
		}
		saved := max(int(s.budget.saved), len(s.events.has().buf)+64) // events go out whatever they take
		frames := s.AppendTick(nil, &out, 0, Feedback{})
		s.Commit(now)
		if tick > 2 { // HELLO is what it is
			most = max(most, len(frames)-saved)
		}
		s.budget.acked(s.view.Tick(), now.Sub(start))
		s.events.ack(s.events.sent)
	}
	if most > 60 { // the present bits of 100 entities, less what is kept free for heads
		t.Errorf("a message had %d bytes more than its client had left", most)
	}
}
