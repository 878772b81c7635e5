package schema

import (
	"math"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

type drawn struct {
	Q     float32 `net:"q,q=1/32,lerp"`
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
	a := drawn{Q: 10, Angle: float32(1020 * step), Turn: 120, Bare: 1, Count: 10, Held: 5}
	b := drawn{Q: 12, Angle: float32(4 * step), Turn: -124, Bare: 2, Count: 13, Held: 9}
	rowA, rowB := make([]uint32, l.Words()), make([]uint32, l.Words())
	l.Pack(rowA, unsafe.Pointer(&a))
	l.Pack(rowB, unsafe.Pointer(&b))
	got := drawn{own: 7}
	l.UnpackBetween(unsafe.Pointer(&got), rowA, rowB, 0.25)
	want := drawn{Q: 10.5, Angle: float32(1022 * step), Turn: 123, Bare: 1.25, Count: 11, Held: 5, own: 7}
	if got != want {
		t.Errorf("drawn: %+v, want %+v", got, want)
	}
	l.UnpackBetween(unsafe.Pointer(&got), rowA, rowB, 0.75)
	// Turn: 9 of 12 steps from 120, past 127.
	want = drawn{Q: 11.5, Angle: float32(2 * step), Turn: -127, Bare: 1.75, Count: 12, Held: 5, own: 7}
	if got != want {
		t.Errorf("drawn: %+v, want %+v", got, want)
	}
}

// On a circle the way drawn is never longer than half of it, and begins and ends where the words say.
func TestBetweenGoesTheShorterWayRound(t *testing.T) {
	f := &layoutOf[drawn](t, UseRow).Fields[1]
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
