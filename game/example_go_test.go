package game_test

import (
	"context"
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Riddle is what everybody sees of a number to be taken apart.
type Riddle struct {
	Number uint32 `net:"number"`
	Factor uint32 `net:"factor"` // 0: it is being looked for
}

type riddles struct{ riddle Riddle }

var riddlesDef = game.Define("riddles", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
	g := &riddles{riddle: Riddle{Number: 8051}}
	game.Share(b, "riddle", &g.riddle)
	return g
})

func (g *riddles) Join(*game.Player)  {}
func (g *riddles) Leave(*game.Player) {}

func (g *riddles) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if t.N != 1 {
		return
	}
	n := g.riddle.Number // what the work needs is copied: it runs beside the game
	err := game.Go(t, func(ctx context.Context) (uint32, error) {
		return smallestFactor(ctx, n)
	}, func(t *game.Tick, factor uint32, err error) {
		if err == nil {
			g.riddle.Factor = factor
		}
	})
	if err != nil {
		return // the room is busy
	}
}

func smallestFactor(ctx context.Context, n uint32) (uint32, error) {
	for f := uint32(2); f*f <= n; f++ {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if n%f == 0 {
			return f, nil
		}
	}
	return n, nil
}

func ExampleGo() {
	w := gametest.New(onlyExample{}, riddlesDef, gametest.Options{})
	ann := w.Join("ann")
	for range 2 { // here the work takes no time, and its result comes in the next tick
		w.Step(1)
		fmt.Printf("%+v\n", gametest.Rows[Riddle](ann, "riddle")[0].Value)
	}
	// Output:
	// {Number:8051 Factor:0}
	// {Number:8051 Factor:83}
}
