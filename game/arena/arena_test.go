package arena_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

func shipOf(c *gametest.Client) arena.Ship {
	return gametest.Find(c, "ship", func(s arena.Ship) bool { return s.Owner == c.ID() }).Value
}

func TestShipStartsAliveInTheMiddle(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 1})
	ann := w.Join("ann")
	w.Step(1)
	s := shipOf(ann)
	if s.HP != arena.FullHP || s.X < arena.World/4 || s.X > 3*arena.World/4 || s.Y < arena.World/4 || s.Y > 3*arena.World/4 {
		t.Errorf("the ship starts as %+v", s)
	}
}

func TestShipTurnsWithItsInput(t *testing.T) {
	for _, dir := range []int8{-1, 1} {
		w := gametest.New(t, arena.Def, gametest.Options{Seed: 1})
		ann := w.Join("ann")
		w.Step(1)
		before := float64(shipOf(ann).Angle)
		ann.SetInput(arena.Input{Turn: dir})
		w.Step(10)
		turned := math.Remainder(float64(shipOf(ann).Angle)-before, 2*math.Pi)
		if turned*float64(dir) < 1 || turned*float64(dir) > 1.5 {
			t.Errorf("turn %d: by %.2f rad in a third of a second, want about 1.2", dir, turned)
		}
	}
}

func TestShipFliesWhereItLooksAndNoFasterThanItMay(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 3})
	ann := w.Join("ann")
	w.Step(1)
	ann.SetInput(arena.Input{Thrust: true})
	from := shipOf(ann)
	w.StepFor(time.Second)
	to := shipOf(ann)
	if way := math.Atan2(float64(to.Y-from.Y), float64(to.X-from.X)); math.Abs(math.Remainder(way-float64(to.Angle), 2*math.Pi)) > 0.02 {
		t.Errorf("it looks along %.3f and flies along %.3f", to.Angle, way)
	}
	for range 60 {
		before := shipOf(ann)
		w.Step(1)
		after := shipOf(ann)
		if speed := 30 * math.Hypot(float64(after.X-before.X), float64(after.Y-before.Y)); speed > arena.MaxSpeed+2 {
			t.Fatalf("speed %.1f, the most is %d", speed, arena.MaxSpeed)
		}
	}
}

func TestShipStaysInTheWorld(t *testing.T) {
	for seed := range uint64(8) {
		w := gametest.New(t, arena.Def, gametest.Options{Seed: seed})
		ann := w.Join("ann")
		w.Step(1)
		ann.SetInput(arena.Input{Thrust: true})
		w.StepFor(20 * time.Second)
		if s := shipOf(ann); s.X < arena.Radius || s.X > arena.World-arena.Radius || s.Y < arena.Radius || s.Y > arena.World-arena.Radius {
			t.Errorf("seed %d: the ship is at %.1f, %.1f", seed, s.X, s.Y)
		}
	}
}

func TestShipWithoutThrustSlowsDown(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 3})
	ann := w.Join("ann")
	w.Step(1)
	ann.SetInput(arena.Input{Thrust: true})
	w.StepFor(time.Second)
	ann.SetInput(arena.Input{})
	step := func() float64 {
		a := shipOf(ann)
		w.Step(1)
		b := shipOf(ann)
		return math.Hypot(float64(b.X-a.X), float64(b.Y-a.Y))
	}
	fast := step()
	w.StepFor(2 * time.Second)
	if slow := step(); slow >= 0.7*fast || slow == 0 {
		t.Errorf("%.2f per tick, two seconds later %.2f; mild drag was wanted", fast, slow)
	}
}

// births gives the ticks in which new shots are seen.
func births(w *gametest.World, c *gametest.Client, ticks int) (at []int) {
	seen := map[game.EntityID]bool{}
	for i := range ticks {
		w.Step(1)
		for _, s := range gametest.Rows[arena.Shot](c, "shot") {
			if !seen[s.ID] {
				seen[s.ID] = true
				at = append(at, i)
			}
		}
	}
	return at
}

func TestHeldTriggerShootsAtTheRateOfTheGun(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 1})
	ann := w.Join("ann")
	w.Step(1)
	ann.SetInput(arena.Input{Fire: true})
	if at := births(w, ann, 31); !slices.Equal(at, []int{0, 6, 12, 18, 24, 30}) {
		t.Errorf("shots in ticks %v, want one every six", at)
	}
}

// By owner and tick a client knows which of its own shots this one is.
func TestShotTellsTheTickThatFiredIt(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 1})
	ann := w.Join("ann")
	w.Step(300) // beyond what eight bits count
	ann.SetInput(arena.Input{Fire: true})
	seen := map[game.EntityID]bool{}
	for range 31 {
		w.Step(1)
		for _, s := range gametest.Rows[arena.Shot](ann, "shot") {
			if !seen[s.ID] && s.Value.Fired != uint8(ann.Tick()) {
				t.Errorf("a shot of tick %d says %d", ann.Tick(), s.Value.Fired)
			}
			seen[s.ID] = true
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d shots were seen, want 6", len(seen))
	}
}

func TestTapDuringTheReloadIsKept(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 1})
	ann := w.Join("ann")
	w.Step(1)
	tap := func() []int {
		ann.SetInput(arena.Input{Fire: true})
		at := births(w, ann, 1)
		ann.SetInput(arena.Input{})
		return at
	}
	if len(tap()) != 1 {
		t.Fatal("the first tap did not shoot")
	}
	w.Step(1)
	tap()
	w.Step(1)
	tap()
	shots := len(gametest.Rows[arena.Shot](ann, "shot"))
	w.StepFor(500 * time.Millisecond)
	if n := len(gametest.Rows[arena.Shot](ann, "shot")); shots != 1 || n != 2 {
		t.Errorf("%d shots before the gun was ready and %d after, want 1 and 2", shots, n)
	}
}

func TestReleasedTriggerDoesNotShootOnceMore(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 1})
	ann := w.Join("ann")
	w.Step(1)
	ann.SetInput(arena.Input{Fire: true})
	w.Step(3)
	ann.SetInput(arena.Input{})
	if w.Step(20); len(gametest.Rows[arena.Shot](ann, "shot")) != 1 {
		t.Errorf("%d shots, want 1", len(gametest.Rows[arena.Shot](ann, "shot")))
	}
}

func TestShotEndsInTimeAndAtTheWalls(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 1})
	ann := w.Join("ann")
	w.Step(1)
	ann.SetInput(arena.Input{Fire: true})
	for range 200 {
		w.Step(1)
		if n := len(gametest.Rows[arena.Shot](ann, "shot")); n > int(arena.ShotLife/arena.Reload)+1 {
			t.Fatalf("%d shots of one gun in the air", n)
		}
	}
}

// duel lets ann hunt ben, who does nothing, for some seconds, and calls each after every tick.
func duel(w *gametest.World, ann, ben *gametest.Client, d time.Duration, each func() bool) {
	for end := w.Now().Add(d); w.Now().Before(end); {
		a, b := shipOf(ann), shipOf(ben)
		off := math.Remainder(math.Atan2(float64(b.Y-a.Y), float64(b.X-a.X))-float64(a.Angle), 2*math.Pi)
		in := arena.Input{Fire: math.Abs(off) < 0.1, Thrust: math.Abs(off) < 0.5 && math.Hypot(float64(b.Y-a.Y), float64(b.X-a.X)) > 300}
		if math.Abs(off) > 0.06 {
			in.Turn = int8(math.Copysign(1, off))
		}
		ann.SetInput(in)
		if w.Step(1); !each() {
			return
		}
	}
}

func TestHitsKillScoreAndRespawn(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 5})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	duel(w, ann, ben, time.Minute, func() bool { return shipOf(ben).HP > 0 })
	if a, b := shipOf(ann), shipOf(ben); a.Score != 1 || b.Deaths != 1 || b.HP != 0 || a.HP != arena.FullHP {
		t.Fatalf("after the hunt ann is %+v and ben %+v", a, b)
	}
	hits, kills := gametest.Events[arena.Hit](ben, "hit"), gametest.Events[arena.Kill](ben, "kill")
	if len(hits) != arena.FullHP/arena.Damage || len(kills) != 1 {
		t.Fatalf("%d hits and %d kills, want %d and 1", len(hits), len(kills), arena.FullHP/arena.Damage)
	}
	b := shipOf(ben)
	for _, h := range hits {
		if h.Value.Attacker != ann.ID() || h.Value.Victim != ben.ID() || h.Value.Damage != arena.Damage {
			t.Errorf("hit %+v", h.Value)
		}
		if d := math.Hypot(float64(h.Value.X-b.X), float64(h.Value.Y-b.Y)); d > arena.Radius+0.1 {
			t.Errorf("hit at %.1f from the middle of the ship", d)
		}
	}
	if k := kills[0].Value; k.Attacker != ann.ID() || k.Victim != ben.ID() || kills[0].Tick != hits[len(hits)-1].Tick {
		t.Errorf("kill %+v in tick %d", k, kills[0].Tick)
	}
	ann.SetInput(arena.Input{})
	ben.SetInput(arena.Input{Thrust: true, Fire: true})
	wreck := shipOf(ben)
	w.StepFor(arena.Respawn - time.Second)
	if s := shipOf(ben); s != wreck {
		t.Errorf("the wreck does things: %+v was %+v", s, wreck)
	}
	w.StepFor(time.Second + 100*time.Millisecond)
	if s := shipOf(ben); s.HP != arena.FullHP || s.Deaths != 1 {
		t.Errorf("three seconds later ben is %+v", s)
	}
}

// Clients interpolate: a ship that came to life in the tick in which it is put elsewhere would be seen flying there.
func TestShipIsInItsPlaceBeforeItLives(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 5})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	duel(w, ann, ben, time.Minute, func() bool { return shipOf(ben).HP > 0 })
	ann.SetInput(arena.Input{})
	before := shipOf(ben)
	for range 100 {
		w.Step(1)
		after := shipOf(ben)
		if after.HP > 0 {
			if after.X != before.X || after.Y != before.Y {
				t.Errorf("from %.1f, %.1f to %.1f, %.1f in the tick in which it comes to life", before.X, before.Y, after.X, after.Y)
			}
			return
		}
		before = after
	}
	t.Error("the ship has not come back")
}

func TestShotOfAPlayerWhoIsGoneScoresForNobody(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: 5})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	duel(w, ann, ben, time.Minute, func() bool { return shipOf(ben).HP > arena.Damage || len(gametest.Rows[arena.Shot](ben, "shot")) == 0 })
	w.Leave(ann)
	w.StepFor(arena.ShotLife)
	if ships, shots := gametest.Rows[arena.Ship](ben, "ship"), gametest.Rows[arena.Shot](ben, "shot"); len(ships) != 1 || len(shots) != 0 {
		t.Errorf("%d ships and %d shots are left, want 1 and 0", len(ships), len(shots))
	}
}

func TestSayReachesEverybody(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	said, silent := ann.Call("say", arena.Say{Text: "  gl hf "}), ann.Call("say", arena.Say{Text: " \t"})
	w.Step(1)
	if said.Err() != nil || silent.Err() == nil {
		t.Errorf("answers %v and %v, want none and a refusal", said.Err(), silent.Err())
	}
	for _, c := range []*gametest.Client{ann, ben} {
		if e := gametest.Events[arena.Said](c, "said"); len(e) != 1 || e[0].Value != (arena.Said{Player: ann.ID(), Text: "gl hf"}) {
			t.Errorf("%s hears %+v", c.Name, e)
		}
	}
}

// play runs a seeded game of n players who steer, shoot, stall, leave and come back at random, and returns the hash of every tick.
func play(t *testing.T, seed uint64, n, ticks int) []uint32 {
	w := gametest.New(t, arena.Def, gametest.Options{Seed: seed})
	rng := rand.New(rand.NewPCG(seed, 1))
	clients := make([]*gametest.Client, n)
	hashes := make([]uint32, 0, ticks)
	for tick := range ticks {
		for i, c := range clients {
			switch {
			case c == nil && rng.IntN(30) == 0:
				clients[i] = w.Join(string(rune('a' + i)))
			case c == nil:
			case rng.IntN(300) == 0:
				w.Leave(c)
				clients[i] = nil
			case rng.IntN(60) == 0:
				c.Stall(tick%2 == 0)
			case rng.IntN(5) == 0:
				c.SetInput(arena.Input{Turn: int8(rng.IntN(3) - 1), Thrust: rng.IntN(2) == 0, Fire: rng.IntN(3) > 0})
			}
		}
		w.Step(1)
		hashes = append(hashes, w.StateHash())
	}
	return hashes
}

func TestSameSeedAndInputsGiveTheSameGame(t *testing.T) {
	a, b := play(t, 7, 12, 900), play(t, 7, 12, 900)
	if !slices.Equal(a, b) {
		t.Error("two runs with one seed differ")
	}
	if slices.Equal(a, play(t, 8, 12, 900)) {
		t.Error("another seed gives the same game")
	}
}

func TestGameRunsAtOtherTickRates(t *testing.T) {
	for _, rate := range []int{1, 10, 60, 128} {
		def, err := arena.Def.WithTickRate(rate)
		if err != nil {
			t.Fatal(err)
		}
		w := gametest.New(t, def, gametest.Options{Seed: 2})
		ann := w.Join("ann")
		w.Step(1)
		ann.SetInput(arena.Input{Turn: 1, Thrust: true, Fire: true})
		w.StepFor(5 * time.Second)
		if s := shipOf(ann); s.HP != arena.FullHP {
			t.Errorf("%d Hz: %+v", rate, s)
		}
	}
}

// TestTalkOfManyEndsNobody: everybody says as much as the limits allow, at once.
func TestTalkOfManyEndsNobody(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{})
	quiet := w.Join("ann")
	var loud []*gametest.Client
	for i := range 60 {
		loud = append(loud, w.Join(fmt.Sprint("eve", i)))
	}
	w.Step(30)
	for _, c := range loud {
		for range 10 {
			c.Call("say", arena.Say{Text: "x"})
		}
	}
	w.Step(1) // more than a message holds, all of it with the tick's snapshot
	if code, reason, closed := quiet.Closed(); closed {
		t.Errorf("ann has done nothing and is closed with %d %q", code, reason)
	}
	if got := len(gametest.Events[arena.Said](quiet, "said")); got != 600 {
		t.Errorf("ann heard %d of 600 lines", got)
	}
}

func TestMapLiesInTheWorld(t *testing.T) {
	w := gametest.New(t, arena.Def, gametest.Options{})
	ann := w.Join("ann")
	w.Step(1)
	var chart struct {
		Places []struct {
			Name, Color  string
			X, Y, Radius float32
		}
	}
	if err := json.Unmarshal(ann.Asset("map"), &chart); err != nil || len(chart.Places) == 0 {
		t.Fatalf("%d places, %v", len(chart.Places), err)
	}
	for _, p := range chart.Places {
		if p.Name == "" || len(p.Color) != 7 || p.Radius <= 0 || min(p.X, p.Y) < p.Radius || max(p.X, p.Y) > arena.World-p.Radius {
			t.Errorf("%+v does not lie in the world", p)
		}
	}
}
