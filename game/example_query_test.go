package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Crate stands somewhere.
type Crate struct {
	X      float32 `net:"x,q=1/16"`
	Y      float32 `net:"y,q=1/16"`
	Broken bool    `net:"broken"`
}

type yard struct{ crates game.Table[Crate] }

var yardDef = game.Define("yard", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
	g := new(yard)
	game.Replicate(b, "crate", &g.crates, game.Near(func(c *Crate) (x, y float32) { return c.X, c.Y }))
	return g
})

func (g *yard) Open(*game.Tick) {
	for i := range 5 {
		g.crates.Spawn(Crate{X: float32(100 * i)})
	}
}

func (g *yard) Join(p *game.Player) { p.View(200, 0, 1000) }
func (g *yard) Leave(*game.Player)  {}

// Tick 2 has an explosion.
func (g *yard) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if t.N != 2 {
		return
	}
	for _, c := range g.crates.Near(240, 0, 150) {
		c.Broken = true
	}
}

func ExampleTable_Near() {
	w := gametest.New(onlyExample{}, yardDef, gametest.Options{})
	ann := w.Join("ann")
	w.Step(2)
	for _, c := range gametest.Rows[Crate](ann, "crate") {
		fmt.Println(c.Value.X, c.Value.Broken)
	}
	// Output:
	// 0 false
	// 100 true
	// 200 true
	// 300 true
	// 400 false
}

func ExampleCircle_Meets() {
	target := game.Circle{X: 100, Y: 0, R: 10}
	fmt.Println(target.Meets(0, 0, 180, 0)) // a shot that flies over it in one tick
	fmt.Println(target.Meets(0, 20, 180, 20))
	// Output:
	// 0.5 true
	// 0 false
}
