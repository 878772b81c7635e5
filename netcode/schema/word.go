package schema

import (
	"math"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

func float32frombits(w uint32) float32 { return math.Float32frombits(w) }

// signedWord reads a word as the number that Lo and Hi bound.
func (f *Field) signedWord(w uint32) int64 {
	if f.Signed() {
		return SignExtend(w, f.Bits)
	}
	return int64(w)
}

// SignExtend reads the low bits of w as a two's complement number.
func SignExtend(w uint32, bits uint8) int64 {
	shift := 32 - bits
	return int64(int32(w<<shift) >> shift)
}

// Reduce brings a number into the field's word: modulo 1<<Bits, sign-extended where the field is signed.
func (f *Field) Reduce(v int64) uint32 {
	if f.Signed() {
		return uint32(SignExtend(uint32(v), f.Bits))
	}
	return uint32(v) & uint32(1<<f.Bits-1)
}

// Predict extrapolates a field that is Predicted from its words s1 at t1 and s2 at t2 to t, as PROTOCOL.md section 7 says.
// ahead is t - t1, gap is t1 - t2; both are 1..MaxGap.
func (f *Field) Predict(s1, s2 uint32, ahead, gap int64) uint32 {
	d := SignExtend(s1-s2, f.Bits)
	if ahead == gap {
		return f.Reduce(int64(s1) + d) // nearly always, and without a division
	}
	d *= ahead
	q := d / gap
	if d%gap < 0 { // gap is positive: round towards minus infinity
		q--
	}
	return f.Reduce(int64(s1) + q)
}

// Residual is what to add to predicted to get w, as the signed number that goes on the wire.
func (f *Field) Residual(w, predicted uint32) int64 { return SignExtend(w-predicted, f.Bits) }

// MaxGap is the longest gap in ticks over which fields are extrapolated.
const MaxGap = 8

// Valid reports whether the word is one the field may hold.
func (f *Field) Valid(w uint32) bool {
	switch f.Kind {
	case F32:
		return w&0x7f800000 != 0x7f800000
	default:
		v := f.signedWord(w)
		return v >= f.Lo && v <= f.Hi
	}
}

// AppendValue appends a word in its wire form.
func (f *Field) AppendValue(dst []byte, w uint32) []byte {
	switch {
	case f.Kind == F32:
		return msg.AppendFloat32(dst, math.Float32frombits(w))
	case f.Signed():
		return msg.AppendInt(dst, SignExtend(w, f.Bits))
	default:
		return msg.AppendUint(dst, uint64(w))
	}
}

// ReadValue reads a word in its wire form. A value out of the field's bounds fails the reader.
func (f *Field) ReadValue(r *msg.Reader) uint32 {
	switch {
	case f.Kind == F32:
		return math.Float32bits(r.Float32())
	case f.Signed():
		return uint32(r.Int(f.Lo, f.Hi))
	default:
		v := r.Uint(uint64(f.Hi))
		if int64(v) < f.Lo {
			r.Fail(msg.ErrRange)
		}
		return uint32(v)
	}
}

// ReadResidual reads the signed difference to a predicted word.
func (f *Field) ReadResidual(r *msg.Reader) int64 {
	half := int64(1) << (f.Bits - 1)
	return r.Int(-half, half-1)
}
