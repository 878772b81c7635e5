package msg_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// A message is read straight through; whatever was wrong in it comes out at the end.
func ExampleReader() {
	read := func(b []byte) {
		r := msg.NewReader(b)
		r.ExactArray(3)
		x := r.Int(-100, 100)
		fire := r.Uint(1) == 1
		name := r.String(16)
		fmt.Println(x, fire, name, r.Done())
	}
	b := msg.AppendArrayLen(nil, 3)
	b = msg.AppendInt(b, -7)
	b = msg.AppendUint(b, 1)
	b = msg.AppendString(b, "Ada")
	read(b)
	read([]byte{0xdd, 0xff, 0xff, 0xff, 0xff})
	// Output:
	// -7 true Ada <nil>
	// 0 false  msg: truncated: a value or a declared length goes past the end
}

// A DELTA is made in one buffer: header, body, and the events if there are any.
func ExampleAppendDeltaHeader() {
	events := msg.NewEncoder()
	events.BeginEvent(msg.EventHead{Event: 1, Tick16: 500, Args: 1})
	events.String("goal")

	buf := msg.AppendDeltaHeader(nil, msg.Delta{Tick: 500, Lag: 1, HasAck: true, Ack: 2}, true)
	buf = append(buf, 0x91, 0x00) // the body of a tick in which all went as predicted
	buf = msg.AppendDeltaEvents(buf, 41, 1)
	buf = append(buf, events.Bytes()...)

	d, err := msg.ReadDelta(buf, 499)
	fmt.Println(d.Tick, d.Lag, d.Ack, d.HasPace, d.Events.FirstSeq, d.Events.Count, err)
	// Output:
	// 500 1 2 false 41 1 <nil>
}
