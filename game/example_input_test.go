package game_test

import (
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Bell is rung by its player.
type Bell struct {
	Owner game.PlayerID `net:"owner,once"`

	silent game.Timer // when its player has said nothing for too long
}

// Rope is one command: hold it, and pull it once.
type Rope struct {
	Hold bool `net:"hold"`
	Pull bool `net:"pull,edge"`
}

type belfry struct{ bells game.Table[Bell] }

var belfryDef = game.Define("belfry", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[Rope] {
	g := new(belfry)
	game.Replicate(b, "bell", &g.bells)
	return g
})

func (g *belfry) Join(p *game.Player) { p.Entity = g.bells.Spawn(Bell{Owner: p.ID}) }
func (g *belfry) Leave(p *game.Player) {
	fmt.Println(p.Name, "leaves")
	g.bells.Despawn(p.Entity)
}

// Tick prints what there is of each player's input. Who has sent none for half a second is sent away.
func (g *belfry) Tick(t *game.Tick, in game.Inputs[Rope]) {
	for p := range t.Players() {
		bell := g.bells.Get(p.Entity)
		rope, state := in.Of(p)
		switch state {
		case game.Fresh: // sent for this tick
			fmt.Printf("tick %d: %+v\n", t.N, rope)
		case game.Repeated: // none has come; it is the last one, without its one-shot
			fmt.Printf("tick %d: %+v again\n", t.N, rope)
		case game.Missing: // none has come for too long; it is zero
			fmt.Printf("tick %d: nothing\n", t.N)
		}
		if state != game.Missing || bell.silent == 0 {
			bell.silent = t.After(time.Second / 2)
		}
		if bell.silent.Done(t) {
			p.Kick("you have let go")
		}
	}
}

func ExampleInputs_Of() {
	w := gametest.New(onlyExample{}, belfryDef, gametest.Options{})
	ann := w.Join("ann")
	ann.SetInput(Rope{Hold: true, Pull: true})
	w.Step(3)
	w.Lose(ann) // nothing more of it comes
	w.StepFor(time.Second)
	// Output:
	// tick 1: nothing
	// tick 2: {Hold:true Pull:true}
	// tick 3: {Hold:true Pull:true}
	// tick 4: {Hold:true Pull:false} again
	// tick 5: {Hold:true Pull:false} again
	// tick 6: nothing
	// tick 7: nothing
	// tick 8: nothing
	// tick 9: nothing
	// tick 10: nothing
	// ann leaves
}
