package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Target moves to the right.
type Target struct {
	X float32 `net:"x,q=1/32,lerp"`
}

// Aim is where a player points, and whether it shoots.
type Aim struct {
	X    float32 `net:"x,q=1/32,range=0..1000"`
	Fire bool    `net:"fire,edge"`
}

type gallery struct{ targets game.Table[Target] }

var galleryDef = game.Define("gallery", game.Config{TickRate: 20}, func(b *game.Builder) game.Game[Aim] {
	g := new(gallery)
	game.Replicate(b, "target", &g.targets)
	return g
})

func (g *gallery) Open(*game.Tick)    { g.targets.Spawn(Target{}) }
func (g *gallery) Join(*game.Player)  {}
func (g *gallery) Leave(*game.Player) {}

func (g *gallery) Tick(t *game.Tick, in game.Inputs[Aim]) {
	for _, target := range g.targets.All() {
		target.X += 10
	}
	for p := range t.Players() {
		aim, _ := in.Of(p)
		if !aim.Fire {
			continue
		}
		for id, seen := range g.targets.At(t.SeenBy(p)).All() {
			fmt.Printf("aimed at %g, saw it at %g, now at %g\n", aim.X, seen.X, g.targets.Get(id).X)
		}
	}
}

func ExampleTable_At() {
	w := gametest.New(onlyExample{}, galleryDef, gametest.Options{})
	ann := w.Join("ann")
	w.Step(9)
	ann.SetInput(Aim{X: gametest.Rows[Target](ann, "target")[0].Value.X, Fire: true})
	w.Step(1)
	// Output:
	// aimed at 90, saw it at 90, now at 100
}
