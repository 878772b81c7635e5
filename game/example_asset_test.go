package game_test

import (
	"encoding/json"
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Digger is where a player digs.
type Digger struct {
	Owner game.PlayerID `net:"owner,once"`
	Hall  uint8         `net:"hall"`
}

// mineMap is the same for every room and every tick: no part of a snapshot. In a game it is a file, by go:embed.
var mineMap = []byte(`{"halls":["entrance","coal","gold"]}`)

type mine struct{ diggers game.Table[Digger] }

var mineDef = game.Define("mine", game.Config{TickRate: 20}, func(b *game.Builder) game.Game[game.NoInput] {
	m := new(mine)
	game.Replicate(b, "digger", &m.diggers)
	b.Asset("map", mineMap)
	return m
})

func (m *mine) Join(p *game.Player)                        { p.Entity = m.diggers.Spawn(Digger{Owner: p.ID, Hall: 2}) }
func (m *mine) Leave(p *game.Player)                       { m.diggers.Despawn(p.Entity) }
func (m *mine) Tick(*game.Tick, game.Inputs[game.NoInput]) {}

// What never changes while a game runs is an asset: the room names it when a client joins, and the client fetches it once. In the
// browser that is await room.asset("map").
func ExampleBuilder_Asset() {
	w := gametest.New(onlyExample{}, mineDef, gametest.Options{})
	ann := w.Join("ann")
	w.Step(1)
	var drawn struct{ Halls []string }
	if err := json.Unmarshal(ann.Asset("map"), &drawn); err != nil {
		fmt.Println(err)
	}
	for _, d := range gametest.Rows[Digger](ann, "digger") {
		fmt.Println("ann digs for", drawn.Halls[d.Value.Hall])
	}
	// Output: ann digs for gold
}
