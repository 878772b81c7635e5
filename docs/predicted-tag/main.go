// Command predicted-tag is the game of docs/first-game, whose runners a page runs ahead: docs/concepts/prediction.md shows what differs.
package main

import (
	"github.com/skirmish-dev/skirmish"
	"github.com/skirmish-dev/skirmish/game"
)

// Runner is one row of the table "runner". A page predicts those that its player owns.
type Runner struct {
	Owner game.PlayerID `net:"owner,once"`
	X     float32       `net:"x,q=1/8,range=0..800,lerp"`
	Y     float32       `net:"y,q=1/8,range=0..600,lerp"`
	It    bool          `net:"it"`

	safe uint32 // untagged: stays on the server. Ticks until it can be tagged.
}

// Input is what a client sends once per tick.
type Input struct {
	DX int8 `net:"dx,range=-1..1"`
	DY int8 `net:"dy,range=-1..1"`
}

// Tagged is an event: told to everybody, once and in order.
type Tagged struct {
	By  game.PlayerID `net:"by"`
	Who game.PlayerID `net:"who"`
}

type tag struct {
	runners game.Table[Runner]
	tagged  game.Event[Tagged]
}

var def = game.Define("tag", game.Config{TickRate: 30, MaxPlayers: 16}, func(b *game.Builder) game.Game[Input] {
	g := new(tag)
	game.Replicate(b, "runner", &g.runners, game.Predicted)
	game.Emit(b, "tagged", &g.tagged)
	return g
})

func (g *tag) Join(p *game.Player) {
	x := 100 + 150*float32(p.ID%5)
	p.Entity = g.runners.Spawn(Runner{Owner: p.ID, X: x, Y: 300, It: g.runners.Len() == 0, safe: 60})
}

func (g *tag) Leave(p *game.Player) {
	wasIt := g.runners.Get(p.Entity).It
	g.runners.Despawn(p.Entity)
	for id, r := range g.runners.All() {
		if wasIt && id != p.Entity {
			r.It = true
			return
		}
	}
}

func (g *tag) Tick(t *game.Tick, in game.Inputs[Input]) {
	for p := range t.Players() {
		r := g.runners.Get(p.Entity)
		cmd, _ := in.Of(p)
		move(r, cmd, t.Delta)
		r.safe -= min(r.safe, 1)
	}
	for _, it := range g.runners.All() {
		for _, r := range g.runners.All() {
			dx, dy := it.X-r.X, it.Y-r.Y
			if it != r && it.It && r.safe == 0 && dx*dx+dy*dy < 30*30 {
				it.It, r.It = false, true
				it.safe = 60
				g.tagged.Emit(Tagged{By: it.Owner, Who: r.Owner})
				return // one a tick
			}
		}
	}
}

// move is one tick of a runner, dt seconds long; the page has its twin. It uses tagged fields alone, since a page has no others, and
// converts each product before it is added: some processors round x*y+z once.
func move(r *Runner, in Input, dt float32) {
	speed := 200 * dt
	if r.It {
		speed = 220 * dt
	}
	r.X = min(max(r.X+float32(float32(in.DX)*speed), 0), 800)
	r.Y = min(max(r.Y+float32(float32(in.DY)*speed), 0), 600)
}

func main() { skirmish.Main(def) }
