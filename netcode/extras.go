package netcode

// extras is what the session of one that only watches, or only plays, has no use for most of the time: very many may watch.
type extras struct {
	seat     []byte // resume seat that the client has not been sent, or empty
	replies  []byte // whole frames, waiting for the next tick
	nReplies int
	calls    bucket
}

// noExtras is what a session without has. It is not written to.
var noExtras extras

// has gives what s has besides, to be read.
func (s *Session) has() *extras {
	if s.extras == nil {
		return &noExtras
	}
	return s.extras
}

// with gives the same to be written.
func (s *Session) with() *extras {
	if s.extras == nil {
		s.extras = &extras{calls: newBucket(callAllowance)}
	}
	return s.extras
}

// OfferSeat hands the client a fresh resume seat, which replaces the last one: with HELLO, later as SEAT.
func (s *Session) OfferSeat(seat []byte) {
	x := s.with()
	x.seat = append(x.seat[:0], seat...)
}
