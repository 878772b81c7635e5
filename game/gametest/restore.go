package gametest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// twin is a room that was restored from what was saved of the World's room, and since then was told the same.
type twin struct {
	room     *game.Room
	since    uint32 // tick
	commands []byte // of the newest tick
	ticked   bool
}

// Restore saves the room, restores a copy from that, and lets the copy run beside the room from now on, on the same commands: Step fails
// with the first row in which the two differ. What differs was kept by the game somewhere that is not registered with game.State, or
// is not the same for the same state, as what depends on time.Now, the order of a map or a random source of its own. A copy that is
// there already must be equal to the last byte, random source and untagged fields included, before it is replaced.
//
// ok is false while work of game.Go is under way, and after the end of the room: nothing is saved then.
func (w *World) Restore() (ok bool) {
	w.t.Helper()
	saved, err := w.room.Save()
	if errors.Is(err, game.ErrWork) || w.room.Ended() {
		return false
	}
	if err != nil {
		w.t.Fatalf("gametest: tick %d: %v", w.Tick(), err)
	}
	if w.twin.room != nil {
		copied, err := w.twin.room.Save()
		if err != nil || !bytes.Equal(saved, copied) {
			w.t.Fatalf("gametest: tick %d: the room and its copy of tick %d show the same rows, but what cannot be seen of them differs: an untagged "+
				"field, a game.State or the random source (error: %v)", w.Tick(), w.twin.since, err)
		}
	}
	cfg := w.config
	cfg.Transport, cfg.Recorder, cfg.OnResult, cfg.Left, cfg.Metrics = conn.NewMemory(), nil, nil, nil, new(game.Metrics)
	room, err := game.RestoreRoom(cfg, saved)
	if err != nil {
		w.t.Fatalf("gametest: tick %d: %v", w.Tick(), err)
	}
	w.twin = twin{room: room, since: w.Tick()}
	if again, err := room.Save(); err != nil || !bytes.Equal(saved, again) {
		w.t.Fatalf("gametest: tick %d: what was saved of the room is not what a copy of it saves (error: %v)", w.Tick(), err)
	}
	return true
}

// record is the room's Recorder.
func (w *World) record(_ uint32, commands []byte) { w.twin.commands, w.twin.ticked = commands, true }

// replay runs the copy's tick, if the room has had one, and compares.
func (w *World) replay() {
	t := &w.twin
	if !t.ticked || t.room == nil || w.room.Ended() {
		return
	}
	t.ticked = false
	if err := t.room.Replay(t.commands); err != nil {
		w.wrong(err)
		return
	}
	if t.room.StateHash() != w.room.StateHash() {
		w.wrong(fmt.Errorf("a copy of the room, saved and restored after tick %d, differs: %s; does the game keep something that is not "+
			"registered with game.State, or use time.Now, a map's order or a random source that is not Tick.Rand?", t.since, w.difference()))
	}
}

// difference names the first row that is not the same in the room and in its copy.
func (w *World) difference() string {
	type row struct {
		id     game.EntityID
		fields []uint32
	}
	rows := func(r *game.Room, table int) (list []row) {
		r.EachRow(table, func(id game.EntityID, fields []uint32) { list = append(list, row{id, slices.Clone(fields)}) })
		return list
	}
	for i, table := range w.def.Schema().Tables {
		ours, copied := rows(w.room, i), rows(w.twin.room, i)
		for k := range max(len(ours), len(copied)) {
			switch {
			case k >= len(copied) || k < len(ours) && ours[k].id < copied[k].id:
				return fmt.Sprintf("its table %q lacks row %#x", table.Name, ours[k].id)
			case k >= len(ours) || ours[k].id != copied[k].id:
				return fmt.Sprintf("its table %q has a row %#x that is not there", table.Name, copied[k].id)
			}
			for f, word := range ours[k].fields {
				if have := copied[k].fields[f]; have != word {
					field := &table.Fields[f]
					return fmt.Sprintf("field %s of row %#x of table %q is %g, in the room %g", field.Name, ours[k].id, table.Name,
						field.Value(have), field.Value(word))
				}
			}
		}
	}
	return "in no row"
}
