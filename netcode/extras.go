package netcode

// extras is what the session of one that makes no calls has no use for: very many may watch.
type extras struct {
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
