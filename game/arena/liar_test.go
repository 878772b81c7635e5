package arena

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
)

// gains plays ten seconds of full thrust and trigger, corner to corner, and returns how far the ship has come and how many shots it
// has fired.
func gains(t *testing.T, say func(*remote, Input)) (displacement float64, shots int) {
	s := newStage(t, 0, map[string]Ship{"ann": {X: 50, Y: 50, Angle: quarterTurn / 2}})
	r := s.join("ann", 100*time.Millisecond, func(*remote) Input { return Input{Thrust: true, Fire: true} })
	r.say = say
	seen := map[game.EntityID]bool{}
	for end := s.now.Add(10 * time.Second); s.now.Before(end); {
		s.run(s.room.Period())
		s.room.EachRow(1, func(_ game.EntityID, row []uint32) { // ship: owner, x, y
			displacement = math.Hypot(float64(row[1])/32-50, float64(row[2])/32-50)
		})
		s.room.EachRow(2, func(id game.EntityID, _ []uint32) { seen[id] = true })
	}
	return displacement, len(seen)
}

// Whatever a client says about time, its ship flies and shoots like that of a client that tells the truth.
func TestClientThatLiesAboutTimeGainsNothing(t *testing.T) {
	legal, legalShots := gains(t, nil)
	if legal < 3800 || legalShots < 45 {
		t.Fatalf("a legal player comes %.0f units far and shoots %d times; the test shows nothing", legal, legalShots)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	next := uint32(0) // label of those who count for themselves
	for name, say := range map[string]func(*remote, Input){
		"ten inputs a tick, each for a tick of its own": func(r *remote, in Input) {
			next = max(next, r.label())
			r.input(next, r.core.State.Tick(), r.view(), in, in, in, in, in, in, in, in)
			r.input(next+8, r.core.State.Tick(), r.view(), in, in)
			next += 10
		},
		"ten inputs for every tick": func(r *remote, in Input) {
			for i := range uint32(2) {
				r.input(r.label()-i, r.core.State.Tick(), r.view(), in, in, in, in, in)
			}
		},
		"ten late shots a tick": func(r *remote, in Input) {
			r.input(r.label(), r.core.State.Tick(), r.view(), in)
			r.input(r.core.State.Tick()-4, r.core.State.Tick(), r.view(), in, in, in, in, in, in, in, in)
		},
		"labels far ahead": func(r *remote, in Input) {
			r.input(r.label()+25, r.core.State.Tick(), r.view(), in)
		},
		"labels beyond everything": func(r *remote, in Input) {
			r.input(r.label(), r.core.State.Tick(), r.view(), in)
			r.input(1<<32-8, r.core.State.Tick(), r.view(), in, in, in, in, in, in, in, in)
		},
		"labels far behind": func(r *remote, in Input) {
			r.input(r.label(), r.core.State.Tick(), r.view(), in)
			r.input(1, r.core.State.Tick(), r.view(), in, in, in, in, in, in, in, in)
		},
		"views in the future": func(r *remote, in Input) {
			r.input(r.label(), r.core.State.Tick(), 1<<63, in)
		},
		"views of the beginning": func(r *remote, in Input) {
			r.input(r.label(), r.core.State.Tick(), 1, in)
		},
		"anything": func(r *remote, in Input) {
			for range 2 {
				first := r.core.State.Tick() + rng.Uint32N(40) - min(r.core.State.Tick(), 10)
				r.input(first, rng.Uint32N(r.core.State.Tick()+1), rng.Uint64(), in, in, in, in, in, in, in, in)
			}
		},
	} {
		next = 0
		got, shots := gains(t, say)
		t.Logf("%s: %.0f units, %d shots (legal: %.0f, %d)", name, got, shots, legal, legalShots)
		if got > 1.05*legal || float64(shots) > 1.05*float64(legalShots) {
			t.Errorf("%s: %.0f units and %d shots, a legal player has %.0f and %d", name, got, shots, legal, legalShots)
		}
		if got < 100 {
			t.Errorf("%s: %.0f units; this client was not heard at all", name, got)
		}
	}
}

// A shot starts at its player's ship on its player's screen, and is sent as far on as it has flown there: so what the browser draws
// ahead and what the server sends are in one place.
func TestShotAppearsWhereItsPlayerSeesIt(t *testing.T) {
	s := newStage(t, 0, map[string]Ship{"ann": {X: 1000, Y: 2500}})
	view, looked := 0., 0
	s.join("ann", 150*time.Millisecond, func(r *remote) Input {
		_, table := r.core.Schema.Find("shot")
		for i := range r.core.State.Len(table) {
			x := float64(r.core.State.At(table, i).Row[1]) / 32
			if want := 1000 + ShotSpeed*(float64(r.core.State.Tick())-view)/30; math.Abs(x-want) > 0.1 {
				t.Fatalf("tick %d: the shot is at %.2f, its player draws it at %.2f", r.core.State.Tick(), x, want)
			}
			looked++
		}
		if r.core.State.Tick() != 30 {
			return Input{}
		}
		view = float64(r.view()) / 16
		return Input{Fire: true}
	})
	s.run(4 * time.Second)
	if looked < 30 || looked > 45-8+1 {
		t.Errorf("the shot was there for %d ticks, of 45 less 8.5 before it was sent", looked)
	}
}
