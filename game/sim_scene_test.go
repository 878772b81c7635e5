package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
)

// scene is the game of the simulation that shows everybody something else: each way in which a table can be seen, fields of the
// owner alone, things that come and go, and more of them than its budget lets through at once.

type walker struct {
	Owner  game.PlayerID `net:"owner,once"`
	X      float32       `net:"x,q=1/16,range=0..2000,lerp,pri=4"`
	Y      float32       `net:"y,q=1/16,range=0..2000,lerp"`
	Facing float32       `net:"facing,bits=10,wrap,lerp"`
	Purse  uint16        `net:"purse,owneronly"`
	VX     float32       `net:"vx,q=1/64,range=-50..50,owneronly"`

	vy float32
}

type beast struct {
	X    float32 `net:"x,q=1/4,range=0..2000,lerp"`
	Y    float32 `net:"y,q=1/4,range=0..2000,lerp"`
	Mood int8    `net:"mood,range=-3..3"`

	vx, vy float32
}

type card struct {
	Owner game.PlayerID `net:"owner,once"`
	Suit  uint8         `net:"suit"`
}

type banner struct {
	Team  uint8           `net:"team,range=0..3"`
	Guard game.ID[walker] `net:"guard"`
	Score uint32          `net:"score"`
}

type ghost struct {
	Haunts game.PlayerID `net:"haunts"`
	Cold   float32       `net:"cold"`
}

// sceneOptions are what may be chosen for a room.
type sceneOptions struct {
	Beasts int `json:"beasts"`
	Bots   int `json:"bots"`
}

type scene struct {
	options sceneOptions

	walkers game.Table[walker]
	beasts  game.Table[beast]
	cards   game.Table[card]
	banners game.Table[banner]
	ghosts  game.Table[ghost]
}

type steer struct {
	DX int8 `net:"dx,range=-1..1"`
	DY int8 `net:"dy,range=-1..1"`
}

func defineScene(name string, sight float32, bytesPerSecond, sendEvery int) *game.Def {
	cfg := game.Config{TickRate: 20, WatchNear: true, SendEvery: sendEvery, ViewRadius: sight, SnapshotBytes: bytesPerSecond}
	return game.Define(name, cfg, func(b *game.Builder) game.Game[steer] {
		s := &scene{options: sceneOptions{Beasts: 60}}
		game.Options(b, &s.options)
		game.Replicate(b, "walker", &s.walkers, game.Near(func(w *walker) (x, y float32) { return w.X, w.Y }))
		game.Replicate(b, "beast", &s.beasts, game.Near(func(m *beast) (x, y float32) { return m.X, m.Y }))
		game.Replicate(b, "card", &s.cards, game.OwnerOnly)
		game.Replicate(b, "banner", &s.banners, game.Groups(func(f *banner) uint64 { return 1 << f.Team }))
		game.Replicate(b, "ghost", &s.ghosts, game.Visible(func(p *game.Player, g *ghost) bool { return g.Haunts == p.ID }))
		return s
	})
}

var (
	sceneDef  = defineScene("scene", 500, 0, 1)
	narrowDef = defineScene("narrow-scene", 500, 1024, 1)
	seldomDef = defineScene("seldom-scene", 500, 4096, 3)
)

func (s *scene) Open(t *game.Tick) {
	for range s.options.Beasts {
		s.beasts.Spawn(beast{X: t.Rand.Float32() * 2000, Y: t.Rand.Float32() * 2000, vx: t.Rand.Float32()*40 - 20, vy: t.Rand.Float32()*40 - 20})
	}
	for team := range uint8(4) {
		s.banners.Spawn(banner{Team: team})
	}
	for i := range s.options.Bots {
		t.AddBot(fmt.Sprintf("bot%d", i))
	}
}

func (s *scene) Join(p *game.Player) {
	p.Entity = s.walkers.Spawn(walker{Owner: p.ID, X: 500 + float32(p.ID%7)*150, Y: 1000})
	p.Groups = 1 << (p.ID % 4)
}

func (s *scene) Leave(p *game.Player) { s.walkers.Despawn(p.Entity) }

func (s *scene) Tick(t *game.Tick, in game.Inputs[steer]) {
	s.lead(t)
	for p := range t.Players() {
		w := s.walkers.Get(p.Entity)
		v, _ := in.Of(p)
		w.VX, w.vy = w.VX*0.8+float32(v.DX)*10, w.vy*0.8+float32(v.DY)*10
		w.X, w.Y, w.Facing = w.X+w.VX, w.Y+w.vy, w.Facing+0.1
		switch t.Rand.IntN(40) {
		case 0:
			w.Purse++
			w.Owner++ // which changes nothing for anybody
		case 1:
			s.cards.Spawn(card{Owner: p.ID, Suit: uint8(t.Rand.IntN(4))})
		case 2:
			p.Groups ^= 1 << t.Rand.IntN(4)
		case 3:
			p.View(t.Rand.Float32()*2000, t.Rand.Float32()*2000, t.Rand.Float32()*900-200)
		case 4:
			s.ghosts.Spawn(ghost{Haunts: p.ID})
		}
	}
	for id, m := range s.beasts.All() {
		m.X, m.Y = m.X+m.vx, m.Y+m.vy
		if m.X < 0 || m.X > 2000 || m.Y < 0 || m.Y > 2000 {
			s.beasts.Despawn(id)
			s.beasts.Spawn(beast{X: 1000, Y: 1000, vx: t.Rand.Float32()*40 - 20, vy: t.Rand.Float32()*40 - 20})
		} else if t.Rand.IntN(30) == 0 {
			m.Mood = int8(t.Rand.IntN(7) - 3)
		}
	}
	for id, c := range s.cards.All() {
		if t.Rand.IntN(60) == 0 {
			s.cards.Despawn(id)
		} else if t.Rand.IntN(20) == 0 {
			c.Suit = uint8(t.Rand.IntN(4))
		}
	}
	for id, g := range s.ghosts.All() {
		g.Cold++
		if t.Rand.IntN(15) == 0 {
			g.Haunts = game.PlayerID(t.Rand.IntN(12))
		}
		if t.Rand.IntN(200) == 0 {
			s.ghosts.Despawn(id)
		}
	}
	for _, f := range s.banners.All() {
		if t.Rand.IntN(50) == 0 {
			f.Team, f.Score = uint8(t.Rand.IntN(4)), f.Score+1
		}
	}
}

// lead has the bots walk about, and one go now and then, for another to come.
func (s *scene) lead(t *game.Tick) {
	gone := ""
	for p := range t.Players() {
		if !p.Bot() {
			continue
		}
		switch t.Rand.IntN(60) {
		case 0:
			p.Kick("enough")
			gone = p.Name
		case 1, 2, 3:
			game.SetInput(p, steer{DX: int8(t.Rand.IntN(3) - 1), DY: int8(t.Rand.IntN(3) - 1)})
		}
	}
	if gone != "" {
		t.AddBot(gone)
	}
}

// playScene walks about.
func playScene(p *simPlayer) {
	if rng := p.sim.rng; rng.IntN(10) == 0 {
		p.c.SetInput(steer{DX: int8(rng.IntN(3) - 1), DY: int8(rng.IntN(3) - 1)})
	}
}
