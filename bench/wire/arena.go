package main

import (
	"math"
	"math/rand/v2"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// arena100 is the scenario of that name: 50 players and 50 others in a square, 20 ticks a second. All fly at one speed along
// their heading and bounce off the walls; players turn by 0.15 + N(0, 0.2) rad per tick, as bots with their inputs do.
func arena100(ticks int) *workload {
	const (
		players, others = 50, 50
		side            = 4000
		speed           = 200.0 / 20
		turn, spread    = 0.15, 0.2
	)
	position := schema.Field{Kind: schema.Fixed, Bits: 16, Hi: side * 16, Lerp: true, Step: 1.0 / 16}
	fs := append(pose(position), schema.Field{Name: "hp", Kind: schema.Uint, Bits: 8, Hi: 255})
	w := newWorkload("arena100", players, fs)

	type body struct{ x, y, heading float64 }
	rng := rand.New(rand.NewPCG(100, 20))
	var all [players + others]body
	for i := range all {
		all[i] = body{rng.Float64() * side, rng.Float64() * side, rng.Float64() * 2 * math.Pi}
	}
	for n := range ticks {
		t := tick{number: int64(n + 1)}
		for i := range all {
			b := &all[i]
			if i < players {
				b.heading += turn + spread*rng.NormFloat64()
			}
			sin, cos := math.Sincos(b.heading)
			b.x, b.y = b.x+speed*cos, b.y+speed*sin
			if b.x < 0 || b.x > side {
				b.x, b.heading = min(max(b.x, 0), side), math.Pi-b.heading
			}
			if b.y < 0 || b.y > side {
				b.y, b.heading = min(max(b.y, 0), side), -b.heading
			}
			t.rows = append(t.rows, row{entity: int64(i), slot: uint16(i), gen: 1, words: []uint32{
				quantise(&fs[0], b.x), quantise(&fs[1], b.y), quantise(&fs[2], b.heading), 100,
			}})
		}
		w.ticks = append(w.ticks, t)
	}
	return w
}
