package snapshot

import (
	"slices"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Encoder makes the bodies of one room's messages. It keeps what clients share within a tick and scratch memory; one
// serves all clients, one after the other, and a View is encoded by one alone. The zero value is ready.
type Encoder struct {
	records [2]records // by codec
	drafts  []draft    // by table: the message being made
	lists   uint64     // newest number given to a known list
	items   []item     // scratch of fit
	plain   plainWriter
	packed  packedWriter
}

// Options say what a body is made of.
type Options struct {
	Codec    Codec
	Full     bool // from an empty known list
	Checksum bool // add the checksum of the state after the message
	// Player is the receiver: the rows it owns carry their owneronly fields.
	Player uint32
	// Visible has, by table, the slots that the client may see, ascending; nil for a table: all of them. Slots not in
	// use are ignored. nil: everything is visible. The encoder never looks at a row that is not.
	Visible [][]uint16
	// Budget is about how many bytes the body may have; what does not fit comes in later messages, by priority and by
	// how long it has waited. At least one entity is sent whatever its size. Zero means no limit.
	Budget int
}

// draft is what a message does to one table of a client.
type draft struct {
	common *common // what clients in step share, made before: the rest of the draft is not set; nil: not shared
	held   []known // what the client has
	leaves []uint16
	stay   []stay
	enter  []enter
}

type stay struct {
	held   int32 // index
	record int32 // index in records.list
	absent bool  // left out of this message
}

type enter struct {
	slot, gen uint16
	since     uint32
	absent    bool
}

// AppendBody appends the body that takes the client of v to the newest tick of h. v changes only at Commit.
func (e *Encoder) AppendBody(dst []byte, h *History, v *View, o Options) []byte {
	v.begin(h)
	for i := range e.records {
		e.records[i].codec = Codec(i)
	}
	rs := &e.records[o.Codec]
	rs.reset(h)
	for len(e.drafts) < len(h.tables) {
		e.drafts = append(e.drafts, draft{})
	}
	b := body{h: h, rs: rs, v: v, options: &o, drafts: e.drafts[:len(h.tables)]}
	cost := 0
	for i := range h.tables {
		cost += e.advance(&b, i)
	}
	if b.partial = o.Budget > 0 && cost > 8*o.Budget; b.partial {
		v.pendingLimited = true
		for i := range h.tables {
			e.compare(&b, i)
		}
		e.fit(h, rs, 8*o.Budget)
		for i := range h.tables {
			e.drafts[i].commit(h.tick, v, i)
		}
	}
	if o.Codec == Packed {
		return e.packed.append(dst, &b)
	}
	return e.plain.append(dst, &b)
}

// compare finds what differs between what the client holds of a table and what it may see, and prepares the view for all
// of it being sent. It returns the cost in bits of doing so.
func (e *Encoder) compare(b *body, table int) (cost int) {
	h, rs, v, o, d, p := b.h, b.rs, b.v, b.options, &b.drafts[table], &b.h.tables[table]
	held, waiting, sees := v.known[table], v.waiting[table], p.live
	if o.Full {
		held = nil
	}
	if o.Visible != nil && o.Visible[table] != nil {
		sees = o.Visible[table]
	}
	*d = draft{held: held, leaves: d.leaves[:0], stay: slices.Grow(d.stay[:0], len(held)), enter: d.enter[:0]}
	pending := slices.Grow(v.pending[table][:0], len(sees))
	e.lists++
	v.pendingLists[table] = e.lists
	gens := p.gens[h.tick%h.depth]
	words := enterCost(h.schema.Tables[table].Fields)
	next, wait := 0, 0
	for _, slot := range sees {
		if int(slot) >= len(gens) || gens[slot] == 0 {
			continue
		}
		for ; next < len(held) && held[next].slot < slot; next++ {
			d.leaves = append(d.leaves, held[next].slot)
		}
		if next < len(held) && held[next].slot == slot {
			k := &held[next]
			next++
			if k.gen == gens[slot] && h.keeps(k.t1) {
				at := rs.get(h, table, k)
				d.stay = append(d.stay, stay{held: int32(next - 1), record: at})
				// Field by field: a whole one is copied from the stack, and the processor waits for it to get there.
				pending = pending[:len(pending)+1]
				to := &pending[len(pending)-1]
				to.slot, to.gen, to.t1, to.t2, to.t3 = slot, k.gen, h.tick, k.t1, k.t2
				cost += rs.list[at].cost()
				continue
			}
			// Another entity, or one that was last sent so long ago that no record can be made: the client is told to forget it.
			d.leaves = append(d.leaves, slot)
		}
		for wait < len(waiting) && waiting[wait].slot < slot {
			wait++
		}
		n := enter{slot: slot, gen: gens[slot], since: h.tick}
		if wait < len(waiting) && waiting[wait].slot == slot && waiting[wait].gen == n.gen {
			n.since = waiting[wait].since
		}
		d.enter = append(d.enter, n)
		pending = append(pending, known{slot: slot, gen: n.gen, t1: h.tick})
		cost += words
	}
	for ; next < len(held); next++ {
		d.leaves = append(d.leaves, held[next].slot)
	}
	v.pending[table] = pending
	return cost
}

// enterCost is about what a full row takes, in bits.
func enterCost(fields []schema.Field) int {
	n := 24
	for i := range fields {
		n += int(fields[i].Bits)
	}
	return n
}
