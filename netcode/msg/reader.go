package msg

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Reader reads msgpack values from a slice that nobody vouches for. It copies nothing and allocates nothing.
//
// The first error sticks: every later read returns a zero value, so a message is read straight through and the error
// is looked at once, with Done. A loop over a declared length needs no check of its own, because a length is returned
// only if that many values can still be there. Not concurrent-safe.
type Reader struct {
	b   []byte
	off int
	err error
}

// NewReader returns a Reader over b, which must not change while the reader or what it returned is in use.
func NewReader(b []byte) Reader { return Reader{b: b} }

// Err returns the first error, or nil.
func (r *Reader) Err() error { return r.err }

// Fail makes err the reader's error if it has none yet, so that a caller's own check (a field's range) stops the
// reading just as a malformed value does.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
	// With nothing left every read takes its truncated path: no read has to look at err first.
	r.off = len(r.b)
}

// Left returns the number of bytes not read yet, 0 after an error.
func (r *Reader) Left() int { return len(r.b) - r.off }

// Done ends the reading: it returns the first error, or ErrTrailing if bytes are left over.
func (r *Reader) Done() error {
	if r.err == nil && r.off < len(r.b) {
		r.Fail(ErrTrailing)
	}
	return r.err
}

// Uint reads an integer of 0..max in any encoding that holds it.
func (r *Reader) Uint(max uint64) uint64 {
	v, negative := r.integer()
	if negative || v > max {
		r.Fail(ErrRange)
		return 0
	}
	return v
}

// Int reads an integer of min..max in any encoding that holds it.
func (r *Reader) Int(min, max int64) int64 {
	u, negative := r.integer()
	v := int64(u)
	if (v < 0) != negative || v < min || v > max {
		r.Fail(ErrRange)
		return 0
	}
	return v
}

// integer returns the next integer: its 64 bits, and whether they are to be read as a negative number.
func (r *Reader) integer() (v uint64, negative bool) {
	c := r.code()
	switch {
	case c < fixMap:
		return uint64(c), false
	case c >= negFixInt:
		return uint64(int64(int8(c))), true
	}
	var s int64
	switch c {
	case codeUint8:
		return r.bigEndian(1), false
	case codeUint16:
		return r.bigEndian(2), false
	case codeUint32:
		return r.bigEndian(4), false
	case codeUint64:
		return r.bigEndian(8), false
	case codeInt8:
		s = int64(int8(r.bigEndian(1)))
	case codeInt16:
		s = int64(int16(r.bigEndian(2)))
	case codeInt32:
		s = int64(int32(r.bigEndian(4)))
	case codeInt64:
		s = int64(r.bigEndian(8))
	default:
		r.Fail(ErrType)
	}
	return uint64(s), s < 0
}

// bigEndian reads n bytes, n being 1, 2, 4 or 8.
func (r *Reader) bigEndian(n int) uint64 {
	if r.Left() < n {
		r.Fail(ErrTruncated)
		return 0
	}
	b := r.b[r.off : r.off+n]
	r.off += n
	switch n {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	}
	return binary.BigEndian.Uint64(b)
}

// code reads the first byte of a value; after an error it is that of nil, which no read but TryNil takes.
func (r *Reader) code() byte {
	if r.off >= len(r.b) {
		r.Fail(ErrTruncated)
		return codeNil
	}
	c := r.b[r.off]
	r.off++
	return c
}

// TryNil reads a nil if one is next and says whether it was.
func (r *Reader) TryNil() bool {
	if r.off < len(r.b) && r.b[r.off] == codeNil {
		r.off++
		return true
	}
	return false
}

// Bool reads a msgpack bool.
func (r *Reader) Bool() bool {
	switch r.code() {
	case codeTrue:
		return true
	case codeFalse:
		return false
	}
	r.Fail(ErrType)
	return false
}

// Float32 reads a finite float32. An int or a float64 in its place is ErrType: the protocol has one encoding per kind.
func (r *Reader) Float32() float32 {
	if r.code() != codeFloat32 {
		r.Fail(ErrType)
		return 0
	}
	return float32(r.finite(float64(math.Float32frombits(uint32(r.bigEndian(4))))))
}

// Float64 reads a finite float64 or float32.
func (r *Reader) Float64() float64 {
	switch r.code() {
	case codeFloat32:
		return r.finite(float64(math.Float32frombits(uint32(r.bigEndian(4)))))
	case codeFloat64:
		return r.finite(math.Float64frombits(r.bigEndian(8)))
	}
	r.Fail(ErrType)
	return 0
}

// finite keeps NaN and infinities out: one of them in a simulation spreads to all it touches.
func (r *Reader) finite(v float64) float64 {
	if v-v != 0 {
		r.Fail(ErrRange)
		return 0
	}
	return v
}

// StringBytes reads a str of at most max bytes, which must be UTF-8. The result points into the reader's slice.
func (r *Reader) StringBytes(max int) []byte {
	n := -1
	switch c := r.code(); {
	case c&0xe0 == fixStr:
		n = int(c &^ 0xe0)
	case c == codeStr8:
		n = r.length(1)
	case c == codeStr16:
		n = r.length(2)
	case c == codeStr32:
		n = r.length(4)
	default:
		r.Fail(ErrType)
	}
	b := r.take(n, max)
	if !utf8.Valid(b) {
		r.Fail(ErrUTF8)
		return nil
	}
	return b
}

// String is StringBytes as a string of its own; it allocates.
func (r *Reader) String(max int) string { return string(r.StringBytes(max)) }

// Bin reads a bin of at most max bytes. The result points into the reader's slice.
func (r *Reader) Bin(max int) []byte {
	n := -1
	switch r.code() {
	case codeBin8:
		n = r.length(1)
	case codeBin16:
		n = r.length(2)
	case codeBin32:
		n = r.length(4)
	default:
		r.Fail(ErrType)
	}
	return r.take(n, max)
}

// length reads a declared length of size bytes. 32 bits fit an int only where it has 64; elsewhere a length of 2^31 and
// more comes out as the largest int, which is more than can be left.
func (r *Reader) length(size int) int { return int(min(r.bigEndian(size), math.MaxInt)) }

// take reads n bytes; n < 0 stands for a length that could not be read.
func (r *Reader) take(n, max int) []byte {
	switch {
	case n < 0 || r.err != nil:
		return nil
	case n > r.Left():
		r.Fail(ErrTruncated)
		return nil
	case n > max:
		r.Fail(ErrLength)
		return nil
	}
	b := r.b[r.off : r.off+n : r.off+n]
	r.off += n
	return b
}

// ArrayLen reads the head of an array of at most max elements and returns their number.
func (r *Reader) ArrayLen(max int) int {
	n := r.arrayHead()
	if n > max {
		r.Fail(ErrLength)
		return 0
	}
	return n
}

// ExactArray reads the head of an array that must have n elements.
func (r *Reader) ExactArray(n int) {
	if r.arrayHead() != n {
		r.Fail(ErrLength)
	}
}

// arrayHead reads the head of an array. Each element takes a byte at least, so a longer array than there are bytes
// left is a lie, found out before anybody makes room for it.
func (r *Reader) arrayHead() int {
	n := 0
	switch c := r.code(); {
	case c&0xf0 == fixArray:
		n = int(c &^ 0xf0)
	case c == codeArray16:
		n = r.length(2)
	case c == codeArray32:
		n = r.length(4)
	default:
		r.Fail(ErrType)
	}
	if n > r.Left() {
		r.Fail(ErrTruncated)
		return 0
	}
	return n
}

// MapLen reads the head of a map of at most max pairs and returns their number. A pair takes two bytes at least.
func (r *Reader) MapLen(max int) int {
	n := 0
	switch c := r.code(); {
	case c&0xf0 == fixMap:
		n = int(c &^ 0xf0)
	case c == codeMap16:
		n = r.length(2)
	case c == codeMap32:
		n = r.length(4)
	default:
		r.Fail(ErrType)
	}
	if n > r.Left()/2 {
		r.Fail(ErrTruncated)
		return 0
	}
	if n > max {
		r.Fail(ErrLength)
		return 0
	}
	return n
}
