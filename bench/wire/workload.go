package main

import (
	"math"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// depth is how many ticks of rows are kept, and how long a slot rests before it is used again, as in a room.
const depth = 32

// workload is quantised movement: what the server packs in each tick.
type workload struct {
	schema  *schema.Schema
	players int // rows of the players table, which never change; the client is the first
	ticks   []tick
}

// The tables of a workload's schema. A room has the table of its players first.
const (
	playersTable = iota
	entityTable
)

// fields are those of a live entity.
func (w *workload) fields() []schema.Field { return w.schema.Tables[entityTable].Fields }

// tick is the state that one snapshot shows.
type tick struct {
	number int64 // as the trace counts; snapshots are numbered from 1 without gaps
	rows   []row // by slot, ascending
}

// row is one live entity.
type row struct {
	entity    int64 // as the trace names it
	slot, gen uint16
	words     []uint32
}

// live is the number of entities over all ticks.
func (w *workload) live() (n int) {
	for i := range w.ticks {
		n += len(w.ticks[i].rows)
	}
	return n
}

// newWorkload has a schema of the given entity besides the players of every room.
func newWorkload(name string, players int, entity []schema.Field) *workload {
	return &workload{players: players, schema: &schema.Schema{Game: name, Tables: []schema.Table{
		{Record: schema.Record{Name: "players", Fields: []schema.Field{
			{Name: "id", Kind: schema.Player, Bits: 32, Hi: math.MaxUint32, Once: true},
			{Name: "name", Kind: schema.Text, Bits: 32, Hi: math.MaxUint32},
		}}},
		{Record: schema.Record{Name: "entity", Fields: entity}},
	}}}
}

// pose is x and y as fixed point numbers, and yaw as an angle of 10 bits.
func pose(position schema.Field) []schema.Field {
	x, y := position, position
	x.Name, y.Name = "x", "y"
	return []schema.Field{x, y, {
		Name: "yaw", Kind: schema.Fixed, Bits: yawBits, Hi: 1<<yawBits - 1, Lerp: true, Wrap: true, Step: yawStep,
	}}
}

const (
	yawBits = 10
	yawStep = 2 * math.Pi / (1 << yawBits)
)

// quantise is how a row's numbers become words: to the nearest step, halves up, within the field's bounds; an angle wraps.
func quantise(f *schema.Field, v float64) uint32 {
	i := math.Floor((v-f.Base)/f.Step + 0.5)
	if !f.Wrap {
		i = min(max(i, float64(f.Lo)), float64(f.Hi))
	}
	return f.Reduce(int64(i))
}

// number is the value that a word stands for, in double precision: a schema.Field's Value has that of a float32.
func number(f *schema.Field, w uint32) float64 {
	v := float64(w)
	if f.Signed() {
		v = float64(schema.SignExtend(w, f.Bits))
	}
	if f.Kind == schema.Fixed {
		v = f.Base + v*f.Step
	}
	return v
}
