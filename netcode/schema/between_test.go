package schema

import (
	"math"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

type drawn struct {
	Q     float32 `net:"q,q=1/32,lerp"`
	Bend  float32 `net:"bend,q=1/32,range=0..100,hermite"`
	Angle float32 `net:"angle,bits=10,wrap,lerp"`
	Turn  int8    `net:"turn,wrap,lerp"`
	Bare  float32 `net:"bare,lerp"`
	Count uint16  `net:"count,lerp"`
	Held  float32 `net:"held,q=1/32"`
	own   int
}

// A quarter of the way, by hand.
func TestUnpackBetweenDrawsInterpolatedFieldsAndHoldsOthers(t *testing.T) {
	l := layoutOf[drawn](t, UseRow)
	step := 2 * math.Pi / 1024
	a := drawn{Q: 10, Bend: 20, Angle: float32(1020 * step), Turn: 120, Bare: 1, Count: 10, Held: 5}
	b := drawn{Q: 12, Bend: 24, Angle: float32(4 * step), Turn: -124, Bare: 2, Count: 13, Held: 9}
	rowA, rowB := make([]uint32, l.Words()), make([]uint32, l.Words())
	l.Pack(rowA, unsafe.Pointer(&a))
	l.Pack(rowB, unsafe.Pointer(&b))
	got := drawn{own: 7}
	course := Course{Rows: [4][]uint32{2: rowA, 3: rowB}, Gaps: [3]uint32{2: 1}, Part: 0.25}
	l.UnpackAlong(unsafe.Pointer(&got), &course)
	want := drawn{Q: 10.5, Bend: 21, Angle: float32(1022 * step), Turn: 123, Bare: 1.25, Count: 11, Held: 5, own: 7}
	if got != want {
		t.Errorf("drawn: %+v, want %+v", got, want)
	}
	course.Part = 0.75
	l.UnpackAlong(unsafe.Pointer(&got), &course)
	// Turn: 9 of 12 steps from 120, past 127.
	want = drawn{Q: 11.5, Bend: 23, Angle: float32(2 * step), Turn: -127, Bare: 1.75, Count: 12, Held: 5, own: 7}
	if got != want {
		t.Errorf("drawn: %+v, want %+v", got, want)
	}
}

// On a circle the way drawn is never longer than half of it, and begins and ends where the words say.
func TestBetweenGoesTheShorterWayRound(t *testing.T) {
	f := &layoutOf[drawn](t, UseRow).Fields[2]
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint32Range(0, 1023).Draw(t, "a"), rapid.Uint32Range(0, 1023).Draw(t, "b")
		part := rapid.Float64Range(0, 1).Draw(t, "part")
		v := f.Between(a, b, part)
		if v < 0 || v >= 2*math.Pi+1e-6 {
			t.Fatalf("%d to %d, %g of the way: %g is off the circle", a, b, part, v)
		}
		arc := func(x, y float64) float64 { return math.Abs(math.Remainder(x-y, 2*math.Pi)) }
		whole := arc(f.Value(a), f.Value(b))
		if got := arc(v, f.Value(a)); math.Abs(got-whole*part) > 1e-5 {
			t.Fatalf("%d to %d, %g of the way: moved %g of %g", a, b, part, got, whole)
		}
		if end := f.Between(a, b, 1); arc(end, f.Value(b)) > 1e-6 {
			t.Fatalf("%d to %d ends at %g", a, b, end)
		}
	})
}

// Through points of a parabola the curve is the parabola, however far apart they are in time.
func TestCurveThroughAParabolaIsTheParabola(t *testing.T) {
	f := &Field{Name: "x", Kind: Fixed, Bits: 32, Lo: math.MinInt32, Hi: math.MaxInt32, Lerp: true, Hermite: true, Step: 1}
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := rapid.Int64Range(-30, 30).Draw(t, "a"), rapid.Int64Range(-500, 500).Draw(t, "b"), rapid.Int64Range(-500, 500).Draw(t, "c")
		at := func(x float64) float64 { return float64(a)*x*x + float64(b)*x + float64(c) }
		var words [4]uint32
		var gaps [3]uint32
		tick := 0
		for i := range words {
			words[i] = f.Reduce(int64(at(float64(tick))))
			if i < 3 {
				gaps[i] = rapid.Uint32Range(1, MaxGap).Draw(t, "gap")
				tick += int(gaps[i])
			}
		}
		part := rapid.Float64Range(0, 1).Draw(t, "part")
		want := at(float64(tick) - (1-part)*float64(gaps[2]))
		if got := f.Curve(words, gaps, part); math.Abs(got-want) > 1e-3*max(1, math.Abs(want)) {
			t.Fatalf("%v, %v apart, %g of the way: drawn at %g, the parabola is at %g", words, gaps, part, got, want)
		}
	})
}

// Where one curve ends the next goes on: at the same place and in the same direction.
func TestCurveGoesOnWithoutACorner(t *testing.T) {
	f := &Field{Name: "x", Kind: Int, Bits: 20, Lo: -1 << 19, Hi: 1<<19 - 1, Lerp: true, Hermite: true}
	rapid.Check(t, func(t *rapid.T) {
		var words [5]uint32
		var gaps [4]uint32
		for i := range words {
			words[i] = f.Reduce(rapid.Int64Range(-10000, 10000).Draw(t, "x"))
			if i < 4 {
				gaps[i] = rapid.Uint32Range(1, MaxGap).Draw(t, "gap")
			}
		}
		one := func(part float64) float64 { return f.Curve([4]uint32(words[:4]), [3]uint32(gaps[:3]), part) }
		two := func(part float64) float64 { return f.Curve([4]uint32(words[1:]), [3]uint32(gaps[1:]), part) }
		if math.Abs(one(1)-f.Value(words[3])) > 1e-9 || two(0) != f.Value(words[3]) {
			t.Fatalf("the curves meet at %g and %g, the row is %g", one(1), two(0), f.Value(words[3]))
		}
		const h = 1e-6
		in, out := (one(1)-one(1-h))/h/float64(gaps[2]), (two(h)-two(0))/h/float64(gaps[3])
		if math.Abs(in-out) > 1 {
			t.Fatalf("%v, %v apart: %g a tick into the row, %g out of it", words, gaps, in, out)
		}
	})
}

func TestCurveStaysInTheRange(t *testing.T) {
	f := &layoutOf[drawn](t, UseRow).Fields[1]
	rapid.Check(t, func(t *rapid.T) {
		var words [4]uint32
		for i := range words {
			words[i] = rapid.Uint32Range(0, uint32(f.Hi)).Draw(t, "word")
		}
		gaps := [3]uint32{rapid.Uint32Range(0, MaxGap).Draw(t, "g0"), rapid.Uint32Range(1, MaxGap).Draw(t, "g1"), rapid.Uint32Range(1, 60).Draw(t, "g2")}
		if v := f.Curve(words, gaps, rapid.Float64Range(0, 1).Draw(t, "part")); v < 0 || v > 100 {
			t.Fatalf("drawn at %g", v)
		}
	})
}
