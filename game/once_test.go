package game_test

import (
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

type deed struct {
	Owner  game.PlayerID `net:"owner,once"`
	Kind   uint8         `net:"kind,once"`
	Secret uint8         `net:"secret,owneronly"`
}

// deeds is one deed, which the game gives to the newest player.
type deeds struct{ rows game.Table[deed] }

func (g *deeds) Join(p *game.Player) {
	for _, d := range g.rows.All() {
		d.Owner, d.Kind = p.ID, d.Kind+1
		return
	}
	g.rows.Spawn(deed{Owner: p.ID, Kind: 1})
}

func (g *deeds) Leave(*game.Player) {}

func (g *deeds) Tick(*game.Tick, game.Inputs[game.NoInput]) {
	for _, d := range g.rows.All() {
		d.Secret++
	}
}

func TestOnceFieldStaysForAllWhatItWasAtFirst(t *testing.T) {
	def := game.Define("deeds", game.Config{}, func(b *game.Builder) game.Game[game.NoInput] {
		g := new(deeds)
		game.Replicate(b, "deed", &g.rows)
		return g
	})
	w := gametest.New(t, def, gametest.Options{})
	ann := w.Join("ann")
	w.Step(3)
	ben := w.Join("ben")
	w.Step(3)
	cid := w.Join("cid")
	w.Step(3)
	for c, secret := range map[*gametest.Client]bool{ann: true, ben: false, cid: false} {
		if code, reason, closed := c.Closed(); closed {
			t.Errorf("%s was closed with %d %q", c.Name, code, reason)
			continue
		}
		rows := gametest.Rows[deed](c, "deed")
		if len(rows) != 1 || rows[0].Value.Owner != ann.ID() || rows[0].Value.Kind != 1 || rows[0].Value.Secret != 0 != secret {
			t.Errorf("%s has %+v; the first owner is %d", c.Name, rows, ann.ID())
		}
	}
}
