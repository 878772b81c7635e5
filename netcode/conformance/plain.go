package conformance

import (
	"errors"
	"fmt"
)

// plain applies a body of codec 0 (section 7) and returns the checksum it names, if it has one.
func (b *body) plain(v value) (sum uint32, checked bool, err error) {
	list, err := v.array(-1)
	if err != nil || len(list) == 0 {
		return 0, false, fmt.Errorf("%w: body %x", errShape, v.raw)
	}
	flags, err := list[0].number(0, 3)
	if err != nil {
		return 0, false, err
	}
	b.partial, list = flags&1 != 0, list[1:]
	if checked = flags&2 != 0; checked {
		if len(list) == 0 {
			return 0, false, errors.New("a body without its checksum")
		}
		n, err := list[0].number(0, 1<<32-1)
		if err != nil {
			return 0, false, err
		}
		sum, list = uint32(n), list[1:]
	}
	if len(list) > len(b.schema.tables) {
		return 0, false, fmt.Errorf("a body of %d tables", len(list))
	}
	for i := range b.schema.tables {
		said := value{}
		if i < len(list) {
			said = list[i]
		}
		if err := b.plainTable(i, said); err != nil {
			return 0, false, fmt.Errorf("table %s: %w", b.schema.tables[i].name, err)
		}
	}
	return sum, checked, nil
}

func (b *body) plainTable(i int, v value) error {
	t := &b.schema.tables[i]
	if v.kind == isNil {
		return b.plainRecords(i, nil, nil)
	}
	parts := 4
	if t.has(func(f *field) bool { return f.ownerOnly }) {
		parts = 5
	}
	part, err := v.array(parts)
	if err != nil {
		return err
	}
	leaves, err := part[0].array(-1)
	if err != nil {
		return err
	}
	for n, v := range leaves {
		if n > 0 && v.i <= leaves[n-1].i {
			return errors.New("leaves do not ascend")
		}
		if err := b.leave(i, v); err != nil {
			return err
		}
	}
	values, err := part[2].array(-1)
	if err != nil || part[1].kind != isBin {
		return fmt.Errorf("%w: bits %x and values %x", errShape, part[1].raw, part[2].raw)
	}
	if err := b.plainRecords(i, part[1].b, values); err != nil {
		return err
	}
	if err := b.plainEnters(i, part[3]); err != nil {
		return err
	}
	if parts == 4 {
		return nil
	}
	return b.plainOwned(i, part[4])
}

// leave removes the entity in a slot.
func (b *body) leave(i int, v value) error {
	for j, e := range b.known[i] {
		if v.kind == isInt && int64(e.slot) == v.i {
			b.known[i] = append(b.known[i][:j:j], b.known[i][j+1:]...)
			b.counts.Leaves++
			return nil
		}
	}
	return fmt.Errorf("%x leaves and is not known", v.raw)
}

// plainRecords reads the bits and values of what stays. No bits: all are there and as predicted.
func (b *body) plainRecords(i int, said []byte, values []value) error {
	t, in := &b.schema.tables[i], bitReader{buf: said}
	for j := range b.known[i] {
		e := &b.known[i][j]
		if len(said) > 0 && b.partial && in.take(1) == 0 {
			b.counts.Absent++
			continue
		}
		changed := len(said) > 0 && in.take(1) == 1
		before := *e
		e.advance(b.tick)
		b.counts.Records++
		some := false
		for k := range t.fields {
			f := &t.fields[k]
			v, err := before.predict(f, k, b.tick), error(nil)
			if changed && f.shared() && in.take(1) == 1 {
				some = true
				if len(values) == 0 {
					return errors.New("fewer values than bits")
				}
				if v, err = b.plainValue(f, v, values[0]); err != nil {
					return err
				}
				values = values[1:]
			}
			if e.s[0][k], err = f.word(v); err != nil {
				return err
			}
		}
		if changed && !some {
			return errors.New("an entity has changed in no field")
		}
	}
	if len(values) > 0 {
		return fmt.Errorf("%d values too many", len(values))
	}
	return in.end(len(said) > 0)
}

// plainValue is a changed field: a residual to what was predicted, or its new value.
func (b *body) plainValue(f *field, predicted int64, v value) (int64, error) {
	if !f.predicted() {
		w, err := f.read(v)
		return int64(w), err
	}
	r, err := v.number(-1<<(f.bits-1), 1<<(f.bits-1)-1)
	if err == nil && r == 0 {
		err = fmt.Errorf("field %s has changed by 0", f.name)
	}
	return predicted + r, err
}

func (b *body) plainEnters(i int, v value) error {
	t := &b.schema.tables[i]
	list, err := v.array(-1)
	if err != nil {
		return err
	}
	for last := int64(-1); len(list) > 0; {
		if len(list) < 2 || list[0].kind != isInt || list[0].i <= last || list[1].kind != isInt {
			return errors.New("enters do not ascend, or are cut off")
		}
		slot, generation := list[0].i, list[1].i
		last, list = slot, list[2:]
		row := make([]uint32, len(t.fields))
		for k := range t.fields {
			f := &t.fields[k]
			if f.ownerOnly {
				continue
			}
			if len(list) == 0 {
				return errors.New("an enter is cut off")
			}
			if row[k], err = f.read(list[0]); err != nil {
				return err
			}
			list = list[1:]
		}
		if b.known[i], err = enter(b.known[i], t, b.tick, slot, generation, row); err != nil {
			return err
		}
		b.counts.Enters++
	}
	return nil
}

func (b *body) plainOwned(i int, v value) error {
	t := &b.schema.tables[i]
	list, err := v.array(-1)
	if err != nil {
		return err
	}
	err = b.owned(i, func(e *entity) error {
		n := 0
		for k := range t.fields {
			if t.fields[k].ownerOnly {
				n++
			}
		}
		if len(list) == 0 {
			return errors.New("owned ends before all owned entities")
		}
		mask := list[0]
		if mask.kind != isInt || mask.i>>n != 0 {
			return fmt.Errorf("%w: mask %x", errShape, mask.raw)
		}
		list = list[1:]
		for k := range t.fields {
			f := &t.fields[k]
			if !f.ownerOnly {
				continue
			}
			if n--; mask.i>>n&1 == 0 {
				continue
			}
			if len(list) == 0 {
				return errors.New("owned has fewer values than its masks say")
			}
			var err error
			if e.s[0][k], err = f.read(list[0]); err != nil {
				return err
			}
			list = list[1:]
		}
		return nil
	})
	if err == nil && len(list) > 0 {
		err = fmt.Errorf("owned has %d elements too many", len(list))
	}
	return err
}
