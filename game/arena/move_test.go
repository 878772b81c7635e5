package arena

import (
	"testing"

	"pgregory.net/rapid"
)

// A shot must meet a ship exactly when some point of its path does, however fast it flies.
func TestMeetsAgreesWithSmallSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		coord := rapid.Float32Range(-100, 100)
		x0, y0, x1, y1 := coord.Draw(t, "x0"), coord.Draw(t, "y0"), coord.Draw(t, "x1"), coord.Draw(t, "y1")
		at, ok := meets(x0, y0, x1, y1)
		const steps = 2000
		nearest := float32(1e9)
		for i := range steps + 1 {
			f := float32(i) / steps
			x, y := x0+f*(x1-x0), y0+f*(y1-y0)
			nearest = min(nearest, x*x+y*y)
		}
		const slack = 8 // of the squared distance: steps are up to 0.15 apart, and this is float32
		switch {
		case ok && nearest > Radius*Radius+slack:
			t.Fatalf("met at %g, but the nearest point is %g away, squared", at, nearest)
		case !ok && nearest < Radius*Radius-slack:
			t.Fatalf("not met, but a point is %g away, squared", nearest)
		case ok && (at < 0 || at > 1):
			t.Fatalf("met at %g of the path", at)
		}
		if ok && at > 0 {
			x, y := x0+at*(x1-x0), y0+at*(y1-y0)
			if d := x*x + y*y - Radius*Radius; d > slack || d < -slack {
				t.Fatalf("at %g the shot is %g from the edge, squared", at, d)
			}
		}
	})
}

func TestFastShotDoesNotPassThrough(t *testing.T) {
	if _, ok := meets(-500, 3, 500, 3); !ok {
		t.Error("a shot that begins before the ship and ends behind it has not met it")
	}
	if _, ok := meets(-500, Radius+1, 500, Radius+1); ok {
		t.Error("a shot that passes beside the ship has met it")
	}
	if _, ok := meets(30, 0, 500, 0); ok {
		t.Error("a shot that flies away has met the ship")
	}
}

func TestAngleOnTheWireIsTheHeading(t *testing.T) {
	for h := range headings {
		s := Ship{X: World / 2, Y: World / 2, heading: uint16(h)}
		s.move(Input{}, 1./30)
		if got := int(float64(s.Angle)/(6.283185307179586/headings) + 0.5); got != h {
			t.Errorf("heading %d is angle %g, which is sent as %d", h, s.Angle, got)
		}
	}
}

// Pinned bits: the browser's twin of move must come to the same.
func TestMoveGivesTheSameBitsEverywhere(t *testing.T) {
	s := Ship{X: 1000, Y: 1000, heading: 100}
	for i := range 300 {
		s.move(Input{Turn: int8(i/40%3 - 1), Thrust: i%7 != 0}, float32(1)/30)
	}
	want := Ship{X: 0x1.30f6fap+09, Y: 0x1.9cc912p+10, heading: 324, vx: -0x1.677be6p+04, vy: 0x1.79f516p+07}
	if s.heading != want.heading || s.X != want.X || s.Y != want.Y || s.vx != want.vx || s.vy != want.vy {
		t.Errorf("after 300 steps: heading %d at %x, %x with %x, %x", s.heading, s.X, s.Y, s.vx, s.vy)
	}
}
