package world

import (
	"math/rand/v2"

	"github.com/skirmish-dev/skirmish/game"
)

// Arena100 is 50 players and 50 others in a square of 4000, 20 ticks a second. Everybody sees everything, and everything moves.
var Arena100 = defineArena("arena100", game.Config{TickRate: 20, MaxPlayers: arenaPlayers})

// Arena100NoResume is Arena100 in which nobody's place is kept: the server signs no resume seats.
var Arena100NoResume = defineArena("arena100-no-resume", game.Config{TickRate: 20, MaxPlayers: arenaPlayers, Grace: noGrace})

func defineArena(name string, cfg game.Config) *game.Def {
	return game.Define(name, cfg, func(b *game.Builder) game.Game[Input] {
		a := new(arena)
		game.Replicate(b, "ship", &a.ships)
		return a
	})
}

const (
	arenaSide    = 4000
	arenaPlayers = 50
	arenaOthers  = 50
)

// Ship is a player's or one of the others.
type Ship struct {
	X     float32 `net:"x,q=1/16,range=0..4000,lerp"`
	Y     float32 `net:"y,q=1/16,range=0..4000,lerp"`
	Angle float32 `net:"angle,bits=10,wrap,lerp"`
	HP    uint8   `net:"hp"`
}

type arena struct {
	ships  game.Table[Ship]
	random *rand.Rand
}

var _ game.Opener = (*arena)(nil)

// Open sets the others out.
func (a *arena) Open(t *game.Tick) {
	a.random = t.Rand
	for range arenaOthers {
		a.spawn()
	}
}

func (a *arena) spawn() game.EntityID {
	p := somewhere(a.random, arenaSide)
	return a.ships.Spawn(Ship{X: p.x, Y: p.y, Angle: p.angle, HP: hp})
}

// Join sets a player down somewhere.
func (a *arena) Join(p *game.Player) { p.Entity = a.spawn() }

// Leave takes it away.
func (a *arena) Leave(p *game.Player) { a.ships.Despawn(p.Entity) }

func (a *arena) Tick(t *game.Tick, in game.Inputs[Input]) {
	for p := range t.Players() {
		s := a.ships.Get(p.Entity)
		s.Angle = circle(s.Angle + turned(in, p))
	}
	for _, s := range a.ships.All() {
		p := pose{s.X, s.Y, s.Angle}.fly(arenaSide, t.Delta)
		s.X, s.Y, s.Angle = p.x, p.y, p.angle
	}
}
