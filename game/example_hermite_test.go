package game_test

import (
	"fmt"
	"math"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Moon goes round in circles: X is drawn on a curve through its rows, Y on lines between them.
type Moon struct {
	X float32 `net:"x,q=1/64,hermite"`
	Y float32 `net:"y,q=1/64,lerp"`
}

type orbit struct{ moons game.Table[Moon] }

var orbitDef = game.Define("orbit", game.Config{TickRate: 4, RunEmpty: true}, func(b *game.Builder) game.Game[game.NoInput] {
	o := new(orbit)
	game.Replicate(b, "moon", &o.moons)
	return o
})

func (o *orbit) Open(*game.Tick)    { o.moons.Spawn(Moon{}) }
func (o *orbit) Join(*game.Player)  {}
func (o *orbit) Leave(*game.Player) {}

func (o *orbit) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	for id, moon := range o.moons.All() {
		sin, cos := math.Sincos(t.Now.Seconds())
		moon.X, moon.Y = float32(100*cos), float32(100*sin)
		if t.N == 40 { // between the ticks 38 and 39, where a client draws it
			seen, _ := o.moons.At(game.AtTick(38) + 8).Get(id)
			sin, cos := math.Sincos(38.5 / 4)
			fmt.Printf("on the curve %.2f off, on the line %.2f\n", math.Abs(float64(seen.X)-100*cos), math.Abs(float64(seen.Y)-100*sin))
		}
	}
}

// Four snapshots a second of something that turns by 14 degrees in between.
func Example_hermite() {
	gametest.New(onlyExample{}, orbitDef, gametest.Options{}).Step(40)
	// Output: on the curve 0.02 off, on the line 0.15
}
