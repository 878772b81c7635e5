// Package arena is a top-down shooter in space: ships turn, thrust and shoot, and come back three seconds after they are
// destroyed.
//
// The game is two files: the rules here, and in move.go the part of them that clients simulate ahead; map.json is a map for them to draw. It imports package game and
// nothing else of this module. A program that runs rooms of it passes Def on.
package arena

import (
	_ "embed"
	"errors"
	"strings"
	"time"

	"github.com/skirmish-dev/skirmish/game"
)

// Lengths are world units, times are seconds, unless a type says otherwise.
const (
	World     = 4000 // the world is a square from 0,0 to World,World
	Radius    = 18   // of a ship
	MaxSpeed  = 420
	FullHP    = 100
	Damage    = 20 // of one shot
	ShotSpeed = 900

	Respawn  = 3 * time.Second        // from death to the next life
	Reload   = 200 * time.Millisecond // between two shots of one gun
	ShotLife = 1500 * time.Millisecond

	reload = float32(Reload) / float32(time.Second)

	thrust   = 520       // per second
	drag     = 0.35      // part of the speed lost per second
	bounce   = 0.5       // part of the speed kept at a wall
	headings = game.Turn // steps of a full turn; Ship.Angle has the same resolution
	turning  = 0.6       // full turns per second
	nursery  = World / 3 // ships start in a square of this size in the middle, where they meet somebody
)

// Ship is a player's ship. It stays in its table while its player is seated: without HP it is wreckage waiting for the next life.
type Ship struct {
	Owner  game.PlayerID `net:"owner,once"`
	X      float32       `net:"x,q=1/32,range=0..4000,lerp"`
	Y      float32       `net:"y,q=1/32,range=0..4000,lerp"`
	Angle  float32       `net:"angle,bits=10,wrap,lerp"` // radians; 0 looks along x, a quarter turn along y
	HP     uint8         `net:"hp"`
	Score  uint16        `net:"score"` // ships destroyed
	Deaths uint16        `net:"deaths"`

	VX     float32 `net:"vx,q=1/256,range=-420..420,owneronly"` // per second
	VY     float32 `net:"vy,q=1/256,range=-420..420,owneronly"`
	Reload uint8   `net:"reload,owneronly"` // ticks until the gun may shoot again
	Held   bool    `net:"held,owneronly"`   // the trigger, in the last input
	Tapped bool    `net:"tapped,owneronly"` // the trigger was pulled while the gun was reloading

	fromX     float32 // where this tick's move began
	fromY     float32
	respawnAt uint32 // tick
}

// Shot flies straight on until it hits a ship, leaves the world or has had its time.
//
// It starts where its player's ship is, among the other ships as its player sees them, which is some time ago. In its first tick
// it flies through that time, against ships as they were then, and appears as far on as it has flown. From there it flies in the
// present. So for its player it hits what it is seen to hit, near or far: shot and target are always of the same moment. For
// everybody else it is an ordinary thing that can be dodged, once it has flown what it flies in Config.Rewind (360 units).
type Shot struct {
	Owner game.PlayerID `net:"owner,once"`
	X     float32       `net:"x,q=1/32,range=0..4000,lerp"`
	Y     float32       `net:"y,q=1/32,range=0..4000,lerp"`
	Fired uint8         `net:"fired,once"` // low bits of the tick that made it: its player has drawn it since, and knows it by this

	vx, vy float32
	endsAt uint32      // tick
	past   game.Moment // where it is to fly from, when that is before the present; 0: it has caught up
}

// Input is what a player does in one tick. A client that holds the trigger sets Fire in every input; as an edge it also counts
// when its input comes too late for its tick, so a tap is never lost, and is not repeated when inputs are missing.
type Input struct {
	Turn   int8 `net:"turn,range=-1..1"` // 1: Angle grows
	Thrust bool `net:"thrust"`
	Fire   bool `net:"fire,edge"`
}

// Hit tells that a shot has met a ship, at X, Y.
type Hit struct {
	Attacker game.PlayerID `net:"attacker"`
	Victim   game.PlayerID `net:"victim"`
	Damage   uint8         `net:"damage"`
	X        float32       `net:"x,q=1/32,range=0..4000"`
	Y        float32       `net:"y,q=1/32,range=0..4000"`
}

// Kill follows the Hit that took the last HP. X, Y is where the ship was.
type Kill struct {
	Attacker game.PlayerID `net:"attacker"`
	Victim   game.PlayerID `net:"victim"`
	X        float32       `net:"x,q=1/32,range=0..4000"`
	Y        float32       `net:"y,q=1/32,range=0..4000"`
}

// Say is the call with which a player talks to the room.
type Say struct {
	Text string `net:"text,max=120"`
}

// Said is what everybody hears of it.
type Said struct {
	Player game.PlayerID `net:"player"`
	Text   string        `net:"text,max=120"`
}

// chart is the map: places with names, for people to find their way by. The rules know nothing of it.
//
//go:embed map.json
var chart []byte

// Def is the game, ready to be run.
var Def = game.Define("arena", game.Config{TickRate: 30, MaxPlayers: 64}, func(b *game.Builder) game.Game[Input] {
	a := new(arena)
	a.declare(b)
	return a
})

// hull is a ship as seen from itself.
var hull = game.Circle{R: Radius}

type arena struct {
	ships game.Table[Ship]
	shots game.Table[Shot]
	hits  game.Event[Hit]
	kills game.Event[Kill]
	said  game.Event[Said]
}

var _ game.Game[Input] = (*arena)(nil)

func (a *arena) declare(b *game.Builder) {
	game.Replicate(b, "ship", &a.ships, game.Predicted)
	game.Replicate(b, "shot", &a.shots)
	game.Emit(b, "hit", &a.hits)
	game.Emit(b, "kill", &a.kills)
	game.Emit(b, "said", &a.said)
	game.Handle(b, "say", a.say)
	b.Asset("map", chart)
}

// Join gives the player a ship without HP whose respawn is due, so that the first life begins like every other.
func (a *arena) Join(p *game.Player) { p.Entity = a.ships.Spawn(Ship{Owner: p.ID}) }

// Leave takes the ship away. Its shots fly on, and score for nobody.
func (a *arena) Leave(p *game.Player) { a.ships.Despawn(p.Entity) }

func (a *arena) Tick(t *game.Tick, in game.Inputs[Input]) {
	for p := range t.Players() {
		s := a.ships.Get(p.Entity)
		if s == nil {
			continue // the table was full when the player joined
		}
		if s.HP == 0 {
			if !s.revive(t) {
				continue
			}
		}
		input, _ := in.Of(p)
		s.fromX, s.fromY = s.X, s.Y
		Move(s, input, t.Delta)
		if Pull(s, input.Fire, t.Delta) {
			a.shoot(t, p, s)
		}
	}
	for id, shot := range a.shots.All() {
		if t.N >= shot.endsAt || !a.fly(t, shot) {
			a.shots.Despawn(id)
		}
	}
}

// after is the tick that is d away, at least the next. Deadlines are ticks, because a tick is seldom a whole number of nanoseconds.
func after(t *game.Tick, d time.Duration) uint32 {
	return t.N + max(1, uint32(d.Seconds()/float64(t.Delta)+0.5))
}

// revive reports whether the next life begins. A ship is put in its starting place one tick before it lives: clients draw what is
// between two ticks, and would see it fly there. One that has just joined was nowhere before.
func (s *Ship) revive(t *game.Tick) bool {
	if t.N == s.respawnAt || s.respawnAt == 0 {
		s.X = (World-nursery)/2 + float32(nursery*t.Rand.Float32())
		s.Y = (World-nursery)/2 + float32(nursery*t.Rand.Float32())
		s.face(t.Rand.IntN(headings))
		s.VX, s.VY = 0, 0
		s.Reload, s.Held, s.Tapped = 0, false, false
	}
	if t.N <= s.respawnAt {
		return false
	}
	s.HP = FullHP
	return true
}

// shoot starts a shot in the middle of the ship, so that there is no dead angle in front of the muzzle. It flies in this very tick.
func (a *arena) shoot(t *game.Tick, p *game.Player, s *Ship) {
	heading, past := s.heading(), t.SeenBy(p)
	a.shots.Spawn(Shot{
		Owner: s.Owner, Fired: uint8(t.N), X: s.X, Y: s.Y,
		vx: s.VX + float32(game.Cos(heading)*ShotSpeed), vy: s.VY + float32(game.Sin(heading)*ShotSpeed),
		endsAt: after(t, ShotLife) - uint32((game.AtTick(t.N-1) - past).Ticks()),
		past:   past,
	})
}

// fly moves a shot to the end of this tick and reports whether it is still there.
func (a *arena) fly(t *game.Tick, shot *Shot) bool {
	last := game.AtTick(t.N - 1)
	for shot.past != 0 && shot.past < last {
		from, to := shot.past, min(shot.past.NextTick(), last)
		shot.past = to
		was, is := a.ships.At(from), a.ships.At(to)
		if !a.advance(t, shot, float32((to-from).Ticks())*t.Delta, func(id game.EntityID, _ *Ship) (leg, bool) {
			before, there := was.Get(id)
			after, still := is.Get(id)
			return leg{before.X, before.Y, after.X, after.Y}, there && still && before.HP > 0
		}) {
			return false
		}
	}
	shot.past = 0
	return a.advance(t, shot, t.Delta, func(_ game.EntityID, s *Ship) (leg, bool) { return leg{s.fromX, s.fromY, s.X, s.Y}, true })
}

// leg is the way of something during a tick or a part of one.
type leg struct{ fromX, fromY, toX, toY float32 }

// advance moves a shot by dt seconds and reports whether it is still there. path gives the way of a ship meanwhile; ok is false
// when it was not there to be hit.
func (a *arena) advance(t *game.Tick, shot *Shot, dt float32, path func(id game.EntityID, s *Ship) (way leg, ok bool)) bool {
	own := leg{fromX: shot.X, fromY: shot.Y}
	shot.X += float32(shot.vx * dt)
	shot.Y += float32(shot.vy * dt)
	own.toX, own.toY = shot.X, shot.Y
	var victim *Ship
	var hit Hit
	first := float32(2) // part of the way at which it hits; 0..1 are on this one
	for id, s := range a.ships.All() {
		if s.HP == 0 || s.Owner == shot.Owner || !inReach(own, s) {
			continue
		}
		way, ok := path(id, s)
		if !ok {
			continue
		}
		// Both move, so the path is that of the shot as seen from the ship.
		x0, y0, x1, y1 := own.fromX-way.fromX, own.fromY-way.fromY, own.toX-way.toX, own.toY-way.toY
		if at, ok := hull.Meets(x0, y0, x1, y1); ok && at < first {
			victim, first = s, at
			hit = Hit{
				Attacker: shot.Owner, Victim: s.Owner, Damage: Damage,
				X: s.X + x0 + float32(at*(x1-x0)), Y: s.Y + y0 + float32(at*(y1-y0)),
			}
		}
	}
	if victim != nil {
		a.hit(t, victim, hit)
		return false
	}
	return shot.X >= 0 && shot.X <= World && shot.Y >= 0 && shot.Y <= World
}

// inReach spares most ships the closer look: those that cannot have been near a shot on its way, wherever they have flown since, as
// far as Config.Rewind goes back.
func inReach(way leg, s *Ship) bool {
	const reach = 600 // MaxSpeed for the rewind and a tick, were it a second long, and some
	return s.X > min(way.fromX, way.toX)-reach && s.X < max(way.fromX, way.toX)+reach &&
		s.Y > min(way.fromY, way.toY)-reach && s.Y < max(way.fromY, way.toY)+reach
}

func (a *arena) hit(t *game.Tick, victim *Ship, h Hit) {
	victim.HP -= min(victim.HP, h.Damage)
	a.hits.Emit(h)
	if victim.HP > 0 {
		return
	}
	victim.Deaths++
	victim.respawnAt = after(t, Respawn)
	a.kills.Emit(Kill{Attacker: h.Attacker, Victim: h.Victim, X: victim.X, Y: victim.Y})
	if p := t.Player(h.Attacker); p != nil {
		if s := a.ships.Get(p.Entity); s != nil {
			s.Score++
		}
	}
}

// say is a call: the error is a sentence for the player who made it.
func (a *arena) say(p *game.Player, m Say) error {
	text := strings.TrimSpace(m.Text)
	if text == "" {
		return errors.New("there is nothing to say")
	}
	a.said.Emit(Said{Player: p.ID, Text: text})
	return nil
}
