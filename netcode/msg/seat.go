package msg

// Seat brings a fresh resume seat, which replaces the last one:
//
//	[7, seat]
type Seat struct {
	Seat string // a seat token, never empty; keep it out of logs
}

// AppendSeat appends the message with a seat, which is bytes where it is made for every client every few seconds.
func AppendSeat[S string | []byte](dst []byte, seat S) []byte {
	return AppendString(appendHead(dst, TypeSeat, 2), seat)
}

// ReadSeat reads a whole SEAT.
func ReadSeat(b []byte) (Seat, error) {
	r := readServer(b, TypeSeat, 2)
	m := Seat{Seat: r.someString()}
	if err := r.Done(); err != nil {
		return Seat{}, err
	}
	return m, nil
}
