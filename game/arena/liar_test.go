package arena

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
)

// gain is what ten seconds of play bring.
type gain struct {
	displacement float64 // of the ship
	shots        int
	ahead        float64 // the furthest from its ship that a shot was first seen
}

// gains plays ten seconds of full thrust, corner to corner, with the trigger as pulled says.
func gains(t *testing.T, pulled func(*remote) bool, say func(*remote, Input)) (g gain) {
	s := newStage(t, 0, map[string]Ship{"ann": {X: 50, Y: 50, Angle: quarterTurn / 2}})
	r := s.join("ann", 100*time.Millisecond, func(r *remote) Input { return Input{Thrust: true, Fire: pulled(r)} })
	r.say = say
	_, table := Def.Schema().Find("shot")
	shot := Def.Schema().Tables[table]
	seen := map[game.EntityID]bool{}
	for end := s.now.Add(10 * time.Second); s.now.Before(end); {
		s.run(s.room.Period())
		var x, y float64
		s.room.EachRow(1, func(_ game.EntityID, row []uint32) { // ship: owner, x, y
			x, y = float64(row[1])/32, float64(row[2])/32
			g.displacement = math.Hypot(x-50, y-50)
		})
		s.room.EachRow(2, func(id game.EntityID, row []uint32) {
			if !seen[id] {
				at := func(name string) float64 { return shot.Fields[shot.Index(name)].Value(row[shot.Index(name)]) }
				g.ahead = max(g.ahead, math.Hypot(at("x")-x, at("y")-y))
			}
			seen[id] = true
		})
	}
	g.shots = len(seen)
	return g
}

func always(*remote) bool { return true }

// Whatever a client says about time, its ship flies and shoots like that of a client that tells the truth.
func TestClientThatLiesAboutTimeGainsNothing(t *testing.T) {
	legal := gains(t, always, nil)
	if legal.displacement < 3800 || legal.shots < 45 || legal.ahead < 100 {
		t.Fatalf("a legal player has %+v; the test shows nothing", legal)
	}
	pageHas(t, "time.md", fmt.Sprintf("| the truth | %.0f | %d |", legal.displacement, legal.shots))
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
		got := gains(t, always, say)
		t.Logf("%s: %+v (legal: %+v)", name, got, legal)
		pageHas(t, "time.md", fmt.Sprintf("| %s | %.0f | %d |", name, got.displacement, got.shots))
		if got.displacement > 1.05*legal.displacement || float64(got.shots) > 1.05*float64(legal.shots) {
			t.Errorf("%s: %+v, a legal player has %+v", name, got, legal)
		}
		// A shot has flown since its player saw it begin, and the ship may have turned away from it, but for no longer than Config.Rewind and the tick.
		if most := float64(ShotSpeed+MaxSpeed) * (0.4 + 1./30); got.ahead > most {
			t.Errorf("%s: a shot appeared %.0f units from its ship; %.0f are what the rewind allows", name, got.ahead, most)
		}
		if got.displacement < 100 {
			t.Errorf("%s: %.0f units; this client was not heard at all", name, got.displacement)
		}
	}
}

// A trigger is pulled once, however often its input is sent.
func TestTapThatIsSentAgainAndAgainIsOneShot(t *testing.T) {
	taps := func(r *remote) bool { return r.core.State.Tick()%60 == 10 }
	legal := gains(t, taps, nil)
	if legal.shots < 4 || legal.shots > 5 {
		t.Fatalf("a legal player has %+v", legal)
	}
	var tap uint32 // label of the newest
	got := gains(t, taps, func(r *remote, in Input) {
		r.input(r.label(), r.core.State.Tick(), r.view(), in)
		if in.Fire {
			tap = r.label()
		}
		for range 3 {
			r.input(tap, r.core.State.Tick(), r.view(), Input{Thrust: true, Fire: true})
		}
	})
	if got.shots != legal.shots {
		t.Errorf("%d taps were %d shots", legal.shots, got.shots)
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
