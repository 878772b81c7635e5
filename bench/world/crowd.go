package world

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/skirmish-dev/skirmish/game"
)

// Crowd is one world with as many players as others, 20 ticks a second; each player sees what is within 1000, which is 50 or so
// however many there are, for the square grows with them.
var Crowd = defineCrowd("crowd", game.Config{TickRate: 20, MaxPlayers: CrowdMost, ViewRadius: crowdSight})

// CrowdNoResume is Crowd in which nobody's place is kept: the server signs no resume seats.
var CrowdNoResume = defineCrowd("crowd-no-resume",
	game.Config{TickRate: 20, MaxPlayers: CrowdMost, ViewRadius: crowdSight, Grace: noGrace})

func defineCrowd(name string, cfg game.Config) *game.Def {
	return game.Define(name, cfg, func(b *game.Builder) game.Game[Input] {
		c := &crowd{options: CrowdOptions{Players: 1000}}
		game.Options(b, &c.options)
		game.Replicate(b, "walker", &c.walkers, game.Near(func(w *Walker) (x, y float32) { return w.X, w.Y }))
		return c
	})
}

const (
	// CrowdMost is the most players that one crowd takes.
	CrowdMost  = 4096
	crowdSight = 1000
	crowdSide  = 11_200 // for 1000 players
)

// CrowdOptions are the options of a room.
type CrowdOptions struct {
	// Players that are expected, 1 to CrowdMost: the square is made for them, and there are as many others.
	Players int `json:"players"`
}

// Validate reports a number of players that does not fit.
func (o CrowdOptions) Validate() error {
	if o.Players < 1 || o.Players > CrowdMost {
		return fmt.Errorf("players is %d: 1 to %d fit", o.Players, CrowdMost)
	}
	return nil
}

// side is that of the square.
func (o CrowdOptions) side() float32 { return crowdSide * float32(math.Sqrt(float64(o.Players)/1000)) }

// Walker is a player's or one of the others. The range has room for CrowdMost players.
type Walker struct {
	X     float32 `net:"x,q=1/16,range=0..23000,lerp"`
	Y     float32 `net:"y,q=1/16,range=0..23000,lerp"`
	Angle float32 `net:"angle,bits=10,wrap,lerp"`
	HP    uint8   `net:"hp"`
}

type crowd struct {
	walkers game.Table[Walker]
	options CrowdOptions
	random  *rand.Rand
}

var _ game.Opener = (*crowd)(nil)

// Open sets the others out.
func (c *crowd) Open(t *game.Tick) {
	c.random = t.Rand
	for range c.options.Players {
		c.spawn()
	}
}

func (c *crowd) spawn() game.EntityID {
	p := somewhere(c.random, c.options.side())
	return c.walkers.Spawn(Walker{X: p.x, Y: p.y, Angle: p.angle, HP: hp})
}

// Join sets a player down somewhere.
func (c *crowd) Join(p *game.Player) { p.Entity = c.spawn() }

// Leave takes it away.
func (c *crowd) Leave(p *game.Player) { c.walkers.Despawn(p.Entity) }

func (c *crowd) Tick(t *game.Tick, in game.Inputs[Input]) {
	for p := range t.Players() {
		w := c.walkers.Get(p.Entity)
		w.Angle = circle(w.Angle + turned(in, p))
	}
	side := c.options.side()
	for _, w := range c.walkers.All() {
		p := pose{w.X, w.Y, w.Angle}.fly(side, t.Delta)
		w.X, w.Y, w.Angle = p.x, p.y, p.angle
	}
}
