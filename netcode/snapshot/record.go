package snapshot

import (
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Codec is how a body is written: its number in HELLO.
type Codec uint8

// The codecs of PROTOCOL.md section 7 and 8.
const (
	Plain  Codec = Codec(msg.CodecPlain)
	Packed Codec = Codec(msg.CodecPacked)
)

// record says how a known entity differs from its prediction. It depends on the entity's row now and on its rows at t1,
// t2 and t3, on nothing of the client: all clients that were sent the entity at the same three ticks share it, and
// those in step share them all.
type record struct {
	t1, t2, t3 uint32
	next       int32 // another record of the same entity in this tick, -1: none
	bitAt      int32 // its bits in records.bits, packed: all of it, plain: which fields changed
	bitEnd     int32
	valueAt    int32 // plain: its values in records.values
	valueEnd   int32
	values     int32
}

// recent is the record of a slot that was asked for last, with what it takes to know whether it is the right one and to
// copy it: of a room's clients nearly all are in step, and this is all that is read for them.
type recent struct {
	t1, t2, t3, tick uint32
	word             uint64 // its bits, if they are at most inWord
	at               int32  // in list
	gen              uint16
	bits             uint16
	single           bool // in that of records.singles
}

// is reports whether it is what k needs in the tick. An entity that k has and that is gone has no record.
func (r *recent) is(k *known, tick uint32) bool {
	return r.t1 == k.t1 && r.t2 == k.t2 && r.t3 == k.t3 && r.gen == k.gen && r.tick == tick
}

// maxAlike is how many records of an entity are kept in a tick. Clients in step need one. Those that are told only some of what
// there is hold states of their own, and to look for one in a hundred takes longer than to make it.
const maxAlike = 8

// inWord is the longest record that is copied as one number.
const inWord = 56

// cost is its size in bits.
func (r *record) cost() int { return int(r.bitEnd - r.bitAt + 8*(r.valueEnd-r.valueAt)) }

// records holds the records made in one tick for one codec.
type records struct {
	codec  Codec
	tick   uint32
	tables [][]int32  // by table and slot: first record, -1: none
	recent [][]recent // by table and slot
	list   []record
	bits   bitWriter
	values []byte
	made   uint64 // so far

	// What no other client will need, made for one message; nil: nothing yet.
	singles *records
	single  recent // the newest of them

	common      [][]common // by table, at most maxCommon
	commonBits  bitWriter
	commonBytes []byte

	// Of the record being made, by place in past.predicted.
	residuals, missed [schema.MaxFields]int64
}

// clear forgets the records.
func (rs *records) clear() {
	rs.list, rs.values = rs.list[:0], rs.values[:0]
	rs.bits.reset(rs.bits.buf)
}

// reset forgets the records of an earlier tick, and of an earlier message those that were made for it alone.
func (rs *records) reset(h *History, l *lists) {
	if rs.singles != nil {
		rs.singles.clear()
	}
	if rs.tick == h.tick {
		return
	}
	rs.tick = h.tick
	rs.clear()
	rs.commonBits.reset(rs.commonBits.buf)
	rs.commonBytes = rs.commonBytes[:0]
	if rs.tables == nil {
		rs.tables, rs.common = make([][]int32, len(h.tables)), make([][]common, len(h.tables))
		rs.recent = make([][]recent, len(h.tables))
		for i := range rs.common {
			rs.common[i] = make([]common, 0, maxCommon)
		}
	}
	for i := range rs.tables {
		for j := range rs.common[i] {
			rs.common[i][j].forget(l)
		}
		rs.common[i] = rs.common[i][:0]
		t := rs.tables[i]
		for j := range t {
			t[j] = -1
		}
		for len(t) < h.tables[i].slots {
			t = append(t, -1)
		}
		rs.tables[i] = t
		if n := h.tables[i].slots; len(rs.recent[i]) < n {
			rs.recent[i] = make([]recent, n) // all are of another tick
		}
	}
}

// of is where the record of r is.
func (rs *records) of(r *recent) *records {
	if r.single {
		return rs.singles
	}
	return rs
}

// get returns the record of k, making it if no client before had the same. It is valid until the next get.
func (rs *records) get(h *History, table int, k *known) *recent {
	c := &rs.recent[table][k.slot]
	if c.is(k, h.tick) {
		return c
	}
	first := &rs.tables[table][k.slot]
	at, alike := *first, 0
	for at >= 0 && (rs.list[at].t1 != k.t1 || rs.list[at].t2 != k.t2 || rs.list[at].t3 != k.t3) {
		at = rs.list[at].next
		alike++
	}
	in := rs
	switch {
	case at >= 0:
	case alike < maxAlike:
		at = rs.make(h, table, k)
		rs.list[at].next, *first = *first, at
		rs.made++
	default:
		if rs.singles == nil {
			rs.singles = &records{codec: rs.codec}
		}
		in, c = rs.singles, &rs.single
		at = in.make(h, table, k)
		rs.made++
	}
	r := &in.list[at]
	c.t1, c.t2, c.t3, c.tick = k.t1, k.t2, k.t3, h.tick
	c.at, c.gen, c.bits, c.single = at, k.gen, uint16(r.bitEnd-r.bitAt), in != rs
	if c.bits <= inWord {
		from := bitReader{buf: in.bits.bytes(), pos: int(r.bitAt)}
		c.word = from.take(int(c.bits))
	}
	return c
}

// make adds the record of k to the list.
func (rs *records) make(h *History, table int, k *known) int32 {
	at := int32(len(rs.list))
	rs.list = append(rs.list, record{})
	r := &rs.list[at]
	r.t1, r.t2, r.t3, r.next = k.t1, k.t2, k.t3, -1
	r.bitAt, r.valueAt = int32(rs.bits.len()), int32(len(rs.values))
	if rs.codec == Packed {
		rs.packed(h, table, k)
	} else {
		r.values = rs.plain(h, table, k)
	}
	r.bitEnd, r.valueEnd = int32(rs.bits.len()), int32(len(rs.values))
	return at
}

// states are the rows that a record is made of. s2 and s3 are s1 where there is no earlier state.
func (h *History) states(table int, k *known, m *motion) (now, s1, s2, s3 []uint32) {
	p := &h.tables[table]
	now, s1 = p.row(h.tick, h.depth, k.slot), p.row(k.t1, h.depth, k.slot)
	s2, s3 = s1, s1
	if m.line {
		s2 = p.row(k.t2, h.depth, k.slot)
	}
	if m.curve {
		s3 = p.row(k.t3, h.depth, k.slot)
	}
	return now, s1, s2, s3
}

// plain writes a record as one bit "changed", a bit per shared field if it has, and the changed values. It returns how
// many there are.
func (rs *records) plain(h *History, table int, k *known) (values int32) {
	m := newMotion(h.tick, k.t1, k.t2, k.t3)
	now, s1, s2, _ := h.states(table, k, &m)
	fields := h.schema.Tables[table].Fields
	var mask uint64
	shared := 0
	for i := range fields {
		f := &fields[i]
		if !f.Shared() {
			continue
		}
		mask <<= 1
		shared++
		if !f.Predicted() {
			if now[i] != s1[i] {
				mask |= 1
				rs.values = f.AppendValue(rs.values, now[i])
				values++
			}
			continue
		}
		if r := m.residual(f, now[i], s1[i], s2[i]); r != 0 {
			mask |= 1
			rs.values = msg.AppendInt(rs.values, r)
			values++
		}
	}
	if mask == 0 {
		rs.bits.bit(false)
		return 0
	}
	rs.bits.bit(true)
	appendMask(&rs.bits, mask, shared)
	return values
}

// packed writes a record as: for an entity that was where it was predicted, one bit "so again"; else, or if it is not,
// the Rice-coded residuals of its predicted fields, one bit "others changed" if there are others, and if they have, a
// bit per other field and the changed ones at full width. With nothing to predict "so again" would say the same as "others
// changed", and with nothing to change either there is nothing to say.
func (rs *records) packed(h *History, table int, k *known) {
	m := newMotion(h.tick, k.t1, k.t2, k.t3)
	now, s1, s2, s3 := h.states(table, k, &m)
	p, fields := &h.tables[table], h.schema.Tables[table].Fields
	changed := false
	for _, i := range p.others {
		changed = changed || now[i] != s1[i]
	}
	moved, missed := rs.residualsOf(p, fields, &m, now, s1, s2, s3)
	// An entity that was last seen exactly where it was predicted is likely to be so again: it stands still, or flies on.
	if m.curve && !missed && len(p.predicted) > 0 {
		rs.bits.bit(!moved && !changed)
		if !moved && !changed {
			return
		}
	}
	// Codes are gathered in one word as long as they fit it: writing each costs as much as making it.
	var word uint64
	used := 0
	for n, i := range p.predicted {
		width := p.widths[n]
		code, size := riceCode(rs.residuals[n], m.rice(width, s1[i], s2[i], rs.missed[n]), int(width))
		if used+size > inWord {
			rs.bits.append(word, used)
			word, used = 0, 0
		}
		word, used = word<<size|code, used+size
	}
	rs.bits.append(word, used)
	if len(p.others) == 0 {
		return
	}
	rs.bits.bit(changed)
	if !changed {
		return
	}
	for _, i := range p.others {
		rs.bits.bit(now[i] != s1[i])
		if now[i] != s1[i] {
			appendWord(&rs.bits, &fields[i], now[i])
		}
	}
}

// residualsOf computes what the prediction of each predicted field is wrong by, and what the one before was, and reports whether any
// of either is.
func (rs *records) residualsOf(p *past, fields []schema.Field, m *motion, now, s1, s2, s3 []uint32) (moved, missed bool) {
	var wrong, before int64
	if m.curve && m.ahead == m.gap && m.gap == m.before {
		// Of a client in step, whose gaps are all equal, both are second differences.
		for n, i := range p.predicted {
			shift := 32 - p.widths[n]
			r := int64(int32((now[i]-2*s1[i]+s2[i])<<shift) >> shift)
			b := int64(int32((s1[i]-2*s2[i]+s3[i])<<shift) >> shift)
			rs.residuals[n], rs.missed[n] = r, b
			wrong, before = wrong|r, before|b
		}
		return wrong != 0, before != 0
	}
	for n, i := range p.predicted {
		f := &fields[i]
		r, b := m.residual(f, now[i], s1[i], s2[i]), m.missed(f, s1[i], s2[i], s3[i])
		rs.residuals[n], rs.missed[n] = r, b
		wrong, before = wrong|r, before|b
	}
	return wrong != 0, before != 0
}

// appendWord writes a word at the full width of its field.
func appendWord(w *bitWriter, f *schema.Field, word uint32) {
	w.append(uint64(word)&(1<<f.Bits-1), int(f.Bits))
}

// appendMask writes up to 64 bits.
func appendMask(w *bitWriter, mask uint64, n int) {
	if n > 32 {
		w.append(mask>>32, n-32)
		mask, n = mask&(1<<32-1), 32
	}
	w.append(mask, n)
}
