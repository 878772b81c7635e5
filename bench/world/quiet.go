package world

import "github.com/skirmish-dev/skirmish/game"

// Quiet is a room in which nothing happens, with one player and many who watch, 20 ticks a second. They are told at every
// eighth: to send 15 000 watchers 20 frames a second takes two processors in the kernel alone, and here it is memory that counts.
var Quiet = game.Define("quiet", game.Config{TickRate: 20, SendEvery: 8, MaxPlayers: 1, MaxSpectators: QuietWatchers},
	func(b *game.Builder) game.Game[game.NoInput] {
		q := new(quiet)
		game.Replicate(b, "stone", &q.stones)
		return q
	})

// QuietWatchers is how many spectators one quiet room takes.
const QuietWatchers = 500

// Stone lies where it lies.
type Stone struct {
	X float32 `net:"x,q=1/16,range=0..4000,lerp"`
	Y float32 `net:"y,q=1/16,range=0..4000,lerp"`
}

type quiet struct{ stones game.Table[Stone] }

// Join puts a stone down for the player.
func (q *quiet) Join(p *game.Player) { p.Entity = q.stones.Spawn(Stone{X: 2000, Y: 2000}) }

// Leave takes it away.
func (q *quiet) Leave(p *game.Player) { q.stones.Despawn(p.Entity) }

func (q *quiet) Tick(*game.Tick, game.Inputs[game.NoInput]) {}
