package snapshot

import (
	"errors"
	"fmt"
	"slices"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Errors of a Decoder. A client that meets one closes the connection with code 4000 and comes back: its state is that before the
// message.
var (
	// ErrBaseline: a DELTA against a tick that is not the newest one held.
	ErrBaseline = errors.New("snapshot: delta against a baseline that is not held")
	// ErrChecksum: the state after the message is not the server's.
	ErrChecksum = errors.New("snapshot: checksum differs: state out of step with the server")
	// ErrKnown: a leave, record or enter that does not fit the known list.
	ErrKnown = errors.New("snapshot: body does not fit the known list")
	// ErrRange: a field outside the bounds of its schema.
	ErrRange = errors.New("snapshot: field out of range")
	// ErrFlags: a flag that this version does not know.
	ErrFlags = errors.New("snapshot: unknown body flag")
)

// Decoder is the client's half: it holds the known entities with their newest three rows. A message that cannot be applied
// leaves it as it was. It must not be used by two goroutines at a time.
type Decoder struct {
	schema *schema.Schema
	codec  Codec
	player uint32
	tick   uint32
	tables []held
	spare  []held // the state being built
	empty  []held
	gone   []int // scratch: indices into a known list

	partial, applying bool // of the newest message, and of the one being applied
}

// held is the known list of one table, in slot order, as columns.
type held struct {
	slots, gens []uint16
	t1, t2, t3  []uint32
	s1, s2, s3  []uint32 // newest, second and third newest rows, words per entity
	sent        []bool   // in the newest message
}

func (t *held) reset() {
	t.slots, t.gens, t.sent = t.slots[:0], t.gens[:0], t.sent[:0]
	t.t1, t.t2, t.t3 = t.t1[:0], t.t2[:0], t.t3[:0]
	t.s1, t.s2, t.s3 = t.s1[:0], t.s2[:0], t.s3[:0]
}

// NewDecoder makes a decoder that holds nothing, for the player that HELLO named.
func NewDecoder(s *schema.Schema, codec Codec, player uint32) *Decoder {
	n := len(s.Tables)
	return &Decoder{schema: s, codec: codec, player: player, tables: make([]held, n), spare: make([]held, n), empty: make([]held, n)}
}

// Tick is the newest tick applied, or 0.
func (d *Decoder) Tick() uint32 { return d.tick }

// Partial reports whether the newest message has left something out, because of a budget.
func (d *Decoder) Partial() bool { return d.partial }

// Entity is one row that a Decoder holds. Row is valid until the next message is applied.
type Entity struct {
	ID  uint32
	At  uint32 // the tick it was last sent: older than Tick when it was left out of messages
	Row []uint32
}

// Len is the number of rows held of a table.
func (d *Decoder) Len(table int) int { return len(d.tables[table].slots) }

// At gives the i-th row of a table, in slot order.
func (d *Decoder) At(table, i int) Entity {
	t, words := &d.tables[table], len(d.schema.Tables[table].Fields)
	return Entity{ID: EntityID(table, t.gens[i], t.slots[i]), At: t.t1[i], Row: t.s1[i*words : (i+1)*words]}
}

// ApplyFull applies the body of a FULL.
func (d *Decoder) ApplyFull(tick uint32, body []byte) error {
	if tick == 0 {
		return fmt.Errorf("%w: tick 0", ErrBaseline)
	}
	return d.apply(tick, d.empty, body)
}

// ApplyDelta applies the body of a DELTA whose tick has the low bits tick16 and whose baseline is lag ticks older.
func (d *Decoder) ApplyDelta(tick16 uint16, lag uint32, body []byte) error {
	tick := d.tick + lag
	if d.tick == 0 || lag == 0 || uint16(tick) != tick16 {
		return fmt.Errorf("%w: newest held is %d, message has lag %d and low bits %d", ErrBaseline, d.tick, lag, tick16)
	}
	return d.apply(tick, d.tables, body)
}

func (d *Decoder) apply(tick uint32, from []held, body []byte) error {
	var sum uint32
	var checked bool
	var err error
	if d.codec == Packed {
		sum, checked, err = d.packed(tick, from, body)
	} else {
		sum, checked, err = d.plain(tick, from, body)
	}
	if err != nil {
		return err
	}
	d.tables, d.spare = d.spare, d.tables
	if checked && d.hash(tick) != sum {
		d.tables, d.spare = d.spare, d.tables
		return ErrChecksum
	}
	d.tick, d.partial = tick, d.applying
	return nil
}

// Hash is the checksum of what is held, as PROTOCOL.md section 7 defines it.
func (d *Decoder) Hash() uint32 { return d.hash(d.tick) }

func (d *Decoder) hash(tick uint32) uint32 {
	sum := newSum()
	for i := range d.tables {
		sum.table(i, len(d.tables[i].slots))
		for j := range d.tables[i].slots {
			e := d.At(i, j)
			if !hasRow(tick, e.At) {
				e.Row = nil
			}
			sum.entity(e.ID, e.Row)
		}
	}
	return uint32(sum)
}

// step builds one table's next state from its last one.
type step struct {
	table    *schema.Table
	player   uint32
	tick     uint32
	from, to *held
	words    int
}

func (d *Decoder) step(table int, tick uint32, from []held) step {
	to := &d.spare[table]
	to.reset()
	t := &d.schema.Tables[table]
	return step{table: t, player: d.player, tick: tick, from: &from[table], to: to, words: len(t.Fields)}
}

// keep takes an entity over as it is.
func (s *step) keep(i int) {
	f, t, w := s.from, s.to, s.words
	t.slots, t.gens, t.sent = append(t.slots, f.slots[i]), append(t.gens, f.gens[i]), append(t.sent, false)
	t.t1, t.t2, t.t3 = append(t.t1, f.t1[i]), append(t.t2, f.t2[i]), append(t.t3, f.t3[i])
	t.s1, t.s2, t.s3 = append(t.s1, f.s1[i*w:i*w+w]...), append(t.s2, f.s2[i*w:i*w+w]...), append(t.s3, f.s3[i*w:i*w+w]...)
}

// advance takes an entity over as sent anew: its row, to be changed, begins as the last one.
func (s *step) advance(i int) (now, s1, s2, s3 []uint32, m motion) {
	f, t, w := s.from, s.to, s.words
	s1, s2, s3 = f.s1[i*w:i*w+w], f.s2[i*w:i*w+w], f.s3[i*w:i*w+w]
	t.slots, t.gens, t.sent = append(t.slots, f.slots[i]), append(t.gens, f.gens[i]), append(t.sent, true)
	t.t1, t.t2, t.t3 = append(t.t1, s.tick), append(t.t2, f.t1[i]), append(t.t3, f.t2[i])
	t.s1, t.s2, t.s3 = append(t.s1, s1...), append(t.s2, s1...), append(t.s3, s2...)
	return t.s1[len(t.s1)-w:], s1, s2, s3, newMotion(s.tick, f.t1[i], f.t2[i], f.t3[i])
}

// insert makes a new entity at its place, at or behind at, and returns its row and the place behind it. It reports
// false when the slot is held or out of order.
func (s *step) insert(at int, slot, gen uint16) (row []uint32, next int, ok bool) {
	t, w := s.to, s.words
	for at < len(t.slots) && t.slots[at] < slot {
		at++
	}
	if gen == 0 || at > 0 && t.slots[at-1] >= slot || at < len(t.slots) && t.slots[at] == slot {
		return nil, at, false
	}
	t.slots, t.gens, t.sent = slices.Insert(t.slots, at, slot), slices.Insert(t.gens, at, gen), slices.Insert(t.sent, at, true)
	t.t1, t.t2, t.t3 = slices.Insert(t.t1, at, s.tick), slices.Insert(t.t2, at, 0), slices.Insert(t.t3, at, 0)
	for j := range w {
		t.s1, t.s2, t.s3 = slices.Insert(t.s1, at*w+j, 0), slices.Insert(t.s2, at*w+j, 0), slices.Insert(t.s3, at*w+j, 0)
	}
	return t.s1[at*w : at*w+w], at + 1, true
}

// owned calls f with the row of each entity that this message has sent and this client owns.
func (s *step) owned(f func(row []uint32)) {
	owner := s.table.Owner()
	if !s.table.HasOwnerOnly() || owner < 0 || s.player == 0 {
		return
	}
	for i, sent := range s.to.sent {
		if row := s.to.s1[i*s.words : (i+1)*s.words]; sent && row[owner] == s.player {
			f(row)
		}
	}
}
