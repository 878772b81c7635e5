package msg

import "math"

// Call asks the game for something; REPLY answers it:
//
//	[2, id, method, args]
type Call struct {
	ID     uint32 // the client's choice; echoed in REPLY
	Method uint32 // index in the schema's calls
	// Args is the msgpack array of arguments, its head included, to be read with the method's fields. Nil stands for no
	// arguments when appending.
	Args  []byte
	Count int // number of arguments; set by ReadCall
}

// AppendCall appends m as one message. Count is not looked at: it is in Args.
func AppendCall(dst []byte, m Call) []byte {
	dst = appendHead(dst, TypeCall, 4)
	dst = AppendUint(dst, uint64(m.ID))
	dst = AppendUint(dst, uint64(m.Method))
	return appendArray(dst, m.Args)
}

// ReadCall reads a whole CALL. That the arguments are an array of well-formed values is checked here, what they are is
// not.
func ReadCall(b []byte) (Call, error) {
	r := readClient(b, TypeCall, 4)
	m := Call{
		ID:     uint32(r.Uint(math.MaxUint32)),
		Method: uint32(r.Uint(math.MaxUint32)),
	}
	m.Args, m.Count = r.rawArray(MaxClientMessage)
	if err := r.Done(); err != nil {
		return Call{}, err
	}
	return m, nil
}
