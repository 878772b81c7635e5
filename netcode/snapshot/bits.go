package snapshot

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// bitWriter collects bits, most significant first. Everything it is given is below 1<<n.
type bitWriter struct {
	buf  []byte
	acc  uint64 // the last used bits, in its low end
	used int    // 0..7 between calls
}

func (w *bitWriter) reset(buf []byte) { w.buf, w.acc, w.used = buf[:0], 0, 0 }

// len is the number of bits written.
func (w *bitWriter) len() int { return 8*len(w.buf) + w.used }

// room gives the buffer with place for n more appends, its length being its capacity.
func (w *bitWriter) room(n int) []byte {
	w.buf = slices.Grow(w.buf, 8*n+8)
	return w.buf[:cap(w.buf)]
}

// append adds the low n bits of v, n at most 56.
func (w *bitWriter) append(v uint64, n int) {
	w.acc = w.acc<<n | v
	w.used += n
	// All eight bytes are written and those that are full are kept: no branch depends on the data.
	full := len(w.buf) + w.used>>3
	w.buf = binary.BigEndian.AppendUint64(w.buf, w.acc<<(64-w.used))[:full]
	w.used &= 7
	w.acc &= 1<<w.used - 1
}

// bytes shows all bits written so far, the last byte filled up with zeros. Valid until the next append.
func (w *bitWriter) bytes() []byte {
	if w.used == 0 {
		return w.buf
	}
	all := append(w.buf, byte(w.acc<<(8-w.used)))
	w.buf = all[:len(w.buf)] // with the room that append may have made
	return all
}

func (w *bitWriter) bit(b bool) {
	var v uint64
	if b {
		v = 1
	}
	w.append(v, 1)
}

// span appends n bits that begin at bit from of src.
func (w *bitWriter) span(src []byte, from, n int) {
	for ; n >= 64 && from>>3+9 <= len(src); n, from = n-64, from+64 {
		at, skip := from>>3, from&7
		v := binary.BigEndian.Uint64(src[at:])<<skip | uint64(src[at+8])>>(8-skip)
		w.buf = binary.BigEndian.AppendUint64(w.buf, w.acc<<(64-w.used)|v>>w.used)
		w.acc = v & (1<<w.used - 1)
	}
	r := bitReader{buf: src, pos: from}
	for ; n > 48; n -= 48 {
		w.append(r.take(48), 48)
	}
	w.append(r.take(n), n)
}

// count appends a number as an Elias gamma code of v+1: one bit for 0, three for 1 and 2, five for 3 to 6.
func (w *bitWriter) count(v uint32) {
	n := bits.Len64(uint64(v) + 1)
	w.append(0, n-1)
	w.append(uint64(v)+1, n)
}

// riceLimit is the longest unary part of a Rice code; one more 1 announces the residual at its full width.
const riceLimit = 11

// riceCode is the code of a signed residual of the given width with the parameter k, and its length: at most 44 bits.
func riceCode(r int64, k, width int) (code uint64, n int) {
	z := zigzag(r)
	q := z >> k
	if q > riceLimit {
		return (1<<(riceLimit+1)-1)<<width | uint64(uint32(r))&(1<<width-1), riceLimit + 1 + width
	}
	// q ones, a zero, then the low k bits: at most 12 and 31.
	return (1<<(q+1)-2)<<k | z&(1<<k-1), int(q) + 1 + k
}

func zigzag(r int64) uint64 { return uint64(r<<1) ^ uint64(r>>63) }

// bitReader reads what a bitWriter wrote. Reading past the end gives zeros and sets bad.
type bitReader struct {
	buf []byte
	pos int // in bits
	bad bool
}

// take reads n bits, n at most 56.
func (r *bitReader) take(n int) uint64 {
	if r.pos+n > 8*len(r.buf) {
		r.bad = true
		return 0
	}
	var v uint64
	if at := r.pos >> 3; at+8 <= len(r.buf) {
		v = binary.BigEndian.Uint64(r.buf[at:]) << (r.pos & 7) >> (64 - n)
		r.pos += n
		return v
	}
	for n > 0 {
		have := 8 - r.pos&7
		use := min(have, n)
		b := uint64(r.buf[r.pos>>3]) >> (have - use) & (1<<use - 1)
		v = v<<use | b
		r.pos += use
		n -= use
	}
	return v
}

func (r *bitReader) bit() bool { return r.take(1) == 1 }

// count reads what bitWriter.count wrote; more than limit is bad.
func (r *bitReader) count(limit int) int {
	zeros := 0
	for !r.bit() {
		if zeros++; zeros > 32 || r.bad {
			r.bad = true
			return 0
		}
	}
	v := 1<<zeros | int(r.take(zeros))
	if v-1 > limit || r.bad {
		r.bad = true
		return 0
	}
	return v - 1
}

// rice reads a riceCode. A residual that does not fit the width, or one at full width that is short enough for a code, is bad.
func (r *bitReader) rice(k, width int) int64 {
	q := r.ones()
	if q > riceLimit {
		v := int64(int32(uint32(r.take(width))<<(32-width)) >> (32 - width))
		r.bad = r.bad || zigzag(v)>>k <= riceLimit
		return v
	}
	z := uint64(q)<<k | r.take(k)
	r.bad = r.bad || z>>width != 0
	return int64(z>>1) ^ -int64(z&1)
}

// ones reads the ones of a Rice code and the zero behind them; there is none behind more than riceLimit.
func (r *bitReader) ones() int {
	if at := r.pos >> 3; at+8 <= len(r.buf) {
		window := binary.BigEndian.Uint64(r.buf[at:]) << (r.pos & 7)
		q := min(bits.LeadingZeros64(^window), riceLimit+1)
		r.pos += min(q, riceLimit) + 1
		return q
	}
	q := 0
	for q <= riceLimit && r.bit() {
		q++
	}
	return q
}

// ended reports whether all has been read but padding, and the padding is zero.
func (r *bitReader) ended() bool {
	rest := 8*len(r.buf) - r.pos
	return rest < 8 && r.take(rest) == 0
}
