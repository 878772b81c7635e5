package game_test

import (
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Plant is a row of a garden.
type Plant struct {
	Height uint16 `net:"height"` // in millimetres
}

type garden struct{ plants game.Table[Plant] }

// A garden grows overnight: its ticks run while nobody is there. Without RunEmpty it would be as its last visitor has left it.
func gardenDef(runEmpty bool) *game.Def {
	return game.Define("garden", game.Config{TickRate: 1, RunEmpty: runEmpty}, func(b *game.Builder) game.Game[game.NoInput] {
		g := new(garden)
		game.Replicate(b, "plant", &g.plants)
		return g
	})
}

func (g *garden) Open(*game.Tick)    { g.plants.Spawn(Plant{}) }
func (g *garden) Join(*game.Player)  {}
func (g *garden) Leave(*game.Player) {}

func (g *garden) Tick(*game.Tick, game.Inputs[game.NoInput]) {
	for _, p := range g.plants.All() {
		p.Height++
	}
}

// A minute before anybody comes, and a second with somebody.
func Example_runEmpty() {
	for _, runEmpty := range []bool{true, false} {
		w := gametest.New(onlyExample{}, gardenDef(runEmpty), gametest.Options{})
		w.StepFor(time.Minute)
		ann := w.Join("ann")
		w.Step(1)
		fmt.Println(gametest.Rows[Plant](ann, "plant")[0].Value.Height)
	}
	// Output:
	// 61
	// 1
}
