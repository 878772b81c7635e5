package gametest

import (
	"testing"

	"github.com/skirmish-dev/skirmish/game"
)

// purse is a row that its owner alone sees.
type purse struct {
	Owner game.PlayerID `net:"owner,once"`
}

// shortGame is over after ten ticks.
type shortGame struct{ purses game.Table[purse] }

func (g *shortGame) Join(p *game.Player)  { p.Entity = g.purses.Spawn(purse{Owner: p.ID}) }
func (g *shortGame) Leave(p *game.Player) { g.purses.Despawn(p.Entity) }
func (g *shortGame) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if t.N == 10 {
		t.Finish(game.Result{})
	}
}

// The last snapshot of a room goes out in the step that dismisses its clients, when it no longer says who saw what.
func TestRoomThatEndsWithHiddenRowsIsNoFault(t *testing.T) {
	def := game.Define("short", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
		g := new(shortGame)
		game.Replicate(b, "purse", &g.purses, game.OwnerOnly)
		return g
	})
	w := New(t, def, Options{})
	w.Join("ann")
	w.Join("ben")
	w.Step(300)
	if !w.Ended() {
		t.Fatal("the room has not ended")
	}
}
