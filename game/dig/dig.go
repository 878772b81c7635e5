// Package dig is a treasure hunt in the dark: two teams dig for the same treasures, by clues that each player has for itself, and lay
// traps for each other. It is a game of what not everybody may know: each table is seen by another rule, and each event has another
// audience.
//
// The game is two files: what it is made of here, and what diggers do in play.go. It imports package game and nothing else of this
// module. A program that runs rooms of it passes Def on.
package dig

import (
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/game"
)

const (
	Size      = 40 // the field is a square of squares from 0,0 to Size-1,Size-1
	Treasures = 12 // in each round
	Lamp      = 8  // how far a digger sees and hears, in squares
	Bag       = 3  // traps that each has in a round, but for scouts
	Lantern   = 12 // how far a scout sees and hears
	clues     = 2  // that each is given, while there are treasures that nobody was told of

	// Scout is the role in a team of matchmaking whose player carries a lantern for the others, and no traps.
	Scout = "scout"

	Caught = 2 * time.Second // how long a trap holds who steps into it
	Idle   = time.Minute     // without an input, until a player gives its place up

	teams    = 2
	longest  = 3600 // seconds of a round
	shortest = 10
)

// Digger is a player. Its team always sees it, the other one in the light of a lamp.
type Digger struct {
	Owner  game.PlayerID `net:"owner,once"`
	Team   uint8         `net:"team,once"`           // 1 or 2
	X      int16         `net:"x,range=0..39,pri=4"` // before holes, which are many and stay where they are
	Y      int16         `net:"y,range=0..39,pri=4"`
	Caught game.Timer    `net:"caught"` // until when it is in a trap
	Traps  uint8         `net:"traps,owneronly"`

	shown uint64     // to which teams
	lamp  int16      // how far it sees
	bag   bag        // what it has in a round that begins
	clues uint8      // that it is still to be told
	finds uint8      // in this round
	idle  game.Timer // when its player has been away for too long
}

// Clue is a place where a treasure lies, for the eyes of its owner.
type Clue struct {
	Owner game.PlayerID `net:"owner,once"`
	X     int16         `net:"x,once"`
	Y     int16         `net:"y,once"`
}

// Trap is known to who has laid it and to who was caught in it.
type Trap struct {
	X      int16         `net:"x,once"`
	Y      int16         `net:"y,once"`
	Caught game.PlayerID `net:"caught"` // 0: it waits

	team uint8
	by   game.PlayerID
}

// Hole is where somebody has dug. It is seen from as far as a lamp reaches.
type Hole struct {
	X     int16 `net:"x,once"`
	Y     int16 `net:"y,once"`
	Empty bool  `net:"empty,once"` // there was no treasure
}

// Round is what everybody knows.
type Round struct {
	N     uint16        `net:"n"`
	Ends  game.Timer    `net:"ends"`
	Left  uint8         `net:"left"` // treasures that nobody has found
	Score [teams]uint16 `net:"score"`
	Best  game.Text     `net:"best"` // the name of who has found the most, also when it has left
}

// Input is one command.
type Input struct {
	DX  int8 `net:"dx,range=-1..1"`
	DY  int8 `net:"dy,range=-1..1"`
	Dig bool `net:"dig,edge"` // where the step leads
	Lay bool `net:"lay,edge"` // a trap there
}

// Heard is the sound of somebody who digs, for who is near.
type Heard struct {
	X int16 `net:"x"`
	Y int16 `net:"y"`
}

// Found is for the finder alone; the others see that there is one less.
type Found struct {
	X int16 `net:"x"`
	Y int16 `net:"y"`
}

// Over is the end of a round, for everybody.
type Over struct {
	N     uint16        `net:"n"`
	Score [teams]uint16 `net:"score"`
}

// Options are what may be chosen for a room.
type Options struct {
	Seconds int `json:"seconds"` // of a round
	Fill    int `json:"fill"`    // bots play until there are so many players
}

// Validate reports what does not fit.
func (o *Options) Validate() error {
	if o.Seconds < shortest || o.Seconds > longest {
		return fmt.Errorf("seconds is %d; %d to %d fit", o.Seconds, shortest, longest)
	}
	if o.Fill < 0 || o.Fill > players {
		return fmt.Errorf("fill is %d; 0 to %d fit", o.Fill, players)
	}
	return nil
}

func (o *Options) length() time.Duration { return time.Duration(o.Seconds) * time.Second }

const players = 16

// Def is the game, ready to be run. A digger makes at most a step in each tick, so there are few. The time of a round runs on while
// nobody is there, so that whoever comes finds no round that its players have left half played.
var Def = game.Define("dig", game.Config{TickRate: 5, MaxPlayers: players, ViewRadius: Lamp, RunEmpty: true}, func(b *game.Builder) game.Game[Input] {
	g := &dig{options: Options{Seconds: 120}}
	game.Options(b, &g.options)
	game.Share(b, "round", &g.round)
	game.Replicate(b, "digger", &g.diggers, game.Groups(func(d *Digger) uint64 { return d.shown }))
	game.Replicate(b, "clue", &g.clues, game.OwnerOnly)
	game.Replicate(b, "trap", &g.traps, game.Visible(func(p *game.Player, t *Trap) bool { return t.by == p.ID || t.Caught == p.ID }))
	game.Replicate(b, "hole", &g.holes, game.Near(func(h *Hole) (x, y float32) { return float32(h.X), float32(h.Y) }))
	game.Emit(b, "heard", &g.heard)
	game.Emit(b, "found", &g.found)
	game.Emit(b, "over", &g.over)
	game.State(b, &g.field)
	return g
})

type dig struct {
	options Options
	round   Round
	diggers game.Table[Digger]
	clues   game.Table[Clue]
	traps   game.Table[Trap]
	holes   game.Table[Hole]
	heard   game.Event[Heard]
	found   game.Event[Found]
	over    game.Event[Over]
	field   field
}

// field is what lies in the ground; no client knows it.
type field struct {
	dug       [Size][Size]bool // by x and y
	treasures []treasure
	most      uint8 // that one digger has found in this round
	bags      []bag // what players who have left in this round had, the newest last
}

// bag is what a digger is given for a round. A player who comes into a round takes what one has left behind, if there is such: who
// leaves and comes back has no more than before. Bots, which come and go with the players, leave nothing and take nothing of it.
type bag struct{ traps, clues uint8 }

type treasure struct {
	x, y int16
	told bool // somebody has a clue, or had one
}

var (
	_ game.Game[Input] = (*dig)(nil)
	_ game.Opener      = (*dig)(nil)
)

// Open begins the first round.
func (g *dig) Open(t *game.Tick) { g.begin(t) }

// Join puts the player into the team that matchmaking has chosen, or into the smaller one.
func (g *dig) Join(p *game.Player) {
	team := uint8(p.Team())
	if team < 1 || team > teams {
		size := [teams + 1]int{}
		for _, d := range g.diggers.All() {
			size[d.Team]++
		}
		if team = 1; size[2] < size[1] {
			team = 2
		}
	}
	d := Digger{Owner: p.ID, Team: team, lamp: Lamp, bag: bag{Bag, clues}}
	if p.Role() == Scout {
		d.lamp, d.bag.traps = Lantern, 0
	}
	d.prepare()
	if n := len(g.field.bags); n > 0 && !p.Bot() {
		last := g.field.bags[n-1]
		d.Traps, d.clues = min(d.Traps, last.traps), min(d.clues, last.clues)
		g.field.bags = g.field.bags[:n-1]
	}
	p.Groups = group(team)
	p.Entity = g.diggers.Spawn(d)
}

// Leave takes the digger off the field, but for its bag. What it knew may be told to somebody else.
func (g *dig) Leave(p *game.Player) {
	var left bag
	if d := g.diggers.Get(p.Entity); d != nil {
		left = bag{d.Traps, d.clues}
	}
	g.diggers.Despawn(p.Entity)
	for id, c := range g.clues.All() {
		if c.Owner == p.ID {
			g.clues.Despawn(id)
			g.at(c.X, c.Y).told = false
			left.clues++
		}
	}
	if !p.Bot() {
		g.field.bags = append(g.field.bags, left)
	}
}

// group is a team as game.Groups knows it.
func group(team uint8) uint64 { return 1 << team }
