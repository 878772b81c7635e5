// Package world has the games that the benchmarks play, each a file of rules as any author would write it: Arena100, Crowd, Duel
// and Quiet. What they must do is fixed, so that other servers can be given the same work; docs/performance.md says it in words.
//
// The bench command serves them from a child process. The package imports game and nothing else of this module.
package world

import (
	"math"

	"github.com/skirmish-dev/skirmish/game"
)

// Lengths are world units, times seconds.
const (
	Speed = 200 // of everything that moves
	hp    = 100

	noGrace = -1 // game.Config.Grace: who loses the connection leaves at once
)

// Games are all of them.
func Games() []*game.Def {
	return []*game.Def{Arena100, Arena100NoResume, Crowd, CrowdNoResume, Duel, Quiet}
}

// Input turns a player, by so many radians, in one tick.
type Input struct {
	Turn float32 `net:"turn,q=1/512,range=-4..4"`
}

// pose is where something is and where it is heading. Angle is replicated as a full circle in 10 bits, and kept within it.
type pose struct{ x, y, angle float32 }

// fly is one tick straight on in a square from 0,0 to side,side, whose walls throw back.
func (p pose) fly(side, dt float32) pose {
	sin, cos := math.Sincos(float64(p.angle))
	x, y := p.x+Speed*dt*float32(cos), p.y+Speed*dt*float32(sin)
	p.x, p.y = min(max(x, 0), side), min(max(y, 0), side)
	if x != p.x {
		p.angle = math.Pi - p.angle
	}
	if y != p.y {
		p.angle = -p.angle
	}
	p.angle = circle(p.angle)
	return p
}

// circle brings an angle that has left 0..2 pi by one turn at most back into it.
func circle(a float32) float32 {
	switch {
	case a < 0:
		return a + 2*math.Pi
	case a >= 2*math.Pi:
		return a - 2*math.Pi
	}
	return a
}

// somewhere is a place and a heading in the square.
func somewhere(random interface{ Float32() float32 }, side float32) pose {
	return pose{side * random.Float32(), side * random.Float32(), 2 * math.Pi * random.Float32()}
}

// turned is by how much a player's input turns it. Only an input that was made for the tick counts: a turn is not repeated.
func turned(in game.Inputs[Input], p *game.Player) float32 {
	if input, state := in.Of(p); state == game.Fresh {
		return input.Turn
	}
	return 0
}
