package snapshot

import (
	"encoding/binary"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Encoder makes the bodies of one room's messages. It keeps what clients share within a tick and scratch memory; one
// serves all clients, one after the other, and a View is encoded by one alone. The zero value is ready.
type Encoder struct {
	records [2]records // by codec
	wholes  [2]whole
	drafts  []draft // by table: the message being made
	lists   lists
	claims  []claim // scratch of fit
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
	enter  []enter
	stay   []stay // what is neither; only of a message that does not have room for all

	// The records of all that stays, one after the other: what is written if nothing is left out.
	bits    bitWriter
	values  []byte // plain
	nValues int
}

type stay struct {
	held   int32 // index
	record int32 // index in the list of the records that it is in
	single bool  // these are records.singles
	absent bool  // left out of this message
	anew   bool  // last sent so long ago that no record can be made: when its turn comes it leaves and enters
}

// begin empties the draft for a client that has held.
func (d *draft) begin(held []known) {
	d.common, d.held = nil, held
	d.leaves, d.stay, d.enter = d.leaves[:0], d.stay[:0], d.enter[:0]
	d.bits.reset(d.bits.buf)
	d.values, d.nValues = d.values[:0], 0
}

// take adds a record.
func (d *draft) take(rs *records, r *recent) {
	if r.bits <= inWord {
		d.bits.append(r.word, int(r.bits))
	} else {
		in := rs.of(r)
		d.bits.span(in.bits.bytes(), int(in.list[r.at].bitAt), int(r.bits))
	}
	if rs.codec == Plain && r.bits > 1 {
		d.takeValues(rs, r)
	}
}

// takeValues adds the values of a plain record: one of more than a bit has some.
func (d *draft) takeValues(rs *records, r *recent) {
	in := rs.of(r)
	c := &in.list[r.at]
	d.values = append(d.values, in.values[c.valueAt:c.valueEnd]...)
	d.nValues += int(c.values)
}

type enter struct {
	slot, gen uint16
	since     uint32
	absent    bool
}

// AppendBody appends the body that takes the client of v to the newest tick of h. v changes only at Commit.
func (e *Encoder) AppendBody(dst []byte, h *History, v *View, o Options) []byte {
	v.begin(h, &e.lists)
	for i := range e.records {
		e.records[i].codec = Codec(i)
	}
	rs := &e.records[o.Codec]
	rs.reset(h, &e.lists)
	for len(e.drafts) < len(h.tables) {
		e.drafts = append(e.drafts, draft{})
	}
	b := body{h: h, rs: rs, v: v, options: &o, drafts: e.drafts[:len(h.tables)]}
	// Who was told only some last time will most likely be told only some again: what all of it costs need not be found out.
	if o.Budget == 0 || !v.limited || e.some(&b) {
		if cost := e.everything(&b); o.Budget > 0 && cost > 8*o.Budget {
			e.some(&b)
		}
	}
	w, shared := &e.wholes[o.Codec], b.whole()
	if shared && w.is(&b) {
		return append(dst, w.body...)
	}
	start := len(dst)
	if o.Codec == Packed {
		dst = e.packed.append(dst, &b)
	} else {
		dst = e.plain.append(dst, &b)
	}
	if shared {
		w.keep(&b, dst[start:])
	}
	return dst
}

// everything prepares a message of all there is and returns its cost in bits.
func (e *Encoder) everything(b *body) (cost int) {
	b.partial, b.v.pendingLimited = false, false
	for i := range b.h.tables {
		cost += e.advance(b, i)
	}
	return cost
}

// some prepares a partial message of what fits the budget, and reports whether that is everything.
func (e *Encoder) some(b *body) (all bool) {
	b.partial, b.v.pendingLimited = true, true
	for i := range b.h.tables {
		e.compare(b, i)
	}
	all = e.fit(b, 8*b.options.Budget)
	for i := range b.h.tables {
		e.drafts[i].renew(b.h.tick)
		e.drafts[i].commit(b.h.tick, b.v, i)
	}
	return all
}

// compare finds what differs between what the client holds of a table and what it may see, and prepares the message and the
// view for all of it being sent. It returns the cost in bits of doing so. For a partial message it lists all that may be in it, as
// absent, and makes no record.
func (e *Encoder) compare(b *body, table int) (cost int) {
	h, rs, v, o, d, p := b.h, b.rs, b.v, b.options, &b.drafts[table], &b.h.tables[table]
	held, waiting, sees := v.tables[table].held.entities(), v.waitsFor(table), p.live
	if o.Full {
		held = nil
	}
	if o.Visible != nil && o.Visible[table] != nil {
		sees = o.Visible[table]
	}
	d.begin(held)
	list := v.prepare(table, e.lists.take(len(sees)))
	pending := list.known[:len(sees)]
	gens := p.gens[h.tick%h.depth]
	next, wait, n := 0, 0, 0
	first := b.partial // the last record was made for this client: those that follow are still to be made, too
	for i := 0; i < len(sees); i++ {
		if !first {
			m := d.inStep(rs, table, held[next:], sees[i:], pending[n:])
			if i, next, n = i+m, next+m, n+m; i == len(sees) {
				break
			}
		}
		slot := sees[i]
		for ; next < len(held) && held[next].slot < slot; next++ {
			d.leaves = append(d.leaves, held[next].slot)
		}
		if int(slot) >= len(gens) || gens[slot] == 0 {
			continue
		}
		if next < len(held) && held[next].slot == slot {
			k := &held[next]
			next++
			same, recorded := k.gen == gens[slot], h.keeps(k.t1)
			if same && b.partial {
				d.stay = append(d.stay, stay{held: int32(next - 1), absent: true, anew: !recorded})
				continue
			}
			if same && recorded {
				made := rs.made
				r := rs.get(h, table, k)
				first = rs.made > made
				d.take(rs, r)
				pending[n] = known{slot, k.gen, h.tick, k.t1, k.t2}
				n++
				continue
			}
			// Another entity, or one that was last sent so long ago that no record can be made: it is sent anew.
			d.leaves = append(d.leaves, slot)
		}
		for wait < len(waiting) && waiting[wait].slot < slot {
			wait++
		}
		in := enter{slot: slot, gen: gens[slot], since: h.tick, absent: b.partial}
		if wait < len(waiting) && waiting[wait].slot == slot && waiting[wait].gen == in.gen {
			in.since = waiting[wait].since
		}
		d.enter = append(d.enter, in)
		pending[n] = known{slot: slot, gen: in.gen, t1: h.tick}
		n++
	}
	for ; next < len(held); next++ {
		d.leaves = append(d.leaves, held[next].slot)
	}
	list.known = pending[:n]
	return d.bits.len() + 8*len(d.values) + len(d.enter)*enterCost(h.schema.Tables[table].Fields)
}

// inStep takes the longest run of entities that are held and seen and whose recent records are the right ones: nearly all of
// nearly every message. It does what compare does for each, and no more, and returns how many there are.
func (d *draft) inStep(rs *records, table int, held []known, sees []uint16, pending []known) int {
	n := min(len(held), len(sees))
	recents, tick, plain := rs.recent[table], rs.tick, rs.codec == Plain
	buf, acc, used := d.bits.room(n), d.bits.acc, d.bits.used
	at := len(d.bits.buf)
	held, sees, pending = held[:n], sees[:n], pending[:n]
	i := 0
	for ; i < n; i++ {
		k, slot := &held[i], sees[i]
		if k.slot != slot || int(slot) >= len(recents) {
			break
		}
		r := &recents[slot]
		if !r.is(k, tick) || r.bits > inWord {
			break
		}
		if plain && r.bits > 1 {
			d.takeValues(rs, r)
		}
		acc, used = acc<<(r.bits&63)|r.word, used+int(r.bits)
		binary.BigEndian.PutUint64(buf[at:], acc<<((64-used)&63))
		at += used >> 3
		used &= 7
		// Field by field: a whole one is copied from the stack, and the processor waits for it to get there.
		to := &pending[i]
		to.slot, to.gen, to.t1, to.t2, to.t3 = slot, r.gen, tick, r.t1, r.t2
	}
	d.bits.buf, d.bits.acc, d.bits.used = buf[:at], acc&(1<<used-1), used
	return i
}

// leaveCost is about what it takes to name a row that leaves, in bits.
const leaveCost = 16

// enterCost is about what a full row takes, in bits.
func enterCost(fields []schema.Field) int {
	n := 24
	for i := range fields {
		n += int(fields[i].Bits)
	}
	return n
}
