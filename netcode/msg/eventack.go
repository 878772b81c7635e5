package msg

import "math"

// EventAck says which events have arrived:
//
//	[4, seq]
type EventAck struct {
	Seq uint64 // every event up to this one
}

// AppendEventAck appends m as one message.
func AppendEventAck(dst []byte, m EventAck) []byte {
	return AppendUint(appendHead(dst, TypeEventAck, 2), m.Seq)
}

// ReadEventAck reads a whole EVENTACK. Whether so many events were sent is the session's to check.
func ReadEventAck(b []byte) (EventAck, error) {
	r := readClient(b, TypeEventAck, 2)
	m := EventAck{Seq: r.Uint(math.MaxUint64)}
	if err := r.Done(); err != nil {
		return EventAck{}, err
	}
	return m, nil
}
