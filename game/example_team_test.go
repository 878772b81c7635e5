package game_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// Trooper is a player of a match that matchmaking has made by rules with teams and roles.
type Trooper struct {
	Owner game.PlayerID `net:"owner,once"`
	Team  uint8         `net:"team,once"`
	HP    uint8         `net:"hp"`
}

type skirmish struct{ troopers game.Table[Trooper] }

var skirmishDef = game.Define("skirmish", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
	g := new(skirmish)
	game.Replicate(b, "trooper", &g.troopers)
	return g
})

// Join gives each player the team that the match was made with.
func (g *skirmish) Join(p *game.Player) {
	hp := uint8(100)
	if p.Role() == "tank" {
		hp = 200
	}
	p.Entity = g.troopers.Spawn(Trooper{Owner: p.ID, Team: uint8(p.Team()), HP: hp})
}

func (g *skirmish) Leave(p *game.Player)                           { g.troopers.Despawn(p.Entity) }
func (g *skirmish) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {}

func ExamplePlayer_Team() {
	w := gametest.New(onlyExample{}, skirmishDef, gametest.Options{})
	ann := w.JoinWith("ann", gametest.ClientOptions{Team: 1, Role: "tank"})
	w.JoinWith("ben", gametest.ClientOptions{Team: 2, Role: "healer"})
	w.Step(1)
	for _, trooper := range gametest.Rows[Trooper](ann, "trooper") {
		fmt.Printf("%s: team %d, %d HP\n", ann.NameOf(trooper.Value.Owner), trooper.Value.Team, trooper.Value.HP)
	}
	// Output:
	// ann: team 1, 200 HP
	// ben: team 2, 100 HP
}
