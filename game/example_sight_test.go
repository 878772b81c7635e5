package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Scout is a player on a line, in a team.
type Scout struct {
	Owner game.PlayerID `net:"owner,once"`
	X     float32       `net:"x,q=1/16,lerp"`

	team uint64
}

// Card is in a player's hand.
type Card struct {
	Owner game.PlayerID `net:"owner,once"`
	Face  uint8         `net:"face,once"`
}

// Camp belongs to a team; the others do not know where it is.
type Camp struct {
	X float32 `net:"x,q=1/16"`

	team uint64
}

// Trap is known to whoever has found it.
type Trap struct {
	X float32 `net:"x,q=1/16"`

	foundBy game.PlayerID
}

// Hill is there for all to see.
type Hill struct {
	X float32 `net:"x,q=1/16"`
}

// Walk is the input: where to.
type Walk struct {
	To int16 `net:"to,range=0..1000"`
}

type scouting struct {
	scouts game.Table[Scout]
	cards  game.Table[Card]
	camps  game.Table[Camp]
	traps  game.Table[Trap]
	hills  game.Table[Hill]
}

var scoutingDef = game.Define("scouting", game.Config{ViewRadius: 100}, func(b *game.Builder) game.Game[Walk] {
	g := new(scouting)
	game.Replicate(b, "scout", &g.scouts, game.Near(func(s *Scout) (x, y float32) { return s.X, 0 }))
	game.Replicate(b, "card", &g.cards, game.OwnerOnly)
	game.Replicate(b, "camp", &g.camps, game.Groups(func(c *Camp) uint64 { return c.team }))
	game.Replicate(b, "trap", &g.traps, game.Visible(func(p *game.Player, t *Trap) bool { return t.foundBy == p.ID }))
	game.Replicate(b, "hill", &g.hills, game.Everyone)
	return g
})

func (g *scouting) Open(*game.Tick) {
	g.camps.Spawn(Camp{X: 500, team: 1 << 0})
	g.traps.Spawn(Trap{X: 40})
	g.hills.Spawn(Hill{X: 900})
}

func (g *scouting) Join(p *game.Player) {
	p.Groups = 1 << (p.ID % 2) // every other player is in the team of the camp
	p.Entity = g.scouts.Spawn(Scout{Owner: p.ID, team: p.Groups})
	g.cards.Spawn(Card{Owner: p.ID, Face: uint8(10 + p.ID)})
}

func (g *scouting) Leave(p *game.Player) { g.scouts.Despawn(p.Entity) }

func (g *scouting) Tick(t *game.Tick, in game.Inputs[Walk]) {
	for p := range t.Players() {
		s, input := g.scouts.Get(p.Entity), Walk{}
		if input, _ = in.Of(p); float32(input.To) > s.X {
			s.X += 10
		}
		for _, trap := range g.traps.All() {
			if s.X >= trap.X && trap.foundBy == 0 {
				trap.foundBy = p.ID
			}
		}
	}
}

// report says what a client holds: the server has told it nothing else.
func report(c *gametest.Client) {
	fmt.Printf("%s sees %d scouts, %d cards, %d camps, %d traps, %d hills\n", c.Name,
		len(gametest.Rows[Scout](c, "scout")), len(gametest.Rows[Card](c, "card")), len(gametest.Rows[Camp](c, "camp")),
		len(gametest.Rows[Trap](c, "trap")), len(gametest.Rows[Hill](c, "hill")))
}

// A scout sees others up to 100 away, its own cards, the camps of its team, the traps it has found, and every hill.
func ExampleNear() {
	w := gametest.New(onlyExample{}, scoutingDef, gametest.Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	report(ann)
	report(ben)

	ann.SetInput(Walk{To: 1000})
	w.Step(10)
	report(ann) // at 100, past the trap
	w.Step(10)
	report(ann) // at 200
	// Output:
	// ann sees 2 scouts, 1 cards, 0 camps, 0 traps, 1 hills
	// ben sees 2 scouts, 1 cards, 1 camps, 0 traps, 1 hills
	// ann sees 2 scouts, 1 cards, 0 camps, 1 traps, 1 hills
	// ann sees 1 scouts, 1 cards, 0 camps, 1 traps, 1 hills
}

// balloon is scouting from above: a player sees further the longer it plays, from wherever the game says.
type balloon struct{ scouts game.Table[Scout] }

var balloonDef = game.Define("balloon", game.Config{ViewRadius: 100}, func(b *game.Builder) game.Game[Walk] {
	g := new(balloon)
	game.Replicate(b, "scout", &g.scouts, game.Near(func(s *Scout) (x, y float32) { return s.X, 0 }))
	return g
})

func (g *balloon) Join(p *game.Player) {
	g.scouts.Spawn(Scout{X: 350})
	p.View(0, 0, 200)
}

func (g *balloon) Leave(*game.Player) {}

func (g *balloon) Tick(t *game.Tick, _ game.Inputs[Walk]) {
	if t.N == 3 {
		for p := range t.Players() {
			p.View(500, 0, 200)
		}
	}
}

func ExamplePlayer_View() {
	w := gametest.New(onlyExample{}, balloonDef, gametest.Options{})
	ann := w.Join("ann")
	for range 3 {
		w.Step(1)
		fmt.Println("tick", w.Tick(), "scouts in view:", len(gametest.Rows[Scout](ann, "scout")))
	}
	// Output:
	// tick 1 scouts in view: 0
	// tick 2 scouts in view: 0
	// tick 3 scouts in view: 1
}
