package schema

import (
	"math"
	"reflect"
	"unsafe"
)

// Course is a moment in the life of an entity: between its rows Rows[2] and Rows[3], after Part (0..1) of the way.
type Course struct {
	// Rows in the order of time. Rows[0] and Rows[1] are those before, which only curves need.
	Rows [4][]uint32
	// Gaps are the ticks from each row to the next. 0: the earlier one is unknown, or over MaxGap ticks before and says nothing
	// about how the entity moves now; it and what is before it may then be nil.
	Gaps [3]uint32
	Part float64
}

// drawn gives the number that a client draws for the i-th field.
func (c *Course) drawn(f *Field, i int) float64 {
	if !f.Hermite || c.Gaps[1] == 0 {
		return f.Between(c.Rows[2][i], c.Rows[3][i], c.Part)
	}
	words := [4]uint32{1: c.Rows[1][i], 2: c.Rows[2][i], 3: c.Rows[3][i]}
	if c.Gaps[0] != 0 {
		words[0] = c.Rows[0][i]
	}
	return f.Curve(words, c.Gaps, c.Part)
}

// Between gives the number that a client draws part (0..1) of the way from word a to word b: on the line between them for a field
// that is interpolated, the shorter way round if it wraps, and that of a for every other field.
func (f *Field) Between(a, b uint32, part float64) float64 {
	if !f.Lerp || part == 0 {
		return f.Value(a)
	}
	return f.from(a, float64(f.moved(a, b)*part))
}

// Curve gives the number that a client draws part (0..1) of the way from words[2] to words[3], the last two of four rows that are
// gaps ticks apart: on the cubic Hermite curve whose tangents are those of the rows. gaps[2] and gaps[1] are at least 1; without
// gaps[0] there is no words[0].
//
// The tangent of a row is that of the parabola through it and the two rows before it, or of the line through it and the one before
// it when that is all there is. It does not depend on what comes later: the curve is drawn as soon as its end is known, nothing of
// it changes afterwards, and it has no corner where it goes on in the next.
func (f *Field) Curve(words [4]uint32, gaps [3]uint32, part float64) float64 {
	if part == 0 {
		return f.Value(words[2])
	}
	g0, g1, g2 := float64(gaps[0]), float64(gaps[1]), float64(gaps[2])
	before, way := f.moved(words[1], words[2]), f.moved(words[2], words[3])
	// The tangents at both ends, as the way that they would go in the ticks between. Here and below the conversions forbid fusing
	// multiply and add: all platforms and the browser get the same bits.
	start := before
	if gaps[0] != 0 {
		start += float64((before-f.moved(words[0], words[1])*g1/g0)*g1) / (g0 + g1)
	}
	start = start * g2 / g1
	end := way + float64((way-before*g2/g1)*g2)/(g1+g2)
	turn := float64(part * (start + end - 2*way))
	return f.from(words[2], float64(part*(start+float64(part*(float64(3*way)-2*start-end+turn)))))
}

// moved is the way from word a to word b, the shorter one round for a field that wraps: in steps, of an F32 in its own unit.
func (f *Field) moved(a, b uint32) float64 {
	switch {
	case f.Kind == F32:
		return f.Value(b) - f.Value(a)
	case f.Wrap:
		return float64(SignExtend(b-a, f.Bits))
	}
	return float64(f.signedWord(b) - f.signedWord(a))
}

// from is the number that lies a way from word a, not outside of the field's range.
func (f *Field) from(a uint32, way float64) float64 {
	if f.Kind == F32 {
		return min(max(f.Value(a)+way, -math.MaxFloat32), math.MaxFloat32)
	}
	n := float64(f.signedWord(a)) + way
	if !f.Wrap {
		return f.scaled(min(max(n, float64(f.Lo)), float64(f.Hi)))
	}
	turn, low := math.Exp2(float64(f.Bits)), 0.0
	if f.Signed() {
		low = -turn / 2
	}
	n -= low
	return f.scaled(n - float64(math.Floor(n/turn)*turn) + low)
}

// scaled is Value for an index that need not be whole.
func (f *Field) scaled(index float64) float64 {
	if f.Kind != Fixed {
		return index
	}
	return float64(float32(f.Base + float64(index*f.Step)))
}

// UnpackAlong writes what a client draws at c into the struct at p. A whole number that is interpolated is rounded. Untagged
// fields stay as they are.
func (l *Layout) UnpackAlong(p unsafe.Pointer, c *Course) {
	l.Unpack(p, c.Rows[2])
	if c.Part == 0 {
		return
	}
	for i := range l.ops {
		f := &l.Fields[i]
		if !f.Lerp {
			continue
		}
		v, at := c.drawn(f, i), unsafe.Add(p, l.ops[i].offset)
		n := int64(math.Floor(v + 0.5))
		switch l.ops[i].kind {
		case reflect.Float32:
			*(*float32)(at) = float32(v)
		case reflect.Uint8, reflect.Int8:
			*(*uint8)(at) = uint8(n)
		case reflect.Uint16, reflect.Int16:
			*(*uint16)(at) = uint16(n)
		case reflect.Uint32, reflect.Int32:
			*(*uint32)(at) = uint32(n)
		}
	}
}
