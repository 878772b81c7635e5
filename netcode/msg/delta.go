package msg

import "math"

// Delta takes a client from the state it has to the one of a newer tick:
//
//	[2, tick16, lag, ack, pace, body]
//	[2, tick16, lag, ack, pace, body, first_seq, events]
type Delta struct {
	Tick    uint32 // on the wire its low 16 bits
	Lag     uint16 // 1..65535: Tick minus the baseline's tick
	HasAck  bool   // false: no input has been consumed yet
	Ack     int64  // Tick minus the label of the newest input consumed, within ±(2^32-1)
	HasPace bool   // false: no input has come in the last second
	Pace    int8   // 1/16 ticks: least arrival margin of the last second; negative: late

	// What follows the header. ReadDelta sets it, AppendDeltaHeader does not look at it.

	Body      []byte // one msgpack array (codec plain) or bin (packed), see netcode/snapshot
	HasEvents bool
	Events    Events // applied before Body, if HasEvents
}

const maxAck = math.MaxUint32

// AppendDeltaHeader appends a DELTA up to its body. The caller appends the body, straight into the same buffer, and then,
// if it said withEvents, calls AppendDeltaEvents and appends the events; otherwise the message is complete.
func AppendDeltaHeader(dst []byte, d Delta, withEvents bool) []byte {
	n := 6
	if withEvents {
		n = 8
	}
	dst = appendHead(dst, TypeDelta, n)
	dst = AppendUint(dst, uint64(uint16(d.Tick)))
	dst = AppendUint(dst, uint64(d.Lag))
	if d.HasAck {
		dst = AppendInt(dst, d.Ack)
	} else {
		dst = AppendNil(dst)
	}
	if d.HasPace {
		return AppendInt(dst, int64(d.Pace))
	}
	return AppendNil(dst)
}

// AppendDeltaEvents appends what stands between a DELTA's body and its events. The caller appends count events, each
// made with Encoder.BeginEvent, and the message is complete. firstSeq is the number of the first of them, from 1.
func AppendDeltaEvents(dst []byte, firstSeq uint64, count int) []byte {
	return AppendArrayLen(AppendUint(dst, firstSeq), count)
}

// ReadDelta reads a whole DELTA. baseline is the tick of the last FULL or DELTA, which the wire's 16 bits continue: the
// result's Tick is the first one after it that has them. If Tick minus Lag is another tick than baseline, the client has
// lost its place and must not apply the body; that is for the caller to check.
func ReadDelta(b []byte, baseline uint32) (Delta, error) {
	r := NewReader(b)
	n := r.arrayHead()
	if n != 6 && n != 8 {
		r.Fail(ErrLength)
	}
	r.wantType(TypeDelta)
	m := Delta{
		Tick:      tickAfter(baseline, uint16(r.Uint(math.MaxUint16))),
		Lag:       uint16(r.Uint(math.MaxUint16)),
		HasEvents: n == 8,
	}
	if m.Lag == 0 {
		r.Fail(ErrRange)
	}
	if m.HasAck = !r.TryNil(); m.HasAck {
		m.Ack = r.Int(-maxAck, maxAck)
	}
	if m.HasPace = !r.TryNil(); m.HasPace {
		m.Pace = int8(r.Int(math.MinInt8, math.MaxInt8))
	}
	m.Body = r.rawBody()
	if m.HasEvents {
		m.Events = r.events()
	}
	if err := r.Done(); err != nil {
		return Delta{}, err
	}
	return m, nil
}

// tickAfter returns the first tick after base whose low 16 bits are low.
func tickAfter(base uint32, low uint16) uint32 {
	return base + 1 + uint32(low-uint16(base+1))
}
