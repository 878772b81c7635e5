package msg

import "math"

// What Join.Codecs is made of: one bit per codec that the client decodes.
const (
	OfferPlain  uint8 = 1 << CodecPlain
	OfferPacked uint8 = 1 << CodecPacked
)

// OptionCheck in Join.Options asks for a checksum in each body.
const OptionCheck uint64 = 1 << 0

// HashLen is the length of a schema hash in bytes.
const HashLen = 8

// Join is the first message of a client:
//
//	[0, protocol, codecs, options, schema_hash, input_hash, last_event]
type Join struct {
	Protocol     uint64 // Version
	Codecs       uint8  // 1..3: OfferPlain, OfferPacked or both
	Options      uint64 // OptionCheck; other bits mean nothing yet and are kept
	SchemaHash   []byte // HashLen bytes; empty: the client has no schema
	InputHash    []byte // HashLen bytes; empty: the client takes any input schema
	HasLastEvent bool
	LastEvent    uint64 // newest event received before a resume, if HasLastEvent
}

const joinLen = 7

// AppendJoin appends m as one message.
func AppendJoin(dst []byte, m Join) []byte {
	dst = appendHead(dst, TypeJoin, joinLen)
	dst = AppendUint(dst, m.Protocol)
	dst = AppendUint(dst, uint64(m.Codecs))
	dst = AppendUint(dst, m.Options)
	dst = AppendBin(dst, m.SchemaHash)
	dst = AppendBin(dst, m.InputHash)
	if !m.HasLastEvent {
		return AppendNil(dst)
	}
	return AppendUint(dst, m.LastEvent)
}

// ReadJoin reads a whole JOIN. With ErrVersion the result has the client's Protocol and nothing else.
func ReadJoin(b []byte) (Join, error) {
	r := NewReader(b)
	if len(b) > MaxClientMessage {
		r.Fail(ErrTooBig)
	}
	n := r.ArrayLen(MaxClientMessage)
	r.wantType(TypeJoin)
	m := Join{Protocol: r.Uint(math.MaxUint64)}
	switch {
	case r.err != nil:
		return Join{}, r.err
	case m.Protocol != Version:
		return m, ErrVersion
	case n != joinLen:
		return Join{}, ErrLength
	}
	m.Codecs = uint8(r.Uint(uint64(OfferPlain | OfferPacked)))
	if m.Codecs == 0 {
		r.Fail(ErrRange)
	}
	m.Options = r.Uint(math.MaxUint64)
	m.SchemaHash = r.hash()
	m.InputHash = r.hash()
	if m.HasLastEvent = !r.TryNil(); m.HasLastEvent {
		m.LastEvent = r.Uint(math.MaxUint64)
	}
	if err := r.Done(); err != nil {
		return Join{}, err
	}
	return m, nil
}

// hash reads a bin of 0 or HashLen bytes; nil if it is empty.
func (r *Reader) hash() []byte {
	b := r.Bin(HashLen)
	switch len(b) {
	case HashLen:
		return b
	case 0:
	default:
		r.Fail(ErrLength)
	}
	return nil
}
