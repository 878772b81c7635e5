package snapshot

import (
	"errors"
	"fmt"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

var (
	errCut      = errors.New("snapshot: body ends too early or has bits left over")
	errNeedless = errors.New("snapshot: a record says that something has changed, and nothing has")
)

// packed reads a body of bits into spare.
func (d *Decoder) packed(tick uint32, from []held, body []byte) (sum uint32, checked bool, err error) {
	r := msg.NewReader(body)
	b := bitReader{buf: r.Bin(r.Left())}
	if err := r.Done(); err != nil {
		return 0, false, fmt.Errorf("snapshot: body: %w", err)
	}
	d.applying = b.bit()
	if checked = b.bit(); checked {
		sum = uint32(b.take(32))
	}
	for i := range d.spare {
		a := packedTable{step: d.step(i, tick, from), b: &b, partial: d.applying}
		a.leavesAndRecords()
		if a.err == nil {
			a.enters()
		}
		if a.err == nil {
			a.owned(a.own)
		}
		if a.err == nil && b.bad {
			a.err = errCut
		}
		if a.err != nil {
			return 0, false, fmt.Errorf("snapshot: table %s: %w", d.schema.Tables[i].Name, a.err)
		}
	}
	if !b.ended() {
		return 0, false, errCut
	}
	return sum, checked, nil
}

// packedTable reads one table.
type packedTable struct {
	step
	b       *bitReader
	partial bool
	err     error
	missed  [schema.MaxFields]int64 // of the record being read, by field
}

func (a *packedTable) leavesAndRecords() {
	held := len(a.from.slots)
	leaves := a.b.count(held)
	// The gaps come first; they are read again below, entity by entity.
	gaps := *a.b
	for range leaves {
		a.b.count(held)
	}
	if a.b.bad {
		return
	}
	gone := -1
	next := func() {
		if leaves == 0 {
			gone = held
			return
		}
		leaves--
		gone += 1 + gaps.count(held)
		if gone >= held {
			a.err = errLeave
		}
	}
	next()
	for i := range held {
		if i == gone {
			next()
			continue
		}
		if a.partial && !a.b.bit() {
			a.keep(i)
			continue
		}
		a.record(i)
		if a.err != nil || a.b.bad {
			return
		}
	}
}

func (a *packedTable) record(i int) {
	now, s1, s2, s3, m := a.advance(i)
	fields := a.table.Fields
	predicted, missed, others := false, false, false
	for j := range fields {
		if f := &fields[j]; f.Predicted() {
			a.missed[j] = m.missed(f, s1[j], s2[j], s3[j])
			predicted, missed = true, missed || a.missed[j] != 0
		}
	}
	calm := predicted && m.curve && !missed
	still, changed := calm && a.b.bit(), false
	for j := range fields {
		f := &fields[j]
		switch {
		case !f.Shared():
		case f.Predicted():
			now[j] = m.predict(f, s1[j], s2[j])
			if !still {
				k := m.rice(f.Bits, s1[j], s2[j], a.missed[j])
				r := a.b.rice(k, int(f.Bits))
				now[j], changed = f.Reduce(int64(now[j])+r), changed || r != 0
			}
			a.validate(f, now[j])
		default:
			others = true
		}
	}
	if still {
		return
	}
	if !others || !a.b.bit() {
		a.needless(calm && !changed)
		return
	}
	some := false
	for j := range fields {
		if f := &fields[j]; f.Shared() && !f.Predicted() && a.b.bit() {
			now[j], some = a.change(f, now[j]), true
		}
	}
	a.needless(!some)
}

// change reads what a field has changed to.
func (a *packedTable) change(f *schema.Field, from uint32) uint32 {
	w := a.word(f)
	a.needless(w == from)
	return w
}

// needless refuses a record that could have been written in fewer bits: each has one encoding, so that what a message says and its
// bytes cannot come apart.
func (a *packedTable) needless(longer bool) {
	if longer && a.err == nil && !a.b.bad {
		a.err = errNeedless
	}
}

func (a *packedTable) enters() {
	fields := a.table.Fields
	at, slot := 0, 0
	for range a.b.count(MaxSlots) {
		slot += a.b.count(MaxSlots)
		gen := uint16(a.b.take(generationBits))
		if a.b.bad {
			return
		}
		if slot >= MaxSlots {
			a.err = errEnter
			return
		}
		row, next, ok := a.insert(at, uint16(slot), gen)
		if !ok {
			a.err = errEnter
			return
		}
		at, slot = next, slot+1
		for j := range fields {
			if f := &fields[j]; !f.OwnerOnly {
				row[j] = a.word(f)
			}
		}
	}
}

func (a *packedTable) own(row []uint32) {
	fields := a.table.Fields
	for j := range fields {
		if f := &fields[j]; f.OwnerOnly && a.b.bit() {
			row[j] = a.change(f, row[j])
		}
	}
}

// word reads a word at the full width of its field.
func (a *packedTable) word(f *schema.Field) uint32 {
	w := f.Reduce(int64(a.b.take(int(f.Bits))))
	a.validate(f, w)
	return w
}

func (a *packedTable) validate(f *schema.Field, w uint32) {
	if a.err == nil && !a.b.bad && !f.Valid(w) {
		a.err = fmt.Errorf("%w: %s", ErrRange, f.Name)
	}
}
