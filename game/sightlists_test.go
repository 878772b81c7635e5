package game_test

import (
	"fmt"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// stoneRow stands where it is; all but the first do so for ever.
type stoneRow struct {
	X float32 `net:"x,q=1/8,range=-4000..4000"`
	Y float32 `net:"y,q=1/8,range=-4000..4000"`
}

// quarry is a row of stones, and players who look at different parts of it: each sees another number of them.
type quarry struct {
	stones game.Table[stoneRow]
	first  game.EntityID
	x      float32 // of the first stone
}

func (q *quarry) Open(*game.Tick) {
	q.first = q.stones.Spawn(stoneRow{})
	for i := range 200 {
		q.stones.Spawn(stoneRow{X: float32(7*i) - 2000, Y: 20})
	}
}

func (q *quarry) Join(p *game.Player) {
	if p.ID > 2 {
		p.View(float32(p.ID)*60-2000, 0, 40*float32(p.ID))
		return
	}
	p.View(0, 0, 100)
}

func (*quarry) Leave(*game.Player) {}
func (q *quarry) Tick(*game.Tick, game.Inputs[game.NoInput]) {
	q.stones.Get(q.first).X = q.x
}

// A row that has been in sight stays so up to 1.1 times the radius, and one that has not does not come into sight there, also for who
// could be told nothing for a while, and was not looked for, as often as the others were.
func TestWhoIsHeldUpSeesAtTheEdgeWhatItSawBefore(t *testing.T) {
	var q *quarry
	r := newRig(game.Define("quarry", game.Config{TickRate: 20, MaxPlayers: 16}, func(b *game.Builder) game.Game[game.NoInput] {
		q = new(quarry)
		game.Replicate(b, "stone", &q.stones, game.Near(func(s *stoneRow) (x, y float32) { return s.X, s.Y }))
		return q
	}))
	type looker struct {
		*conn.MemoryConn
		core *client.Core
	}
	var all []looker
	step := func() {
		for _, l := range all {
			l.core.Outgoing(r.now, l.Send)
		}
		r.step(1)
		for _, l := range all {
			for _, m := range l.Recv() {
				if err := l.core.Receive(r.now, m); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	join := func(n int) {
		for range n {
			all = append(all, looker{r.dial(fmt.Sprint("p", len(all))), client.NewCore(client.Options{Codecs: msg.OfferPacked})})
			step()
		}
	}
	sees := func(l looker) bool {
		for i := range l.core.State.Len(1) {
			if game.EntityID(l.core.State.At(1, i).ID) == q.first {
				return true
			}
		}
		return false
	}
	q.x = 50
	join(1) // it sees the first stone
	for range 10 {
		step()
	}
	q.x = 105 // and now does so because it has
	step()
	join(10) // the second never has
	for range 30 {
		step()
	}
	for _, held := range []int{1, 2, 3, 10, 30} {
		check := func(when string) {
			t.Helper()
			if !sees(all[0]) || sees(all[1]) {
				t.Fatalf("%s %d ticks: the stone at the edge is seen by who saw it: %v, by who did not: %v, want true, false",
					when, held, sees(all[0]), sees(all[1]))
			}
		}
		check("before")
		all[0].Stall(true)
		all[1].Stall(true)
		for range held {
			step()
		}
		all[0].Stall(false)
		all[1].Stall(false)
		for range 5 {
			step()
		}
		check("after")
	}
}
