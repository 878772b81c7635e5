package game

// This file is for tests that compare what clients hold with what the room has: gametest does so after every tick.

// EachRow calls f with each row of a table of the schema after the newest step, in slot order, as its fields' words. row is valid
// until the next step and must not be changed. Call it from the goroutine that calls Step.
func (r *Room) EachRow(table int, f func(id EntityID, row []uint32)) {
	r.sender.History.Each(table, func(id uint32, row []uint32) { f(EntityID(id), row) })
}

// SeenFrom says which slots of each table the player or spectator in a seat was shown in the newest step: ascending, nil for a table means all
// of them, a nil list means everything. The slices are valid until the next step. ok is false while nobody plays or
// watches from that seat.
// Call it from the goroutine that calls Step.
func (r *Room) SeenFrom(s *Seat) (visible [][]uint16, ok bool) {
	for _, c := range r.order {
		if c.seat != s || c.player == nil && !c.watching {
			continue
		}
		if r.sender.Visible == nil {
			return nil, true
		}
		return r.sender.Visible(c.session.Player()), true
	}
	return nil, false
}
