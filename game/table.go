package game

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// EntityID names one row of one table of a room, and is never used again while the room lives (more exactly: not before
// its slot was used 1023 times more). The zero EntityID names none.
type EntityID uint32

// NetKind makes EntityID a field type for `net:` tags.
func (EntityID) NetKind() schema.Kind { return schema.Ref }

// ID is an EntityID of a row of type T, for references between tables: a field `Target game.ID[Ship]` tagged
// `net:"target"`. Convert with ID[Ship](id).
type ID[T any] EntityID

// NetKind makes ID a field type for `net:` tags.
func (ID[T]) NetKind() schema.Kind { return schema.Ref }

// NetRef tells which table the reference points into.
func (ID[T]) NetRef() reflect.Type { return reflect.TypeFor[T]() }

const (
	pageRows = 64
	// MaxRows is how many rows a table can hold, resting slots included.
	MaxRows = snapshot.MaxSlots
)

// Table holds rows of type T. Rows never move: a *T from Get, Spawn or All stays valid until the end of the tick in
// which its row is despawned. Make it a field of the game and give it to Replicate. Use it from the game's methods
// only.
type Table[T any] struct {
	index  int
	layout *schema.Layout
	opt    tableOptions
	sight  sight             // who sees which row, nil: everyone sees all
	curved bool              // has a field tagged hermite
	owner  int               // the field that says whose a row is, if owners are kept
	owners []PlayerID        // by slot, as packed; nil: not kept
	past   *snapshot.History // nil before the first pack
	near   nearby
	pages  []*[pageRows]T
	gens   []uint16 // by slot: generation now, or of the last row
	state  []slotState
	free   []freeSlot // slots that rest or may be used again, oldest first, from freeAt on
	freeAt int
	going  []uint16 // slots to be freed at the end of the tick
	rows   int
	open   bool   // the room is being opened or steps
	now    uint32 // the tick in progress
	rest   uint32 // ticks that a slot rests
	every  uint32 // ticks between two snapshots
}

type slotState uint8

const (
	slotFree slotState = iota
	slotLive
	slotGoing // despawned in this tick
)

// freeSlot may be used again after a rest, so that nothing in the history of a client can be taken for the new row.
type freeSlot struct {
	slot uint16
	tick uint32
}

// table is a Table without its row type.
type table interface {
	beginTick(now, rest, every uint32)
	endTick()
	pack(h *snapshot.History)

	// For save.go.
	save(w *plainWriter)
	load(r *plainReader, past *snapshot.History)

	// For visible.go and sight.go.
	seenBy() sight
	live(id EntityID) (slot uint16, ok bool)
	keepOwners() bool
	owned() ([]PlayerID, []slotState)
}

func (t *Table[T]) init(index int, l *schema.Layout, o tableOptions) {
	curved := slices.ContainsFunc(l.Fields, func(f schema.Field) bool { return f.Hermite })
	*t = Table[T]{index: index, layout: l, opt: o, curved: curved}
}

// Spawn adds a row with the value v. Call it from Open, Join, Tick and calls. It is part of this tick's snapshot. When the table is full (MaxRows) nothing is
// added and the id is 0.
func (t *Table[T]) Spawn(v T) EntityID {
	if !t.open {
		panic(fmt.Sprintf("game: Table[%v].Spawn outside a room: declare the table with game.Replicate, and spawn from Open, Join, Tick or a call",
			reflect.TypeFor[T]()))
	}
	slot, ok := t.takeSlot()
	if !ok {
		return 0
	}
	t.gens[slot] = t.gens[slot]%snapshot.MaxGeneration + 1
	t.state[slot] = slotLive
	t.rows++
	*t.at(slot) = v
	return EntityID(snapshot.EntityID(t.index, t.gens[slot], slot))
}

func (t *Table[T]) takeSlot() (uint16, bool) {
	if t.freeAt < len(t.free) && t.now-t.free[t.freeAt].tick > t.rest {
		t.freeAt++
		return t.free[t.freeAt-1].slot, true
	}
	if len(t.gens) == MaxRows {
		return 0, false
	}
	slot := len(t.gens)
	t.gens, t.state = append(t.gens, 0), append(t.state, slotFree)
	if slot/pageRows == len(t.pages) {
		t.pages = append(t.pages, new([pageRows]T))
	}
	return uint16(slot), true
}

func (t *Table[T]) at(slot uint16) *T { return &t.pages[slot/pageRows][slot%pageRows] }

// slot finds the slot of a row that exists.
func (t *Table[T]) slot(id EntityID) (uint16, bool) {
	slot := uint16(id)
	if int(slot) >= len(t.gens) || t.state[slot] == slotFree || id != EntityID(snapshot.EntityID(t.index, t.gens[slot], slot)) {
		return 0, false
	}
	return slot, true
}

// Get returns the row, or nil when there is none of that id (any more).
func (t *Table[T]) Get(id EntityID) *T {
	slot, ok := t.slot(id)
	if !ok {
		return nil
	}
	return t.at(slot)
}

// Despawn removes a row at the end of the tick: until then Get finds it and All yields it, so that the order of a
// game's loops does not matter. It is not part of this tick's snapshot. It reports whether the row was there and not
// despawned yet.
func (t *Table[T]) Despawn(id EntityID) bool {
	slot, ok := t.slot(id)
	if !ok || t.state[slot] == slotGoing {
		return false
	}
	t.state[slot] = slotGoing
	t.going = append(t.going, slot)
	return true
}

// All yields the rows in the order of their slots. Rows may be spawned and despawned meanwhile; whether a row spawned
// in the loop is yielded by it is not defined.
func (t *Table[T]) All() iter.Seq2[EntityID, *T] {
	return func(yield func(EntityID, *T) bool) {
		for slot := 0; slot < len(t.state); slot++ {
			if t.state[slot] == slotFree {
				continue
			}
			if !yield(EntityID(snapshot.EntityID(t.index, t.gens[slot], uint16(slot))), t.at(uint16(slot))) {
				return
			}
		}
	}
}

// Len is the number of rows, those despawned in this tick included.
func (t *Table[T]) Len() int { return t.rows }

// beginTick says which tick it is, how long freed slots rest, and how many ticks lie between two snapshots.
func (t *Table[T]) beginTick(now, rest, every uint32) {
	t.open, t.now, t.rest, t.every = true, now, rest, every
}

// endTick carries out the tick's despawns.
func (t *Table[T]) endTick() {
	if t.freeAt > len(t.free)/2 {
		t.free = append(t.free[:0], t.free[t.freeAt:]...)
		t.freeAt = 0
	}
	for _, slot := range t.going {
		var zero T
		*t.at(slot) = zero
		t.state[slot] = slotFree
		t.rows--
		t.free = append(t.free, freeSlot{slot, t.now})
	}
	t.going = t.going[:0]
}

// pack writes all rows into the history, and those of a predicted table back from there.
func (t *Table[T]) pack(h *snapshot.History) {
	t.past = h
	for t.owners != nil && len(t.owners) < len(t.state) {
		t.owners = append(t.owners, 0)
	}
	for slot, s := range t.state {
		if s != slotLive {
			continue
		}
		row, p := h.Put(t.index, uint16(slot), t.gens[slot]), unsafe.Pointer(t.at(uint16(slot)))
		t.layout.Pack(row, p)
		h.KeepOnce(t.index, uint16(slot))
		if t.opt.predicted {
			t.layout.Unpack(p, row)
		}
		if t.owners != nil {
			t.owners[slot] = PlayerID(row[t.owner])
		}
	}
}
