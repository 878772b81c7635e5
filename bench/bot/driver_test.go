package bot

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

func TestRandomWordIsOneTheFieldMayHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := []schema.Kind{schema.Bool, schema.Uint, schema.Int, schema.Fixed, schema.F32, schema.Ref}
		f := schema.Field{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		switch f.Kind {
		case schema.Bool:
			f.Bits, f.Hi = 1, 1
		case schema.Int, schema.Fixed:
			f.Bits = uint8(rapid.IntRange(2, 32).Draw(t, "bits"))
			most := int64(1)<<(f.Bits-1) - 1
			f.Lo = rapid.Int64Range(-most-1, 0).Draw(t, "lo")
			f.Hi = rapid.Int64Range(0, most).Draw(t, "hi")
			if f.Kind == schema.Fixed {
				f.Step = 0.5
			}
		default:
			f.Bits, f.Hi = 32, rapid.Int64Range(0, math.MaxUint32).Draw(t, "hi")
			f.Lo = rapid.Int64Range(0, f.Hi).Draw(t, "lo")
		}
		for range 20 {
			if w := randomWord(&f); !f.Valid(w) {
				t.Fatalf("%d is not in %d..%d of a %v", w, f.Lo, f.Hi, f.Kind)
			}
		}
	})
}

func TestArenaDriverAimsAheadOfItsTarget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Float64Range(1000, 3000)
		speed := rapid.Float64Range(-200, 200)
		me := arenaShip{x: at.Draw(t, "x"), y: at.Draw(t, "y"), vx: speed.Draw(t, "vx"), vy: speed.Draw(t, "vy"), alive: true}
		target := arenaShip{x: me.x + 300, y: me.y, vx: speed.Draw(t, "target vx"), vy: speed.Draw(t, "target vy"), alive: true}
		d := arenaDriver{seen: map[uint32]arenaShip{
			1: me, 2: target, 3: {x: me.x + 10, y: me.y}, 4: {x: me.x, y: me.y + 600, alive: true},
		}}
		x, y, distance, found := d.aim(1, me)
		if !found || math.Abs(distance-300) > 1e-6 {
			t.Fatalf("found %v at %v: the nearest that lives is at 300", found, distance)
		}
		// A shot at x, y and the target meet, as far as a time of flight that is not solved for allows.
		angle := math.Atan2(y-me.y, x-me.x)
		nearest := math.Inf(1)
		for s := 0.0; s < 2; s += 0.002 {
			sx, sy := me.x+s*(me.vx+arenaShotSpeed*math.Cos(angle)), me.y+s*(me.vy+arenaShotSpeed*math.Sin(angle))
			nearest = min(nearest, math.Hypot(sx-target.x-s*target.vx, sy-target.y-s*target.vy))
		}
		if nearest > 4*arenaShipSize {
			t.Fatalf("the shot passes at %.0f units", nearest)
		}
	})
}

func TestArenaDriverTurnsTheShortWay(t *testing.T) {
	for _, c := range []struct {
		angle, x, y float64
		want        int64
	}{
		{0, 0, 10, 1}, {0, 0, -10, -1}, {0, 10, 0, 0}, {2 * math.Pi * 0.99, 10, 0, 1},
		{0.1, 10, 0, -1}, {math.Pi * 1.9, 0, 10, 1}, {math.Pi / 4, 10, 10, 0},
	} {
		if got := steer(bearing(arenaShip{angle: c.angle}, c.x, c.y)); got != c.want {
			t.Errorf("from %.2f to %v, %v it turns %d, want %d", c.angle, c.x, c.y, got, c.want)
		}
	}
}

func TestArenaDriverAloneRoams(t *testing.T) {
	d := arenaDriver{seen: map[uint32]arenaShip{1: {alive: true}, 2: {x: 5}}}
	if _, _, _, found := d.aim(1, d.seen[1]); found {
		t.Error("it hunts a wreck, or itself")
	}
	d.roam(arenaShip{})
	x, y := d.goalX, d.goalY
	if x <= 0 || y <= 0 || x > arenaWorld || y > arenaWorld {
		t.Errorf("it roams to %v, %v", x, y)
	}
	if d.roam(arenaShip{x: x - 3000, y: y}); d.goalX != x || d.goalY != y {
		t.Error("it forgot where it was going")
	}
	if d.roam(arenaShip{x: x, y: y}); d.goalX == x && d.goalY == y {
		t.Error("it stays where it is")
	}
}
