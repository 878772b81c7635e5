package schema

import (
	"math"
	"reflect"
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// op is where a field lies in its struct.
type op struct {
	offset uintptr
	kind   reflect.Kind
}

// Words is the length of a packed row.
func (l *Layout) Words() int { return len(l.Fields) }

// Pack writes the struct at p, of the type the layout was compiled from, into row. Values are clamped to the field's
// bounds; NaN becomes the value nearest to zero.
func (l *Layout) Pack(row []uint32, p unsafe.Pointer) {
	row = row[:len(l.ops)]
	for i := range l.ops {
		row[i] = l.word(i, p)
	}
}

func (l *Layout) word(i int, p unsafe.Pointer) uint32 {
	f, at := &l.Fields[i], unsafe.Add(p, l.ops[i].offset)
	var v int64
	switch l.ops[i].kind {
	case reflect.Bool:
		v = int64(*(*uint8)(at))
	case reflect.Uint8:
		v = int64(*(*uint8)(at))
	case reflect.Uint16:
		v = int64(*(*uint16)(at))
	case reflect.Uint32:
		v = int64(*(*uint32)(at))
	case reflect.Int8:
		v = int64(*(*int8)(at))
	case reflect.Int16:
		v = int64(*(*int16)(at))
	case reflect.Int32:
		v = int64(*(*int32)(at))
	case reflect.Float32:
		return f.quantise(*(*float32)(at))
	}
	return uint32(min(max(v, f.Lo), f.Hi))
}

// quantise turns a float32 into the field's word.
func (f *Field) quantise(v float32) uint32 {
	if f.Kind == F32 {
		switch {
		case v != v:
			return 0
		case v > math.MaxFloat32:
			v = math.MaxFloat32
		case v < -math.MaxFloat32:
			v = -math.MaxFloat32
		}
		return math.Float32bits(v)
	}
	x := math.Floor((float64(v)-f.Base)/f.Step + 0.5)
	if x != x {
		x = 0
	}
	if f.Wrap {
		if math.Abs(x) > 1<<52 {
			x = 0 // no angle is left at that magnitude
		}
		return f.Reduce(int64(x))
	}
	return uint32(int64(min(max(x, float64(f.Lo)), float64(f.Hi))))
}

// Unpack writes row into the struct at p. Untagged fields stay as they are.
func (l *Layout) Unpack(p unsafe.Pointer, row []uint32) {
	row = row[:len(l.ops)]
	for i, w := range row {
		f, at := &l.Fields[i], unsafe.Add(p, l.ops[i].offset)
		switch l.ops[i].kind {
		case reflect.Bool:
			*(*bool)(at) = w != 0
		case reflect.Uint8, reflect.Int8:
			*(*uint8)(at) = uint8(w)
		case reflect.Uint16, reflect.Int16:
			*(*uint16)(at) = uint16(w)
		case reflect.Uint32, reflect.Int32:
			*(*uint32)(at) = w
		case reflect.Float32:
			*(*float32)(at) = float32(f.Value(w))
		}
	}
}

// ReadRow reads an array with one value per field, as inputs are sent. Any violation fails the reader.
func (l *Layout) ReadRow(r *msg.Reader, row []uint32) {
	r.ExactArray(len(l.Fields))
	for i := range l.Fields {
		row[i] = l.Fields[i].ReadValue(r)
	}
}

// ClearEdges sets the one-shot fields of an input to their zero.
func (l *Layout) ClearEdges(row []uint32) {
	for _, i := range l.edge {
		row[i] = l.Fields[i].zero()
	}
}

// MergeEdges copies the one-shot fields of from that are set into row, and reports whether there were any.
func (l *Layout) MergeEdges(row, from []uint32) bool {
	merged := false
	for _, i := range l.edge {
		if from[i] != l.Fields[i].zero() {
			row[i] = from[i]
			merged = true
		}
	}
	return merged
}

// Zero fills row with the words of a struct that is all zero, brought into bounds.
func (l *Layout) Zero(row []uint32) {
	for i := range l.Fields {
		row[i] = l.Fields[i].zero()
	}
}

func (f *Field) zero() uint32 {
	if f.Kind == Fixed || f.Kind == F32 {
		return f.quantise(0)
	}
	return uint32(min(max(0, f.Lo), f.Hi))
}

// ReadArgs reads an array with one value per field into the struct at p, strings included, as calls are sent.
func (l *Layout) ReadArgs(r *msg.Reader, p unsafe.Pointer) {
	r.ExactArray(len(l.Fields))
	var one [1]uint32
	for i := range l.Fields {
		f := &l.Fields[i]
		if f.Kind == Str {
			*(*string)(unsafe.Add(p, l.ops[i].offset)) = string(r.StringBytes(f.Max))
			continue
		}
		one[0] = f.ReadValue(r)
		if r.Err() == nil {
			single := Layout{Fields: l.Fields[i : i+1], ops: l.ops[i : i+1]}
			single.Unpack(p, one[:])
		}
	}
}

// EncodeArgs encodes the fields of the struct at p, one value each without an array around them, as events are sent. A
// string longer than its field's Max is cut at a character.
func (l *Layout) EncodeArgs(e *msg.Encoder, p unsafe.Pointer) {
	for i := range l.Fields {
		f := &l.Fields[i]
		if f.Kind == Str {
			e.String(Truncate(*(*string)(unsafe.Add(p, l.ops[i].offset)), f.Max))
			continue
		}
		w := l.word(i, p)
		switch {
		case f.Kind == F32:
			e.Float32(math.Float32frombits(w))
		case f.Signed():
			e.Int(SignExtend(w, f.Bits))
		default:
			e.Uint(uint64(w))
		}
	}
}
