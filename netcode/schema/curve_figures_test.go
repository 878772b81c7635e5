package schema

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// path is one coordinate of something that moves, in units, at a time in seconds.
type path func(at float64) float64

// Where curves are nearer to the truth than lines, and where not: the table of docs/concepts/interpolation.md, printed with -v.
func TestCurvesAgainstLines(t *testing.T) {
	const speed, radius, wall = 200.0, 100.0, 150.0
	circle := func(at float64) float64 { return radius * math.Sin(speed/radius*at) }
	bounce := func(at float64) float64 { return math.Abs(math.Mod(speed*at, 2*wall) - wall) }
	rng := rand.New(rand.NewPCG(1, 2))
	var strayed []float64 // by 1/30 s: a heading that turns at random, as that of the sheep of the crowd game
	heading, x := 0.0, 0.0
	for range 30 * 61 {
		strayed = append(strayed, x)
		heading += 0.5 * (rng.Float64() - 0.5)
		x += speed / 30 * math.Cos(heading)
	}
	stray := func(at float64) float64 {
		i, part := math.Modf(at * 30)
		return strayed[int(i)] + (strayed[int(i)+1]-strayed[int(i)])*part
	}
	for _, c := range []struct {
		name          string
		moves         path
		rate          float64 // snapshots per second
		least, atMost float64 // the curve's error as a part of the line's, where 1 in 100 is greater
	}{
		{"circle", circle, 30, 0, 0.6}, // steps of 1/16 are what is left of it
		{"circle", circle, 10, 0, 0.15},
		{"circle", circle, 5, 0, 0.15},
		{"stray", stray, 30, 1, 20},
		{"stray", stray, 10, 1, 1.2},
		{"stray", stray, 5, 1, 1.2},
		{"bounce", bounce, 10, 0.8, 1.2},
	} {
		line, curve := drawErrors(c.moves, c.rate, false), drawErrors(c.moves, c.rate, true)
		t.Logf("%-7s %2g snapshots a second: p50 and p99 error on lines %6.3f %6.3f, on curves %6.3f %6.3f units", c.name, c.rate,
			percentile(line, 0.5), percentile(line, 0.99), percentile(curve, 0.5), percentile(curve, 0.99))
		if part := percentile(curve, 0.99) / percentile(line, 0.99); part < c.least || part > c.atMost {
			t.Errorf("%s at %g a second: the error of curves is %g of that of lines", c.name, c.rate, part)
		}
	}
}

// drawErrors are how far from the truth a minute of a motion is drawn, ascending.
func drawErrors(moves path, rate float64, curved bool) []float64 {
	f := &Field{Kind: Fixed, Bits: 32, Lo: math.MinInt32, Hi: math.MaxInt32, Step: 1. / 16, Lerp: true, Hermite: curved}
	row := func(n int) []uint32 { return []uint32{f.quantise(float32(moves(float64(n) / rate)))} }
	var wrong []float64
	for n := 3; n < int(60*rate); n++ {
		c := Course{Rows: [4][]uint32{row(n - 3), row(n - 2), row(n - 1), row(n)}, Gaps: [3]uint32{1, 1, 1}}
		for part := range 16 {
			c.Part = float64(part) / 16
			wrong = append(wrong, math.Abs(c.drawn(f, 0)-moves((float64(n-1)+c.Part)/rate)))
		}
	}
	slices.Sort(wrong)
	return wrong
}

func percentile(sorted []float64, part float64) float64 {
	return sorted[int(part*float64(len(sorted)))]
}
