package snapshot

import "github.com/skirmish-dev/skirmish/netcode/schema"

// body is a message ready to be written.
type body struct {
	h       *History
	rs      *records
	v       *View
	options *Options
	partial bool
	drafts  []draft // by table
}

// stays writes the records of what stays, in a partial message with a bit before each, and appends their values. It returns
// how many values these are and whether an entity is left out.
func (b *body) stays(d *draft, w *bitWriter, values []byte) (all []byte, n int, absent bool) {
	if !b.partial {
		w.span(d.bits.bytes(), 0, d.bits.len())
		return append(values, d.values...), d.nValues, false
	}
	for i := range d.stay {
		s := &d.stay[i]
		w.bit(!s.absent)
		if s.absent {
			absent = true
			continue
		}
		in := b.rs
		if s.single {
			in = in.singles
		}
		r := &in.list[s.record]
		w.span(in.bits.bytes(), int(r.bitAt), int(r.bitEnd-r.bitAt))
		values = append(values, in.values[r.valueAt:r.valueEnd]...)
		n += int(r.values)
	}
	return values, n, absent
}

// checksum is that of what the client holds after the message: each entity as it was when it was last sent, if that is not long ago.
func (b *body) checksum() uint32 {
	sum := newSum()
	for i := range b.h.tables {
		t := &b.h.schema.Tables[i]
		pending := b.v.tables[i].pending.known
		sum.table(i, len(pending))
		for _, k := range pending {
			sum.word(EntityID(i, k.gen, k.slot))
			if !hasRow(b.h.tick, k.t1) {
				continue
			}
			row := b.h.tables[i].row(k.t1, b.h.depth, k.slot)
			mine := b.owns(t, row)
			for j, w := range row {
				if t.Fields[j].OwnerOnly && !mine {
					w = 0
				}
				sum.word(w)
			}
		}
	}
	return uint32(sum)
}

// owns reports whether the receiver owns the row.
func (b *body) owns(t *schema.Table, row []uint32) bool {
	owner := t.Owner()
	return owner >= 0 && b.options.Player != 0 && row[owner] == b.options.Player
}

// private calls f for each entity of a table that this message sends and the receiver owns, in slot order. before is
// the row that the client has, nil when the entity enters.
func (b *body) private(table int, f func(before, now []uint32)) {
	t, p, player := &b.h.schema.Tables[table], &b.h.tables[table], b.options.Player
	if player == 0 || t.Owner() < 0 || !t.HasOwnerOnly() {
		return
	}
	sent := b.v.tables[table].pending.known
	tell := func(k *known) {
		var before []uint32
		if k.t2 != 0 {
			before = p.row(k.t2, b.h.depth, k.slot)
		}
		f(before, p.row(b.h.tick, b.h.depth, k.slot))
	}
	if c := b.drafts[table].common; c != nil {
		for i, owner := range c.owners {
			if owner == player {
				tell(&sent[i])
			}
		}
		return
	}
	rows, owner := p.rows[b.h.tick%b.h.depth], t.Owner()
	for i := range sent {
		if k := &sent[i]; k.t1 == b.h.tick && rows[int(k.slot)*p.words+owner] == player {
			tell(k)
		}
	}
}
