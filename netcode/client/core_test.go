package client

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

func TestCoreHoldsWhatTheServerSays(t *testing.T) {
	snapshots := 0
	w := newWorld(t, Options{Check: true, OnSnapshot: func() { snapshots++ }})
	for range 30 {
		w.now = w.now.Add(time.Second / testRate)
		w.receive(w.server.next())
	}
	if got := w.core.State.At(1, 0).Row; !slices.Equal(got, []uint32{100 + 16*31, 31}) {
		t.Errorf("row of the thing is %v at tick %d", got, w.core.State.Tick())
	}
	if snapshots != 31 || w.core.Stats.Snapshots != 31 || w.core.Player != 7 || w.core.TickRate != testRate {
		t.Errorf("told of %d snapshots, stats %+v, player %d, rate %d", snapshots, w.core.Stats, w.core.Player, w.core.TickRate)
	}
}

func TestCoreRefusesBrokenOrder(t *testing.T) {
	s := newServer()
	s.step(1)
	hello, full := s.hello(), s.full()
	first, second := s.next(), s.next()
	other := testSchema()
	other.Game = "another"
	raw, _, _ := other.Encode()
	_, hash, _ := testSchema().Encode()
	short := msg.Hello{Protocol: msg.Version, SchemaHash: hash, Player: 7, TickRate: testRate}
	withRaw := short
	withRaw.Schema = raw
	packed := withRaw
	packed.Codec = msg.CodecPacked
	packed.SchemaHash = func() schema.Hash { _, h, _ := other.Encode(); return h }()

	for _, c := range []struct {
		name     string
		built    *schema.Schema
		messages [][]byte // all but the last are right
		is       error    // nil: any
	}{
		{"FULL before HELLO", nil, [][]byte{full}, nil},
		{"PONG before HELLO", nil, [][]byte{msg.AppendPong(nil, msg.Pong{})}, nil},
		{"HELLO twice", nil, [][]byte{hello, hello}, nil},
		{"HELLO after FULL", nil, [][]byte{hello, full, hello}, nil},
		{"DELTA before FULL", nil, [][]byte{hello, first}, snapshot.ErrBaseline},
		{"DELTA left out", nil, [][]byte{hello, full, second}, snapshot.ErrBaseline},
		{"DELTA twice", nil, [][]byte{hello, full, first, first}, snapshot.ErrBaseline},
		{"schema left out for a client without one", nil, [][]byte{s.enc.AppendHello(nil, short)}, nil},
		{"schema left out that is another", other, [][]byte{s.enc.AppendHello(nil, short)}, nil},
		{"schema with another hash", nil, [][]byte{s.enc.AppendHello(nil, withRaw)}, nil},
		{"codec that was not offered", nil, [][]byte{s.enc.AppendHello(nil, packed)}, nil},
		{"type that no message has", nil, [][]byte{hello, {0x91, 99}}, nil},
		{"no message", nil, [][]byte{{}}, nil},
		{"array of 4 billion", nil, [][]byte{{0xdd, 0xff, 0xff, 0xff, 0xff}}, nil},
		{"PONG for no PING", nil, [][]byte{hello, msg.AppendPong(nil, msg.Pong{T0: 5_000_000})}, nil},
		{"PONG sent before it came", nil, [][]byte{hello, msg.AppendPong(nil, msg.Pong{T1: 2, T2: 1})}, nil},
		{"events after a gap", nil, [][]byte{hello, s.events(1, said(1, 1, "a")), s.events(3, said(1, 1, "b"))}, nil},
		{"events again", nil, [][]byte{hello, s.events(1, said(1, 1, "a")), s.events(1, said(1, 1, "a"))}, nil},
		{"event not in the schema", nil, [][]byte{hello, s.events(1, bare(2))}, nil},
		{"event without its values", nil, [][]byte{hello, s.events(1, bare(1))}, nil},
		{"event value out of range", nil, [][]byte{hello, s.events(1, said(1, 201, "a"))}, msg.ErrRange},
		{"event text too long", nil, [][]byte{hello, s.events(1, said(1, 1, "twenty-one characters"))}, nil},
		{"string 0", nil, [][]byte{hello, s.events(1, named(0, "a"))}, nil},
		{"half a string", nil, [][]byte{hello, s.events(1, func(e *msg.Encoder) {
			e.BeginEvent(msg.EventHead{Event: msg.EventStrings, Args: 1})
			e.Uint(1)
		})}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			core := NewCore(Options{Schema: c.built, Codecs: msg.OfferPlain})
			core.Outgoing(time.Unix(0, 0), func([]byte) {})
			last := len(c.messages) - 1
			for i, m := range c.messages[:last] {
				if err := core.Receive(time.Unix(1, 0), m); err != nil {
					t.Fatalf("message %d: %v", i, err)
				}
			}
			err := core.Receive(time.Unix(1, 0), c.messages[last])
			if !errors.Is(err, ErrProtocol) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestStateIsCheckedByChecksum(t *testing.T) {
	w := newWorld(t, Options{Check: true})
	m := w.server.next()
	before := w.core.State.Hash()
	// The checksum's last byte: the state that arrives is another than the one meant.
	at := slices.Index(m, 0xce) + 4
	m[at] ^= 1
	if err := w.core.Receive(w.now, m); !errors.Is(err, snapshot.ErrChecksum) || !errors.Is(err, ErrProtocol) {
		t.Fatalf("got %v", err)
	}
	if w.core.State.Hash() != before {
		t.Error("the refused message has changed the state")
	}
	m[at] ^= 1
	w.receive(m)
}

func TestSchemaOfTheClientIsUsedWhenHelloLeavesItOut(t *testing.T) {
	s := testSchema()
	core := NewCore(Options{Schema: s})
	var join msg.Join
	core.Outgoing(time.Unix(0, 0), func(m []byte) {
		var err error
		if join, err = msg.ReadJoin(m); err != nil {
			t.Fatal(err)
		}
	})
	_, hash, input := s.Encode()
	if string(join.SchemaHash) != string(hash[:]) || string(join.InputHash) != string(input[:]) {
		t.Errorf("JOIN is %+v", join)
	}
	hello := msg.NewEncoder().AppendHello(nil, msg.Hello{Protocol: msg.Version, SchemaHash: hash, Player: 1, TickRate: 20})
	if err := core.Receive(time.Unix(0, 0), hello); err != nil {
		t.Fatal(err)
	}
	if core.Schema != s {
		t.Error("the schema is another")
	}
}

func TestEventsAreToldOnceInOrder(t *testing.T) {
	var got []Event
	w := newWorld(t, Options{OnEvent: func(e Event) { e.Words = slices.Clone(e.Words); got = append(got, e) }})
	w.receive(w.server.events(1, named(1, "ann"), said(1, 9, "hi")))
	w.receive(w.server.events(3, named(1, "bob"), said(0, 10, "")))
	want := []Event{
		{Seq: 2, Name: "said", Tick: 1, Words: []uint32{9, 0}, Texts: []string{"hi"}},
		{Seq: 4, Name: "said", Tick: 0, Words: []uint32{10, 0}, Texts: []string{""}},
	}
	if !slices.EqualFunc(got, want, func(a, b Event) bool {
		return a.Seq == b.Seq && a.Name == b.Name && a.Tick == b.Tick && slices.Equal(a.Words, b.Words) && slices.Equal(a.Texts, b.Texts)
	}) {
		t.Errorf("got %+v", got)
	}
	if w.core.Text(1) != "bob" || w.core.Text(0) != "" {
		t.Errorf("texts are %q and %q", w.core.Text(1), w.core.Text(0))
	}
}

func TestStringTableIsBounded(t *testing.T) {
	w := newWorld(t, Options{})
	for id := uint64(1); ; id++ {
		err := w.core.Receive(w.now, w.server.events(id, named(id, "")))
		if id <= maxTexts && err != nil {
			t.Fatalf("string %d: %v", id, err)
		}
		if id > maxTexts {
			if !errors.Is(err, ErrProtocol) {
				t.Errorf("string %d: %v", id, err)
			}
			break
		}
	}
}

// A room that has named as many as fit goes on renaming them.
func TestFullStringTableTakesOtherTextsForItsIds(t *testing.T) {
	w := newWorld(t, Options{})
	for id := uint64(1); id <= maxTexts; id++ {
		w.receive(w.server.events(id, named(id, "")))
	}
	w.receive(w.server.events(maxTexts+1, named(300, "eve")))
	if got := w.core.Text(300); got != "eve" {
		t.Errorf("text 300 is %q", got)
	}
}

func TestTicksOfEventsAreCompletedAcrossTheWrap(t *testing.T) {
	w := newWorld(t, Options{})
	w.server.v = snapshot.View{}
	for tick := uint32(0x2fff0); tick <= 0x30004; tick++ {
		w.server.step(tick)
	}
	w.receive(w.server.full())
	for low, want := range map[uint16]uint32{4: 0x30004, 0xfff1: 0x2fff1, 9: 0x30009} {
		if got := w.core.tickNear(low); got != want {
			t.Errorf("low bits %#x near %#x: got %#x, want %#x", low, w.core.State.Tick(), got, want)
		}
	}
}

func TestFullReplacesTheState(t *testing.T) {
	w := newWorld(t, Options{})
	w.receive(w.server.next())
	w.server.h.Begin(3)
	copy(w.server.h.Put(0, 0, 1), []uint32{7, 1})
	w.receive(w.server.full())
	if n := w.core.State.Len(1); n != 0 || w.core.State.Tick() != 3 {
		t.Errorf("%d things at tick %d", n, w.core.State.Tick())
	}
}

func FuzzReceive(f *testing.F) {
	s := newServer()
	s.step(1)
	hello, full := s.hello(), s.full()
	delta := s.next()
	for _, m := range [][]byte{
		hello, full, delta, s.events(1, named(1, "ann"), said(1, 9, "hi")), msg.AppendPong(nil, msg.Pong{T0: 1, T1: 2, T2: 3}),
		msg.AppendBye(nil, msg.Bye{Code: 4100, RetryMS: 5}),
		s.enc.AppendReply(nil, msg.Reply{ID: 1, Status: msg.StatusRefused, Reason: "no"}),
		{0xdd, 0xff, 0xff, 0xff, 0xff},
	} {
		f.Add(m, true)
		f.Add(m, false)
	}
	f.Fuzz(func(t *testing.T, m []byte, greeted bool) {
		now := time.Unix(1000, 0)
		core := NewCore(Options{Check: true, OnEvent: func(Event) {}, OnReply: func(msg.Reply) {}})
		core.Outgoing(now, func([]byte) {})
		if greeted {
			for _, right := range [][]byte{hello, full} {
				if err := core.Receive(now, right); err != nil {
					t.Fatal(err)
				}
			}
		}
		// Whatever it was, the client must be able to go on, and each of its own messages must be one that a server reads.
		if err := core.Receive(now, m); err != nil && !errors.Is(err, ErrProtocol) {
			t.Fatalf("an error that is no ErrProtocol: %v", err)
		}
		for range 3 {
			now = now.Add(100 * time.Millisecond)
			core.Outgoing(now, func(out []byte) {
				if len(out) > msg.MaxClientMessage && greeted {
					t.Fatalf("a message of %d bytes", len(out))
				}
			})
		}
	})
}

// FuzzSchema is a server whose schema is right in form, and whose state may be anything.
func FuzzSchema(f *testing.F) {
	s := newServer()
	raw, _, _ := s.s.Encode()
	s.step(1)
	f.Add(raw, s.full())
	f.Add(raw, s.next())
	f.Fuzz(func(t *testing.T, raw, m []byte) {
		_, hash, err := schema.Decode(raw)
		if err != nil {
			return
		}
		now := time.Unix(1000, 0)
		core := NewCore(Options{})
		core.Outgoing(now, func([]byte) {})
		hello := msg.NewEncoder().AppendHello(nil, msg.Hello{
			Protocol: msg.Version, SchemaHash: hash, Schema: raw, Player: 1, TickRate: 128,
		})
		for _, message := range [][]byte{hello, m, m} {
			if err := core.Receive(now, message); err != nil && !errors.Is(err, ErrProtocol) {
				t.Fatal(err)
			}
			now = now.Add(100 * time.Millisecond)
			core.Outgoing(now, func([]byte) {})
		}
	})
}
