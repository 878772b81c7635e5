package game_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Guest is a player at the club.
type Guest struct {
	Owner game.PlayerID `net:"owner,once"`
	Away  bool          `net:"away"`
}

// club implements all that a Game may besides its three methods. The declarations below fail to compile when a method does not fit.
type club struct{ guests game.Table[Guest] }

var (
	_ game.Game[game.NoInput] = (*club)(nil)
	_ game.Opener             = (*club)(nil)
	_ game.Admitter           = (*club)(nil)
	_ game.Dropper            = (*club)(nil)
	_ game.Resumer            = (*club)(nil)
	_ game.Closer             = (*club)(nil)
)

var clubDef = game.Define("club", game.Config{TickRate: 10, Grace: time.Second}, func(b *game.Builder) game.Game[game.NoInput] {
	g := new(club)
	game.Replicate(b, "guest", &g.guests)
	return g
})

func (g *club) Open(*game.Tick) { fmt.Println("the club opens") }

// Admit refuses with a sentence for the player.
func (g *club) Admit(p *game.Player) error {
	if p.Name == "eve" {
		return errors.New("you are not on the list")
	}
	return nil
}

func (g *club) Join(p *game.Player) {
	fmt.Println(p.Name, "joins")
	p.Entity = g.guests.Spawn(Guest{Owner: p.ID})
}

// Drop: the socket is lost. The player keeps its place for Config.Grace.
func (g *club) Drop(p *game.Player) {
	fmt.Println(p.Name, "is lost")
	g.guests.Get(p.Entity).Away = true
}

func (g *club) Resume(p *game.Player) {
	fmt.Println(p.Name, "is back")
	g.guests.Get(p.Entity).Away = false
}

func (g *club) Leave(p *game.Player) {
	fmt.Println(p.Name, "leaves")
	g.guests.Despawn(p.Entity)
}

func (g *club) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if t.N == 40 {
		t.Finish(game.Result{})
	}
}

// Close is the last that happens. The players have left.
func (g *club) Close(*game.Tick) { fmt.Println("the club closes") }

func ExampleGame() {
	w := gametest.New(onlyExample{}, clubDef, gametest.Options{Linger: time.Second})
	ann, ben, eve := w.Join("ann"), w.Join("ben"), w.Join("eve")
	w.Step(2)
	_, why, _ := eve.Closed()
	fmt.Println("eve is told:", why)

	w.Break(ann)
	w.Break(ben)
	w.Step(5)
	ann.Resume() // within the grace
	w.StepFor(5 * time.Second)
	// Output:
	// the club opens
	// ann joins
	// ben joins
	// eve is told: you are not on the list
	// ann is lost
	// ben is lost
	// ann is back
	// ben leaves
	// ann leaves
	// the club closes
}
