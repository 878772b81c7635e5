package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Lamp is lit or not.
type Lamp struct {
	Lit bool `net:"lit"`
}

// puzzle has lamps, and what nobody sees of it: the order in which they were lit, and who lit one last.
type puzzle struct {
	lamps game.Table[Lamp]
	order []game.EntityID
	last  *game.Player
}

var puzzleDef = game.Define("puzzle", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
	p := new(puzzle)
	game.Replicate(b, "lamp", &p.lamps)
	game.State(b, &p.order)
	game.State(b, &p.last)
	return p
})

func (p *puzzle) Join(who *game.Player) {
	p.order, p.last = append(p.order, p.lamps.Spawn(Lamp{})), who
}
func (p *puzzle) Leave(who *game.Player) {}

func (p *puzzle) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	lamp := p.lamps.Get(p.order[t.Rand.IntN(len(p.order))])
	lamp.Lit = !lamp.Lit
}

// In a test of a game, restore its room now and then: the test fails when the game keeps something that was not registered.
func ExampleState() {
	w := gametest.New(onlyExample{}, puzzleDef, gametest.Options{Seed: 1})
	w.Join("ann")
	w.Join("ben")
	for range 3 {
		w.Step(10)
		fmt.Println("saved and restored:", w.Restore())
	}
	// Output:
	// saved and restored: true
	// saved and restored: true
	// saved and restored: true
}
