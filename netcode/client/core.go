// Package client is the Go client of the protocol: bots, load tests and gametest use it, and the tests of everything else.
//
// Core is the protocol without a socket: bytes in, bytes out, times given by the caller. Conn is a Core on a WebSocket. The
// package reads what a server sends and trusts none of it. It may import gobwas/ws, netcode and nothing of game or lobby.
package client

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// Options configure a Core.
type Options struct {
	// Check asks the server for a checksum in each snapshot and verifies it.
	Check bool
	// Codecs it offers: bits of msg.OfferPlain and msg.OfferPacked. Zero means both.
	Codecs uint8
	// Schema is the schema the client was built with; nil: take the server's. If it is the room's, HELLO is smaller.
	Schema *schema.Schema
	// OnEvent is told each event once, in order. Words are valid until it returns.
	OnEvent func(Event)
	// OnReply is told the answer to each call.
	OnReply func(msg.Reply)
	// OnHello is told when the room's schema is known, before any snapshot.
	OnHello func()
	// OnLost is told, after a resume, that there were events which the server does not have any more: those with the numbers
	// from..to.
	OnLost func(from, to uint64)
	// OnSnapshot is told when a FULL or DELTA has been applied.
	OnSnapshot func()
}

// Event is something that happened in the game.
type Event struct {
	Seq   uint64
	Name  string
	Tick  uint32
	Words []uint32 // one per field of the event; 0 for strings
	Texts []string // one per string field
}

// Stats count what a Core has seen.
type Stats struct {
	Snapshots     uint64
	SnapshotBytes uint64
	Events        uint64
	InputsSent    uint64
	RTT           time.Duration // newest round trip without the server's part, 0 before the first
}

// Core is one client. It lives as long as its player does, and can go over from a connection that has ended to another one with
// Resume. It must not be used by two goroutines at a time.
type Core struct {
	opt Options

	// Known from HELLO on.
	Schema   *schema.Schema
	State    *snapshot.Decoder // nil before HELLO
	Player   uint32
	TickRate int
	Assets   []msg.Asset // what can be fetched beside the socket; see Conn.Asset
	Bye      *msg.Bye    // the server's good-bye, once it has come

	Clock Clock
	Stats Stats

	texts      map[uint32]string
	eventSeq   uint64 // newest received
	eventAck   uint64 // newest acknowledged
	joined     bool
	seat       string // newest resume seat, or empty
	resumed    bool   // this connection is not the first
	gap        bool   // events may be missing before the next ones
	input      []uint32
	label      uint32 // of the newest input sent
	ackAt      time.Time
	pingAt     time.Time
	pinged     time.Duration // newest t0
	eventAckAt time.Time
	epoch      time.Time // where PING's t0 counts from
	heard      time.Time // newest message of the server
	calls      []byte    // encoded, waiting
	callEnds   []int
	callID     uint32
	sent       [256]sentInput // by label
	consumed   uint32         // newest label that the server has consumed
	effects    []time.Duration
	buf        []byte
	inputs     []byte
}

// sentInput is when the input with a label was sent.
type sentInput struct {
	label uint32
	at    time.Time
}

// maxTexts bounds the string table: a room has a name per player and some labels.
const maxTexts = 1 << 16

// The times of a client, PROTOCOL.md section 4.
const (
	ackEvery      = 200 * time.Millisecond // 250 are allowed; who calls Outgoing may be late
	pingEvery     = time.Second
	eventAckEvery = 250 * time.Millisecond
	eventAckCount = 64
	// silence is how long nothing has come when inputs are not sent any more: the server does not get them, or so late that they are
	// stale, and they would be in the way of what is said once it does. It is longer than any room waits between two snapshots.
	silence = 3 * time.Second
)

// ErrProtocol is what every violation by the server wraps.
var ErrProtocol = errors.New("client: the server broke the protocol")

// NewCore makes a client that has not joined yet.
func NewCore(opt Options) *Core {
	return &Core{opt: opt, texts: map[uint32]string{}}
}

// known is the schema that JOIN names, or nil.
func (c *Core) known() *schema.Schema {
	if c.opt.Schema != nil {
		return c.opt.Schema
	}
	return c.Schema
}

// Resume makes the client ready for another connection after the one it had has ended, whatever ended it, and returns the seat to
// dial there. It keeps the player, the events it has and the names; the state comes anew. Calls without an answer may have been
// made or not. While no connection comes about, call it again. ok is false when the server gives no resume seats: ask the lobby
// for a seat then, and begin with a fresh Core.
func (c *Core) Resume() (seat string, ok bool) {
	if c.seat == "" {
		return "", false
	}
	c.State, c.Bye = nil, nil
	c.joined, c.resumed, c.gap = false, true, true
	c.input, c.label, c.consumed, c.sent = nil, 0, 0, [256]sentInput{}
	c.ackAt, c.pingAt, c.pinged, c.eventAckAt = time.Time{}, time.Time{}, 0, time.Time{}
	c.eventAck = c.eventSeq // JOIN says so
	c.calls, c.callEnds = c.calls[:0], c.callEnds[:0]
	return c.seat, true
}

func (c *Core) codecs() uint8 {
	if c.opt.Codecs == 0 {
		return msg.OfferPlain | msg.OfferPacked
	}
	return c.opt.Codecs
}

// Receive takes one message of the server that arrived at now. After an error close with 4000 and Resume.
func (c *Core) Receive(now time.Time, data []byte) error {
	c.heard = now
	kind, err := msg.PeekType(data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	if (kind == msg.TypeHello) == (c.State != nil) && kind != msg.TypeBye {
		return fmt.Errorf("%w: HELLO must come first and once, got type %d", ErrProtocol, kind)
	}
	switch kind {
	case msg.TypeHello:
		err = c.hello(now, data)
	case msg.TypeFull:
		var m msg.Full
		if m, err = msg.ReadFull(data); err == nil {
			err = c.full(now, m, len(data))
		}
	case msg.TypeDelta:
		err = c.delta(now, data)
	case msg.TypeEvents:
		var m msg.Events
		if m, err = msg.ReadEvents(data); err == nil {
			err = c.events(m)
		}
	case msg.TypeReply:
		var m msg.Reply
		if m, err = msg.ReadReply(data); err == nil && c.opt.OnReply != nil {
			c.opt.OnReply(m)
		}
	case msg.TypePong:
		var m msg.Pong
		if m, err = msg.ReadPong(data); err == nil {
			err = c.pong(now, m)
		}
	case msg.TypeBye:
		var m msg.Bye
		if m, err = msg.ReadBye(data); err == nil {
			c.Bye = &m
		}
	case msg.TypeSeat:
		var m msg.Seat
		if m, err = msg.ReadSeat(data); err == nil {
			c.seat = m.Seat
		}
	default:
		return fmt.Errorf("%w: message of type %d", ErrProtocol, kind)
	}
	if err != nil {
		return fmt.Errorf("%w: message of type %d: %w", ErrProtocol, kind, err)
	}
	return nil
}

func (c *Core) hello(now time.Time, data []byte) error {
	m, err := msg.ReadHello(data)
	if err != nil {
		return err
	}
	known := c.known()
	c.Schema = known
	if m.Schema != nil {
		s, hash, err := schema.Decode(m.Schema)
		if err != nil {
			return err
		}
		if hash != schema.Hash(m.SchemaHash) {
			return errors.New("the schema has another hash than HELLO says")
		}
		c.Schema = s
	} else if known == nil {
		return errors.New("HELLO leaves out the schema, and the client has none")
	} else if _, hash, _ := c.Schema.Encode(); hash != schema.Hash(m.SchemaHash) {
		return errors.New("HELLO leaves out the schema, but it is another than the client's")
	}
	if c.codecs()>>m.Codec&1 == 0 {
		return fmt.Errorf("codec %d was not offered", m.Codec)
	}
	if c.resumed && m.Player != c.Player {
		return fmt.Errorf("resumed as player %d, was %d", m.Player, c.Player)
	}
	c.seat, c.Assets = m.ResumeSeat, m.Assets
	c.Player, c.TickRate = m.Player, int(m.TickRate)
	c.State = snapshot.NewDecoder(c.Schema, snapshot.Codec(m.Codec), m.Player)
	c.Clock.init(c.TickRate)
	c.Clock.joined(now.Sub(c.epoch))
	if c.input = nil; c.Player != 0 { // a spectator has no inputs
		c.input = make([]uint32, len(c.Schema.Input))
	}
	if c.opt.OnHello != nil {
		c.opt.OnHello()
	}
	return nil
}

func (c *Core) full(now time.Time, m msg.Full, size int) error {
	if err := c.State.ApplyFull(m.Tick, m.Body); err != nil {
		return err
	}
	c.applied(now, size)
	return nil
}

func (c *Core) delta(now time.Time, data []byte) error {
	m, err := msg.ReadDelta(data, c.State.Tick())
	if err != nil {
		return err
	}
	if m.HasEvents {
		if err := c.events(m.Events); err != nil {
			return err
		}
	}
	if err := c.State.ApplyDelta(uint16(m.Tick), uint32(m.Lag), m.Body); err != nil {
		return err
	}
	if m.HasAck {
		c.ack(now, int64(m.Tick)-m.Ack)
	}
	if m.HasPace {
		c.Clock.pace(now, m.Pace)
	}
	c.applied(now, len(data))
	return nil
}

// ack notes that the server has consumed the inputs up to the one with this label.
func (c *Core) ack(now time.Time, label int64) {
	newest := uint32(min(max(label, 0), int64(c.label))) // gametest sends inputs past c.label, which are none of this Core's
	oldest := max(c.consumed+1, newest-min(newest, uint32(len(c.sent))-1))
	for l := oldest; l <= newest; l++ {
		if s := &c.sent[l%uint32(len(c.sent))]; s.label == l {
			c.effects = append(c.effects, now.Sub(s.at))
		}
	}
	c.consumed = max(c.consumed, newest)
}

func (c *Core) pong(now time.Time, m msg.Pong) error {
	sent := time.Duration(m.T0) * time.Microsecond
	if sent > c.pinged || m.T2 < m.T1 {
		return errors.New("no PING was sent at that time, or it was answered before it came")
	}
	trip := now.Sub(c.epoch) - sent - time.Duration(m.T2-m.T1)*time.Microsecond
	c.Stats.RTT = max(trip, time.Microsecond)
	c.Clock.rtt(now, c.Stats.RTT)
	return nil
}

// applied is what a FULL and a DELTA of that many bytes have in common once the state is held.
func (c *Core) applied(now time.Time, size int) {
	c.Stats.Snapshots++
	c.Stats.SnapshotBytes += uint64(size)
	c.Clock.snapshot(now, c.State.Tick())
	if c.opt.OnSnapshot != nil {
		c.opt.OnSnapshot()
	}
}

func (c *Core) events(m msg.Events) error {
	if m.FirstSeq > c.eventSeq+1 && c.gap {
		if c.opt.OnLost != nil {
			c.opt.OnLost(c.eventSeq+1, m.FirstSeq-1)
		}
		c.eventSeq = m.FirstSeq - 1
	}
	c.gap = false
	if m.FirstSeq != c.eventSeq+1 {
		return fmt.Errorf("events begin with %d after %d", m.FirstSeq, c.eventSeq)
	}
	r := msg.NewReader(m.Raw)
	r.ArrayLen(m.Count)
	for range m.Count {
		h := msg.ReadEventHead(&r)
		c.eventSeq++
		c.Stats.Events++
		if h.Event == msg.EventStrings {
			if err := c.strings(&r, h.Args); err != nil {
				return err
			}
			continue
		}
		if int(h.Event) > len(c.Schema.Events) {
			return fmt.Errorf("event %d is not in the schema", h.Event)
		}
		rec := &c.Schema.Events[h.Event-1]
		if h.Args != len(rec.Fields) {
			return fmt.Errorf("event %s has %d values", rec.Name, h.Args)
		}
		ev := Event{Seq: c.eventSeq, Name: rec.Name, Tick: c.tickNear(h.Tick16), Words: make([]uint32, h.Args)}
		for i := range rec.Fields {
			if f := &rec.Fields[i]; f.Kind == schema.Str {
				ev.Texts = append(ev.Texts, r.String(f.Max))
			} else {
				ev.Words[i] = f.ReadValue(&r)
			}
		}
		if r.Err() == nil && c.opt.OnEvent != nil {
			c.opt.OnEvent(ev)
		}
	}
	return r.Done()
}

// strings reads the pairs of a string table event.
func (c *Core) strings(r *msg.Reader, args int) error {
	if args%2 != 0 {
		return errors.New("a string table event with half a pair")
	}
	for range args / 2 {
		id, text := uint32(r.Uint(math.MaxUint32)), r.String(msg.MaxText)
		if r.Err() != nil {
			return r.Err()
		}
		if _, known := c.texts[id]; id == 0 || !known && len(c.texts) == maxTexts {
			return fmt.Errorf("string %d: ids begin with 1, and %d are the most", id, maxTexts)
		}
		c.texts[id] = text
	}
	return nil
}

// tickNear completes a tick of which the low bits are known and which is not far from the newest.
func (c *Core) tickNear(low uint16) uint32 {
	tick := c.State.Tick()
	return tick + uint32(int32(int16(low-uint16(tick))))
}

// Text looks an id up in the room's string table.
func (c *Core) Text(id uint32) string { return c.texts[id] }

// TakeEffects returns how long each input took from being sent to the first snapshot that says that it, or a later one, was
// consumed, and forgets them. The slice is valid until the next message.
func (c *Core) TakeEffects() []time.Duration {
	e := c.effects
	c.effects = c.effects[:0]
	return e
}
