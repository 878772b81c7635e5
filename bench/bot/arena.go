package bot

import (
	"math"
	"math/rand/v2"

	"github.com/skirmish-dev/skirmish/netcode/client"
)

// What the arena driver knows of the game besides its schema, in world units and seconds.
const (
	arenaWorld     = 4000.0
	arenaShipSize  = 16.0
	arenaShotSpeed = 900.0
	arenaShotRange = 1200.0
	arenaTooClose  = 150.0 // nearer than that it does not push on
)

// arenaDriver hunts the nearest living ship and leads its shots; alone it roams.
type arenaDriver struct {
	seen         map[uint32]arenaShip // by owner, at tick
	next         map[uint32]arenaShip // memory for the next seen
	tick         uint32
	goalX, goalY float64 // where it roams to; 0, 0: nowhere yet
}

// arenaShip is what a driver knows of a ship: where it is and, from its last two places, how it moves.
type arenaShip struct {
	x, y, vx, vy, angle float64
	alive               bool
}

func (d *arenaDriver) Tick(c *client.Core) {
	now := c.State.Tick()
	if now == d.tick || !d.look(c, now) {
		return
	}
	d.tick = now
	turn, thrust, fire := 0.0, false, false
	if me, ok := d.seen[c.Player]; ok && me.alive {
		if x, y, distance, found := d.aim(c.Player, me); found {
			off := bearing(me, x, y)
			turn = off
			fire = distance < arenaShotRange && math.Abs(off) < math.Atan2(2*arenaShipSize, distance)
			thrust = distance > arenaTooClose && math.Abs(off) < math.Pi/3
		} else {
			d.roam(me)
			turn = bearing(me, d.goalX, d.goalY)
			thrust = math.Abs(turn) < math.Pi/4
		}
	}
	input := c.Input()
	for i := range c.Schema.Input {
		switch f := &c.Schema.Input[i]; f.Name {
		case "turn":
			input[i] = f.Reduce(steer(turn))
		case "thrust":
			input[i] = word(thrust)
		case "fire":
			input[i] = word(fire)
		}
	}
}

// look reads the ships of tick now. It reports false when the schema is not the arena's.
func (d *arenaDriver) look(c *client.Core, now uint32) bool {
	t, index := c.Schema.Find("ship")
	if t == nil {
		return false
	}
	owner, x, y, angle, hp := t.Index("owner"), t.Index("x"), t.Index("y"), t.Index("angle"), t.Index("hp")
	if min(owner, x, y, angle, hp) < 0 {
		return false
	}
	seconds := float64(now-d.tick) / float64(c.TickRate)
	if d.next == nil {
		d.next = map[uint32]arenaShip{}
	}
	clear(d.next)
	for i := range c.State.Len(index) {
		row := c.State.At(index, i).Row
		value := func(field int) float64 { return t.Fields[field].Value(row[field]) }
		s := arenaShip{x: value(x), y: value(y), angle: value(angle), alive: row[hp] > 0}
		if old, ok := d.seen[row[owner]]; ok && old.alive && s.alive {
			s.vx, s.vy = (s.x-old.x)/seconds, (s.y-old.y)/seconds
		}
		d.next[row[owner]] = s
	}
	d.seen, d.next = d.next, d.seen
	return true
}

// aim finds the nearest other ship that lives, and where to shoot to hit it.
func (d *arenaDriver) aim(own uint32, me arenaShip) (x, y, distance float64, found bool) {
	distance = math.Inf(1)
	var target arenaShip
	for owner, s := range d.seen {
		if r := math.Hypot(s.x-me.x, s.y-me.y); owner != own && s.alive && r < distance {
			target, distance, found = s, r, true
		}
	}
	// A shot starts with the speed of its ship, so it is the difference of the two that moves the target away.
	flight := min(distance, arenaShotRange) / arenaShotSpeed
	return target.x + (target.vx-me.vx)*flight, target.y + (target.vy-me.vy)*flight, distance, found
}

// roam chooses another goal when the last one is reached.
func (d *arenaDriver) roam(me arenaShip) {
	if d.goalX == 0 || math.Hypot(d.goalX-me.x, d.goalY-me.y) < 4*arenaTooClose {
		d.goalX, d.goalY = 1+rand.Float64()*(arenaWorld-1), 1+rand.Float64()*(arenaWorld-1)
	}
}

// bearing is how far a ship has to turn to look at x, y: -pi..pi.
func bearing(s arenaShip, x, y float64) float64 {
	return math.Remainder(math.Atan2(y-s.y, x-s.x)-s.angle, 2*math.Pi)
}

// steer is the turn input for an angle that is left to turn; the last two degrees are not worth it.
func steer(off float64) int64 {
	const enough = 2 * math.Pi / 180
	switch {
	case off > enough:
		return 1
	case off < -enough:
		return -1
	}
	return 0
}

func word(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
