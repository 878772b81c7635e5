package interest_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/game/interest"
)

type place struct{ x, y float32 }

// bruteForce is what Query promises, without a grid.
func bruteForce(points map[uint16]place, before []uint16, x, y, r float32) (slots []uint16) {
	for slot, p := range points {
		dx, dy := float64(p.x)-float64(x), float64(p.y)-float64(y)
		d, near := dx*dx+dy*dy, float64(r)*float64(r)
		if d <= near || d <= near*interest.Margin*interest.Margin && slices.Contains(before, slot) {
			slots = append(slots, slot)
		}
	}
	slices.Sort(slots)
	return slots
}

func fill(g *interest.Grid, points map[uint16]place) {
	g.Reset()
	for slot, p := range points {
		g.Add(slot, p.x, p.y)
	}
}

func TestQueryFindsWhatBruteForceFinds(t *testing.T) {
	// Most points lie close together, some so far away that squares cannot be told apart.
	coordinate := rapid.OneOf(rapid.Float32Range(-200, 200), rapid.Float32Range(-200, 200), rapid.Float32())
	spot := rapid.Custom(func(t *rapid.T) place { return place{coordinate.Draw(t, "x"), coordinate.Draw(t, "y")} })
	rapid.Check(t, func(t *rapid.T) {
		g := interest.New(rapid.SampledFrom([]float32{0.1, 10, 50, 1e9}).Draw(t, "size"))
		var before []uint16
		for range rapid.IntRange(1, 4).Draw(t, "ticks") {
			points := rapid.MapOfN(rapid.Uint16(), spot, 0, 200).Draw(t, "points")
			fill(g, points)
			for range rapid.IntRange(1, 3).Draw(t, "queries") {
				at := spot.Draw(t, "at")
				r := rapid.OneOf(rapid.Float32Range(0, 100), rapid.Float32Range(0, 1e30)).Draw(t, "r")
				got := g.Query(nil, before, at.x, at.y, r)
				if want := bruteForce(points, before, at.x, at.y, r); !slices.Equal(got, want) {
					t.Fatalf("around %v within %g, having seen %v: got %v, want %v", at, r, before, got, want)
				}
				before = got
			}
		}
	})
}

func TestPointIsWithinExactlyWhenAQueryFindsIt(t *testing.T) {
	coordinate := rapid.OneOf(rapid.Float32Range(-20, 20), rapid.Float32(), rapid.SampledFrom([]float32{
		0, 3, 4, 5, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
	}))
	rapid.Check(t, func(t *rapid.T) {
		g := interest.New(10)
		px, py, x, y, r := coordinate.Draw(t, "px"), coordinate.Draw(t, "py"), coordinate.Draw(t, "x"), coordinate.Draw(t, "y"), coordinate.Draw(t, "r")
		g.Add(0, px, py)
		if got, want := interest.Within(px, py, x, y, r), len(g.Query(nil, nil, x, y, r)) == 1; got != want {
			t.Fatalf("%g, %g is within %g of %g, %g: %v, the query says %v", px, py, r, x, y, got, want)
		}
	})
}

func TestPointOnTheEdgeStaysUntilItIsATenthFurther(t *testing.T) {
	g := interest.New(50)
	var seen []uint16
	for _, step := range []struct {
		x    float32
		want bool
	}{{101, false}, {100, true}, {109, true}, {111, false}, {109, false}, {99, true}} {
		g.Reset()
		g.Add(7, step.x, 0)
		seen = g.Query(nil, seen, 0, 0, 100)
		if got := slices.Equal(seen, []uint16{7}); got != step.want {
			t.Errorf("at %g it is seen: %v, want %v", step.x, got, step.want)
		}
	}
}

func TestPointThatIsNoNumberIsNearNothing(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	g := interest.New(10)
	for i, p := range []place{{nan, 0}, {0, nan}, {inf, 0}, {0, -inf}} {
		g.Add(uint16(i), p.x, p.y)
	}
	if got := g.Query(nil, nil, 0, 0, inf); len(got) != 0 {
		t.Errorf("found %v", got)
	}
	g.Add(9, 1, 1)
	if got := g.Query(nil, nil, 0, 0, inf); !slices.Equal(got, []uint16{9}) {
		t.Errorf("everywhere are %v, want [9]", got)
	}
	for _, q := range []struct{ x, y, r float32 }{{nan, 0, 5}, {0, inf, inf}, {0, 0, nan}, {0, 0, -1}} {
		if got := g.Query(nil, nil, q.x, q.y, q.r); len(got) != 0 {
			t.Errorf("around %g, %g within %g: %v", q.x, q.y, q.r, got)
		}
	}
}

func TestGridForgetsWhatItHadBeforeReset(t *testing.T) {
	g := interest.New(10)
	g.Add(3, 1, 1)
	g.Add(65000, 1, 1)
	seen := g.Query(nil, nil, 0, 0, 5)
	g.Reset()
	g.Add(4, 1, 1)
	if got := g.Query(nil, seen, 0, 0, 5); !slices.Equal(got, []uint16{4}) {
		t.Errorf("found %v, want [4]", got)
	}
	g.Reset()
	if got := g.Query(nil, seen, 0, 0, 5); len(got) != 0 {
		t.Errorf("an empty grid has %v", got)
	}
}

// walk is n points that move a little each tick, on a field where a circle of radius 300 holds about 1/50 of them.
type walk struct {
	grid   *interest.Grid
	points []place
	random *rand.Rand
	sets   [2][]uint16
}

func newWalk(n int) *walk {
	w := &walk{grid: interest.New(150), random: rand.New(rand.NewPCG(1, 2))}
	for range n {
		w.points = append(w.points, place{3760 * w.random.Float32(), 3760 * w.random.Float32()})
	}
	return w
}

func (w *walk) tick(viewers int) (seen int) {
	w.grid.Reset()
	for i := range w.points {
		p := &w.points[i]
		p.x, p.y = p.x+w.random.Float32()-0.5, p.y+w.random.Float32()-0.5
		w.grid.Add(uint16(i), p.x, p.y)
	}
	for i := range viewers {
		v := w.points[i]
		w.sets[0], w.sets[1] = w.grid.Query(w.sets[1][:0], w.sets[0], v.x, v.y, 300), w.sets[0]
		seen += len(w.sets[0])
	}
	return seen
}

func TestTickOfAGridZeroAlloc(t *testing.T) {
	w := newWalk(2000)
	for range 10 {
		w.tick(20)
	}
	if n := testing.AllocsPerRun(50, func() { w.tick(20) }); n != 0 {
		t.Errorf("%.1f allocations per tick", n)
	}
}

func BenchmarkGrid(b *testing.B) {
	for _, viewers := range []int{0, 1, 100} {
		b.Run(fmt.Sprintf("points=2000/viewers=%d", viewers), func(b *testing.B) {
			w := newWalk(2000)
			b.ReportAllocs()
			seen := 0
			for b.Loop() {
				seen = w.tick(viewers)
			}
			if viewers > 0 {
				b.ReportMetric(float64(seen)/float64(viewers), "seen/viewer")
			}
		})
	}
}

func ExampleGrid() {
	g := interest.New(50)
	for tick, x := range []float32{120, 95, 105, 115} {
		g.Reset()
		g.Add(1, 10, 20)
		g.Add(2, x, 0)
		before := []uint16{1, 2}[:min(tick, 2)] // nothing at first
		fmt.Println(g.Query(nil, before, 0, 0, 100))
	}
	// Output:
	// [1]
	// [1 2]
	// [1 2]
	// [1]
}
