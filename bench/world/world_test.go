package world

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

func TestEverythingInArena100KeepsItsSpeedAndBounces(t *testing.T) {
	w := gametest.New(t, Arena100, gametest.Options{Seed: 1})
	c := w.Join("ann")
	w.Step(3)
	turned, bounced := 0, 0
	before := map[game.EntityID]Ship{}
	for range 400 { // 20 s: 4000 units
		for _, r := range gametest.Rows[Ship](c, "ship") {
			was, ok := before[r.ID]
			before[r.ID] = r.Value
			if !ok {
				continue
			}
			if s := r.Value; s.X < 0 || s.X > 4000 || s.Y < 0 || s.Y > 4000 {
				t.Fatalf("%+v is outside", s)
			}
			moved := math.Hypot(float64(r.Value.X-was.X), float64(r.Value.Y-was.Y))
			switch {
			case moved < 9.8:
				bounced++
			case moved > 10.2:
				t.Fatalf("moved by %.2f in a tick, want 10: %+v after %+v", moved, r.Value, was)
			}
			if r.Value.Angle != was.Angle {
				turned++
			}
		}
		w.Step(1)
	}
	if len(before) != 51 || bounced == 0 || turned == 0 {
		t.Errorf("%d ships, %d ticks at a wall, %d turns", len(before), bounced, turned)
	}
}

func TestPlayersTurnByTheirInput(t *testing.T) {
	w := gametest.New(t, Arena100, gametest.Options{})
	c := w.Join("ann")
	c.SetInput(Input{Turn: 0.5})
	w.Step(5)
	angle := func() float64 {
		rows := gametest.Rows[Ship](c, "ship")
		return float64(rows[len(rows)-1].Value.Angle) // the others were there before
	}
	from := angle()
	w.Step(1)
	if by := math.Mod(angle()-from+2*math.Pi, 2*math.Pi); math.Abs(by-0.5) > 0.02 && math.Abs(by-0.5-math.Pi) > 1 {
		t.Errorf("turned by %.3f, want 0.5", by)
	}
}

func TestCrowdIsAsDenseAsItShouldBe(t *testing.T) {
	const players = 40 // of 1000: a world of all of them takes long in virtual time
	w := gametest.New(t, Crowd, gametest.Options{Room: CrowdOptions{Players: 1000}})
	var clients []*gametest.Client
	for i := range players {
		clients = append(clients, w.Join(fmt.Sprint("walker", i)))
	}
	w.Step(4)
	seen := 0
	for _, c := range clients {
		seen += len(gametest.Rows[Walker](c, "walker"))
	}
	// 50 with all players there; half of that without them, and less for those at the walls.
	if mean := float64(seen) / players; mean < 19 || mean > 29 {
		t.Errorf("a player sees %.1f, want 26 or a little less", mean)
	}
}

func TestCrowdTakesOnlyPlayersThatFit(t *testing.T) {
	for n, fits := range map[int]bool{0: false, 1: true, CrowdMost: true, CrowdMost + 1: false} {
		if err := (CrowdOptions{Players: n}).Validate(); (err == nil) != fits {
			t.Errorf("%d players: %v", n, err)
		}
	}
	if side := (CrowdOptions{Players: CrowdMost}).side(); side > 23_000 {
		t.Errorf("the square of %d players has a side of %.0f, over the range of Walker", CrowdMost, side)
	}
}

func TestDuelHitsWhoIsAhead(t *testing.T) {
	w := gametest.New(t, Duel, gametest.Options{Seed: 2})
	var clients []*gametest.Client
	for i := range duelPlayers {
		clients = append(clients, w.Join(fmt.Sprint("duellist", i)))
	}
	w.StepFor(100 * time.Millisecond)
	hits := 0
	for n := range 128 * 5 {
		for i, c := range clients {
			c.SetInput(Aim{Turn: 0.15, Fire: (n+i)%13 == 0})
		}
		w.Step(1)
	}
	for _, e := range gametest.Events[Hit](clients[0], "hit") {
		if e.Value.Attacker == e.Value.Victim {
			t.Errorf("somebody has hit itself: %+v", e.Value)
		}
		hits++
	}
	if hits == 0 {
		t.Error("five seconds of shots in circles have hit nobody")
	}
}

func TestQuietRoomIsQuiet(t *testing.T) {
	w := gametest.New(t, Quiet, gametest.Options{})
	c := w.Join("ann")
	w.Step(3)
	hash := w.StateHash()
	w.StepFor(time.Second)
	if rows := gametest.Rows[Stone](c, "stone"); len(rows) != 1 || w.StateHash() != hash {
		t.Errorf("%d stones, state %x after %x", len(rows), w.StateHash(), hash)
	}
}
