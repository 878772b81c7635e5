//go:build linux

package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"time"

	"github.com/skirmish-dev/skirmish/bench/bot"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Skirmish is the Target for a server of ours. Its clients get in through the lobby, as players do.
type Skirmish struct {
	// Seats is the way through the lobby. Required.
	Seats *bot.Joiner
	// Schema of the game. Required.
	Schema *schema.Schema
	// Rate is the game's tick rate. Required.
	Rate int
	// Plain makes the clients offer the codec plain alone.
	Plain bool
	// Decode makes one client in so many read every snapshot of its own in full, and end when one is wrong. Zero means none.
	Decode int
	// Watches says which clients spectate. Zero (nil) means none.
	Watches func(i int) bool
}

var _ Target = (*Skirmish)(nil)

// Dial takes a seat and dials it.
func (s *Skirmish) Dial(ctx context.Context, i int) (net.Conn, []byte, error) {
	seat, err := s.Seats.Take(ctx, i, s.watches(i))
	if err != nil {
		return nil, nil, err
	}
	return DialWebSocket(ctx, seat.Dial, seat.URL)
}

func (s *Skirmish) watches(i int) bool { return s.Watches != nil && s.Watches(i) }

func (s *Skirmish) codecs() uint8 {
	if s.Plain {
		return msg.OfferPlain
	}
	return msg.OfferPlain | msg.OfferPacked
}

// Session is the protocol of client number i.
func (s *Skirmish) Session(i int) Session {
	p := &player{
		target: s, inputs: len(s.Schema.Input), next: i * 131, watches: s.watches(i),
		guard: min(time.Millisecond, time.Second/time.Duration(8*s.Rate)), period: time.Second / time.Duration(s.Rate),
	}
	if s.Decode > 0 && i%s.Decode == 0 {
		p.core = client.NewCore(client.Options{Codecs: s.codecs(), Schema: s.Schema})
	}
	return p
}

// player is a client that reads the heads of its messages only. It labels an input with the next tick that it can still reach: the
// server is on the same machine, so its ticks are known by their arrival, without the margin that a client elsewhere needs.
type player struct {
	target  *Skirmish
	core    *client.Core // nil: it does not decode
	inputs  int          // fields of an input
	watches bool
	period  time.Duration
	guard   time.Duration // how long before its tick an input leaves at the latest

	tick     uint32    // newest
	fastest  time.Time // when tick 0 would have come, by the fastest snapshot of late
	older    time.Time // the same, of the time before
	since    time.Time // of fastest
	label    uint32    // newest sent
	next     int       // in turns
	event    uint64    // newest received
	eventAck uint64
	buf, arg []byte

	ackAt, eventAckAt time.Time
}

var errNotOpen = errors.New("load: a DELTA before any FULL")

func (p *player) Open(out *Outbox) {
	_, hash, input := p.target.Schema.Encode()
	out.Message(msg.AppendJoin(nil, msg.Join{
		Protocol: msg.Version, Codecs: p.target.codecs(), SchemaHash: hash[:], InputHash: input[:],
	}))
}

func (p *player) Receive(now time.Time, b []byte) (Seen, error) {
	if p.core != nil {
		if err := p.core.Receive(now, b); err != nil {
			return Seen{}, fmt.Errorf("desync: %w", err)
		}
	}
	kind, err := msg.PeekType(b)
	if err != nil {
		return Seen{}, err
	}
	switch kind {
	case msg.TypeFull:
		m, err := msg.ReadFull(b)
		if err != nil {
			return Seen{}, err
		}
		p.arrived(now, m.Tick)
		return Seen{Snapshot: true, Tick: p.tick}, nil
	case msg.TypeDelta:
		return p.delta(now, b)
	case msg.TypeEvents:
		m, err := msg.ReadEvents(b)
		p.event = max(p.event, m.FirstSeq+uint64(m.Count)-1)
		return Seen{}, err
	}
	return Seen{}, nil
}

// delta reads the head of a DELTA, and of its end the events if there are any.
func (p *player) delta(now time.Time, b []byte) (Seen, error) {
	const withEvents = 0x98 // an array of 8 instead of 6
	if p.tick == 0 {
		return Seen{}, errNotOpen
	}
	if b[0] == withEvents {
		m, err := msg.ReadDelta(b, p.tick)
		if err != nil {
			return Seen{}, err
		}
		p.event = max(p.event, m.Events.FirstSeq+uint64(m.Events.Count)-1)
		p.arrived(now, m.Tick)
		return Seen{Snapshot: true, Tick: p.tick}, nil
	}
	r := msg.NewReader(b[2:])
	low := uint16(r.Uint(math.MaxUint16))
	if err := r.Err(); err != nil {
		return Seen{}, err
	}
	p.arrived(now, p.tick+uint32(low-uint16(p.tick)))
	return Seen{Snapshot: true, Tick: p.tick}, nil
}

// arrived notes that the snapshot of a tick has come.
func (p *player) arrived(now time.Time, tick uint32) {
	const memory = time.Second
	p.tick = tick
	zero := now.Add(-time.Duration(tick) * p.period)
	switch {
	case p.since.IsZero():
		p.older, p.fastest, p.since = zero, zero, now
	case now.Sub(p.since) > memory:
		p.older, p.fastest, p.since = p.fastest, zero, now
	case zero.Before(p.fastest):
		p.fastest = zero
	}
}

// reachable is the next tick that an input sent now is in time for.
func (p *player) reachable(now time.Time) uint32 {
	zero := p.fastest
	if p.older.Before(zero) {
		zero = p.older
	}
	return uint32(now.Add(p.guard).Sub(zero)/p.period) + 1
}

func (p *player) Play(now time.Time, out *Outbox) (label uint32) {
	const ackEvery = 240 * time.Millisecond // PROTOCOL.md: at most 250 ms
	if p.tick == 0 {
		return 0
	}
	if p.event > p.eventAck && now.Sub(p.eventAckAt) >= ackEvery {
		p.eventAck, p.eventAckAt = p.event, now
		out.Message(msg.AppendEventAck(nil, msg.EventAck{Seq: p.event}))
	}
	m := msg.Input{FirstTick: p.tick + 1, AckTick: p.tick, ViewTick: 16 * uint64(p.tick)}
	// A label counts once. One for the tick after the next would put the client a tick ahead for good: each later one would find its
	// own tick taken, and its effect would seem to take a period longer than it can. So when the next tick has its input, which may be
	// for long after the server has left time out, what has come is acknowledged, and no more.
	if reach := p.reachable(now); p.inputs > 0 && !p.watches && p.label < reach {
		p.label = reach
		label, m.FirstTick, m.Inputs = p.label, p.label, p.input()
	} else if now.Sub(p.ackAt) < ackEvery {
		return 0
	}
	p.ackAt = now
	p.buf = msg.AppendInput(p.buf[:0], m)
	out.Message(p.buf)
	return label
}

// input is the next one: each number field turns, each switch is thrown every shotEvery.
func (p *player) input() []byte {
	const shotEvery = 100 * time.Millisecond
	p.next++
	p.arg = append(p.arg[:0], 0x91, 0x90|byte(p.inputs)) // an array of one input, which is an array of its fields
	for i := range p.target.Schema.Input {
		f := &p.target.Schema.Input[i]
		word := uint32(0)
		if f.Kind == schema.Bool {
			if every := int(shotEvery / p.period); p.next%max(every, 1) == 0 {
				word = 1
			}
		} else {
			word = f.Reduce(int64(math.Round((turns[p.next%len(turns)] - f.Base) / f.Step)))
		}
		p.arg = f.AppendValue(p.arg, word)
	}
	return p.arg
}

// turns are by how much the players turn in one input: 0.15 + N(0, 0.2) radians, within the bounds of an input. Each client reads
// them from a place of its own.
var turns = func() (t [4093]float64) {
	random := rand.New(rand.NewPCG(100, 20))
	for i := range t {
		t[i] = min(max(0.15+0.2*random.NormFloat64(), -4), 4)
	}
	return t
}()
