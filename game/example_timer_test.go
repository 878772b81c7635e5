package game_test

import (
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Apple grows in every round anew.
type Apple struct {
	X uint8 `net:"x"`
}

// Clock is the round that is played and the tick in which it ends.
type Clock struct {
	Round uint8      `net:"round"`
	Ends  game.Timer `net:"ends"`
}

type orchard struct {
	apples game.Table[Apple]
	clock  Clock
}

var orchardDef = game.Define("orchard", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
	g := new(orchard)
	game.Replicate(b, "apple", &g.apples)
	game.Share(b, "clock", &g.clock)
	return g
})

func (g *orchard) Open(t *game.Tick)  { g.begin(t) }
func (g *orchard) Join(*game.Player)  {}
func (g *orchard) Leave(*game.Player) {}

func (g *orchard) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if g.clock.Ends.Done(t) {
		g.begin(t)
	}
}

// begin starts a round of two seconds with as many apples as its number.
func (g *orchard) begin(t *game.Tick) {
	g.clock = Clock{Round: g.clock.Round + 1, Ends: t.After(2 * time.Second)}
	g.apples.Clear()
	for x := range g.clock.Round {
		g.apples.Spawn(Apple{X: x})
	}
}

func ExampleTick_After() {
	w := gametest.New(onlyExample{}, orchardDef, gametest.Options{})
	ann := w.Join("ann")
	w.Step(1)
	for range 3 {
		clock := gametest.Rows[Clock](ann, "clock")[0].Value
		apples := gametest.Rows[Apple](ann, "apple")
		fmt.Printf("tick %d: round %d until tick %d, %d apples\n", w.Tick(), clock.Round, clock.Ends, len(apples))
		w.StepFor(2 * time.Second)
	}
	// Output:
	// tick 1: round 1 until tick 20, 1 apples
	// tick 21: round 2 until tick 40, 2 apples
	// tick 41: round 3 until tick 60, 3 apples
}
