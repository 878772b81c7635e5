package snapshot

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

var (
	errLeave = errors.Join(ErrKnown, errors.New("leave of an entity that is not held"))
	errBits  = errors.Join(ErrKnown, errors.New("bitmap does not fit the entities held"))
	errEnter = errors.Join(ErrKnown, errors.New("enter of an entity that is held or out of order"))
	errOwned = errors.Join(ErrKnown, errors.New("owner's fields do not fit the entities owned"))
)

// plain reads a body of msgpack arrays into spare.
func (d *Decoder) plain(tick uint32, from []held, body []byte) (sum uint32, checked bool, err error) {
	r := msg.NewReader(body)
	n := r.ArrayLen(2 + len(d.tables))
	flags := r.Uint(255)
	if r.Err() == nil && flags&^(flagPartial|flagChecksum) != 0 {
		return 0, false, fmt.Errorf("%w: %#x", ErrFlags, flags)
	}
	n--
	d.applying = flags&flagPartial != 0
	if checked = flags&flagChecksum != 0; checked {
		sum = uint32(r.Uint(1<<32 - 1))
		n--
	}
	if r.Err() == nil && (n < 0 || n > len(d.tables)) {
		return 0, false, fmt.Errorf("%w: %d tables", ErrKnown, n)
	}
	for i := range d.spare {
		a := plainTable{step: d.step(i, tick, from), gone: d.gone[:0], r: &r, partial: d.applying}
		if i >= n || r.TryNil() {
			a.records(nil)
		} else {
			a.table()
		}
		d.gone = a.gone
		if err := r.Err(); err != nil {
			return 0, false, fmt.Errorf("snapshot: table %s: %w", d.schema.Tables[i].Name, err)
		}
	}
	if err := r.Done(); err != nil {
		return 0, false, fmt.Errorf("snapshot: body: %w", err)
	}
	return sum, checked, nil
}

// plainTable reads one table. Errors stick to the reader.
type plainTable struct {
	step
	gone    []int // indices into from that leave, ascending
	r       *msg.Reader
	partial bool
}

// table reads a table that is not nil.
func (a *plainTable) table() {
	owned := a.step.table.HasOwnerOnly()
	if owned {
		a.r.ExactArray(5)
	} else {
		a.r.ExactArray(4)
	}
	a.leaves()
	bitmap := a.r.Bin(a.r.Left())
	n := a.r.ArrayLen(a.r.Left())
	left := n - a.records(bitmap)
	if a.r.Err() == nil && left != 0 {
		a.r.Fail(errBits)
	}
	a.enters()
	if owned {
		a.owners()
	}
}

func (a *plainTable) leaves() {
	next := 0
	for range a.r.ArrayLen(len(a.from.slots)) {
		slot := uint16(a.r.Uint(MaxSlots - 1))
		for next < len(a.from.slots) && a.from.slots[next] < slot {
			next++
		}
		if next == len(a.from.slots) || a.from.slots[next] != slot {
			a.r.Fail(errLeave)
			return
		}
		a.gone = append(a.gone, next)
		next++
	}
}

// records reads what became of the entities that stay, and returns how many values it took.
func (a *plainTable) records(bitmap []byte) int {
	b := bitReader{buf: bitmap}
	read, shared := 0, 0
	fields := a.step.table.Fields
	for i := range fields {
		if fields[i].Shared() {
			shared++
		}
	}
	gone := a.gone
	for i := range a.from.slots {
		if len(gone) > 0 && gone[0] == i {
			gone = gone[1:]
			continue
		}
		if len(bitmap) > 0 && a.partial && !b.bit() {
			a.keep(i)
			continue
		}
		var mask uint64
		if len(bitmap) > 0 && b.bit() {
			mask = takeMask(&b, shared)
			b.bad = b.bad || mask == 0
			read += bits.OnesCount64(mask)
		}
		a.record(i, mask, shared)
		if a.r.Err() != nil {
			return read
		}
	}
	if b.bad || !b.ended() {
		a.r.Fail(errBits)
	}
	return read
}

// record reads the fields of one entity that mask has, the first field in its highest of n bits.
func (a *plainTable) record(i int, mask uint64, n int) {
	now, s1, s2, _, m := a.advance(i)
	fields := a.step.table.Fields
	for j := range fields {
		f := &fields[j]
		if !f.Shared() {
			continue
		}
		n--
		changed := mask>>n&1 == 1
		if !f.Predicted() {
			if changed {
				now[j] = f.ReadValue(a.r)
			}
			continue
		}
		now[j] = m.predict(f, s1[j], s2[j])
		if changed {
			now[j] = f.Reduce(int64(now[j]) + f.ReadResidual(a.r))
		}
		if !f.Valid(now[j]) {
			a.r.Fail(ErrRange)
		}
	}
}

// enters inserts the new entities at their places.
func (a *plainTable) enters() {
	fields := a.step.table.Fields
	each := 2
	for i := range fields {
		if !fields[i].OwnerOnly {
			each++
		}
	}
	n := a.r.ArrayLen(a.r.Left())
	if a.r.Err() == nil && n%each != 0 {
		a.r.Fail(errEnter)
	}
	at := 0
	for range n / each {
		slot, gen := uint16(a.r.Uint(MaxSlots-1)), uint16(a.r.Uint(MaxGeneration))
		if a.r.Err() != nil {
			return
		}
		row, next, ok := a.insert(at, slot, gen)
		if !ok {
			a.r.Fail(errEnter)
			return
		}
		at = next
		for j := range fields {
			if !fields[j].OwnerOnly {
				row[j] = fields[j].ReadValue(a.r)
			}
		}
	}
}

// owners reads what the owner alone is told.
func (a *plainTable) owners() {
	fields := a.step.table.Fields
	count := 0
	for i := range fields {
		if fields[i].OwnerOnly {
			count++
		}
	}
	n := a.r.ArrayLen(a.r.Left())
	a.owned(func(row []uint32) {
		mask, bit := a.r.Uint(1<<count-1), count
		n -= 1 + bits.OnesCount64(mask)
		for i := range fields {
			if !fields[i].OwnerOnly {
				continue
			}
			if bit--; mask>>bit&1 == 1 {
				row[i] = fields[i].ReadValue(a.r)
			}
		}
	})
	if a.r.Err() == nil && n != 0 {
		a.r.Fail(errOwned)
	}
}

// takeMask reads up to 64 bits.
func takeMask(b *bitReader, n int) uint64 {
	var high uint64
	if n > 32 {
		high, n = b.take(n-32), 32
		high <<= 32
	}
	return high | b.take(n)
}
