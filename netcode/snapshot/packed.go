package snapshot

import (
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// packedWriter writes bodies as one msgpack bin of bits.
type packedWriter struct {
	bits bitWriter
}

func (w *packedWriter) append(dst []byte, b *body) []byte {
	w.bits.reset(w.bits.buf)
	w.bits.bit(b.partial)
	w.bits.bit(b.options.Checksum)
	if b.options.Checksum {
		w.bits.append(uint64(b.checksum()), 32)
	}
	for i := range b.drafts {
		w.table(b, i)
	}
	return msg.AppendBin(dst, w.bits.bytes())
}

// table writes what anybody may be told and then what the owner alone is.
func (w *packedWriter) table(b *body, table int) {
	if c := b.drafts[table].common; c != nil {
		w.bits.span(b.rs.commonBits.bytes(), c.from, c.to-c.from)
	} else {
		b.packed(&w.bits, table)
	}
	fields := b.h.schema.Tables[table].Fields
	b.private(table, func(before, now []uint32) {
		for j := range fields {
			if f := &fields[j]; f.OwnerOnly {
				changed := differs(before, now, j)
				w.bits.bit(changed)
				if changed {
					appendWord(&w.bits, f, now[j])
				}
			}
		}
	})
}

// packed writes what anybody may be told of a table: the leaves, the records of what stays and what enters.
func (b *body) packed(w *bitWriter, table int) {
	d, fields := &b.drafts[table], b.h.schema.Tables[table].Fields
	// Leaves are places in the known list, which has no gaps.
	w.count(uint32(len(d.leaves)))
	held, at := b.v.tables[table].held.entities(), 0
	for _, slot := range d.leaves {
		gap := 0
		for ; held[at].slot < slot; at++ {
			gap++
		}
		at++
		w.count(uint32(gap))
	}
	b.stays(d, w, nil)
	entering := 0
	for i := range d.enter {
		if !d.enter[i].absent {
			entering++
		}
	}
	w.count(uint32(entering))
	next := 0
	for i := range d.enter {
		n := &d.enter[i]
		if n.absent {
			continue
		}
		w.count(uint32(int(n.slot) - next))
		next = int(n.slot) + 1
		w.append(uint64(n.gen), generationBits)
		row := b.h.tables[table].row(b.h.tick, b.h.depth, n.slot)
		for j := range fields {
			if f := &fields[j]; !f.OwnerOnly {
				appendWord(w, f, row[j])
			}
		}
	}
}
