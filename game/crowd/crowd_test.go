package crowd_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/crowd"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

func me(c *gametest.Client) crowd.Walker {
	return gametest.Find(c, "walker", func(w crowd.Walker) bool { return w.Owner == c.ID() }).Value
}

func distance(w crowd.Walker, a crowd.Animal) float64 {
	return math.Hypot(float64(w.X-a.X), float64(w.Y-a.Y))
}

func TestPlayerSeesTheSheepNearby(t *testing.T) {
	w := gametest.New(t, crowd.Def, gametest.Options{Seed: 1})
	ann := w.Join("ann")
	ann.SetInput(crowd.Input{DX: 1})
	met := map[game.EntityID]bool{}
	w.Step(1)
	for range 12 * 30 {
		w.Step(1)
		here, sheep := me(ann), gametest.Rows[crowd.Animal](ann, "animal")
		for _, s := range sheep {
			met[s.ID] = true
			if d := distance(here, s.Value); d > crowd.Sight*1.11 {
				t.Fatalf("tick %d: a sheep %.0f away is in sight", w.Tick(), d)
			}
		}
		if len(sheep) > crowd.Sheep/4 {
			t.Fatalf("tick %d: %d sheep are in sight", w.Tick(), len(sheep))
		}
	}
	if len(met) < 100 || len(met) > crowd.Sheep/2 {
		t.Errorf("on a walk across the meadow %d sheep were met", len(met))
	}
	if here := me(ann); here.X != crowd.World {
		t.Errorf("the walk ends at %g and not at the fence", here.X)
	}
}

func TestWalkersSeeEachOtherOnlyWhenNear(t *testing.T) {
	w := gametest.New(t, crowd.Def, gametest.Options{Seed: 1})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(2)
	if n := len(gametest.Rows[crowd.Walker](ann, "walker")); n != 2 {
		t.Fatalf("ann sees %d walkers beside her", n)
	}
	ann.SetInput(crowd.Input{DX: -1})
	ben.SetInput(crowd.Input{DX: 1})
	w.StepFor(4 * time.Second)
	if n := len(gametest.Rows[crowd.Walker](ann, "walker")); n != 1 {
		t.Errorf("ann sees %d walkers, ben is far away", n)
	}
	if ann.NameOf(ben.ID()) != "ben" {
		t.Error("ann does not know any more that ben plays")
	}
}

func TestSheepRunFromWalkers(t *testing.T) {
	w := gametest.New(t, crowd.Def, gametest.Options{Seed: 1})
	ann := w.Join("ann")
	w.Step(2)
	startled := 0
	for _, s := range gametest.Rows[crowd.Animal](ann, "animal") {
		if s.Value.Startled {
			startled++
			if d := distance(me(ann), s.Value); d > 300 {
				t.Errorf("a sheep %.0f away is startled", d)
			}
		}
	}
	if startled == 0 {
		t.Fatal("nobody is startled")
	}
	w.StepFor(3 * time.Second)
	for _, s := range gametest.Rows[crowd.Animal](ann, "animal") {
		if d := distance(me(ann), s.Value); d < 90 && !s.Value.Startled {
			t.Errorf("a sheep %.0f away grazes on", d)
		}
	}
}

func TestWhistleIsHeardWhereItIsSeenAndSheepRun(t *testing.T) {
	w := gametest.New(t, crowd.Def, gametest.Options{Seed: 1})
	ann, ben, cid := w.Join("ann"), w.Join("ben"), w.Join("cid")
	cid.SetInput(crowd.Input{DX: 1})
	w.StepFor(5 * time.Second) // cid is 900 away then
	startled := func() (n int) {
		for _, s := range gametest.Rows[crowd.Animal](ann, "animal") {
			if s.Value.Startled {
				n++
			}
		}
		return n
	}
	before := startled()
	reply := ann.Call("whistle", crowd.Whistle{})
	ann.Call("whistle", crowd.Whistle{})
	w.Step(2)
	if reply.Err() != nil {
		t.Fatal(reply.Err())
	}
	if after := startled(); after < before+10 {
		t.Errorf("%d sheep ran before and %d run after", before, after)
	}
	for _, c := range []*gametest.Client{ann, ben} {
		got := gametest.Events[crowd.Whistled](c, "whistled")
		if len(got) != 1 || got[0].Value.Player != ann.ID() || got[0].Value.X != me(ann).X {
			t.Errorf("%s heard %+v, want one whistle of ann's", c.Name, got)
		}
	}
	if got := gametest.Events[crowd.Whistled](cid, "whistled"); len(got) != 0 {
		t.Errorf("cid, out of sight, heard %+v", got)
	}
}

// Events that a client has not acknowledged are bounded, and calls cost nothing: a meadow full of people who whistle as often as they may
// call must not throw anybody out whose link holds its acknowledgements back for half a second.
func TestWhistlersThrowNobodyOut(t *testing.T) {
	w := gametest.New(t, crowd.Def, gametest.Options{Seed: 1})
	var all []*gametest.Client
	for i := range crowd.Def.Config().MaxPlayers - 1 {
		all = append(all, w.Join(fmt.Sprint("whistler", i)))
	}
	slow := w.Join("slow")
	w.StepFor(time.Second)
	slow.Stall(true)
	for range 15 {
		for _, c := range all {
			c.Call("whistle", crowd.Whistle{})
		}
		w.Step(1)
	}
	slow.Stall(false)
	w.StepFor(time.Second)
	if code, why, closed := slow.Closed(); closed {
		t.Errorf("who was slow for half a second was closed: %d %s", code, why)
	}
	if n := len(gametest.Events[crowd.Whistled](slow, "whistled")); n < len(all) || n > 2*len(all) {
		t.Errorf("%d whistles of %d players were heard within two seconds", n, len(all))
	}
}

func TestCrowdIsTheSameForTheSameSeed(t *testing.T) {
	run := func() uint32 {
		w := gametest.New(t, crowd.Def, gametest.Options{Seed: 5})
		w.Join("ann").SetInput(crowd.Input{DX: 1})
		w.StepFor(2 * time.Second)
		return w.StateHash()
	}
	if a, b := run(), run(); a != b {
		t.Errorf("two runs end with %#08x and %#08x", a, b)
	}
}
