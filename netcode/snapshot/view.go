package snapshot

// known is one entity that a client holds, and the three newest ticks at which it was sent to it.
type known struct {
	slot, gen  uint16
	t1, t2, t3 uint32 // t2 and t3 are 0 when the entity has been sent less often
}

// wanted is an entity that the client should see but that has not fitted a message yet.
type wanted struct {
	slot, gen uint16
	since     uint32 // tick
}

// View is what one client holds. The zero value holds nothing. It is owned by the goroutine that steps the room.
type View struct {
	tick    uint32 // of the newest message the transport has taken; 0: none, the next is a FULL
	limited bool   // the newest message left something out
	known   [][]known
	lists   []uint64 // by table: number of the known list; views with the same number hold the same. 0: empty
	waiting waiting

	// What Commit makes current.
	pendingTick    uint32
	pendingLimited bool
	pending        [][]known
	pendingLists   []uint64
	pendingWaiting waiting
}

// Tick is the newest tick that was sent and taken, or 0.
func (v *View) Tick() uint32 { return v.tick }

// NeedsFull reports whether the next message must be a FULL: nothing was sent yet, or so long ago that the history has
// forgotten it.
func (v *View) NeedsFull(h *History) bool { return !h.keeps(v.tick) }

// Limited reports whether the newest message left something out because of its budget.
func (v *View) Limited() bool { return v.limited }

// Commit makes the last encoded body what the client holds. Call it when the transport has taken the message.
func (v *View) Commit() {
	v.tick, v.limited = v.pendingTick, v.pendingLimited
	v.known, v.pending = v.pending, v.known
	v.lists, v.pendingLists = v.pendingLists, v.lists
	v.waiting, v.pendingWaiting = v.pendingWaiting, v.waiting
}

// Len is the number of entities of a table that the client holds.
func (v *View) Len(table int) int {
	if table >= len(v.known) {
		return 0
	}
	return len(v.known[table])
}

// begin prepares what Commit will make current.
func (v *View) begin(h *History) {
	if v.known == nil {
		n := len(h.tables)
		v.known, v.pending = make([][]known, n), make([][]known, n)
		v.lists, v.pendingLists = make([]uint64, n), make([]uint64, n)
	}
	v.pendingTick, v.pendingLimited = h.tick, false
	for i := range v.pending {
		v.pending[i] = v.pending[i][:0]
	}
	for i := range v.pendingWaiting {
		v.pendingWaiting[i] = v.pendingWaiting[i][:0]
	}
}

// waiting are the entities that a budget has kept from entering, by table. It is empty until there is one: few clients have any.
type waiting [][]wanted

func (w waiting) of(table int) []wanted {
	if table >= len(w) {
		return nil
	}
	return w[table]
}

func (w *waiting) set(table, tables int, list []wanted) {
	if *w == nil {
		if len(list) == 0 {
			return
		}
		*w = make(waiting, tables)
	}
	(*w)[table] = list
}
