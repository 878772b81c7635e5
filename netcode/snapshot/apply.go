package snapshot

import (
	"errors"
	"math/bits"
	"slices"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// applier builds one table's next state from its last one and a message. Errors stick to the reader.
type applier struct {
	fields   []schema.Field
	tick     uint32
	from, to *held
	gone     []int // indices into from that leave, ascending
	r        *msg.Reader
}

var (
	errLeave = errors.Join(ErrKnown, errors.New("leave of an entity that is not held"))
	errBits  = errors.Join(ErrKnown, errors.New("bitmap does not fit the entities held"))
	errEnter = errors.Join(ErrKnown, errors.New("enter of an entity that is held or out of order"))
)

// table applies one table that is not nil.
func (a *applier) table() {
	a.r.ExactArray(4)
	a.leaves()
	bitmap := a.r.Bin(a.r.Left())
	n := a.r.ArrayLen(a.r.Left())
	left := n - a.records(bitmap)
	if a.r.Err() == nil && left != 0 {
		a.r.Fail(errBits)
	}
	a.enters()
}

func (a *applier) leaves() {
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

// records copies the entities that stay, with their fields as predicted or as sent, and returns how many values it read.
func (a *applier) records(bitmap []byte) int {
	b := bitReader{buf: bitmap}
	read, words := 0, len(a.fields)
	sent := 0
	for i := range a.fields {
		if !a.fields[i].Once {
			sent++
		}
	}
	gone := a.gone
	for i, slot := range a.from.slots {
		if len(gone) > 0 && gone[0] == i {
			gone = gone[1:]
			continue
		}
		var mask uint64
		if len(bitmap) > 0 && b.take(1) == 1 {
			mask = b.take(sent)
			if mask == 0 {
				b.bad = true
			}
			read += bits.OnesCount64(mask)
		}
		s1 := a.from.rows[i*words : (i+1)*words]
		t1, t2 := a.from.t1[i], a.from.t2[i]
		a.to.slots = append(a.to.slots, slot)
		a.to.gens = append(a.to.gens, a.from.gens[i])
		a.to.t1 = append(a.to.t1, a.tick)
		a.to.t2 = append(a.to.t2, t1)
		a.to.prev = append(a.to.prev, s1...)
		a.to.rows = append(a.to.rows, s1...)
		row := a.to.rows[len(a.to.rows)-words:]
		ahead, gap := a.tick-t1, t1-t2
		extrapolate := t2 != 0 && ahead <= schema.MaxGap && gap <= schema.MaxGap
		bit := sent
		for j := range a.fields {
			f := &a.fields[j]
			if f.Once {
				continue
			}
			bit--
			changed := mask>>bit&1 == 1
			if !f.Predicted() {
				if changed {
					row[j] = f.ReadValue(a.r)
				}
				continue
			}
			if extrapolate {
				row[j] = f.Predict(s1[j], a.from.prev[i*words+j], int64(ahead), int64(gap))
			}
			if changed {
				row[j] = f.Reduce(int64(row[j]) + f.ReadResidual(a.r))
			}
			if !f.Valid(row[j]) {
				a.r.Fail(ErrRange)
			}
		}
		if a.r.Err() != nil {
			return read
		}
	}
	if b.bad || !b.ended() {
		a.r.Fail(errBits)
	}
	return read
}

// enters inserts the new entities at their places.
func (a *applier) enters() {
	n, words := a.r.ArrayLen(a.r.Left()), len(a.fields)
	if a.r.Err() == nil && n%(2+words) != 0 {
		a.r.Fail(errEnter)
	}
	at := 0
	for range n / (2 + words) {
		slot, gen := uint16(a.r.Uint(MaxSlots-1)), uint16(a.r.Uint(MaxGeneration))
		for at < len(a.to.slots) && a.to.slots[at] < slot {
			at++
		}
		if gen == 0 || at > 0 && a.to.slots[at-1] >= slot || at < len(a.to.slots) && a.to.slots[at] == slot {
			a.r.Fail(errEnter)
		}
		if a.r.Err() != nil {
			return
		}
		t := a.to
		t.slots = slices.Insert(t.slots, at, slot)
		t.gens = slices.Insert(t.gens, at, gen)
		t.t1 = slices.Insert(t.t1, at, a.tick)
		t.t2 = slices.Insert(t.t2, at, 0)
		// prev has no meaning without t2; it only keeps the columns aligned.
		for j := range a.fields {
			w := a.fields[j].ReadValue(a.r)
			t.rows = slices.Insert(t.rows, at*words+j, w)
			t.prev = slices.Insert(t.prev, at*words+j, w)
		}
		at++
	}
}

// bitReader reads what bitWriter wrote. Reading past the end gives zeros and sets bad.
type bitReader struct {
	buf []byte
	pos int // in bits
	bad bool
}

func (r *bitReader) take(n int) uint64 {
	if r.pos+n > 8*len(r.buf) {
		r.bad = true
		return 0
	}
	var v uint64
	for range n {
		v = v<<1 | uint64(r.buf[r.pos>>3]>>(7-r.pos&7)&1)
		r.pos++
	}
	return v
}

// ended reports whether all has been read but padding, and the padding is zero.
func (r *bitReader) ended() bool {
	if 8*len(r.buf)-r.pos >= 8 {
		return false
	}
	for r.pos < 8*len(r.buf) {
		if r.take(1) != 0 {
			return false
		}
	}
	return true
}
