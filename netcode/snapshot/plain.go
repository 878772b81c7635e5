package snapshot

import (
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Flags of a plain body.
const (
	flagPartial  = 1 << 0
	flagChecksum = 1 << 1
)

// plainWriter writes bodies of msgpack arrays, one table after the other.
type plainWriter struct {
	bits   bitWriter
	values []byte
	enters []byte
	said   []byte // common, when nobody shares it
	owned  []byte
}

func (w *plainWriter) append(dst []byte, b *body) []byte {
	n := 1 + len(b.drafts)
	var flags uint64
	if b.partial {
		flags |= flagPartial
	}
	if b.options.Checksum {
		flags |= flagChecksum
		n++
	}
	dst = msg.AppendArrayLen(dst, n)
	dst = msg.AppendUint(dst, flags)
	if b.options.Checksum {
		dst = msg.AppendUint(dst, uint64(b.checksum()))
	}
	for i := range b.drafts {
		dst = w.table(dst, b, i)
	}
	return dst
}

// table appends [leaves, bits, values, enters] or, for a table with owneronly fields, [leaves, bits, values, enters,
// owned]; nil when there is nothing to say.
func (w *plainWriter) table(dst []byte, b *body, table int) []byte {
	t := &b.h.schema.Tables[table]
	var said []byte
	var empty bool
	if c := b.drafts[table].common; c != nil {
		said, empty = b.rs.commonBytes[c.from:c.to], c.empty
	} else {
		w.said, empty = w.common(w.said[:0], b, table)
		said = w.said
	}
	nOwned := 0
	w.owned = w.owned[:0]
	b.private(table, func(before, now []uint32) { nOwned += w.own(t.Fields, before, now) })
	switch {
	case empty && nOwned == 0:
		return msg.AppendNil(dst)
	case t.HasOwnerOnly():
		dst = append(msg.AppendArrayLen(dst, 5), said...)
		return append(msg.AppendArrayLen(dst, nOwned), w.owned...)
	}
	return append(msg.AppendArrayLen(dst, 4), said...)
}

// common appends what anybody may be told of a table, its four elements, and reports whether that is nothing.
func (w *plainWriter) common(dst []byte, b *body, table int) (said []byte, empty bool) {
	d, fields := &b.drafts[table], b.h.schema.Tables[table].Fields
	w.bits.reset(w.bits.buf)
	w.enters = w.enters[:0]
	nValues, nEnters, absent := 0, 0, false
	w.values, nValues, absent = b.stays(d, &w.bits, w.values[:0])
	for i := range d.enter {
		n := &d.enter[i]
		if n.absent {
			continue
		}
		w.enters = msg.AppendUint(w.enters, uint64(n.slot))
		w.enters = msg.AppendUint(w.enters, uint64(n.gen))
		row := b.h.tables[table].row(b.h.tick, b.h.depth, n.slot)
		nEnters += 2
		for j := range fields {
			if !fields[j].OwnerOnly {
				w.enters = fields[j].AppendValue(w.enters, row[j])
				nEnters++
			}
		}
	}
	dst = msg.AppendArrayLen(dst, len(d.leaves))
	for _, slot := range d.leaves {
		dst = msg.AppendUint(dst, uint64(slot))
	}
	if nValues == 0 && !absent {
		dst = msg.AppendBin(dst, nil)
	} else {
		dst = msg.AppendBin(dst, w.bits.bytes())
	}
	dst = append(msg.AppendArrayLen(dst, nValues), w.values...)
	dst = append(msg.AppendArrayLen(dst, nEnters), w.enters...)
	return dst, len(d.leaves) == 0 && nValues == 0 && nEnters == 0 && !absent
}

// own appends what the owner of an entity gets to know of it: a mask of the owneronly fields that differ, the first
// field highest, and their values.
func (w *plainWriter) own(fields []schema.Field, before, now []uint32) (elements int) {
	var mask uint64
	for i := range fields {
		if fields[i].OwnerOnly {
			mask <<= 1
			if differs(before, now, i) {
				mask |= 1
			}
		}
	}
	w.owned = msg.AppendUint(w.owned, mask)
	elements++
	for i := range fields {
		if fields[i].OwnerOnly && differs(before, now, i) {
			w.owned = fields[i].AppendValue(w.owned, now[i])
			elements++
		}
	}
	return elements
}

// differs reports whether a word is news; an entity that enters was all zero.
func differs(before, now []uint32, i int) bool {
	if before == nil {
		return now[i] != 0
	}
	return now[i] != before[i]
}
