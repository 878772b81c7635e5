package game

import (
	"fmt"
	"iter"
	"math"

	"github.com/skirmish-dev/skirmish/game/interest"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// This file has what rules ask of space.

// nearby finds rows by place. It is made by the first Near of a tick.
type nearby struct {
	grid    *interest.Grid
	made    uint32     // tick + 1
	scratch [][]uint16 // for queries that are not running
}

// Near yields the rows at most r from x, y, in the order of their slots. The table must have the Option Near, which says where a row
// is. Rows are found where they were at the first call in a tick: what has moved or been spawned since then is found there, or not
// at all, until the next tick. Rows despawned in this tick are yielded, as by All. A query costs what is near, and the first of a
// tick a look at each row.
func (t *Table[T]) Near(x, y, r float32) iter.Seq2[EntityID, *T] {
	// Short enough to be inlined, which keeps the loop's body off the heap.
	return func(yield func(EntityID, *T) bool) { t.eachNear(x, y, r, yield) }
}

func (t *Table[T]) eachNear(x, y, r float32, yield func(EntityID, *T) bool) {
	n := t.placed(r / 2)
	var slots []uint16
	if last := len(n.scratch) - 1; last >= 0 { // queries may run within queries
		slots, n.scratch = n.scratch[last], n.scratch[:last]
	}
	slots = n.grid.Query(slots[:0], nil, x, y, r)
	for _, slot := range slots {
		if !yield(EntityID(snapshot.EntityID(t.index, t.gens[slot], slot)), t.at(slot)) {
			break
		}
	}
	n.scratch = append(n.scratch, slots)
}

// placed gives the tick's grid of rows, made by its first query; size is that of the squares.
func (t *Table[T]) placed(size float32) *nearby {
	n := &t.near
	if n.made == t.now+1 {
		return n
	}
	placed, ok := t.sight.(*nearSight[T])
	if !ok {
		panic(fmt.Sprintf("game: Table.Near: nobody says where a %T is; give Replicate the Option Near", *new(T)))
	}
	if n.grid == nil {
		n.grid = interest.New(size)
	}
	n.made = t.now + 1
	n.grid.Reset()
	for slot, state := range t.state {
		if state != slotFree {
			x, y := placed.position(t.at(uint16(slot)))
			n.grid.Add(uint16(slot), x, y)
		}
	}
	return n
}

// Clear despawns all rows, as Despawn does: for a new round.
func (t *Table[T]) Clear() {
	for slot, state := range t.state {
		if state == slotLive {
			t.state[slot] = slotGoing
			t.going = append(t.going, uint16(slot))
		}
	}
}

// Circle is a disc in the plane.
type Circle struct{ X, Y, R float32 }

// Meets reports whether the line from x0, y0 to x1, y1 enters the circle, and which part of the line lies before that: 0 (it begins
// inside) to 1. With it a shot cannot pass through what it flies over between two ticks. The bits are the same on every processor.
func (c Circle) Meets(x0, y0, x1, y1 float32) (at float32, ok bool) {
	x0, y0, x1, y1 = x0-c.X, y0-c.Y, x1-c.X, y1-c.Y
	dx, dy := x1-x0, y1-y0
	outside := float32(x0*x0) + float32(y0*y0) - float32(c.R*c.R)
	if outside <= 0 {
		return 0, true
	}
	// |p + at*d| = R, solved for the smaller at.
	a, b := float32(dx*dx)+float32(dy*dy), float32(x0*dx)+float32(y0*dy)
	root := float32(b*b) - float32(a*outside)
	if b >= 0 || root < 0 {
		return 0, false // leads away, or past
	}
	at = (-b - float32(math.Sqrt(float64(root)))) / a
	return at, at <= 1
}
