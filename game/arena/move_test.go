package arena

import (
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// A shot must meet a ship exactly when some point of its path does, however fast it flies.
func TestMeetsAgreesWithSmallSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		coord := rapid.Float32Range(-100, 100)
		x0, y0, x1, y1 := coord.Draw(t, "x0"), coord.Draw(t, "y0"), coord.Draw(t, "x1"), coord.Draw(t, "y1")
		at, ok := hull.Meets(x0, y0, x1, y1)
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
	if _, ok := hull.Meets(-500, 3, 500, 3); !ok {
		t.Error("a shot that begins before the ship and ends behind it has not met it")
	}
	if _, ok := hull.Meets(-500, Radius+1, 500, Radius+1); ok {
		t.Error("a shot that passes beside the ship has met it")
	}
	if _, ok := hull.Meets(30, 0, 500, 0); ok {
		t.Error("a shot that flies away has met the ship")
	}
}

// A heading survives the wire exactly: Angle is what a client decodes.
func TestAngleOnTheWireIsTheHeading(t *testing.T) {
	l := shipLayout(t)
	for h := range headings {
		s := Ship{X: World / 2, Y: World / 2}
		s.face(h)
		var client Ship
		row := make([]uint32, l.Words())
		l.Pack(row, unsafe.Pointer(&s))
		l.Unpack(unsafe.Pointer(&client), row)
		if client.Angle != s.Angle || client.heading() != h || s.heading() != h {
			t.Errorf("heading %d is angle %x and heading %d; a client gets %x and %d", h, s.Angle, s.heading(), client.Angle, client.heading())
		}
	}
}

// Move must not look at what a client does not have.
func TestMoveReadsAndWritesTaggedFieldsOnly(t *testing.T) {
	l := shipLayout(t)
	rapid.Check(t, func(t *rapid.T) {
		row := make([]uint32, l.Words())
		for i := range row {
			f := &l.Fields[i]
			row[i] = f.Reduce(rapid.Int64Range(f.Lo, f.Hi).Draw(t, f.Name))
		}
		in := Input{
			Turn:   int8(rapid.IntRange(-1, 1).Draw(t, "turn")),
			Thrust: rapid.Bool().Draw(t, "thrust"), Fire: rapid.Bool().Draw(t, "fire"),
		}
		server := Ship{fromX: 1, fromY: 2, respawnAt: 3}
		l.Unpack(unsafe.Pointer(&server), row)
		Move(&server, in, 1./30)
		shoots := Pull(&server, in.Fire, 1./30)
		if server.fromX != 1 || server.fromY != 2 || server.respawnAt != 3 {
			t.Fatalf("an untagged field was written: %+v", server)
		}
		got := make([]uint32, l.Words())
		l.Pack(got, unsafe.Pointer(&server))
		if v := step(l, in, 30, row); v.Shoots != shoots || !slices.Equal(v.After, got) {
			t.Fatalf("the server comes to %v, a client to %v", got, v.After)
		}
	})
}

// However far a shot flies in one tick, it is tried against what it may have passed on the way.
func TestShipOnAShotsWayIsInReach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		coord := rapid.Float32Range(0, World)
		way := leg{coord.Draw(t, "x0"), coord.Draw(t, "y0"), coord.Draw(t, "x1"), coord.Draw(t, "y1")}
		part := rapid.Float32Range(0, 1).Draw(t, "part")
		s := Ship{X: way.fromX + part*(way.toX-way.fromX), Y: way.fromY + part*(way.toY-way.fromY)}
		s.X += rapid.Float32Range(-588, 588).Draw(t, "flown x") // MaxSpeed for 1.4 s
		s.Y += rapid.Float32Range(-588, 588).Draw(t, "flown y")
		if !inReach(way, &s) {
			t.Fatalf("%+v is out of reach of %+v", s, way)
		}
	})
}
