package msg

import (
	"math"
)

// MaxDepth is how deeply arrays and maps may be nested, the message's own array included.
const MaxDepth = 8

// Skip reads one value of any type but ext, with at most MaxDepth arrays and maps around each other, and drops it. It
// checks what the typed reads check (lengths, UTF-8, finite floats), in time proportional to the bytes it passes.
func (r *Reader) Skip() { r.skip(MaxDepth) }

// Raw skips one value and returns its bytes, which point into the reader's slice, or nil after an error.
func (r *Reader) Raw() []byte {
	start := r.off
	r.Skip()
	return r.since(start)
}

// since returns the bytes read since the reader stood at start, or nil after an error.
func (r *Reader) since(start int) []byte {
	if r.err != nil {
		return nil
	}
	return r.b[start:r.off:r.off]
}

// The elements of a message are read with one level of MaxDepth taken already, by the message's own array.

// rawArray returns the bytes of an element of a message that must be an array of at most max elements, and their number.
func (r *Reader) rawArray(max int) (raw []byte, n int) {
	start := r.off
	n = r.skipArray(max, MaxDepth-1)
	return r.since(start), n
}

// rawBody returns the bytes of the body of a FULL or DELTA: an array (codec plain) or a bin (packed).
func (r *Reader) rawBody() []byte {
	start := r.off
	if r.off < len(r.b) && r.b[r.off] >= codeBin8 && r.b[r.off] <= codeBin32 {
		r.Bin(r.Left())
		return r.since(start)
	}
	r.skipArray(math.MaxInt, MaxDepth-1)
	return r.since(start)
}

// rawMap returns the bytes of an element of a message that must be a map.
func (r *Reader) rawMap() []byte {
	start := r.off
	r.skipElements(2*r.MapLen(math.MaxInt), MaxDepth-1)
	return r.since(start)
}

// skipArray skips a value that must be an array of at most max elements, and returns their number.
func (r *Reader) skipArray(max, levels int) int {
	n := r.ArrayLen(max)
	r.skipElements(n, levels)
	return n
}

// skip is recursive; levels, the arrays and maps that may still be around each other, bounds its stack.
func (r *Reader) skip(levels int) {
	if r.off >= len(r.b) {
		r.Fail(ErrTruncated)
		return
	}
	switch c := r.b[r.off]; {
	case c < fixMap, c >= negFixInt, c >= codeUint8 && c <= codeInt64:
		r.integer()
	case c == codeNil:
		r.off++
	case c == codeFalse, c == codeTrue:
		r.off++
	case c == codeFloat32, c == codeFloat64:
		r.Float64()
	case c&0xe0 == fixStr, c >= codeStr8 && c <= codeStr32:
		r.StringBytes(math.MaxInt)
	case c >= codeBin8 && c <= codeBin32:
		r.Bin(math.MaxInt)
	case c&0xf0 == fixArray, c == codeArray16, c == codeArray32:
		r.skipElements(r.arrayHead(), levels)
	case c&0xf0 == fixMap, c == codeMap16, c == codeMap32:
		r.skipElements(2*r.MapLen(math.MaxInt), levels)
	default:
		r.Fail(ErrType)
	}
}

// skipElements skips the n elements of an array or a map whose head was read, and which is the first of levels.
func (r *Reader) skipElements(n, levels int) {
	if levels == 0 {
		r.Fail(ErrDepth)
		return
	}
	for i := 0; i < n && r.err == nil; i++ {
		r.skip(levels - 1)
	}
}
