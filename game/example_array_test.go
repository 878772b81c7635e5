package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Hand is what a player holds. Clients see the fields card0, card1 and card2.
type Hand struct {
	Owner game.PlayerID `net:"owner,once"`
	Cards [3]uint8      `net:"card,range=0..51"`
}

type cards struct{ hands game.Table[Hand] }

var cardsDef = game.Define("cards", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
	g := new(cards)
	game.Replicate(b, "hand", &g.hands, game.OwnerOnly)
	return g
})

func (g *cards) Join(p *game.Player) {
	p.Entity = g.hands.Spawn(Hand{Owner: p.ID, Cards: [3]uint8{7, 19, 51}})
}
func (g *cards) Leave(p *game.Player)                           { g.hands.Despawn(p.Entity) }
func (g *cards) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {}

func ExampleReplicate_array() {
	for _, f := range cardsDef.Schema().Tables[1].Fields { // table 0 is that of the players
		fmt.Println(f.Name)
	}
	w := gametest.New(onlyExample{}, cardsDef, gametest.Options{})
	ann := w.Join("ann")
	w.Step(1)
	fmt.Println(gametest.Rows[Hand](ann, "hand")[0].Value.Cards)
	// Output:
	// owner
	// card0
	// card1
	// card2
	// [7 19 51]
}
