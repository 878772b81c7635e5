package snapshot

import "slices"

// common is what a message says of one table to every client that holds the same known list and sees all of the table:
// leaves, records and enters, written once in a tick and copied for each of them.
type common struct {
	before, after *list    // held, and the one that follows
	owners        []uint32 // of its rows, in a table with fields for owners
	cost          int      // in bits
	from, to      int      // packed: in records.commonBits; plain: in records.commonBytes
	empty         bool     // plain: nothing to say
}

// maxCommon is how many are kept per table. Clients in step need one; more are for those that missed the same messages.
const maxCommon = 8

// advance prepares what a message does to one table, from what is common if that has been made, and returns its cost in
// bits.
func (e *Encoder) advance(b *body, table int) (cost int) {
	o, v, d := b.options, b.v, &b.drafts[table]
	if o.Visible != nil && o.Visible[table] != nil {
		return e.compare(b, table)
	}
	before := v.tables[table].held
	if o.Full {
		before = nil
	}
	kept := b.rs.common[table]
	for i := range kept {
		if c := &kept[i]; c.before == before {
			v.prepare(table, c.after.share())
			d.common = c
			return c.cost
		}
	}
	cost = e.compare(b, table)
	// Who has missed something, or was told less, holds the same as the others again after three messages, and shares from then on.
	for i := range kept {
		if c := &kept[i]; slices.Equal(c.after.known, v.tables[table].pending.known) {
			v.prepare(table, c.after.share())
			return cost
		}
	}
	if len(kept) == maxCommon {
		return cost
	}
	kept = kept[:len(kept)+1]
	b.rs.common[table] = kept
	c := &kept[len(kept)-1]
	*c = common{
		before: before.share(), after: v.tables[table].pending.share(), cost: cost, owners: b.owners(c.owners[:0], table),
	}
	if o.Codec == Packed {
		w := &b.rs.commonBits
		c.from = w.len()
		b.packed(w, table)
		c.to = w.len()
	} else {
		c.from = len(b.rs.commonBytes)
		b.rs.commonBytes, c.empty = e.plain.common(b.rs.commonBytes, b, table)
		c.to = len(b.rs.commonBytes)
	}
	d.common = c
	return cost
}

// forget is called when the tick is over.
func (c *common) forget(l *lists) {
	l.drop(c.before)
	l.drop(c.after)
	c.before, c.after = nil, nil
}

// owners appends whose each of the rows is that the client will hold.
func (b *body) owners(dst []uint32, table int) []uint32 {
	t, p := &b.h.schema.Tables[table], &b.h.tables[table]
	if t.Owner() < 0 || !t.HasOwnerOnly() {
		return dst
	}
	for _, k := range b.v.tables[table].pending.known {
		dst = append(dst, p.row(b.h.tick, b.h.depth, k.slot)[t.Owner()])
	}
	return dst
}
