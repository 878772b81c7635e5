package conformance

import (
	"errors"
	"fmt"
)

// bitReader takes bits, most significant first. Past the end it gives zeros and end reports it.
type bitReader struct {
	buf []byte
	at  int
}

func (r *bitReader) take(n int) (v uint64) {
	for range n {
		v <<= 1
		if at := r.at >> 3; at < len(r.buf) {
			v |= uint64(r.buf[at] >> (7 - r.at&7) & 1)
		}
		r.at++
	}
	return v
}

// end checks that all bits were taken but those that fill the last byte, which are zero.
func (r *bitReader) end(any bool) error {
	left := 8*len(r.buf) - r.at
	if any && (left < 0 || left > 7 || r.take(left) != 0) {
		return fmt.Errorf("%d bits are left over, or those that fill the last byte are not zero", left)
	}
	return nil
}

// count is an Elias gamma code of n + 1.
func (r *bitReader) count() int64 {
	zeros := 0
	for r.take(1) == 0 {
		if zeros++; r.at > 8*len(r.buf) {
			return 0 // cut off: end reports it
		}
	}
	return 1<<min(zeros, 40) + int64(r.take(min(zeros, 40))) - 1
}

// rice is a residual of a field of that many bits.
func (r *bitReader) rice(k, bits int) (int64, error) {
	ones := int64(0)
	for r.take(1) == 1 {
		if ones++; ones == 12 {
			v := int64(r.take(bits)) << (64 - bits) >> (64 - bits)
			if z := max(2*v, -2*v-1); z>>k <= 11 {
				return 0, fmt.Errorf("residual %d at full width, and k is %d", v, k)
			}
			return v, nil
		}
	}
	z := ones<<k | int64(r.take(k))
	if z>>bits != 0 {
		return 0, fmt.Errorf("residual code %d of a field of %d bits", z, bits)
	}
	if z&1 == 1 {
		return -(z + 1) / 2, nil
	}
	return z / 2, nil
}

// packed applies a body of codec 1 (section 8) and returns the checksum it names, if it has one.
func (b *body) packed(v value) (sum uint32, checked bool, err error) {
	if v.kind != isBin {
		return 0, false, fmt.Errorf("%w: body %x", errShape, v.raw)
	}
	in := bitReader{buf: v.b}
	b.partial = in.take(1) == 1
	if checked = in.take(1) == 1; checked {
		sum = uint32(in.take(32))
	}
	for i := range b.schema.tables {
		if err := b.packedTable(&in, i); err != nil {
			return 0, false, fmt.Errorf("table %s: %w", b.schema.tables[i].name, err)
		}
	}
	return sum, checked, in.end(true)
}

func (b *body) packedTable(in *bitReader, i int) error {
	t := &b.schema.tables[i]
	leaves := in.count()
	place := int64(0)
	for range leaves {
		if place += in.count(); place >= int64(len(b.known[i])) {
			return errors.New("a leave behind the last known entity")
		}
		b.known[i] = append(b.known[i][:place:place], b.known[i][place+1:]...) // the next one is in its place now
		b.counts.Leaves++
	}
	for j := range b.known[i] {
		if b.partial && in.take(1) == 0 {
			b.counts.Absent++
			continue
		}
		if err := b.packedRecord(in, t, &b.known[i][j]); err != nil {
			return err
		}
	}
	if err := b.packedEnters(in, i); err != nil {
		return err
	}
	return b.owned(i, func(e *entity) (err error) {
		for k := range t.fields {
			if f := &t.fields[k]; f.ownerOnly && in.take(1) == 1 {
				if err = in.change(f, &e.s[0][k]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// change reads what a field has changed to.
func (r *bitReader) change(f *field, word *uint32) error {
	v, err := f.word(int64(r.take(f.bits)))
	if err == nil && v == *word {
		err = fmt.Errorf("field %s has changed from %d to %d", f.name, v, v)
	}
	*word = v
	return err
}

func (b *body) packedRecord(in *bitReader, t *table, e *entity) (err error) {
	before := *e
	e.advance(b.tick)
	b.counts.Records++
	wasCalm := before.calm(t.fields, b.tick)
	calm, others, moved := wasCalm && in.take(1) == 1, false, false
	for k := range t.fields {
		f := &t.fields[k]
		v := before.predict(f, k, b.tick)
		if f.predicted() && !calm {
			r, err := in.rice(before.k(f, k, b.tick), f.bits)
			if err != nil {
				return fmt.Errorf("field %s: %w", f.name, err)
			}
			v, moved = v+r, moved || r != 0
		}
		if e.s[0][k], err = f.word(v); err != nil {
			return err
		}
		others = others || f.shared() && !f.predicted()
	}
	if calm {
		return nil
	}
	if !others || in.take(1) == 0 {
		if wasCalm && !moved {
			return errors.New("an entity that was calm has changed, and nothing of it has")
		}
		return nil
	}
	some := false
	for k := range t.fields {
		if f := &t.fields[k]; f.shared() && !f.predicted() && in.take(1) == 1 {
			some = true
			if err = in.change(f, &e.s[0][k]); err != nil {
				return err
			}
		}
	}
	if !some {
		return errors.New("others have changed, and none of them has")
	}
	return nil
}

func (b *body) packedEnters(in *bitReader, i int) (err error) {
	t := &b.schema.tables[i]
	slot := int64(-1)
	n := in.count()
	for j := int64(0); j < n; j++ {
		if in.at > 8*len(in.buf) {
			return errors.New("enters are cut off")
		}
		slot += 1 + in.count()
		generation := int64(in.take(10))
		row := make([]uint32, len(t.fields))
		for k := range t.fields {
			if f := &t.fields[k]; !f.ownerOnly {
				if row[k], err = f.word(int64(in.take(f.bits))); err != nil {
					return err
				}
			}
		}
		if b.known[i], err = enter(b.known[i], t, b.tick, slot, generation, row); err != nil {
			return err
		}
		b.counts.Enters++
	}
	return nil
}
