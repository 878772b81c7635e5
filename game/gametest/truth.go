package gametest

import (
	"fmt"
	"slices"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// keepSeconds is how long a World remembers what its room held: longer than a room goes on with a client that takes nothing.
const keepSeconds = 40

// truth is what a room held after each of its last ticks, to compare with clients that are some way behind.
type truth struct {
	tables []table
	keep   int
	first  uint32   // tick of starts[0]
	starts []int    // where each tick's rows begin in words
	words  []uint32 // by tick, by table: number of rows, then for each its id and fields
	base   int      // how many words were dropped from the front
}

// table is a table of the schema with what is asked of it for every row.
type table struct {
	schema.Table
	owner   int  // the field that says who owns a row, -1: none
	private bool // there are fields for the owner alone
}

func newTruth(s *schema.Schema, tickRate int) truth {
	tr := truth{keep: keepSeconds * tickRate, first: 1}
	for _, t := range s.Tables {
		tr.tables = append(tr.tables, table{t, t.Owner(), t.HasOwnerOnly()})
	}
	return tr
}

// note remembers the newest tick, unless it is known: a room that has ended stands still.
func (tr *truth) note(r *game.Room) {
	if r.Tick() < tr.first+uint32(len(tr.starts)) {
		return
	}
	if len(tr.starts) >= 2*tr.keep {
		n := len(tr.starts) - tr.keep
		cut := tr.starts[n] - tr.base
		tr.words = append(tr.words[:0], tr.words[cut:]...)
		tr.starts = append(tr.starts[:0], tr.starts[n:]...)
		tr.base, tr.first = tr.base+cut, tr.first+uint32(n)
	}
	tr.starts = append(tr.starts, tr.base+len(tr.words))
	for i := range tr.tables {
		at, n := len(tr.words), uint32(0)
		tr.words = append(tr.words, 0)
		r.EachRow(i, func(id game.EntityID, row []uint32) {
			tr.words = append(append(tr.words, uint32(id)), row...)
			n++
		})
		tr.words[at] = n
	}
}

// at gives the rows of a table after a tick: each is its id and its fields. ok is false when that was too long ago.
func (tr *truth) at(tick uint32, table int) (rows rows, ok bool) {
	i := tick - tr.first
	if tick < tr.first || i >= uint32(len(tr.starts)) {
		return rows, false
	}
	words := tr.words[tr.starts[i]-tr.base:]
	for t := range tr.tables {
		rows.stride = 1 + len(tr.tables[t].Fields)
		end := 1 + int(words[0])*rows.stride
		if rows.words = words[1:end]; t == table {
			break
		}
		words = words[end:]
	}
	return rows, true
}

// rows are those of one table after one tick.
type rows struct {
	words  []uint32
	stride int
}

func (r rows) len() int { return len(r.words) / r.stride }

// row gives the i-th.
func (r rows) row(i int) (id uint32, fields []uint32) {
	w := r.words[i*r.stride : (i+1)*r.stride]
	return w[0], w[1:]
}

// find looks for the row in a slot, at or after the row from.
func (r rows) find(slot uint16, from int) int {
	for from < r.len() && uint16(r.words[from*r.stride]) < slot {
		from++
	}
	return from
}

// shown is what a client may see after one tick: the slots of each table, nil for all of them.
type shown struct {
	tick    uint32
	visible [][]uint16
}

// noteShown remembers what a client was shown in the newest tick, in a room that does not show everything to everybody.
func (c *Client) noteShown() {
	visible, ok := c.w.room.SeenFrom(c.seat)
	if !ok || visible == nil {
		return
	}
	s := shown{tick: c.w.Tick(), visible: make([][]uint16, len(visible))}
	for i := range visible {
		if visible[i] != nil {
			s.visible[i] = append([]uint16{}, visible[i]...)
		}
	}
	c.shown = append(c.shown, s)
}

// visibleAt is what the client was shown in a tick, and forgets what it was shown before.
func (c *Client) visibleAt(tick uint32) [][]uint16 {
	i, found := slices.BinarySearchFunc(c.shown, tick, func(s shown, tick uint32) int { return int(s.tick) - int(tick) })
	c.shown = c.shown[min(i, len(c.shown)):]
	if !found {
		return nil
	}
	return c.shown[0].visible
}

// check returns an error unless the client holds exactly what it may: each entity that it was shown, but for what a partial state has
// never had room for, and nothing else, with the fields it may know, as they were when the entity was last sent.
func (w *World) check(c *Client) error {
	state := c.core.State
	if w.room.Ended() && state.Tick() == w.Tick() {
		return nil // the last snapshot: the room has let its clients go in the same step, and tells of nobody's sight any more
	}
	visible := c.visibleAt(state.Tick())
	if c.tracked == nil {
		c.tracked = make([]tracked, len(w.truth.tables))
	}
	for i := range w.truth.tables {
		now, ok := w.truth.at(state.Tick(), i)
		if !ok {
			return fmt.Errorf("%s holds a state of tick %d, which no room can have sent", c.Name, state.Tick())
		}
		var sees []uint16
		all := visible == nil || visible[i] == nil
		if !all {
			sees = visible[i]
		}
		if err := w.checkTable(c, i, now, sees, all); err != nil {
			return err
		}
		if err := w.checkMissing(c, i, now, sees, all); err != nil {
			return err
		}
	}
	return nil
}

// checkTable compares each row that a client holds with what it should be.
func (w *World) checkTable(c *Client, table int, now rows, sees []uint16, all bool) error {
	state, desc := c.core.State, &w.truth.tables[table]
	at := 0
	for j := range state.Len(table) {
		e := state.At(table, j)
		slot := uint16(e.ID)
		at = now.find(slot, at)
		if at == now.len() || now.words[at*now.stride] != e.ID {
			return wrongRow(c, desc, e, "which is not there")
		}
		if !all {
			for len(sees) > 0 && sees[0] < slot {
				sees = sees[1:]
			}
			if len(sees) == 0 || sees[0] != slot {
				return wrongRow(c, desc, e, "which it may not see")
			}
		}
		_, want := now.row(at)
		if e.At != state.Tick() {
			if !state.Partial() {
				return wrongRow(c, desc, e, "which was left out of a message that leaves nothing out")
			}
			past, ok := w.truth.at(e.At, table)
			k := past.find(slot, 0)
			if !ok || k == past.len() || past.words[k*past.stride] != e.ID {
				return wrongRow(c, desc, e, "which was not there when it was last sent")
			}
			_, want = past.row(k)
		}
		if k := differs(desc, e.Row, want, c.core.Player); k >= 0 {
			return wrongRow(c, desc, e, "whose field "+desc.Fields[k].Name+" is another")
		}
	}
	return nil
}

func wrongRow(c *Client, t *table, e snapshot.Entity, what string) error {
	return fmt.Errorf("%s holds a state of tick %d with row %#x of table %q as of tick %d, %s: %v",
		c.Name, c.core.State.Tick(), e.ID, t.Name, e.At, what, e.Row)
}

// differs returns the first field of a row that is not what a player may know of it, or -1.
func differs(t *table, got, row []uint32, player uint32) int {
	mine := !t.private || t.owner >= 0 && row[t.owner] == player
	for k, word := range row {
		if !mine && t.Fields[k].OwnerOnly {
			word = 0
		}
		if got[k] != word {
			return k
		}
	}
	return -1
}
