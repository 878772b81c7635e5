package client

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testSchema has one of everything that a client treats differently.
func testSchema() *schema.Schema {
	number := schema.Field{Name: "n", Kind: schema.Uint, Bits: 8, Hi: 200}
	return &schema.Schema{
		Game: "test",
		Tables: []schema.Table{
			{Record: schema.Record{Name: "players", Fields: []schema.Field{
				{Name: "id", Kind: schema.Player, Bits: 32, Hi: 1<<32 - 1, Once: true},
				{Name: "name", Kind: schema.Text, Bits: 32, Hi: 1<<32 - 1},
			}}},
			{Record: schema.Record{Name: "thing", Fields: []schema.Field{
				{Name: "x", Kind: schema.Fixed, Bits: 16, Hi: 1<<16 - 1, Step: 1. / 16, Lerp: true}, number,
			}}},
		},
		Events: []schema.Record{{Name: "said", Fields: []schema.Field{number, {Name: "text", Kind: schema.Str, Max: 20}}}},
		Input: []schema.Field{
			{Name: "turn", Kind: schema.Int, Bits: 2, Lo: -1, Hi: 1}, {Name: "fire", Kind: schema.Bool, Bits: 1, Hi: 1, Edge: true},
		},
		Calls: []schema.Record{{Name: "say", Fields: []schema.Field{number, {Name: "text", Kind: schema.Str, Max: 20}}}},
	}
}

// server makes the messages that a room would.
type server struct {
	s    *schema.Schema
	h    *snapshot.History
	v    snapshot.View
	body snapshot.Encoder
	enc  *msg.Encoder
}

const testRate = 20

func newServer() *server {
	s := testSchema()
	return &server{s: s, h: snapshot.NewHistory(s, 64), enc: msg.NewEncoder()}
}

func (s *server) hello() []byte {
	raw, hash, _ := s.s.Encode()
	return s.enc.AppendHello(nil, msg.Hello{
		Protocol: msg.Version, SchemaHash: hash, Schema: raw, Player: 7, TickRate: testRate, Tick: s.h.Tick(),
	})
}

// step makes tick and puts a player and a thing that moves into it.
func (s *server) step(tick uint32) {
	s.h.Begin(tick)
	copy(s.h.Put(0, 0, 1), []uint32{7, 1})
	copy(s.h.Put(1, 3, 1), []uint32{(100 + 16*tick) & 0xffff, tick % 200})
}

// full is the FULL of the newest tick.
func (s *server) full() []byte {
	b := s.body.AppendBody(msg.AppendFullHeader(nil, s.h.Tick()), s.h, &s.v, snapshot.Options{Full: true, Checksum: true})
	s.v.Commit()
	return b
}

// delta is the DELTA to the newest tick, with what d says about inputs.
func (s *server) delta(d msg.Delta) []byte {
	d.Tick, d.Lag = s.h.Tick(), uint16(s.h.Tick()-s.v.Tick())
	b := s.body.AppendBody(msg.AppendDeltaHeader(nil, d, false), s.h, &s.v, snapshot.Options{Checksum: true})
	s.v.Commit()
	return b
}

// next steps to the tick after the newest and returns its DELTA.
func (s *server) next() []byte {
	s.step(s.h.Tick() + 1)
	return s.delta(msg.Delta{})
}

// events is an EVENTS of events made by these functions.
func (s *server) events(first uint64, list ...func(*msg.Encoder)) []byte {
	b := msg.AppendEventsHeader(nil, first, len(list))
	for _, f := range list {
		s.enc.Reset(b)
		f(s.enc)
		b = s.enc.Bytes()
	}
	return b
}

// said is an event of tick.
func said(tick uint32, n uint64, text string) func(*msg.Encoder) {
	return func(e *msg.Encoder) {
		e.BeginEvent(msg.EventHead{Event: 1, Tick16: uint16(tick), Args: 2})
		e.Uint(n)
		e.String(text)
	}
}

// bare is an event without values.
func bare(event uint32) func(*msg.Encoder) {
	return func(e *msg.Encoder) { e.BeginEvent(msg.EventHead{Event: event}) }
}

// named is the string table event.
func named(id uint64, text string) func(*msg.Encoder) {
	return func(e *msg.Encoder) {
		e.BeginEvent(msg.EventHead{Event: msg.EventStrings, Args: 2})
		e.Uint(id)
		e.String(text)
	}
}

// world is a client that has had HELLO and FULL, with its server.
type world struct {
	*testing.T
	server *server
	core   *Core
	now    time.Time
}

func newWorld(t *testing.T, opt Options) *world {
	w := &world{T: t, server: newServer(), core: NewCore(opt), now: time.Unix(1000, 0)}
	w.sent()
	w.receive(w.server.hello())
	w.server.step(1)
	w.receive(w.server.full())
	return w
}

func (w *world) receive(m []byte) {
	w.Helper()
	if err := w.core.Receive(w.now, m); err != nil {
		w.Fatal(err)
	}
}

// sent returns copies of what the core has to say now.
func (w *world) sent() (list [][]byte) {
	w.core.Outgoing(w.now, func(m []byte) { list = append(list, append([]byte(nil), m...)) })
	return list
}

// sentOf returns those of one type.
func (w *world) sentOf(kind uint8) (list [][]byte) {
	w.Helper()
	for _, m := range w.sent() {
		k, err := msg.PeekType(m)
		if err != nil {
			w.Fatal(err)
		}
		if k == kind {
			list = append(list, m)
		}
	}
	return list
}
