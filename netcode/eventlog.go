package netcode

import "github.com/skirmish-dev/skirmish/netcode/msg"

// eventLog holds the events of one client, encoded, from the first that it has not acknowledged. It never holds more than
// MaxUnacked: a client that lets it fill is closed, for events cannot be skipped as snapshots can.
type eventLog struct {
	buf   []byte // the events one after the other
	ends  []int  // where each ends in buf
	first uint64 // sequence number of the first one held, from 1
	sent  uint64 // newest that the transport has taken
}

// add appends one encoded event and reports whether there was room.
func (l *eventLog) add(event []byte) bool {
	if len(l.ends) == MaxUnacked || len(l.buf)+len(event) > MaxUnackedBytes {
		return false
	}
	l.buf = append(l.buf, event...)
	l.ends = append(l.ends, len(l.buf))
	return true
}

// unsent returns the events that the transport has not taken, as many as fit a message: the number of the first, their
// bytes and how many.
func (l *eventLog) unsent() (first uint64, events []byte, n int) {
	skip := int(l.sent + 1 - l.first)
	start := 0
	if skip > 0 {
		start = l.ends[skip-1]
	}
	n = min(len(l.ends)-skip, msg.MaxEvents)
	if n == 0 {
		return l.sent + 1, nil, 0
	}
	return l.sent + 1, l.buf[start:l.ends[skip+n-1]], n
}

// ack forgets the events up to seq. It reports false when seq has not been sent.
func (l *eventLog) ack(seq uint64) bool {
	if seq > l.sent {
		return false
	}
	if seq < l.first {
		return true // again, or nothing new
	}
	n := int(seq + 1 - l.first)
	cut := l.ends[n-1]
	l.buf = append(l.buf[:0], l.buf[cut:]...)
	l.ends = append(l.ends[:0], l.ends[n:]...)
	for i := range l.ends {
		l.ends[i] -= cut
	}
	l.first = seq + 1
	return true
}
