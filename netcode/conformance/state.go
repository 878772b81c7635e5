package conformance

import (
	"fmt"
	"math/bits"
	"slices"
)

// entity is one entity of the known list, with its rows at the ticks at which it was sent (section 7).
type entity struct {
	slot, generation uint32
	t                [3]uint32   // t1, t2, t3; 0: there is none
	s                [3][]uint32 // the rows at those ticks
}

// longest is the gap over which fields are predicted.
const longest = 8

// inLine: section 7.
func (e *entity) inLine(t uint32) bool {
	return e.t[1] != 0 && e.t[0]-e.t[1] <= longest && t-e.t[0] <= longest
}

// curved reports whether t3 exists and is near enough to t2.
func (e *entity) curved() bool { return e.t[2] != 0 && e.t[1]-e.t[2] <= longest }

// line is the prediction of a field at t from its words a at ta and b at tb before it.
func line(f *field, t, ta, tb uint32, a, b uint32) int64 {
	n, d := f.signedOf(int64(a)-int64(b))*int64(t-ta), int64(ta-tb)
	q := n / d
	if n%d < 0 {
		q--
	}
	return int64(a) + q
}

// predict gives field i at t.
func (e *entity) predict(f *field, i int, t uint32) int64 {
	if !f.predicted() || !e.inLine(t) {
		return int64(e.s[0][i])
	}
	return line(f, t, e.t[0], e.t[1], e.s[0][i], e.s[1][i])
}

// wrong is the residual that field i had at t1.
func (e *entity) wrong(f *field, i int) int64 {
	return f.signedOf(int64(e.s[0][i]) - line(f, e.t[0], e.t[1], e.t[2], e.s[1][i], e.s[2][i]))
}

// calm: section 8.
func (e *entity) calm(fields []field, t uint32) bool {
	if !e.inLine(t) || !e.curved() {
		return false
	}
	predicted := false
	for i := range fields {
		if f := &fields[i]; f.predicted() {
			if e.wrong(f, i) != 0 {
				return false
			}
			predicted = true
		}
	}
	return predicted
}

// k is the parameter of the Rice code of field i (section 8).
func (e *entity) k(f *field, i int, t uint32) int {
	if !e.inLine(t) {
		return min(6, f.bits/2)
	}
	speed := absolute(f.signedOf(int64(e.s[0][i]) - int64(e.s[1][i])))
	wrong := speed / 4
	if e.curved() {
		wrong = absolute(e.wrong(f, i))
	}
	return min(f.bits-1, bits.Len64(uint64(wrong+speed/16)))
}

func absolute(v int64) int64 { return max(v, -v) }

// advance sends the entity again at t, as it was: the caller changes its row.
func (e *entity) advance(t uint32) {
	e.t = [3]uint32{t, e.t[0], e.t[1]}
	e.s = [3][]uint32{slices.Clone(e.s[0]), e.s[0], e.s[1]}
}

// world is what a client holds.
type world struct {
	schema *schema
	player uint32
	tick   uint32
	known  [][]entity // by table, in slot order
}

// checked is for how many ticks a row counts in checksums.
const checked = 24

// checksum: section 7.
func (w *world) checksum() uint32 {
	h := uint32(2166136261)
	add := func(v uint32) { h = (h ^ v) * 16777619 }
	for i, list := range w.known {
		add(uint32(i))
		add(uint32(len(list)))
		for _, e := range list {
			add(uint32(i)<<26 | e.generation<<16 | e.slot)
			if w.tick-e.t[0] > checked {
				continue
			}
			for _, v := range e.s[0] {
				add(v)
			}
		}
	}
	return h
}

// enter puts an entity into its place in a known list.
func enter(list []entity, t *table, tick uint32, slot, generation int64, row []uint32) ([]entity, error) {
	at, found := slices.BinarySearchFunc(list, uint32(slot), func(e entity, slot uint32) int { return int(e.slot) - int(slot) })
	if found || generation < 1 || generation > 1023 || slot > 0xffff {
		return nil, fmt.Errorf("table %s: %d.%d cannot enter", t.name, slot, generation)
	}
	e := entity{slot: uint32(slot), generation: uint32(generation), t: [3]uint32{tick}, s: [3][]uint32{row}}
	return slices.Insert(list, at, e), nil
}

// body is a message being applied to a world.
type body struct {
	world
	partial bool
	counts  *Counts
}

// owned calls f with each row that this message sends and the receiver owns, in slot order.
func (b *body) owned(i int, f func(e *entity) error) error {
	t := &b.schema.tables[i]
	if t.owner < 0 || b.player == 0 || !t.has(func(f *field) bool { return f.ownerOnly }) {
		return nil
	}
	for j := range b.known[i] {
		if e := &b.known[i][j]; e.t[0] == b.tick && e.s[0][t.owner] == b.player {
			b.counts.Owned++
			if err := f(e); err != nil {
				return err
			}
		}
	}
	return nil
}
