package conformance

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// kind is what a msgpack value is.
type kind int

const (
	isNil kind = iota
	isBool
	isInt
	isFloat32
	isFloat64
	isStr
	isBin
	isArray
	isMap
)

// value is one msgpack value with all that is in it.
type value struct {
	kind kind
	i    int64 // isInt, and 0 or 1 of isBool
	f    float64
	b    []byte  // isStr, isBin
	list []value // isArray; isMap: keys and values in turn
	raw  []byte  // as it was sent
}

// whole reads a message: one value, and nothing after it.
func whole(b []byte) (value, error) {
	p := parser{rest: b}
	v := p.value()
	if p.err == nil && len(p.rest) > 0 {
		p.err = fmt.Errorf("%d bytes after the message", len(p.rest))
	}
	return v, p.err
}

// parser reads the core of msgpack (section 1): no ext, and integers and lengths in the shortest form.
type parser struct {
	rest  []byte
	err   error
	depth int
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.rest = nil
}

func (p *parser) take(n int) []byte {
	if n < 0 || n > len(p.rest) {
		p.fail("the message ends too early")
		return nil
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

func (p *parser) uint(bytes int) uint64 {
	var wide [8]byte
	copy(wide[8-bytes:], p.take(bytes))
	return binary.BigEndian.Uint64(wide[:])
}

// length checks a length: one below least has a shorter form.
func (p *parser) length(n, least uint64) int {
	if p.err == nil && n < least {
		p.fail("length %d is not in its shortest form", n)
	}
	return int(min(n, math.MaxInt32)) // no message is that long
}

func (p *parser) value() value {
	from := p.rest
	v := p.inner()
	if p.err == nil {
		v.raw = from[:len(from)-len(p.rest)]
	}
	return v
}

func (p *parser) inner() value {
	head := p.take(1)
	if head == nil {
		return value{}
	}
	switch c := head[0]; {
	case c < 0x80:
		return value{kind: isInt, i: int64(c)}
	case c < 0x90:
		return p.elements(isMap, 2*int(c&15))
	case c < 0xa0:
		return p.elements(isArray, int(c&15))
	case c < 0xc0:
		return value{kind: isStr, b: p.take(int(c & 31))}
	case c >= 0xe0:
		return value{kind: isInt, i: int64(int8(c))}
	case c == 0xc0:
		return value{kind: isNil}
	case c == 0xc2 || c == 0xc3:
		return value{kind: isBool, i: int64(c & 1)}
	case c >= 0xc4 && c <= 0xc6:
		return value{kind: isBin, b: p.take(p.length(p.uint(1<<(c-0xc4)), [...]uint64{0, 1 << 8, 1 << 16}[c-0xc4]))}
	case c == 0xca:
		return value{kind: isFloat32, f: float64(math.Float32frombits(uint32(p.uint(4))))}
	case c == 0xcb:
		return value{kind: isFloat64, f: math.Float64frombits(p.uint(8))}
	case c >= 0xcc && c <= 0xcf:
		return value{kind: isInt, i: p.unsigned(c - 0xcc)}
	case c >= 0xd0 && c <= 0xd3:
		return value{kind: isInt, i: p.signed(c - 0xd0)}
	case c >= 0xd9 && c <= 0xdb:
		return value{kind: isStr, b: p.take(p.length(p.uint(1<<(c-0xd9)), [...]uint64{1 << 5, 1 << 8, 1 << 16}[c-0xd9]))}
	case c == 0xdc || c == 0xdd:
		return p.elements(isArray, p.length(p.uint(2<<(c-0xdc)), [...]uint64{1 << 4, 1 << 16}[c-0xdc]))
	case c == 0xde || c == 0xdf:
		return p.elements(isMap, 2*p.length(p.uint(2<<(c-0xde)), [...]uint64{1 << 4, 1 << 16}[c-0xde]))
	default:
		p.fail("byte %#x begins no value of this protocol", c)
		return value{}
	}
}

func (p *parser) unsigned(width byte) int64 {
	v := p.uint(1 << width)
	if least := [...]uint64{1 << 7, 1 << 8, 1 << 16, 1 << 32}[width]; p.err == nil && v < least {
		p.fail("%d is not in its shortest form", v)
	}
	if v > math.MaxInt64 {
		p.fail("%d is more than any field holds", v)
	}
	return int64(v)
}

func (p *parser) signed(width byte) int64 {
	bits := 8 << width
	v := int64(p.uint(1<<width)<<(64-bits)) >> (64 - bits)
	if least := [...]int64{-1 << 5, -1 << 7, -1 << 15, -1 << 31}[width]; p.err == nil && v >= least {
		p.fail("%d is not in its shortest form", v)
	}
	return v
}

func (p *parser) elements(k kind, n int) value {
	v := value{kind: k}
	if p.depth++; p.depth > 16 || n > len(p.rest) {
		p.fail("%d elements at depth %d do not fit the message", n, p.depth)
	}
	for i := 0; i < n && p.err == nil; i++ {
		v.list = append(v.list, p.value())
	}
	p.depth--
	return v
}

var errShape = errors.New("a value of another type or range than the document says")

// number gives an int in lo..hi.
func (v value) number(lo, hi int64) (int64, error) {
	if v.kind != isInt || v.i < lo || v.i > hi {
		return 0, fmt.Errorf("%w: %x is no int in %d..%d", errShape, v.raw, lo, hi)
	}
	return v.i, nil
}

// optional gives an int in lo..hi, or ok false for nil.
func (v value) optional(lo, hi int64) (n int64, ok bool, err error) {
	if v.kind == isNil {
		return 0, false, nil
	}
	n, err = v.number(lo, hi)
	return n, true, err
}

// array gives the elements, n of them; n < 0 means any number.
func (v value) array(n int) ([]value, error) {
	if v.kind != isArray || n >= 0 && len(v.list) != n {
		return nil, fmt.Errorf("%w: want an array of %d, got %d elements of %x", errShape, n, len(v.list), v.raw)
	}
	return v.list, nil
}

// text gives a str of least..most bytes.
func (v value) text(least, most int) (string, error) {
	if v.kind != isStr || len(v.b) < least || len(v.b) > most {
		return "", fmt.Errorf("%w: want a str of %d to %d bytes, got %x", errShape, least, most, v.raw)
	}
	return string(v.b), nil
}
