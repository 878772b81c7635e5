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
	tables  []viewed
	waiting *waits // nil: nothing has ever waited, which is so for most
	lists   *lists // where the lists come from and go to
	tick    uint32 // of the newest message the transport has taken; 0: none, the next is a FULL
	limited bool   // the newest message left something out

	// What Commit makes current, with viewed.pending and waits.pending.
	pendingLimited bool
	pendingTick    uint32
}

// viewed is what a client holds of one table, and what Commit makes it hold. Nothing that others share is changed through it.
type viewed struct {
	held, pending *list // nil: nothing
}

// Tick is the newest tick that was sent and taken, or 0.
func (v *View) Tick() uint32 { return v.tick }

// maxLag is the most that a DELTA's tick can be newer than its baseline.
const maxLag = 1<<16 - 1

// NeedsFull reports whether the next message must be a FULL: nothing was sent yet, or longer ago than a DELTA can say. What the
// history has forgotten meanwhile needs none: a DELTA sends it anew, and what it has no place for stays as the client has it.
func (v *View) NeedsFull(h *History) bool { return v.tick == 0 || h.tick-v.tick > maxLag }

// Limited reports whether the newest message left something out because of its budget.
func (v *View) Limited() bool { return v.limited }

// Commit makes the last encoded body what the client holds. Call it when the transport has taken the message.
func (v *View) Commit() {
	v.tick, v.limited = v.pendingTick, v.pendingLimited
	for i := range v.tables {
		t := &v.tables[i]
		v.lists.drop(t.held)
		t.held, t.pending = t.pending, nil
	}
	if w := v.waiting; w != nil {
		w.now, w.pending = w.pending, w.now
	}
}

// Release gives what the client holds back to those that are still there. Call it when nothing is encoded for the client any more; the
// View holds nothing then.
func (v *View) Release() {
	for i := range v.tables {
		v.lists.drop(v.tables[i].held)
		v.lists.drop(v.tables[i].pending)
	}
	*v = View{}
}

// Len is the number of entities of a table that the client holds.
func (v *View) Len(table int) int {
	if table >= len(v.tables) {
		return 0
	}
	return len(v.tables[table].held.entities())
}

// begin prepares what Commit will make current.
func (v *View) begin(h *History, l *lists) {
	if v.tables == nil {
		v.tables = make([]viewed, len(h.tables))
	}
	v.lists = l
	v.pendingTick, v.pendingLimited = h.tick, false
	if w := v.waiting; w != nil {
		for i := range w.pending {
			w.pending[i] = w.pending[i][:0]
		}
	}
}

// prepare makes l what Commit will make current of a table, in place of what a message that was not taken would have.
func (v *View) prepare(table int, l *list) *list {
	t := &v.tables[table]
	v.lists.drop(t.pending)
	t.pending = l
	return l
}

// waits are the entities that a budget has kept from entering, by table, and those that Commit makes it.
type waits struct{ now, pending [][]wanted }

// waitsFor gives those of a table that wait.
func (v *View) waitsFor(table int) []wanted {
	if v.waiting == nil {
		return nil
	}
	return v.waiting.now[table]
}

// waitFor makes list what Commit makes wait, of a table.
func (v *View) waitFor(table int, list []wanted) {
	if v.waiting == nil {
		if len(list) == 0 {
			return
		}
		n := len(v.tables)
		v.waiting = &waits{make([][]wanted, n), make([][]wanted, n)}
	}
	v.waiting.pending[table] = list
}

// pendingFor gives what was made to wait last, of a table.
func (v *View) pendingFor(table int) []wanted {
	if v.waiting == nil {
		return nil
	}
	return v.waiting.pending[table]
}
