package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Wolf is a row that names another one.
type Wolf struct {
	Hunts game.ID[Hare] `net:"hunts"` // 0: nothing
}

// Hare is what it names.
type Hare struct {
	Age uint8 `net:"age"`
}

type hunt struct {
	wolves game.Table[Wolf]
	hares  game.Table[Hare]
}

var huntDef = game.Define("hunt", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
	g := new(hunt)
	game.Replicate(b, "wolf", &g.wolves)
	game.Replicate(b, "hare", &g.hares)
	return g
})

// Spawn gives the id of a row of any table; which table it is of is for the author to say.
func (g *hunt) Open(*game.Tick) {
	g.hares.Spawn(Hare{Age: 1})
	old := g.hares.Spawn(Hare{Age: 7})
	g.wolves.Spawn(Wolf{Hunts: game.ID[Hare](old)})
}

func (g *hunt) Join(*game.Player)  {}
func (g *hunt) Leave(*game.Player) {}

// Tick follows the reference. That of a row which is gone leads to no other one: ids are not used again for a second.
func (g *hunt) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	for _, w := range g.wolves.All() {
		if h := g.hares.Get(game.EntityID(w.Hunts)); h == nil {
			w.Hunts = 0
		} else if t.N == 5 {
			g.hares.Despawn(game.EntityID(w.Hunts))
		}
	}
}

func ExampleID() {
	w := gametest.New(onlyExample{}, huntDef, gametest.Options{})
	ann := w.Join("ann")
	for range 2 {
		w.Step(4)
		wolf := gametest.Rows[Wolf](ann, "wolf")[0].Value
		hunted := "nothing"
		for _, h := range gametest.Rows[Hare](ann, "hare") {
			if h.ID == game.EntityID(wolf.Hunts) {
				hunted = fmt.Sprint("the hare of ", h.Value.Age)
			}
		}
		fmt.Println("it hunts", hunted)
	}
	// Output:
	// it hunts the hare of 7
	// it hunts nothing
}
