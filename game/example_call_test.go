package game_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Bid is the call of an auction.
type Bid struct {
	Coins uint16 `net:"coins"`
}

// Lot is what is sold.
type Lot struct {
	Highest uint16        `net:"highest"`
	Bidder  game.PlayerID `net:"bidder"`
	Ends    game.Timer    `net:"ends"`
}

type auction struct{ lot Lot }

var auctionDef = game.Define("auction", game.Config{TickRate: 1, MaxPlayers: 8}, func(b *game.Builder) game.Game[game.NoInput] {
	g := new(auction)
	game.Share(b, "lot", &g.lot)
	game.Handle(b, "bid", g.bid)
	return g
})

func (g *auction) Open(t *game.Tick)  { g.lot.Ends = t.After(10 * time.Second) }
func (g *auction) Join(*game.Player)  {}
func (g *auction) Leave(*game.Player) {}

// bid is the handler of the call. An error is a sentence for who has called, and changes nothing.
func (g *auction) bid(p *game.Player, m Bid) error {
	if m.Coins <= g.lot.Highest {
		return errors.New("somebody has bidden as much")
	}
	g.lot.Highest, g.lot.Bidder = m.Coins, p.ID
	return nil
}

// Tick tells the lobby who has won, once. The room stays for a while, and takes nobody any more.
func (g *auction) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if t.Finished() || !g.lot.Ends.Done(t) {
		return
	}
	var r game.Result
	for p := range t.Players() {
		s := game.Standing{Player: p, Rank: 2}
		if p.ID == g.lot.Bidder {
			s.Rank, s.Score = 1, int64(g.lot.Highest)
		}
		r.Standings = append(r.Standings, s)
	}
	t.Finish(r)
}

func ExampleHandle() {
	w := gametest.New(onlyExample{}, auctionDef, gametest.Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	first, second := ann.Call("bid", Bid{Coins: 5}), ben.Call("bid", Bid{Coins: 5})
	w.Step(1)
	fmt.Println(first.Err(), "/", second.Err())
	// Output:
	// <nil> / somebody has bidden as much
}

func ExampleTick_Finish() {
	w := gametest.New(onlyExample{}, auctionDef, gametest.Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	ann.Call("bid", Bid{Coins: 5})
	w.Step(1)
	ben.Call("bid", Bid{Coins: 6})
	w.StepFor(10 * time.Second)
	for _, s := range w.Results()[0].Standings {
		fmt.Println(s.Rank, s.Name, s.Score)
	}
	// Output:
	// 2 ann 0
	// 1 ben 6
}
