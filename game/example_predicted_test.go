package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Kart is run ahead by its owner's client. Whatever the step reads is tagged; what only the owner needs for it is owneronly.
type Kart struct {
	Owner game.PlayerID `net:"owner,once"`
	X     float32       `net:"x,q=1/8,range=0..1000,lerp"`
	Speed float32       `net:"speed,q=1/8,range=0..50,owneronly"`
}

// Pedal is one command.
type Pedal struct {
	Down bool `net:"down"`
}

type karts struct{ karts game.Table[Kart] }

var kartsDef = game.Define("karts", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[Pedal] {
	g := new(karts)
	game.Replicate(b, "kart", &g.karts, game.Predicted)
	return g
})

func (g *karts) Join(p *game.Player)  { p.Entity = g.karts.Spawn(Kart{Owner: p.ID}) }
func (g *karts) Leave(p *game.Player) { g.karts.Despawn(p.Entity) }

func (g *karts) Tick(t *game.Tick, in game.Inputs[Pedal]) {
	for p := range t.Players() {
		pedal, _ := in.Of(p)
		drive(g.karts.Get(p.Entity), pedal, t.Delta)
	}
}

// drive is the predicted step, which the page has too. Each product is converted before it is added: some processors round x*y+z once.
func drive(k *Kart, in Pedal, dt float32) {
	if in.Down {
		k.Speed += float32(4 * dt)
	}
	k.X += float32(k.Speed * dt)
}

// A client that holds the row of one tick and makes the next step itself has the very bits that the server sends a tick later.
func ExamplePredicted() {
	w := gametest.New(onlyExample{}, kartsDef, gametest.Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	ann.SetInput(Pedal{Down: true})
	w.Step(7)
	mine := func(c *gametest.Client) Kart {
		return gametest.Find(c, "kart", func(k Kart) bool { return k.Owner == ann.ID() }).Value
	}
	ahead := mine(ann)
	drive(&ahead, Pedal{Down: true}, 0.1)
	ahead.X, ahead.Speed = nearest(ahead.X), nearest(ahead.Speed) // as the tags quantise
	w.Step(1)
	fmt.Println(ahead == mine(ann), ahead.Speed > 0)
	fmt.Println("ben is told a speed of", mine(ben).Speed)
	// Output:
	// true true
	// ben is told a speed of 0
}

// nearest is v in steps of 1/8.
func nearest(v float32) float32 { return float32(int(v*8+0.5)) / 8 }
