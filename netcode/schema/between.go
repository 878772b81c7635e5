package schema

import (
	"math"
	"reflect"
	"unsafe"
)

// Between gives the number that a client draws part (0..1) of the way from word a to word b: on the line between them for a field
// that is interpolated, the shorter way round if it wraps, and that of a for every other field.
func (f *Field) Between(a, b uint32, part float64) float64 {
	switch {
	case !f.Lerp || part == 0:
		return f.Value(a)
	case f.Kind == F32:
		from := f.Value(a)
		return from + float64((f.Value(b)-from)*part)
	case !f.Wrap:
		from := float64(f.signedWord(a))
		return f.scaled(from + float64((float64(f.signedWord(b))-from)*part))
	}
	turn, low := math.Exp2(float64(f.Bits)), 0.0
	if f.Signed() {
		low = -turn / 2
	}
	n := float64(f.signedWord(a)) + float64(float64(SignExtend(b-a, f.Bits))*part)
	if n < low {
		n += turn
	} else if n >= low+turn {
		n -= turn
	}
	return f.scaled(n)
}

// scaled is Value for an index that need not be whole.
func (f *Field) scaled(index float64) float64 {
	if f.Kind != Fixed {
		return index
	}
	return float64(float32(f.Base + float64(index*f.Step)))
}

// UnpackBetween writes what a client draws part (0..1) of the way from row a to row b into the struct at p. A whole number that is
// interpolated is rounded. Untagged fields stay as they are.
func (l *Layout) UnpackBetween(p unsafe.Pointer, a, b []uint32, part float64) {
	l.Unpack(p, a)
	if part == 0 {
		return
	}
	for i := range l.ops {
		f := &l.Fields[i]
		if !f.Lerp {
			continue
		}
		v, at := f.Between(a[i], b[i], part), unsafe.Add(p, l.ops[i].offset)
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
