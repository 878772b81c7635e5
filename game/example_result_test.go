package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// duel is won by who stays. It keeps who took part: a player is valid in a Result after it has left.
type duel struct {
	fought []*game.Player
	left   []*game.Player
}

var duelDef = game.Define("duel", game.Config{TickRate: 10, MaxPlayers: 2}, func(b *game.Builder) game.Game[game.NoInput] {
	g := new(duel)
	game.State(b, &g.fought)
	game.State(b, &g.left)
	return g
})

func (g *duel) Join(p *game.Player)  { g.fought = append(g.fought, p) }
func (g *duel) Leave(p *game.Player) { g.left = append(g.left, p) }

func (g *duel) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if t.Finished() || len(g.fought) < 2 || len(g.left) == 0 {
		return
	}
	var r game.Result
	for _, p := range g.fought { // t.Players() would not name who has left, and so spare it the loss
		s := game.Standing{Player: p, Rank: 2}
		if t.Player(p.ID) != nil {
			s.Rank = 1
		}
		r.Standings = append(r.Standings, s)
	}
	t.Finish(r)
}

// Who leaves a match has taken part in it: name it in the result, or it dodges the loss and the winner has beaten nobody.
func ExampleResult() {
	w := gametest.New(onlyExample{}, duelDef, gametest.Options{})
	w.Join("ann")
	ben := w.Join("ben")
	w.Step(1)
	w.Leave(ben)
	w.Step(1)
	for _, s := range w.Results()[0].Standings {
		fmt.Println(s.Rank, s.Name)
	}
	// Output:
	// 1 ann
	// 2 ben
}
