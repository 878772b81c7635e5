package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Dog runs along a fence.
type Dog struct {
	Owner game.PlayerID `net:"owner,once"`
	X     int16         `net:"x"`
}

// Trot is where to.
type Trot struct {
	Dir int8 `net:"dir,range=-1..1"`
}

type fence struct{ dogs game.Table[Dog] }

var fenceDef = game.Define("fence", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[Trot] {
	g := new(fence)
	game.Replicate(b, "dog", &g.dogs)
	return g
})

func (g *fence) Open(t *game.Tick) {
	rex := t.AddBot("rex") // Join has given it a dog
	game.SetInput(rex, Trot{Dir: 1})
}

func (g *fence) Join(p *game.Player)  { p.Entity = g.dogs.Spawn(Dog{Owner: p.ID}) }
func (g *fence) Leave(p *game.Player) { g.dogs.Despawn(p.Entity) }

func (g *fence) Tick(t *game.Tick, in game.Inputs[Trot]) {
	for p := range t.Players() {
		dog := g.dogs.Get(p.Entity)
		trot, _ := in.Of(p)
		dog.X += int16(trot.Dir)
		if p.Bot() && dog.X == 3 {
			game.SetInput(p, Trot{Dir: -1}) // from the next tick on
		}
	}
}

func ExampleTick_AddBot() {
	w := gametest.New(onlyExample{}, fenceDef, gametest.Options{})
	ann := w.Join("ann")
	for range 5 {
		w.Step(1)
		for _, dog := range gametest.Rows[Dog](ann, "dog") {
			if dog.Value.Owner != ann.ID() {
				fmt.Println(ann.NameOf(dog.Value.Owner), "is at", dog.Value.X)
			}
		}
	}
	// Output:
	// rex is at 1
	// rex is at 2
	// rex is at 3
	// rex is at 2
	// rex is at 1
}
