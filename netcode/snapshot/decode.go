package snapshot

import (
	"errors"
	"fmt"

	"github.com/skirmish-dev/skirmish/netcode/msg"
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

// Decoder is the client's half: it holds the known entities with their newest two rows. A message that cannot be
// applied leaves it as it was. It must not be used by two goroutines at a time.
type Decoder struct {
	schema *schema.Schema
	tick   uint32
	tables []held
	spare  []held // the state being built
	gone   []int  // scratch: indices into a known list
}

// held is the known list of one table, in slot order, as columns.
type held struct {
	slots, gens []uint16
	t1, t2      []uint32
	rows, prev  []uint32 // newest and second newest rows, words per entity
}

func (t *held) reset() {
	t.slots, t.gens, t.t1, t.t2 = t.slots[:0], t.gens[:0], t.t1[:0], t.t2[:0]
	t.rows, t.prev = t.rows[:0], t.prev[:0]
}

// NewDecoder makes a decoder that holds nothing.
func NewDecoder(s *schema.Schema) *Decoder {
	return &Decoder{schema: s, tables: make([]held, len(s.Tables)), spare: make([]held, len(s.Tables))}
}

// Tick is the newest tick applied, or 0.
func (d *Decoder) Tick() uint32 { return d.tick }

// Entity is one row that a Decoder holds. Row is valid until the next message is applied.
type Entity struct {
	ID  uint32
	Row []uint32
}

// Len is the number of rows held of a table.
func (d *Decoder) Len(table int) int { return len(d.tables[table].slots) }

// At gives the i-th row of a table, in slot order.
func (d *Decoder) At(table, i int) Entity {
	t, words := &d.tables[table], len(d.schema.Tables[table].Fields)
	return Entity{ID: EntityID(table, t.gens[i], t.slots[i]), Row: t.rows[i*words : (i+1)*words]}
}

// ApplyFull applies the body of a FULL.
func (d *Decoder) ApplyFull(tick uint32, body []byte) error {
	if tick == 0 {
		return fmt.Errorf("%w: tick 0", ErrBaseline)
	}
	empty := make([]held, len(d.tables))
	return d.apply(tick, empty, body)
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
	r := msg.NewReader(body)
	n := r.ArrayLen(2 + len(d.tables))
	flags := r.Uint(255)
	if r.Err() == nil && flags&^flagChecksum != 0 {
		return fmt.Errorf("%w: %#x", ErrFlags, flags)
	}
	n--
	var want uint32
	if flags&flagChecksum != 0 {
		want = uint32(r.Uint(1<<32 - 1))
		n--
	}
	if r.Err() == nil && (n < 0 || n > len(d.tables)) {
		return fmt.Errorf("%w: %d tables", ErrKnown, n)
	}
	for i := range d.spare {
		to := &d.spare[i]
		to.reset()
		a := applier{fields: d.schema.Tables[i].Fields, tick: tick, from: &from[i], to: to, gone: d.gone[:0], r: &r}
		if i >= n || r.TryNil() {
			a.records(nil)
		} else {
			a.table()
		}
		d.gone = a.gone
		if err := r.Err(); err != nil {
			return fmt.Errorf("snapshot: table %s: %w", d.schema.Tables[i].Name, err)
		}
	}
	if err := r.Done(); err != nil {
		return fmt.Errorf("snapshot: body: %w", err)
	}
	d.tables, d.spare = d.spare, d.tables
	if flags&flagChecksum != 0 && d.Hash() != want {
		d.tables, d.spare = d.spare, d.tables
		return ErrChecksum
	}
	d.tick = tick
	return nil
}

// Hash is the checksum of what is held, as PROTOCOL.md section 7 defines it.
func (d *Decoder) Hash() uint32 {
	sum := newSum()
	for i := range d.tables {
		sum.table(i, len(d.tables[i].slots))
		for j := range d.tables[i].slots {
			e := d.At(i, j)
			sum.entity(e.ID, e.Row)
		}
	}
	return uint32(sum)
}
