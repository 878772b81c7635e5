package snapshot

import (
	"math"
	"slices"
)

// A claim is what an entity that competes for a place in a message has: a number that sorts first for who has waited longest. It is
// the complement of the score (ticks waited times priority), the table, and the index in stay or, from len(stay) on, in enter.
type claim uint64

const claimIndexBits = 26

func newClaim(score uint32, table, index int) claim {
	return claim(^score)<<32 | claim(table)<<claimIndexBits | claim(index)
}

func (c claim) table() int { return int(uint32(c) >> claimIndexBits) }
func (c claim) index() int { return int(c & (1<<claimIndexBits - 1)) }

// fit chooses what a message of a budget of bits has, of what compare has listed, makes its records, and reports whether that is
// all. An entity's claim grows each tick until it is sent, so everything gets its turn: one of priority p that costs c waits at most
// about total cost / budget times the highest priority / p ticks. A FULL has the receiver's own rows before all others: without
// them a client can neither predict nor show anything. Only what is sent costs the making of a record, whatever there is.
func (e *Encoder) fit(b *body, budget int) (all bool) {
	h, rs := b.h, b.rs
	e.claims = e.claims[:0]
	for i := range h.tables {
		d, t := &e.drafts[i], &h.schema.Tables[i]
		pri := uint32(t.Priority())
		for j := range d.stay {
			e.claims = append(e.claims, newClaim((h.tick-d.held[d.stay[j].held].t1)*pri, i, j))
		}
		budget -= len(d.stay) // the present bits
		for j := range d.enter {
			score := (h.tick - d.enter[j].since + 1) * pri
			if b.options.Full && b.owns(t, h.tables[i].row(h.tick, h.depth, d.enter[j].slot)) {
				score = math.MaxUint32
			}
			e.claims = append(e.claims, newClaim(score, i, len(d.stay)+j))
		}
	}
	slices.Sort(e.claims)
	for n, c := range e.claims {
		d, i := &e.drafts[c.table()], c.index()
		cost := 0
		if i < len(d.stay) {
			s := &d.stay[i]
			r := rs.get(h, c.table(), &d.held[s.held])
			s.record, s.single = r.at, r.single
			cost = rs.of(r).list[r.at].cost()
		} else {
			cost = enterCost(h.schema.Tables[c.table()].Fields)
		}
		if n > 0 && cost > budget {
			return false
		}
		budget -= cost
		if i < len(d.stay) {
			d.stay[i].absent = false
		} else {
			d.enter[i-len(d.stay)].absent = false
		}
	}
	return true
}

// commit prepares the view for what fit has left.
func (d *draft) commit(tick uint32, v *View, table int) {
	list, waiting := v.tables[table].pending, v.pendingFor(table)
	pending := list.known[:0]
	next := 0
	flush := func(below int) {
		for ; next < len(d.enter) && int(d.enter[next].slot) < below; next++ {
			n := &d.enter[next]
			if n.absent {
				waiting = append(waiting, wanted{n.slot, n.gen, n.since})
				continue
			}
			pending = append(pending, known{slot: n.slot, gen: n.gen, t1: tick})
		}
	}
	for i := range d.stay {
		s := &d.stay[i]
		k := d.held[s.held]
		flush(int(k.slot))
		if !s.absent {
			k.t1, k.t2, k.t3 = tick, k.t1, k.t2
		}
		pending = append(pending, k)
	}
	flush(MaxSlots)
	list.known = pending
	v.waitFor(table, waiting)
}
