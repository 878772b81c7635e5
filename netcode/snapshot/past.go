package snapshot

// Row gives the words and the generation of the row that was in a slot of a table at tick. ok is false when there was none, and
// for ticks that are not kept. row is valid until the next Begin and must not be changed.
func (h *History) Row(tick uint32, table int, slot uint16) (row []uint32, generation uint16, ok bool) {
	p := &h.tables[table]
	if tick > h.tick || !h.keeps(tick) || int(slot) >= p.slots {
		return nil, 0, false
	}
	generation = p.gens[tick%h.depth][slot]
	if generation == 0 {
		return nil, 0, false
	}
	return p.row(tick, h.depth, slot), generation, true
}
