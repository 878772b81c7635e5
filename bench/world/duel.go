package world

import (
	"math"
	"math/rand/v2"

	"github.com/skirmish-dev/skirmish/game"
)

// Duel is ten players who shoot at each other, 128 ticks a second. A shot hits who was on its line as the shooter saw it.
var Duel = game.Define("duel", game.Config{TickRate: 128, MaxPlayers: duelPlayers}, func(b *game.Builder) game.Game[Aim] {
	d := new(duel)
	game.Replicate(b, "duellist", &d.duellists)
	game.Emit(b, "hit", &d.hits)
	return d
})

const (
	duelPlayers = 10
	duelSide    = 2000
	duelRadius  = 18
	duelRange   = 1500
	duelDamage  = 20
)

// Aim turns a player by so many radians in one tick and shoots.
type Aim struct {
	Turn float32 `net:"turn,q=1/512,range=-4..4"`
	Fire bool    `net:"fire,edge"`
}

// Duellist is a player's row.
type Duellist struct {
	Owner game.PlayerID `net:"owner,once"`
	X     float32       `net:"x,q=1/16,range=0..2000,lerp"`
	Y     float32       `net:"y,q=1/16,range=0..2000,lerp"`
	Angle float32       `net:"angle,bits=10,wrap,lerp"`
	HP    uint8         `net:"hp"`
}

// Hit tells that a shot has met somebody.
type Hit struct {
	Attacker game.PlayerID `net:"attacker"`
	Victim   game.PlayerID `net:"victim"`
}

type duel struct {
	duellists game.Table[Duellist]
	hits      game.Event[Hit]
	random    *rand.Rand
}

var _ game.Opener = (*duel)(nil)

// Open keeps the room's random source for Join.
func (d *duel) Open(t *game.Tick) { d.random = t.Rand }

// Join sets a player down somewhere.
func (d *duel) Join(p *game.Player) {
	at := somewhere(d.random, duelSide)
	p.Entity = d.duellists.Spawn(Duellist{Owner: p.ID, X: at.x, Y: at.y, Angle: at.angle, HP: hp})
}

// Leave takes it away.
func (d *duel) Leave(p *game.Player) { d.duellists.Despawn(p.Entity) }

func (d *duel) Tick(t *game.Tick, in game.Inputs[Aim]) {
	for p := range t.Players() {
		input, state := in.Of(p)
		s := d.duellists.Get(p.Entity)
		if state == game.Fresh {
			s.Angle = circle(s.Angle + input.Turn)
		}
		at := pose{s.X, s.Y, s.Angle}.fly(duelSide, t.Delta)
		s.X, s.Y, s.Angle = at.x, at.y, at.angle
		if input.Fire {
			d.shoot(t, p, s)
		}
	}
}

// shoot hits the nearest on the line ahead, where the shooter saw it. Who has no HP left has them all again: the fight goes on.
func (d *duel) shoot(t *game.Tick, p *game.Player, s *Duellist) {
	sin, cos := math.Sincos(float64(s.Angle))
	endX, endY := s.X+duelRange*float32(cos), s.Y+duelRange*float32(sin)
	first := float32(2) // part of the line; 0..1 are on it
	var victim game.EntityID
	for id, was := range d.duellists.At(t.SeenBy(p)).All() {
		if was.Owner == p.ID {
			continue
		}
		if at, ok := (game.Circle{X: was.X, Y: was.Y, R: duelRadius}).Meets(s.X, s.Y, endX, endY); ok && at < first {
			first, victim = at, id
		}
	}
	v := d.duellists.Get(victim)
	if v == nil {
		return
	}
	if v.HP -= min(v.HP, duelDamage); v.HP == 0 {
		v.HP = hp
	}
	d.hits.Emit(Hit{Attacker: p.ID, Victim: v.Owner})
}
