package draughts_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game/draughts"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Against one who moves at random the computer wins, and only people are in the result.
func TestComputerPlaysWithWhoIsAlone(t *testing.T) {
	for seed := range uint64(4) { // with either side
		w := gametest.New(t, draughts.Def, gametest.Options{Seed: seed, Linger: time.Second, Room: draughts.Options{Computer: true}})
		ann := w.Join("ann")
		w.Step(1)
		m := matchOf(ann)
		if m.Phase != draughts.Playing {
			t.Fatalf("with the computer in the room the match is %+v", m)
		}
		mine := draughts.White
		if m.Black == ann.ID() {
			mine = draughts.Black
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		for waited := 0; matchOf(ann).Phase == draughts.Playing; {
			if m := matchOf(ann); m.Turn != mine {
				if waited++; waited > 3 {
					t.Fatalf("tick %d: the computer does not move", w.Tick())
				}
				w.Step(1)
				continue
			}
			waited = 0
			moves := choices(ann)
			ann.Call("move", moves[rng.IntN(len(moves))])
			w.Step(1)
		}
		w.Step(1)
		if m := matchOf(ann); m.Winner == mine || m.Winner == draughts.Both {
			t.Errorf("seed %d: random moves have won or drawn: %+v", seed, m)
		}
		if r := w.Results(); len(r) != 1 || len(r[0].Standings) != 1 || r[0].Standings[0].Account != "ann" || r[0].Standings[0].Rank != 2 {
			t.Errorf("seed %d: the result is %+v", seed, r)
		}
	}
}

func TestComputerIsNobodysSecondPlayerUnasked(t *testing.T) {
	w := gametest.New(t, draughts.Def, gametest.Options{})
	ann := w.Join("ann")
	w.StepFor(10 * time.Second)
	if m := matchOf(ann); m.Phase != draughts.Waiting {
		t.Errorf("alone the match is %+v", m)
	}
}
