package snapshot

// known is one entity that a client holds, and the two newest ticks at which it was sent to it. The row at t1 is always
// in the history: a view whose newest tick has left it starts over with a FULL.
type known struct {
	slot, gen uint16
	t1, t2    uint32 // t2 is 0 when the entity has been sent only once
}

// View is what one client holds. The zero value holds nothing. It is owned by the goroutine that steps the room.
type View struct {
	tick  uint32 // of the newest message the transport has taken; 0: none, the next is a FULL
	known [][]known

	// What Commit makes current.
	pendingTick uint32
	pending     [][]known
}

// Tick is the newest tick that was sent and taken, or 0.
func (v *View) Tick() uint32 { return v.tick }

// NeedsFull reports whether the next message must be a FULL: nothing was sent yet, or so long ago that the history has
// forgotten it.
func (v *View) NeedsFull(h *History) bool { return !h.keeps(v.tick) }

// Commit makes the last encoded body what the client holds. Call it when the transport has taken the message.
func (v *View) Commit() {
	v.tick = v.pendingTick
	v.known, v.pending = v.pending, v.known
}

// Len is the number of entities of a table that the client holds.
func (v *View) Len(table int) int {
	if table >= len(v.known) {
		return 0
	}
	return len(v.known[table])
}

// begin prepares pending for an encoding at the history's tick and returns what the client holds, empty for a FULL.
func (v *View) begin(h *History, full bool) [][]known {
	if v.known == nil {
		v.known = make([][]known, len(h.tables))
		v.pending = make([][]known, len(h.tables))
	}
	v.pendingTick = h.tick
	for i := range v.pending {
		v.pending[i] = v.pending[i][:0]
		if full {
			v.known[i] = v.known[i][:0]
		}
	}
	return v.known
}
