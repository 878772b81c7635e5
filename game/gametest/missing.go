package gametest

import "fmt"

// tracked is what a client holds and lacks of one table, from one state to the next. Both lists are in the order of slots.
type tracked struct {
	held    []uint32
	missing []missing
}

// missing is a row that a client may see and does not hold.
type missing struct {
	id    uint32
	since uint32 // tick of the first state without it
}

// checkMissing returns an error when a client lacks a row that it should hold: any, unless the state is partial, and in a partial one
// each that it held in the state before. It remembers for how long the others have been waited for.
func (w *World) checkMissing(c *Client, table int, now rows, sees []uint16, all bool) error {
	state, tr := c.core.State, &c.tracked[table]
	before := *tr
	tr.missing = nil
	next := 0
	for i := range now.len() {
		id, _ := now.row(i)
		if !all {
			for len(sees) > 0 && sees[0] < uint16(id) {
				sees = sees[1:]
			}
			if len(sees) == 0 || sees[0] != uint16(id) {
				continue
			}
		}
		if next < state.Len(table) && state.At(table, next).ID == id {
			next++
			continue
		}
		name := w.truth.tables[table].Name
		if !state.Partial() {
			return fmt.Errorf("%s holds a state of tick %d without row %#x of table %q, which it should see", c.Name, state.Tick(), id, name)
		}
		for len(before.held) > 0 && uint16(before.held[0]) < uint16(id) {
			before.held = before.held[1:]
		}
		if len(before.held) > 0 && before.held[0] == id {
			return fmt.Errorf("%s holds a state of tick %d from which row %#x of table %q has disappeared, which it still sees",
				c.Name, state.Tick(), id, name)
		}
		m := missing{id, state.Tick()}
		for len(before.missing) > 0 && uint16(before.missing[0].id) < uint16(id) {
			before.missing = before.missing[1:]
		}
		if len(before.missing) > 0 && before.missing[0].id == id {
			m.since = before.missing[0].since
		}
		tr.missing = append(tr.missing, m)
	}
	tr.held = tr.held[:0]
	for i := range state.Len(table) {
		tr.held = append(tr.held, state.At(table, i).ID)
	}
	return nil
}

// Oldest is the tick of the oldest that the client knows of any row it sees: that of the row which was left out of snapshots for the
// longest time, or of the first snapshot without a row that it should hold and has never been sent. It is Client.Tick when the newest
// snapshot left nothing out, and 0 before the first.
func (c *Client) Oldest() uint32 {
	oldest := c.Tick()
	for table := range c.tracked {
		for _, m := range c.tracked[table].missing {
			oldest = min(oldest, m.since)
		}
		for i := range c.core.State.Len(table) {
			oldest = min(oldest, c.core.State.At(table, i).At)
		}
	}
	return oldest
}
