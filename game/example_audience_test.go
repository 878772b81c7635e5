package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Guard stands on a wall.
type Guard struct {
	Owner game.PlayerID `net:"owner,once"`
	X     float32       `net:"x,q=1/16"`
}

// Noise is something to be heard.
type Noise struct {
	What string `net:"what"`
}

type castle struct {
	guards game.Table[Guard]
	noise  game.Event[Noise]
}

var castleDef = game.Define("castle", game.Config{TickRate: 10, ViewRadius: 50}, func(b *game.Builder) game.Game[game.NoInput] {
	g := new(castle)
	game.Replicate(b, "guard", &g.guards, game.Near(func(r *Guard) (x, y float32) { return r.X, 0 }))
	game.Emit(b, "noise", &g.noise)
	return g
})

// Join posts the guards 40 apart.
func (g *castle) Join(p *game.Player) {
	p.Entity = g.guards.Spawn(Guard{Owner: p.ID, X: 40 * float32(p.ID)})
}

func (g *castle) Leave(p *game.Player) { g.guards.Despawn(p.Entity) }

// Tick 2 has a noise for everybody, one for the first guard alone, and one for who stands near it: at most ViewRadius away.
func (g *castle) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if t.N != 2 {
		return
	}
	g.noise.Emit(Noise{"the bell"})
	g.noise.EmitTo(t.Player(1), Noise{"a whisper"})
	g.noise.EmitNear(60, 0, Noise{"a twig"})
}

func ExampleEvent() {
	w := gametest.New(onlyExample{}, castleDef, gametest.Options{})
	guards := []*gametest.Client{w.Join("ann"), w.Join("ben"), w.Join("cid")} // at 40, 80 and 120
	w.Step(2)
	for _, c := range guards {
		fmt.Printf("%s hears", c.Name)
		for _, e := range gametest.Events[Noise](c, "noise") {
			fmt.Printf(" %s;", e.Value.What)
		}
		fmt.Println()
	}
	// Output:
	// ann hears the bell; a whisper; a twig;
	// ben hears the bell; a twig;
	// cid hears the bell;
}
