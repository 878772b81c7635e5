// Package snapshot turns the packed rows of a room into what each client is sent, and back.
//
// A room fills a History once per tick. For each client a View remembers what that client holds (the known list) and
// encodes the difference as the body of a FULL or DELTA; a Decoder, on the client, applies bodies. Encoding is pure:
// nothing the View remembers changes until Commit, which the room calls when the transport has taken the message.
// Sections 7 and 8 of PROTOCOL.md are the specification. The package knows nothing of sockets, games or time.
package snapshot

import "github.com/skirmish-dev/skirmish/netcode/schema"

// MaxSlots is how many rows a table may have: a slot is 16 bits.
const MaxSlots = 1 << 16

const generationBits = 10

// MaxGeneration is the highest generation of a slot; 0 is none.
const MaxGeneration = 1<<generationBits - 1

// EntityID packs (table, generation, slot) as PROTOCOL.md section 2 does.
func EntityID(table int, generation, slot uint16) uint32 {
	return uint32(table)<<26 | uint32(generation)<<16 | uint32(slot)
}

// History is a ring of the rows of the last ticks of one room. It is owned by the goroutine that steps the room.
type History struct {
	schema *schema.Schema
	depth  uint32 // ticks kept
	tick   uint32 // newest
	tables []past
}

// past is the history of one table.
type past struct {
	words int
	slots int        // capacity of every rows[i] and gens[i]
	rows  [][]uint32 // by tick modulo depth: slots * words
	gens  [][]uint16 // by tick modulo depth: generation in each slot, 0 for none
	live  []uint16   // slots in use at the newest tick, ascending

	once []uint8 // the fields marked so, as indices

	// The fields that packed records have, as indices: a record is made for each row in each tick, and asks no field what it is.
	predicted, others []uint8
	widths            []uint8 // of predicted, in bits
}

// newPast is the empty history of a table, of depth ticks.
func newPast(t *schema.Table, depth uint32) past {
	p := past{words: len(t.Fields), rows: make([][]uint32, depth), gens: make([][]uint16, depth)}
	for i := range t.Fields {
		switch f := &t.Fields[i]; {
		case f.Once:
			p.once = append(p.once, uint8(i))
		case !f.Shared():
		case f.Predicted():
			p.predicted, p.widths = append(p.predicted, uint8(i)), append(p.widths, f.Bits)
		default:
			p.others = append(p.others, uint8(i))
		}
	}
	return p
}

// NewHistory makes a ring of depth ticks for the tables of s; it is never shorter than what a prediction or a checksum looks back on.
func NewHistory(s *schema.Schema, depth int) *History {
	h := &History{schema: s, depth: uint32(max(depth, sumReach+1))}
	for i := range s.Tables {
		h.tables = append(h.tables, newPast(&s.Tables[i], h.depth))
	}
	return h
}

// Depth is the number of ticks kept: a row of tick t can be read while the newest tick is less than t + Depth.
func (h *History) Depth() int { return int(h.depth) }

// Tick is the newest tick.
func (h *History) Tick() uint32 { return h.tick }

// Begin starts the rows of a new tick, which must follow the last.
func (h *History) Begin(tick uint32) {
	h.tick = tick
	at := tick % h.depth
	for i := range h.tables {
		p := &h.tables[i]
		p.live = p.live[:0]
		clear(p.gens[at])
	}
}

// Put returns the words to fill for the row in slot at the newest tick. Slots of one table must be put in ascending
// order. The slice is valid until the next Put.
func (h *History) Put(table int, slot, generation uint16) []uint32 {
	p, at := &h.tables[table], h.tick%h.depth
	if int(slot) >= p.slots {
		p.grow(int(slot) + 1)
	}
	p.live = append(p.live, slot)
	p.gens[at][slot] = generation
	i := int(slot) * p.words
	return p.rows[at][i : i+p.words : i+p.words]
}

// KeepOnce gives the row in slot at the newest tick, which was put and filled, the words that its fields marked once had at the tick
// before, if it was there: they are not sent again, and whose a row is must be the same for the server as for whoever was told.
func (h *History) KeepOnce(table int, slot uint16) {
	p, at, before := &h.tables[table], h.tick%h.depth, (h.tick-1)%h.depth
	if len(p.once) == 0 || p.gens[before][slot] != p.gens[at][slot] {
		return
	}
	i := int(slot) * p.words
	row, first := p.rows[at][i:i+p.words], p.rows[before][i:i+p.words]
	for _, f := range p.once {
		row[f] = first[f]
	}
}

func (p *past) grow(need int) {
	slots := max(4, p.slots)
	for slots < need {
		slots *= 2
	}
	for i := range p.rows {
		rows, gens := make([]uint32, slots*p.words), make([]uint16, slots)
		copy(rows, p.rows[i])
		copy(gens, p.gens[i])
		p.rows[i], p.gens[i] = rows, gens
	}
	p.slots = slots
}

// row gives the words of slot at tick, which must be one that is kept and at which the slot was in use.
func (p *past) row(tick, depth uint32, slot uint16) []uint32 {
	i := int(slot) * p.words
	return p.rows[tick%depth][i : i+p.words : i+p.words]
}

// keeps reports whether the rows of tick are still there.
func (h *History) keeps(tick uint32) bool { return tick != 0 && h.tick-tick < h.depth }

// Len is the number of rows of a table at the newest tick.
func (h *History) Len(table int) int { return len(h.tables[table].live) }

// Each calls f with the entity id and the words of each row of a table at the newest tick, in slot order. row is valid until the
// next Begin and must not be changed.
func (h *History) Each(table int, f func(id uint32, row []uint32)) {
	p := &h.tables[table]
	gens := p.gens[h.tick%h.depth]
	for _, slot := range p.live {
		f(EntityID(table, gens[slot], slot), p.row(h.tick, h.depth, slot))
	}
}

// Hash is the checksum of all rows of the newest tick, computed as for a client that knows everything.
func (h *History) Hash() uint32 {
	sum := newSum()
	at := h.tick % h.depth
	for i := range h.tables {
		p := &h.tables[i]
		sum.table(i, len(p.live))
		for _, slot := range p.live {
			sum.entity(EntityID(i, p.gens[at][slot], slot), p.row(h.tick, h.depth, slot))
		}
	}
	return uint32(sum)
}

// sum is the FNV-1a of PROTOCOL.md section 7, over words instead of bytes.
type sum uint32

func newSum() sum { return 2166136261 }

// sumReach is for how many ticks a row that is not sent again counts in a checksum: as long as any server has it.
const sumReach = 3 * schema.MaxGap

// hasRow reports whether a checksum at tick has the row of an entity last sent at t1, or its id alone.
func hasRow(tick, t1 uint32) bool { return tick-t1 <= sumReach }

func (s *sum) word(w uint32) { *s = (*s ^ sum(w)) * 16777619 }

func (s *sum) table(index, known int) {
	s.word(uint32(index))
	s.word(uint32(known))
}

func (s *sum) entity(id uint32, row []uint32) {
	s.word(id)
	for _, w := range row {
		s.word(w)
	}
}
