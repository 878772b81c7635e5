package msg

// Pong answers a PING:
//
//	[5, t0, t1, t2]
type Pong struct {
	T0 uint64 // of the PING
	T1 uint64 // microseconds of the room's clock when PING came, 0..MaxSafe
	T2 uint64 // microseconds of the room's clock when PONG was made, 0..MaxSafe
}

// AppendPong appends m as one message.
func AppendPong(dst []byte, m Pong) []byte {
	dst = AppendUint(appendHead(dst, TypePong, 4), m.T0)
	return AppendUint(AppendUint(dst, m.T1), m.T2)
}

// ReadPong reads a whole PONG.
func ReadPong(b []byte) (Pong, error) {
	r := readServer(b, TypePong, 4)
	m := Pong{T0: r.Uint(MaxSafe), T1: r.Uint(MaxSafe), T2: r.Uint(MaxSafe)}
	if err := r.Done(); err != nil {
		return Pong{}, err
	}
	return m, nil
}
