package msg

import "math"

const (
	// MaxEvents is the most events in one message: more are never unacknowledged.
	MaxEvents = 256
	// EventStrings is the event that fills the string table: [0, tick16, id, text, id, text, ...]. The schema's events
	// count from 1.
	EventStrings = 0
	// MaxText is the most bytes a text of the string table may have.
	MaxText = 64
)

// Events are reliable and in order; they travel in a message of their own or at the end of a DELTA:
//
//	[3, first_seq, [[event, tick16, arg...], ...]]
type Events struct {
	FirstSeq uint64 // number of the first event, counting from 1 per client
	Count    int    // 0..MaxEvents
	// Raw is the msgpack array of events, its head included, each of them a well-formed array. Read it with ArrayLen and
	// then, for each event, ReadEventHead and as many values as that says.
	Raw []byte
}

// EventHead is what every event begins with.
type EventHead struct {
	Event  uint32 // EventStrings, or 1.. for the schema's events
	Tick16 uint16 // low 16 bits of the tick in which it was emitted
	Args   int    // number of values that follow
}

// AppendEventsHeader appends an EVENTS up to its events. The caller appends count of them (0..MaxEvents), each made with
// Encoder.BeginEvent, and the message is complete. firstSeq is the number of the first of them, from 1.
func AppendEventsHeader(dst []byte, firstSeq uint64, count int) []byte {
	return AppendDeltaEvents(appendHead(dst, TypeEvents, 3), firstSeq, count)
}

// BeginEvent encodes the head of an event; h.Args values follow.
func (e *Encoder) BeginEvent(h EventHead) {
	e.ArrayLen(2 + h.Args)
	e.Uint(uint64(h.Event))
	e.Uint(uint64(h.Tick16))
}

// ReadEvents reads a whole EVENTS.
func ReadEvents(b []byte) (Events, error) {
	r := readServer(b, TypeEvents, 3)
	m := r.events()
	if err := r.Done(); err != nil {
		return Events{}, err
	}
	return m, nil
}

// ReadEventHead reads the head of the next event in Events.Raw.
func ReadEventHead(r *Reader) EventHead {
	n := r.arrayHead()
	if n < 2 {
		r.Fail(ErrLength)
		return EventHead{}
	}
	return EventHead{Event: uint32(r.Uint(math.MaxUint32)), Tick16: uint16(r.Uint(math.MaxUint16)), Args: n - 2}
}

// events reads first_seq and the array of events.
func (r *Reader) events() Events {
	m := Events{FirstSeq: r.Uint(MaxSafe)}
	if m.FirstSeq == 0 {
		r.Fail(ErrRange)
	}
	start := r.off
	m.Count = r.ArrayLen(MaxEvents)
	for range m.Count {
		r.skipElements(ReadEventHead(r).Args, MaxDepth-2)
	}
	m.Raw = r.since(start)
	return m
}
