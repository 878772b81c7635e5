package game_test

import (
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Runner runs at 60 steps a second, and is sent ten times a second.
type Runner struct {
	X float32 `net:"x,q=1/16,lerp"`
}

// Wind is how hard the player blows.
type Wind struct {
	Blow int8 `net:"blow,range=-9..9"`
}

type race struct {
	runners game.Table[Runner]
	taken   int
}

var raceDef = game.Define("race", game.Config{TickRate: 60, SendEvery: 6}, func(b *game.Builder) game.Game[Wind] {
	r := new(race)
	game.Replicate(b, "runner", &r.runners)
	return r
})

func (r *race) Open(*game.Tick)    { r.runners.Spawn(Runner{}) }
func (r *race) Join(*game.Player)  {}
func (r *race) Leave(*game.Player) {}

func (r *race) Tick(t *game.Tick, in game.Inputs[Wind]) {
	for p := range t.Players() {
		wind, state := in.Of(p)
		if state == game.Fresh {
			r.taken++
		}
		for _, runner := range r.runners.All() {
			runner.X += float32(wind.Blow) * t.Delta
		}
	}
	if t.N == 120 {
		fmt.Println("inputs taken:", r.taken)
	}
}

// Every input acts in a tick of its own, and a tenth of a second later at most the client knows what has come of it.
func ExampleConfig_sendEvery() {
	w := gametest.New(onlyExample{}, raceDef, gametest.Options{})
	ann := w.Join("ann")
	ann.SetInput(Wind{Blow: 6})
	w.StepFor(2 * time.Second)
	fmt.Println("snapshots:", ann.Snapshots())
	fmt.Printf("runner at %g\n", gametest.Rows[Runner](ann, "runner")[0].Value.X)
	// Output:
	// inputs taken: 114
	// snapshots: 20
	// runner at 11.375
}
