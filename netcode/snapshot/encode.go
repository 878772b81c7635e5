package snapshot

import (
	"math/bits"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Flags of a body.
const (
	flagPartial  = 1 << 0
	flagChecksum = 1 << 1
)

// Encoder holds the scratch buffers of encoding; one serves all clients of a room, one after the other. The zero value is ready.
type Encoder struct {
	leaves []byte
	bits   bitWriter
	values []byte
	enters []byte
	// element counts of the three arrays above
	nLeaves, nValues, nEnters int
}

// Options say how a body is encoded.
type Options struct {
	Full     bool // from an empty known list
	Checksum bool // add the checksum of the state after the message
}

// AppendBody appends the plain body that takes the client of v to the newest tick of h, where it sees every row. v
// changes only at Commit.
func (e *Encoder) AppendBody(dst []byte, h *History, v *View, o Options) []byte {
	held := v.begin(h, o.Full)
	tables := len(h.tables)
	n := 1 + tables
	var flags uint64
	if o.Checksum {
		flags |= flagChecksum
		n++
	}
	dst = msg.AppendArrayLen(dst, n)
	dst = msg.AppendUint(dst, flags)
	if o.Checksum {
		// Everything is visible to everyone, so the state after the message is the state of the room.
		dst = msg.AppendUint(dst, uint64(h.Hash()))
	}
	for i := range h.tables {
		v.pending[i] = e.table(h, i, held[i], v.pending[i])
		dst = e.appendTable(dst)
	}
	return dst
}

// table encodes one table into the scratch buffers and appends what the client will hold to pending.
func (e *Encoder) table(h *History, table int, held, pending []known) []known {
	e.leaves, e.values, e.enters = e.leaves[:0], e.values[:0], e.enters[:0]
	e.nLeaves, e.nValues, e.nEnters = 0, 0, 0
	e.bits.reset()
	p, fields := &h.tables[table], h.fields[table]
	gens := p.gens[h.tick%h.depth]
	next := 0 // index into held
	for _, slot := range p.live {
		for ; next < len(held) && held[next].slot < slot; next++ {
			e.leave(held[next].slot)
		}
		row := p.row(h.tick, h.depth, slot)
		if next < len(held) && held[next].slot == slot {
			k := held[next]
			next++
			if k.gen == gens[slot] {
				e.record(h, p, fields, k, row)
				pending = append(pending, known{slot: slot, gen: k.gen, t1: h.tick, t2: k.t1})
				continue
			}
			e.leave(slot)
		}
		e.enter(fields, slot, gens[slot], row)
		pending = append(pending, known{slot: slot, gen: gens[slot], t1: h.tick})
	}
	for ; next < len(held); next++ {
		e.leave(held[next].slot)
	}
	return pending
}

func (e *Encoder) leave(slot uint16) {
	e.leaves = msg.AppendUint(e.leaves, uint64(slot))
	e.nLeaves++
}

func (e *Encoder) enter(fields []schema.Field, slot, gen uint16, row []uint32) {
	e.enters = msg.AppendUint(e.enters, uint64(slot))
	e.enters = msg.AppendUint(e.enters, uint64(gen))
	for i := range fields {
		e.enters = fields[i].AppendValue(e.enters, row[i])
	}
	e.nEnters += 2 + len(fields)
}

// record encodes how a known entity differs from its prediction.
func (e *Encoder) record(h *History, p *past, fields []schema.Field, k known, row []uint32) {
	s1 := p.row(k.t1, h.depth, k.slot)
	ahead, gap := h.tick-k.t1, k.t1-k.t2
	var s2 []uint32
	if k.t2 != 0 && ahead <= schema.MaxGap && gap <= schema.MaxGap {
		s2 = p.row(k.t2, h.depth, k.slot)
	}
	var mask uint64
	sent := 0
	for i := range fields {
		f := &fields[i]
		if f.Once {
			continue
		}
		mask <<= 1
		sent++
		if !f.Predicted() {
			if row[i] != s1[i] {
				mask |= 1
				e.values = f.AppendValue(e.values, row[i])
			}
			continue
		}
		predicted := s1[i]
		if s2 != nil {
			predicted = f.Predict(s1[i], s2[i], int64(ahead), int64(gap))
		}
		if row[i] != predicted {
			mask |= 1
			e.values = msg.AppendInt(e.values, f.Residual(row[i], predicted))
		}
	}
	if mask == 0 {
		e.bits.append(0, 1)
		return
	}
	e.bits.append(1, 1)
	e.bits.append(mask, sent)
	e.nValues += bits.OnesCount64(mask)
}

// appendTable appends the table that the scratch buffers hold.
func (e *Encoder) appendTable(dst []byte) []byte {
	if e.nLeaves == 0 && e.nValues == 0 && e.nEnters == 0 {
		return msg.AppendNil(dst)
	}
	dst = msg.AppendArrayLen(dst, 4)
	dst = append(msg.AppendArrayLen(dst, e.nLeaves), e.leaves...)
	if e.nValues == 0 {
		dst = msg.AppendBin(dst, nil)
	} else {
		dst = msg.AppendBin(dst, e.bits.bytes())
	}
	dst = append(msg.AppendArrayLen(dst, e.nValues), e.values...)
	return append(msg.AppendArrayLen(dst, e.nEnters), e.enters...)
}

// bitWriter collects bits, most significant first.
type bitWriter struct {
	buf  []byte
	acc  uint64
	free int // bits of acc not yet used, of the 64
}

func (w *bitWriter) reset() {
	w.buf, w.acc, w.free = w.buf[:0], 0, 64
}

// append adds the low n bits of v, n at most 64.
func (w *bitWriter) append(v uint64, n int) {
	if n > w.free {
		rest := n - w.free
		w.flush(v>>rest, w.free)
		v, n = v&(1<<rest-1), rest
	}
	w.free -= n
	w.acc |= v << w.free
}

// flush adds the last n bits that fit acc and writes it out.
func (w *bitWriter) flush(v uint64, n int) {
	if n > 0 {
		w.acc |= v & (1<<n - 1)
	}
	for shift := 56; shift >= 0; shift -= 8 {
		w.buf = append(w.buf, byte(w.acc>>shift))
	}
	w.acc, w.free = 0, 64
}

// bytes ends the stream, padded with zeros to a whole byte.
func (w *bitWriter) bytes() []byte {
	for shift := 56; 64-w.free > 56-shift && shift >= 0; shift -= 8 {
		w.buf = append(w.buf, byte(w.acc>>shift))
	}
	w.acc, w.free = 0, 64
	return w.buf
}
