package netcode

import "github.com/skirmish-dev/skirmish/netcode/msg"

// eventLog holds the events of one client, encoded, from the first that it has not acknowledged. It outlives a connection, so
// that what was on the way when one broke is told on the next, and nothing twice.
//
// It never holds more than MaxUnacked: a client that lets it fill is closed, for events cannot be skipped as snapshots can. From
// then on, and for a client that is away for longer than the log reaches, events are only counted; they are lost.
//
// Whether there is something to tell is asked for each client in every tick, and is seen from newest and sent alone: what is held lies
// in memory that is in no cache by then.
type eventLog struct {
	held   *events // nil: none, which is so for most that only watch
	newest uint64  // sequence number of the last one held, acknowledged or lost; 0: there was none
	sent   uint64  // newest that the transport has taken on this connection, or that the client had before it
}

// events are some of them.
type events struct {
	buf  []byte // one after the other
	ends []int  // where each ends in buf
	lost bool   // since the log was full: it holds nothing until resume
}

// noEvents is what a log without has. It is not written to.
var noEvents events

// has gives what is held, to be read.
func (l *eventLog) has() *events {
	if l.held == nil {
		return &noEvents
	}
	return l.held
}

// with gives the same to be written.
func (l *eventLog) with() *events {
	if l.held == nil {
		l.held = new(events)
	}
	return l.held
}

// add appends one encoded event and reports whether there was room.
func (l *eventLog) add(event []byte) bool {
	if h := l.has(); h.lost || len(h.ends) == MaxUnacked || len(h.buf)+len(event) > MaxUnackedBytes {
		l.drop()
		l.with().lost = true
		l.newest, l.sent = l.newest+1, l.sent+1
		return false
	}
	h := l.with()
	h.buf = append(h.buf, event...)
	h.ends = append(h.ends, len(h.buf))
	l.newest++
	return true
}

// drop forgets all events, as if they had been acknowledged.
func (l *eventLog) drop() {
	l.sent = l.newest
	if h := l.held; h != nil {
		h.buf, h.ends = h.buf[:0], h.ends[:0]
	}
}

// resume prepares the log for a new connection of a client whose newest event is last, which has been sent: all after it are
// told again. It reports true when some of those are not held any more. Then none is told: the first event on the new connection
// is the next one added, and its number shows the client that others are missing.
func (l *eventLog) resume(last uint64) (lost bool) {
	if lost = l.has().lost || last+1 < l.first(); lost {
		l.drop()
		l.held = nil
		return true
	}
	l.ack(last)
	l.sent = last
	return false
}

// after returns the events behind number seq, which the client has or will have, as many as fit a message: the number of the
// first, their bytes and how many.
func (l *eventLog) after(seq uint64) (first uint64, events []byte, n int) {
	if seq == l.newest {
		return seq + 1, nil, 0
	}
	h, skip := l.has(), int(seq+1-l.first())
	n = min(len(h.ends)-skip, msg.MaxEvents)
	start := 0
	if skip > 0 {
		start = h.ends[skip-1]
	}
	return seq + 1, h.buf[start:h.ends[skip+n-1]], n
}

// first is the number of the first event held, or with none that of the next one.
func (l *eventLog) first() uint64 { return l.newest - uint64(len(l.has().ends)) + 1 }

// ack forgets the events up to seq. It reports false when seq has not been sent.
func (l *eventLog) ack(seq uint64) bool {
	if seq > l.sent {
		return false
	}
	first := l.first()
	if seq < first {
		return true // again, or nothing new
	}
	h, n := l.held, int(seq+1-first)
	cut := h.ends[n-1]
	h.buf = append(h.buf[:0], h.buf[cut:]...)
	h.ends = append(h.ends[:0], h.ends[n:]...)
	for i := range h.ends {
		h.ends[i] -= cut
	}
	if first == 1 && len(h.ends) == 0 {
		l.held = nil // the string table came first, which for most is the largest event there is
	}
	return true
}
