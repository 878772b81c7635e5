package msg

// Ping measures the way to the server and back; PONG answers it:
//
//	[3, t0]
type Ping struct {
	T0 uint64 // 0..MaxSafe: the client's clock, in whatever unit it likes
}

// AppendPing appends m as one message.
func AppendPing(dst []byte, m Ping) []byte {
	return AppendUint(appendHead(dst, TypePing, 2), m.T0)
}

// ReadPing reads a whole PING.
func ReadPing(b []byte) (Ping, error) {
	r := readClient(b, TypePing, 2)
	m := Ping{T0: r.Uint(MaxSafe)}
	if err := r.Done(); err != nil {
		return Ping{}, err
	}
	return m, nil
}
