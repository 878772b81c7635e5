package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Gate is a row with a label that clients show.
type Gate struct {
	Label game.Text `net:"label"`
}

type gates struct{ gates game.Table[Gate] }

var gatesDef = game.Define("gates", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
	g := new(gates)
	game.Replicate(b, "gate", &g.gates)
	return g
})

func (g *gates) Open(t *game.Tick) {
	for _, label := range []string{"north", "south", "north"} {
		g.gates.Spawn(Gate{Label: t.Text(label)})
	}
}

func (g *gates) Join(*game.Player)  {}
func (g *gates) Leave(*game.Player) {}

func (g *gates) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if t.N != 5 {
		return
	}
	for _, gate := range g.gates.All() {
		t.Release(gate.Label)
		gate.Label = t.Text("closed")
	}
}

func ExampleTick_Text() {
	w := gametest.New(onlyExample{}, gatesDef, gametest.Options{})
	ann := w.Join("ann")
	for range 2 {
		w.Step(4)
		var labels []string
		for _, gate := range gametest.Rows[Gate](ann, "gate") {
			labels = append(labels, ann.Text(gate.Value.Label))
		}
		fmt.Println(labels)
	}
	// Output:
	// [north south north]
	// [closed closed closed]
}
