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
func (r *Reader) Raw() []byte { return r.raw(MaxDepth) }

func (r *Reader) raw(levels int) []byte {
	start := r.off
	r.skip(levels)
	if r.err != nil {
		return nil
	}
	return r.b[start:r.off:r.off]
}

// rawArray returns the bytes of an element that must be an array of at most max elements, and their number. The
// element sits inside a message's array, which is one of the MaxDepth levels.
func (r *Reader) rawArray(max int) (raw []byte, n int) {
	head := *r
	n = head.ArrayLen(max)
	if head.err != nil {
		r.Fail(head.err)
		return nil, 0
	}
	raw = r.raw(MaxDepth - 1)
	if r.err != nil {
		return nil, 0
	}
	return raw, n
}

// rawMap returns the bytes of an element that must be a map.
func (r *Reader) rawMap() []byte {
	head := *r
	head.MapLen(math.MaxInt)
	if head.err != nil {
		r.Fail(head.err)
		return nil
	}
	return r.raw(MaxDepth - 1)
}

// skip is recursive; levels bounds it, so its stack is bounded too.
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

func (r *Reader) skipElements(n, levels int) {
	if levels == 0 {
		r.Fail(ErrDepth)
		return
	}
	for i := 0; i < n && r.err == nil; i++ {
		r.skip(levels - 1)
	}
}
