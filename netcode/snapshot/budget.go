package snapshot

import (
	"math"
	"slices"
)

// item is an entity that competes for a place in a message.
type item struct {
	score uint32 // ticks waited times priority
	cost  int
	table int
	index int // in stay; from len(stay) on in enter
}

// fit marks as absent what does not fit the budget. An entity's claim grows each tick until it is sent, so everything
// gets its turn: one of priority p that costs c waits at most about total cost / budget times the highest priority / p
// ticks. A FULL has the receiver's own rows before all others: without them a client can neither predict nor show anything.
func (e *Encoder) fit(b *body, budget int) {
	h, rs := b.h, b.rs
	e.items = e.items[:0]
	for i := range h.tables {
		d, t := &e.drafts[i], &h.schema.Tables[i]
		pri, words := uint32(t.Priority()), enterCost(t.Fields)
		for j := range d.stay {
			s := &d.stay[j]
			e.items = append(e.items, item{(h.tick - d.held[s.held].t1) * pri, rs.list[s.record].cost(), i, j})
			budget-- // its present bit
		}
		for j := range d.enter {
			score := (h.tick - d.enter[j].since + 1) * pri
			if b.options.Full && b.owns(t, h.tables[i].row(h.tick, h.depth, d.enter[j].slot)) {
				score = math.MaxUint32
			}
			e.items = append(e.items, item{score, words, i, len(d.stay) + j})
		}
	}
	slices.SortFunc(e.items, func(a, b item) int { return int(int64(b.score) - int64(a.score)) })
	full := false
	for n, it := range e.items {
		if full = full || n > 0 && it.cost > budget; !full {
			budget -= it.cost
			continue
		}
		if d := &e.drafts[it.table]; it.index < len(d.stay) {
			d.stay[it.index].absent = true
		} else {
			d.enter[it.index-len(d.stay)].absent = true
		}
	}
}

// commit prepares the view for what fit has left.
func (d *draft) commit(tick uint32, v *View, table int) {
	list, waiting := v.tables[table].pending, v.pendingWaiting.of(table)
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
	v.pendingWaiting.set(table, len(v.tables), waiting)
}
