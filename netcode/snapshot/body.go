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

// runs writes the records of what stays, with a bit before each when the message is partial, and calls f for each run
// of them. It reports whether an entity is left out.
func (b *body) runs(d *draft, w *bitWriter, f func(run)) (absent bool) {
	var c run
	made := b.rs.bits.bytes()
	end := func() {
		w.span(made, int(c.bitAt), int(c.bitEnd-c.bitAt))
		f(c)
		c = run{}
	}
	for i := range d.stay {
		s := &d.stay[i]
		if b.partial {
			end()
			w.bit(!s.absent)
		}
		if s.absent {
			absent = true
			continue
		}
		if r := &b.rs.list[s.record]; !c.take(r) {
			end()
			c.take(r)
		}
	}
	end()
	return absent
}

// checksum is that of what the client holds after the message: each entity as it was when it was last sent.
func (b *body) checksum() uint32 {
	sum := newSum()
	for i := range b.h.tables {
		t := &b.h.schema.Tables[i]
		sum.table(i, len(b.v.pending[i]))
		for _, k := range b.v.pending[i] {
			row := b.h.tables[i].row(k.t1, b.h.depth, k.slot)
			sum.word(EntityID(i, k.gen, k.slot))
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
	t, p := &b.h.schema.Tables[table], &b.h.tables[table]
	owner, player := t.Owner(), b.options.Player
	if owner < 0 || player == 0 || !t.HasOwnerOnly() {
		return
	}
	rows := p.rows[b.h.tick%b.h.depth]
	for _, k := range b.v.pending[table] {
		if k.t1 != b.h.tick || rows[int(k.slot)*p.words+owner] != player {
			continue
		}
		var before []uint32
		if k.t2 != 0 {
			before = p.row(k.t2, b.h.depth, k.slot)
		}
		f(before, p.row(b.h.tick, b.h.depth, k.slot))
	}
}
