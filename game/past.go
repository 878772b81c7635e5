package game

import (
	"iter"
	"time"
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// Moment is a point in the time of a room, in 1/16 ticks: AtTick(n) is the state after tick n, and what lies between two of those
// is what a client draws there.
type Moment uint64

const momentsPerTick = 16

// AtTick is the moment of tick n.
func AtTick(n uint32) Moment { return Moment(n) * momentsPerTick }

// NextTick is the moment of the first tick after m.
func (m Moment) NextTick() Moment { return (m/momentsPerTick + 1) * momentsPerTick }

// Ticks is m in ticks.
func (m Moment) Ticks() float64 { return float64(m) / momentsPerTick }

// SeenBy is the moment that p was looking at when it made its input for this tick: what it had aimed at is where
// Table.At(t.SeenBy(p)) has it. It is at most the tick before this one, and at most Config.Rewind before this one, whatever the
// client says. For a player without a client it is the tick before.
func (t *Tick) SeenBy(p *Player) Moment {
	newest := AtTick(t.N - 1)
	if p.input.view == 0 {
		return newest
	}
	rewind := Moment(t.room.def.config.Rewind * momentsPerTick / t.room.period)
	oldest := AtTick(t.N) - min(rewind, AtTick(t.N))
	return min(max(p.input.view, oldest), newest)
}

// Past is a table as a client drew it at one moment. It is valid during the tick in which it was made.
type Past[T any] struct {
	table *Table[T]
	at    Moment
}

// At is the table as it was at m, decoded from what was packed then and interpolated as clients do it: fields tagged lerp lie
// between the two sent ticks around m, those tagged hermite on the curve that leads from one to the other, and the rest are as at the
// earlier one. The last second is kept; before that nothing is there, and nothing after the last finished tick. What clients were
// never sent is in it too.
func (t *Table[T]) At(m Moment) Past[T] { return Past[T]{t, m} }

// Get returns the row as it was, its untagged fields zero. ok is false when it was not there.
func (p Past[T]) Get(id EntityID) (row T, ok bool) {
	got, row := p.read(uint16(id))
	return row, got == id && id != 0
}

// All yields the rows that were there, in the order of their slots.
func (p Past[T]) All() iter.Seq2[EntityID, T] {
	return func(yield func(EntityID, T) bool) {
		for slot := range p.table.state {
			if id, row := p.read(uint16(slot)); id != 0 && !yield(id, row) {
				return
			}
		}
	}
}

// read decodes what was in a slot; id is 0 when nothing was.
func (p Past[T]) read(slot uint16) (id EntityID, row T) {
	t := p.table
	if t.past == nil || p.at > AtTick(t.past.Tick()) {
		return 0, row
	}
	// Clients have the rows of the ticks that were sent. What none has been sent yet is as it was at its tick.
	gap := max(1, t.every)
	tick := uint32(p.at/momentsPerTick) / gap * gap
	if tick == 0 || tick+gap > t.past.Tick() {
		gap, tick = 1, uint32(p.at/momentsPerTick)
	}
	earlier, generation, ok := t.past.Row(tick, t.index, slot)
	if !ok {
		return 0, row
	}
	// All rows that the history has of a slot are of the same entity: a slot rests before it gets another.
	c := schema.Course{Part: float64(p.at-AtTick(tick)) / float64(momentsPerTick*gap)}
	c.Rows[2], c.Gaps[2] = earlier, gap
	if c.Rows[3], _, ok = t.past.Row(tick+gap, t.index, slot); !ok {
		c.Part = 0 // it left before the next one: clients draw it where it was
	}
	if c.Part != 0 && t.curved {
		for i := 1; i >= 0 && ok; i-- {
			if c.Rows[i], _, ok = t.past.Row(tick-uint32(2-i)*gap, t.index, slot); ok {
				c.Gaps[i] = gap
			}
		}
	}
	t.layout.UnpackAlong(unsafe.Pointer(&row), &c)
	return EntityID(snapshot.EntityID(t.index, generation, slot)), row
}

// defaultRewind covers a round trip of 150 ms with its interpolation delay and buffers, 283 ms in all, and some jitter.
const defaultRewind = 400 * time.Millisecond
