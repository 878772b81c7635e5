package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Flock is what whoever makes a room may choose, as in POST /v1/rooms {"game":"flock","options":{"sheep":3}}.
type Flock struct {
	Sheep int `json:"sheep"`
}

// Validate keeps a choice within what a room can bear.
func (o *Flock) Validate() error {
	if o.Sheep < 0 || o.Sheep > 100 {
		return fmt.Errorf("sheep is %d; 0 to 100 fit", o.Sheep)
	}
	return nil
}

// Sheep is an animal of the flock.
type Sheep struct {
	X uint16 `net:"x"`
}

type flock struct {
	options Flock
	sheep   game.Table[Sheep]
}

var flockDef = game.Define("flock", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
	g := &flock{options: Flock{Sheep: 10}}
	game.Options(b, &g.options)
	game.Replicate(b, "sheep", &g.sheep)
	return g
})

func (g *flock) Open(*game.Tick) {
	for i := range g.options.Sheep {
		g.sheep.Spawn(Sheep{X: uint16(i)})
	}
}

func (g *flock) Join(*game.Player)                              {}
func (g *flock) Leave(*game.Player)                             {}
func (g *flock) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {}

func ExampleOptions() {
	for _, chosen := range []any{nil, Flock{Sheep: 3}} {
		w := gametest.New(onlyExample{}, flockDef, gametest.Options{Room: chosen})
		ann := w.Join("ann")
		w.Step(1)
		fmt.Println(len(gametest.Rows[Sheep](ann, "sheep")), "sheep")
	}
	// Output:
	// 10 sheep
	// 3 sheep
}
