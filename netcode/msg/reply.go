package msg

import "math"

// What became of a CALL.
const (
	StatusOK       uint8 = 0
	StatusRefused  uint8 = 1 // by the game; Reply.Reason says why
	StatusNoMethod uint8 = 2
	StatusBadArgs  uint8 = 3
	StatusTooMany  uint8 = 4
)

// Reply answers a CALL:
//
//	[4, id, status, value]
type Reply struct {
	ID     uint32 // of the CALL
	Status uint8  // StatusOK..StatusTooMany
	Reason string // a sentence for people; empty with StatusOK, where the value is nil
}

// AppendReply appends m as one message.
func (e *Encoder) AppendReply(dst []byte, m Reply) []byte {
	e.Reset(dst)
	e.ArrayLen(4)
	e.Uint(uint64(TypeReply))
	e.Uint(uint64(m.ID))
	e.Uint(uint64(m.Status))
	if m.Status == StatusOK {
		e.Nil()
	} else {
		e.String(m.Reason)
	}
	return e.Bytes()
}

// ReadReply reads a whole REPLY.
func ReadReply(b []byte) (Reply, error) {
	r := readServer(b, TypeReply, 4)
	m := Reply{ID: uint32(r.Uint(math.MaxUint32)), Status: uint8(r.Uint(uint64(StatusTooMany)))}
	if m.Status != StatusOK {
		m.Reason = r.String(r.Left())
	} else if !r.TryNil() {
		r.Fail(ErrType)
	}
	if err := r.Done(); err != nil {
		return Reply{}, err
	}
	return m, nil
}
