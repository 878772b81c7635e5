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
// all. An entity's claim grows each tick until it is sent, so everything gets its turn: in never more than 2T(1 + S/k) ticks, where
// messages are T ticks apart at most, k is how many of the dearest rows fit one (at least 1), and S is the sum of 1 + q/p over all
// other entities, p being this one's priority and q theirs.
//
// Proof: in the second half of a wait of w ticks this entity's claim is above p*w/2, so whoever goes before it again does so more than
// (p/q)w/2 ticks after the last time: at most 1 + q/p times in these w/2 ticks, in which there are w/2T messages less one with k places
// each. If no q is above p, nobody goes before it twice, and it waits at most T(1 + (n-1)/k) ticks among n.
//
// A client that has been told nothing yet, or nothing for longer than the history goes back, is told of its own rows before all others:
// without them it can neither predict nor show anything. Only what is sent costs the making of a record, whatever there is.
func (e *Encoder) fit(b *body, budget int) (all bool) {
	h, rs := b.h, b.rs
	begins := b.options.Full || !h.keeps(b.v.tick)
	e.claims = e.claims[:0]
	for i := range h.tables {
		d, t := &e.drafts[i], &h.schema.Tables[i]
		pri := uint32(t.Priority())
		for j := range d.stay {
			k := &d.held[d.stay[j].held]
			score := (h.tick - k.t1) * pri
			if begins && b.owns(t, h.tables[i].row(h.tick, h.depth, k.slot)) {
				score = math.MaxUint32
			}
			e.claims = append(e.claims, newClaim(score, i, j))
		}
		budget -= len(d.stay) // the present bits
		for j := range d.enter {
			score := (h.tick - d.enter[j].since + 1) * pri
			if begins && b.owns(t, h.tables[i].row(h.tick, h.depth, d.enter[j].slot)) {
				score = math.MaxUint32
			}
			e.claims = append(e.claims, newClaim(score, i, len(d.stay)+j))
		}
	}
	slices.Sort(e.claims)
	for n, c := range e.claims {
		d, i := &e.drafts[c.table()], c.index()
		cost := 0
		switch {
		case i >= len(d.stay):
			cost = enterCost(h.schema.Tables[c.table()].Fields)
		case d.stay[i].anew:
			cost = leaveCost + enterCost(h.schema.Tables[c.table()].Fields)
		default:
			s := &d.stay[i]
			r := rs.get(h, c.table(), &d.held[s.held])
			s.record, s.single = r.at, r.single
			cost = rs.of(r).list[r.at].cost()
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

// renew makes what is sent anew leave and enter. What of it has no place in the message is held on to, as old as it is: a client that
// was told to forget it would show a hole for as long as it waits.
func (d *draft) renew(tick uint32) {
	staying := d.stay[:0]
	for _, s := range d.stay {
		if !s.anew || s.absent {
			staying = append(staying, s)
			continue
		}
		k := &d.held[s.held]
		d.leaves = append(d.leaves, k.slot)
		d.enter = append(d.enter, enter{slot: k.slot, gen: k.gen, since: tick})
	}
	if len(staying) == len(d.stay) {
		return
	}
	d.stay = staying
	slices.Sort(d.leaves)
	slices.SortFunc(d.enter, func(a, b enter) int { return int(a.slot) - int(b.slot) })
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
