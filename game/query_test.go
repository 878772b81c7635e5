package game

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type spot struct {
	X float32 `net:"x"`
	Y float32 `net:"y"`
}

// spots is a Table with the Option Near.
func spots() *Table[spot] {
	tab := new(Table[spot])
	b := newBuilder("spots", newLayouts())
	Replicate(b, "spot", tab, Near(func(s *spot) (x, y float32) { return s.X, s.Y }))
	tab.beginTick(1, 32, 1)
	return tab
}

func TestNearFindsWhatALookAtEveryRowFinds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tab := spots()
		place := rapid.Float32Range(-300, 300)
		for tick := uint32(1); tick < 5; tick++ {
			tab.beginTick(tick, 32, 1)
			for range rapid.IntRange(0, 30).Draw(rt, "new") {
				tab.Spawn(spot{place.Draw(rt, "x"), place.Draw(rt, "y")})
			}
			for id := range tab.All() {
				if rapid.IntRange(0, 5).Draw(rt, "gone") == 0 {
					tab.Despawn(id)
				}
			}
			x, y, r := place.Draw(rt, "x"), place.Draw(rt, "y"), rapid.Float32Range(0, 200).Draw(rt, "r")
			var want, got []EntityID
			for id, s := range tab.All() {
				if dx, dy := float64(s.X)-float64(x), float64(s.Y)-float64(y); dx*dx+dy*dy <= float64(r)*float64(r) {
					want = append(want, id)
				}
			}
			for id, s := range tab.Near(x, y, r) {
				if tab.Get(id) != s {
					rt.Fatalf("row %#x is yielded as another", id)
				}
				got = append(got, id)
			}
			if !slices.Equal(got, want) {
				rt.Fatalf("near %g, %g: %v, want %v", x, y, got, want)
			}
			tab.endTick()
		}
	})
}

func TestNearFindsRowsWhereTheyWereAtTheFirstCallOfTheTick(t *testing.T) {
	tab := spots()
	id := tab.Spawn(spot{10, 10})
	count := func(x float32) (n int) {
		for range tab.Near(x, 10, 5) {
			n++
		}
		return n
	}
	if count(10) != 1 {
		t.Fatal("it is not where it is")
	}
	tab.Get(id).X = 100
	tab.Spawn(spot{10, 10})
	if count(10) != 1 || count(100) != 0 {
		t.Errorf("in the same tick: %d and %d rows", count(10), count(100))
	}
	tab.endTick()
	tab.beginTick(2, 32, 1)
	if count(10) != 1 || count(100) != 1 {
		t.Errorf("in the next tick: %d and %d rows", count(10), count(100))
	}
}

func TestNearWithinNear(t *testing.T) {
	tab := spots()
	for i := range 20 {
		tab.Spawn(spot{float32(i), 0})
	}
	pairs := func() (n int) {
		for a, s := range tab.Near(10, 0, 5) {
			for b := range tab.Near(s.X, s.Y, 1) {
				if a != b {
					n++
				}
			}
		}
		return n
	}
	if n := pairs(); n != 22 {
		t.Errorf("11 rows have %d neighbours, want 2 each", n)
	}
	pairs()
	if n := len(tab.near.scratch); n != 2 {
		t.Errorf("queries two deep need two lists, there are %d", n)
	}
}

func TestNearNeedsTheOption(t *testing.T) {
	defer func() {
		if s, _ := recover().(string); !strings.Contains(s, "Option Near") {
			t.Errorf("it says %q", s)
		}
	}()
	for range new(Table[spot]).Near(0, 0, 1) {
		t.Error("a row was found")
	}
}

func TestClearedTableIsEmptyFromTheNextTick(t *testing.T) {
	tab := spots()
	a := tab.Spawn(spot{1, 1})
	tab.Spawn(spot{2, 2})
	tab.Despawn(a)
	tab.Clear()
	if tab.Len() != 2 || tab.Despawn(a) {
		t.Error("rows must stay until the tick ends, and be despawned")
	}
	b := tab.Spawn(spot{3, 3}) // of the new round
	tab.endTick()
	if tab.Len() != 1 || tab.Get(b) == nil || tab.Get(a) != nil {
		t.Errorf("after the tick %d rows are left", tab.Len())
	}
}

// Circle.Meets against steps along the line in float64.
func TestCircleMeetsWhatALineEnters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float32Range(-200, 200)
		c := Circle{p.Draw(t, "x"), p.Draw(t, "y"), rapid.Float32Range(1, 50).Draw(t, "r")}
		x0, y0, x1, y1 := p.Draw(t, "x0"), p.Draw(t, "y0"), p.Draw(t, "x1"), p.Draw(t, "y1")
		distance := func(at float64) float64 {
			x, y := float64(x0)+at*float64(x1-x0), float64(y0)+at*float64(y1-y0)
			return math.Hypot(x-float64(c.X), y-float64(c.Y)) - float64(c.R)
		}
		const steps, slack = 1000, 0.05
		least, first := math.Inf(1), 2.0
		for i := range steps + 1 {
			at := float64(i) / steps
			if d := distance(at); d < least {
				least = d
			}
			if first > 1 && distance(at) <= 0 {
				first = at
			}
		}
		at, ok := c.Meets(x0, y0, x1, y1)
		switch {
		case ok && least > slack:
			t.Fatalf("it meets what the line stays %g away from", least)
		case !ok && least < -slack:
			t.Fatalf("it misses what the line enters by %g", -least)
		case ok && at > 0 && math.Abs(distance(float64(at))) > slack:
			t.Fatalf("at %g the line is %g from the rim", at, distance(float64(at)))
		case ok && first <= 1 && float64(at) > first+1e-3:
			t.Fatalf("it meets at %g, the line enters at %g", at, first)
		}
	})
}
