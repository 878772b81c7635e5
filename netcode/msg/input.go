package msg

import "math"

// MaxInputs is the most inputs one INPUT may carry.
const MaxInputs = 8

// Input carries a client's inputs for consecutive ticks, and is the acknowledgement of what it has received:
//
//	[1, first_tick, ack_tick, view_tick, inputs]
type Input struct {
	FirstTick uint32 // the tick that the first input is meant for; the next input is for the next tick
	AckTick   uint32 // newest tick received; 0 before the first
	ViewTick  uint64 // 1/16 ticks: what was drawn when the newest input was made
	// Inputs is the msgpack array of inputs, its head included: Count arrays, whose values are read with the room's input
	// schema. Nil stands for no inputs when appending.
	Inputs []byte
	Count  int // 0..MaxInputs; set by ReadInput
}

// AppendInput appends m as one message. Count is not looked at: it is in Inputs.
func AppendInput(dst []byte, m Input) []byte {
	dst = appendHead(dst, TypeInput, 5)
	dst = AppendUint(dst, uint64(m.FirstTick))
	dst = AppendUint(dst, uint64(m.AckTick))
	dst = AppendUint(dst, m.ViewTick)
	return appendArray(dst, m.Inputs)
}

// ReadInput reads a whole INPUT. That each input is an array is checked here, how many values it has and what they are
// is not.
func ReadInput(b []byte) (Input, error) {
	r := readClient(b, TypeInput, 5)
	m := Input{
		FirstTick: uint32(r.Uint(math.MaxUint32)),
		AckTick:   uint32(r.Uint(math.MaxUint32)),
		ViewTick:  r.Uint(math.MaxUint64),
	}
	start := r.off
	m.Count = r.ArrayLen(MaxInputs)
	for range m.Count {
		r.skipArray(MaxClientMessage, MaxDepth-2)
	}
	m.Inputs = r.since(start)
	if err := r.Done(); err != nil {
		return Input{}, err
	}
	return m, nil
}

// appendArray appends an array that is encoded already; nil stands for the empty one.
func appendArray(dst, raw []byte) []byte {
	if len(raw) == 0 {
		return AppendArrayLen(dst, 0)
	}
	return append(dst, raw...)
}
