// Package crowd is a meadow full of sheep: two thousand of them graze and wander, and run from whoever walks among them. A player
// sees what is near, which is a small part of it all.
//
// The whole game is this file: it owns the rules and imports package game and nothing else of this module. A program that runs
// rooms of it passes Def on.
package crowd

import (
	"errors"
	"math"
	"time"

	"github.com/skirmish-dev/skirmish/game"
)

// Lengths are world units, times are seconds, unless a type says otherwise.
const (
	World = 4000 // the meadow is a square from 0,0 to World,World
	Sheep = 2000 // how many there are
	Sight = 700  // how far a player sees

	walking   = 180 // speed of a player
	wandering = 40  // of a sheep
	running   = 220 // of one that is startled
	reach     = 150 // closer than this a player startles a sheep
	whistling = 450 // and closer than this one who whistles

	fright  = 1500 * time.Millisecond // how long a sheep runs
	longest = 6 * time.Second         // that a sheep does one thing
	breath  = time.Second             // from one whistle of a player to the next
	turning = 1.2                     // radians a second by which a wandering sheep turns at most
)

// Walker is a player.
type Walker struct {
	Owner game.PlayerID `net:"owner,once"`
	X     float32       `net:"x,q=1/16,range=0..4000,lerp"`
	Y     float32       `net:"y,q=1/16,range=0..4000,lerp"`

	whistles bool       // in this tick
	winded   game.Timer // until then it cannot
}

// Animal is one sheep. It walks in wide arcs, which clients draw as such.
type Animal struct {
	X        float32 `net:"x,q=1/16,range=0..4000,hermite"`
	Y        float32 `net:"y,q=1/16,range=0..4000,hermite"`
	Startled bool    `net:"startled"`

	heading float32 // radians
	speed   float32
	turn    float32    // radians per second
	until   game.Timer // when it thinks of something else
}

// Input is where a player walks in one tick.
type Input struct {
	DX int8 `net:"dx,range=-1..1"`
	DY int8 `net:"dy,range=-1..1"`
}

// Whistle is the call with which a player startles the sheep around.
type Whistle struct{}

// Whistled is what is heard of it by the players who see the place.
type Whistled struct {
	Player game.PlayerID `net:"player"`
	X      float32       `net:"x,q=1/16,range=0..4000"`
	Y      float32       `net:"y,q=1/16,range=0..4000"`
}

// Def is the game, ready to be run.
//
// Sheep are slow and walk in arcs, so 15 snapshots a second show them as well as 30 would, for half of the bytes and of the work.
var Def = game.Define("crowd", game.Config{TickRate: 30, SendEvery: 2, MaxPlayers: 256, ViewRadius: Sight}, func(b *game.Builder) game.Game[Input] {
	c := new(crowd)
	game.Replicate(b, "walker", &c.walkers, game.Near(func(w *Walker) (x, y float32) { return w.X, w.Y }))
	game.Replicate(b, "animal", &c.animals, game.Near(func(a *Animal) (x, y float32) { return a.X, a.Y }))
	game.Emit(b, "whistled", &c.whistled)
	game.Handle(b, "whistle", c.whistle)
	return c
})

type crowd struct {
	walkers  game.Table[Walker]
	animals  game.Table[Animal]
	whistled game.Event[Whistled]
}

var (
	_ game.Game[Input] = (*crowd)(nil)
	_ game.Opener      = (*crowd)(nil)
)

// Open fills the meadow.
func (c *crowd) Open(t *game.Tick) {
	for range Sheep {
		c.animals.Spawn(Animal{
			X: World * t.Rand.Float32(), Y: World * t.Rand.Float32(),
			until: t.After(time.Duration(t.Rand.Int64N(int64(longest)))), // not all at once
		})
	}
}

// Join puts the player somewhere in the middle.
func (c *crowd) Join(p *game.Player) {
	const spread = 40
	p.Entity = c.walkers.Spawn(Walker{Owner: p.ID, X: World/2 + float32(p.ID%8*spread), Y: World/2 + float32(p.ID/8%8*spread)})
}

// Leave takes the player off the meadow.
func (c *crowd) Leave(p *game.Player) { c.walkers.Despawn(p.Entity) }

func (c *crowd) Tick(t *game.Tick, in game.Inputs[Input]) {
	for p := range t.Players() {
		w := c.walkers.Get(p.Entity)
		if w == nil {
			continue // the table was full when the player joined
		}
		input, _ := in.Of(p)
		w.walk(input, t.Delta)
		w.whistles = w.whistles && w.winded.Left(t) == 0
		c.startle(t, w)
		if w.whistles {
			w.winded = t.After(breath)
			c.whistled.EmitNear(w.X, w.Y, Whistled{Player: p.ID, X: w.X, Y: w.Y})
			w.whistles = false
		}
	}
	for _, a := range c.animals.All() {
		if a.until.Done(t) {
			a.think(t)
		}
		if a.speed > 0 {
			a.move(t)
		}
	}
}

// whistle has a player whistle when the tick has moved it, if it has breath. It is a call: once is enough, however often it is made until
// then. Without a rest between two of them a full meadow could whistle a client off that is slow to say what it has heard: see game.Event.
func (c *crowd) whistle(p *game.Player, _ Whistle) error {
	w := c.walkers.Get(p.Entity)
	if w == nil {
		return errors.New("you are not on the meadow: it is full")
	}
	w.whistles = true
	return nil
}

// walk is one step of a player, as fast across as along.
func (w *Walker) walk(in Input, dt float32) {
	step := walking * dt
	if in.DX != 0 && in.DY != 0 {
		step *= math.Sqrt2 / 2
	}
	w.X, w.Y = fenced(w.X+float32(in.DX)*step), fenced(w.Y+float32(in.DY)*step)
}

// fenced keeps a coordinate on the meadow.
func fenced(x float32) float32 { return min(max(x, 0), World) }

// startle makes the sheep near a walker run, and those further away of one who whistles, but for those that do already.
func (c *crowd) startle(t *game.Tick, w *Walker) {
	far := float32(reach)
	if w.whistles {
		far = whistling
	}
	for _, a := range c.animals.Near(w.X, w.Y, far) {
		if !a.Startled {
			a.flee(t, w)
		}
	}
}

// flee makes a sheep run straight away from a walker.
func (a *Animal) flee(t *game.Tick, from *Walker) {
	a.heading = float32(math.Atan2(float64(a.Y-from.Y), float64(a.X-from.X)))
	a.Startled, a.speed, a.turn, a.until = true, running, 0, t.After(fright)
}

// think makes a sheep graze for a while, or wander on.
func (a *Animal) think(t *game.Tick) {
	a.Startled, a.speed = false, 0
	if t.Rand.IntN(4) > 0 {
		a.speed, a.heading, a.turn = wandering, 2*math.Pi*t.Rand.Float32(), turning*(2*t.Rand.Float32()-1)
	}
	a.until = t.After(longest/4 + time.Duration(t.Rand.Int64N(int64(longest*3/4))))
}

// move is one step of a sheep, which turns round at the fence.
func (a *Animal) move(t *game.Tick) {
	a.heading += a.turn * t.Delta
	sin, cos := math.Sincos(float64(a.heading))
	x, y := a.X+a.speed*t.Delta*float32(cos), a.Y+a.speed*t.Delta*float32(sin)
	if a.X, a.Y = fenced(x), fenced(y); a.X != x || a.Y != y {
		a.heading += math.Pi
	}
}
