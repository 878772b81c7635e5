package snapshot

import (
	"slices"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Encoder makes the bodies of one room's messages. It keeps what clients share within a tick and scratch memory; one
// serves all clients, one after the other. The zero value is ready.
type Encoder struct {
	records [2]records // by codec
	drafts  []draft    // by table: the message being made
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
	cost := 0
	for i := range h.tables {
		cost += e.compare(h, v, &o, i)
	}
	partial := o.Budget > 0 && cost > 8*o.Budget
	if partial {
		v.pendingLimited = true
		e.fit(h, rs, 8*o.Budget)
		for i := range h.tables {
			e.drafts[i].commit(h.tick, v, i)
		}
	}
	b := body{h: h, rs: rs, made: rs.bits.bytes(), v: v, options: o, partial: partial, drafts: e.drafts[:len(h.tables)]}
	if o.Codec == Packed {
		return e.packed.append(dst, &b)
	}
	return e.plain.append(dst, &b)
}

// body is a message ready to be written.
type body struct {
	h       *History
	rs      *records
	made    []byte // the bits of rs
	v       *View
	options Options
	partial bool
	drafts  []draft
}

// compare finds what differs between what the client holds of a table and what it may see, and prepares the view for all
// of it being sent. With a budget it returns the cost in bits of doing so.
func (e *Encoder) compare(h *History, v *View, o *Options, table int) (cost int) {
	d, rs, p := &e.drafts[table], &e.records[o.Codec], &h.tables[table]
	held, waiting, sees := v.known[table], v.waiting[table], p.live
	if o.Full {
		held = nil
	}
	if o.Visible != nil && o.Visible[table] != nil {
		sees = o.Visible[table]
	}
	*d = draft{held: held, leaves: d.leaves[:0], stay: slices.Grow(d.stay[:0], len(held)), enter: d.enter[:0]}
	pending := slices.Grow(v.pending[table], len(sees))
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
				pending = append(pending, known{slot: slot, gen: k.gen, t1: h.tick, t2: k.t1, t3: k.t2})
				if o.Budget > 0 {
					cost += rs.list[at].cost()
				}
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

// item is an entity that competes for a place in a message.
type item struct {
	score uint32 // ticks waited times priority
	cost  int
	table int
	index int // in stay; from len(stay) on in enter
}

// fit marks as absent what does not fit the budget. An entity's claim grows each tick until it is sent, so everything
// gets its turn: one of priority p that costs c waits at most about total cost / budget times the highest priority / p
// ticks.
func (e *Encoder) fit(h *History, rs *records, budget int) {
	e.items = e.items[:0]
	for i := range h.tables {
		d := &e.drafts[i]
		pri := uint32(h.schema.Tables[i].Priority())
		words := enterCost(h.schema.Tables[i].Fields)
		for j := range d.stay {
			s := &d.stay[j]
			e.items = append(e.items, item{(h.tick - d.held[s.held].t1) * pri, rs.list[s.record].cost(), i, j})
			budget-- // its present bit
		}
		for j := range d.enter {
			e.items = append(e.items, item{(h.tick - d.enter[j].since + 1) * pri, words, i, len(d.stay) + j})
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
	pending, waiting := v.pending[table][:0], v.pendingWaiting[table]
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
	v.pending[table], v.pendingWaiting[table] = pending, waiting
}

// runs writes the records of what stays, with a bit before each when the message is partial, and calls f for each run
// of them. It reports whether an entity is left out.
func (b *body) runs(d *draft, w *bitWriter, f func(run)) (absent bool) {
	var c run
	end := func() {
		w.span(b.made, int(c.bitAt), int(c.bitEnd-c.bitAt))
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
	if !t.HasOwnerOnly() {
		return
	}
	for _, k := range b.v.pending[table] {
		if k.t1 != b.h.tick {
			continue
		}
		if now := p.row(b.h.tick, b.h.depth, k.slot); b.owns(t, now) {
			var before []uint32
			if k.t2 != 0 {
				before = p.row(k.t2, b.h.depth, k.slot)
			}
			f(before, now)
		}
	}
}
