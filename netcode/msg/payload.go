package msg

import "github.com/vmihailenco/msgpack/v5"

// Encoder encodes what is not on the hot path: HELLO with its schema, REPLY, and the payload of events. Keep one per
// room and use it again and again: in steady state it allocates nothing. Not concurrent-safe.
//
// Nothing it does can fail, because it writes to memory only.
type Encoder struct {
	enc *msgpack.Encoder
	out sink
}

// NewEncoder returns an Encoder that appends to a slice of its own.
func NewEncoder() *Encoder {
	e := new(Encoder)
	e.enc = msgpack.NewEncoder(&e.out)
	return e
}

// Reset makes the encoder append to dst from now on; nil gives a new slice.
func (e *Encoder) Reset(dst []byte) { e.out.b = dst }

// Bytes returns dst with all that was encoded since Reset. It is the caller's as soon as Reset is called again.
func (e *Encoder) Bytes() []byte { return e.out.b }

// Nil encodes nil.
func (e *Encoder) Nil() { must(e.enc.EncodeNil()) }

// Bool encodes a msgpack bool. Fields of kind bool are not sent this way but as uint 0 or 1.
func (e *Encoder) Bool(v bool) { must(e.enc.EncodeBool(v)) }

// Uint encodes v in the shortest encoding.
func (e *Encoder) Uint(v uint64) { must(e.enc.EncodeUint(v)) }

// Int encodes v in the shortest encoding.
func (e *Encoder) Int(v int64) { must(e.enc.EncodeInt(v)) }

// Float32 encodes v as a float32, even if it is a whole number. The caller keeps NaN and infinities out.
func (e *Encoder) Float32(v float32) { must(e.enc.EncodeFloat32(v)) }

// Float64 encodes v as a float64, even if it is a whole number. The caller keeps NaN and infinities out.
func (e *Encoder) Float64(v float64) { must(e.enc.EncodeFloat64(v)) }

// String encodes s as a str. The caller keeps it valid UTF-8.
func (e *Encoder) String(s string) { must(e.enc.EncodeString(s)) }

// Bin encodes b as a bin; nil gives the bin of no bytes.
func (e *Encoder) Bin(b []byte) {
	must(e.enc.EncodeBytesLen(len(b)))
	e.Raw(b)
}

// ArrayLen encodes the head of an array; n elements follow.
func (e *Encoder) ArrayLen(n int) { must(e.enc.EncodeArrayLen(n)) }

// MapLen encodes the head of a map; n keys, each followed by its value, follow.
func (e *Encoder) MapLen(n int) { must(e.enc.EncodeMapLen(n)) }

// Raw takes one value, or several, that are encoded already.
func (e *Encoder) Raw(b []byte) { e.out.b = append(e.out.b, b...) }

func (e *Encoder) stringOrNil(s string) {
	if s == "" {
		e.Nil()
		return
	}
	e.String(s)
}

// sink is the writer under an Encoder. It has WriteByte because the library would otherwise allocate for each byte.
type sink struct{ b []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

func (s *sink) WriteByte(c byte) error {
	s.b = append(s.b, c)
	return nil
}

// must holds the library to the Encoder's promise: its only errors are those of the writer, and sink has none.
func must(err error) {
	if err != nil {
		panic("msg: encoding to memory failed: " + err.Error())
	}
}
