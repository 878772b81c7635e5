package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Round is what everybody sees of the round that is played.
type Round struct {
	Number uint8  `net:"number"`
	Score  uint16 `net:"score"`
}

type rounds struct{ round Round }

var roundsDef = game.Define("rounds", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
	g := &rounds{round: Round{Number: 1}}
	game.Share(b, "round", &g.round)
	return g
})

func (g *rounds) Join(*game.Player)  {}
func (g *rounds) Leave(*game.Player) {}

func (g *rounds) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if g.round.Score++; g.round.Score == 10 {
		g.round = Round{Number: g.round.Number + 1}
	}
}

// onlyExample stands for the *testing.T of a test.
type onlyExample struct{}

func (onlyExample) Helper()                           {}
func (onlyExample) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func ExampleShare() {
	w := gametest.New(onlyExample{}, roundsDef, gametest.Options{})
	ann := w.Join("ann")
	w.Step(3)
	fmt.Printf("%+v\n", gametest.Rows[Round](ann, "round")[0].Value)
	w.Step(9)
	fmt.Printf("%+v\n", gametest.Rows[Round](ann, "round")[0].Value)
	// Output:
	// {Number:1 Score:3}
	// {Number:2 Score:2}
}
