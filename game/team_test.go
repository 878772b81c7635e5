package game_test

import (
	"slices"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// badge says of a player what the game is told of its team, anew in each tick.
type badge struct {
	Owner  game.PlayerID `net:"owner,once"`
	Team   uint8         `net:"team"`
	Tank   bool          `net:"tank"`
	Ticker uint8         `net:"ticker"`
}

type badges struct {
	rows game.Table[badge]
	seen []int // teams that Admit was told
}

func (g *badges) Admit(p *game.Player) error { g.seen = append(g.seen, p.Team()); return nil }
func (g *badges) Join(p *game.Player)        { p.Entity = g.rows.Spawn(badge{Owner: p.ID}) }
func (g *badges) Leave(p *game.Player)       { g.rows.Despawn(p.Entity) }

func (g *badges) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if t.N == 1 {
		t.AddBot("bot")
	}
	for p := range t.Players() {
		row := g.rows.Get(p.Entity)
		row.Team, row.Tank = uint8(p.Team()), p.Role() == "tank"
		row.Ticker++
	}
}

// What matchmaking has given a player is what the game is told: before it joins, after it has come back on another socket, in a room
// restored from what was saved, and to one that joins there by the recorded commands.
func TestTeamAndRoleStayWithThePlayer(t *testing.T) {
	g := new(badges)
	first := true
	def := game.Define("badges", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[game.NoInput] {
		own := g
		if !first {
			own = new(badges) // of the restored room
		}
		first = false
		game.Replicate(b, "badge", &own.rows)
		game.State(b, &own.seen)
		return own
	})
	g, first = new(badges), true // what Define has made was for the schema
	w := gametest.New(t, def, gametest.Options{})
	expect := func(c *gametest.Client, want ...badge) {
		t.Helper()
		var got []badge
		for _, row := range gametest.Rows[badge](c, "badge") {
			row.Value.Ticker = 0
			got = append(got, row.Value)
		}
		slices.SortFunc(got, func(a, b badge) int { return int(a.Owner) - int(b.Owner) })
		if !slices.Equal(got, want) {
			t.Fatalf("tick %d: the game knows %+v, want %+v", w.Tick(), got, want)
		}
	}
	ann := w.JoinWith("ann", gametest.ClientOptions{Team: 2, Role: "tank"})
	w.Join("guest")
	w.Step(2)
	expect(ann, badge{1, 2, true, 0}, badge{2, 0, false, 0}, badge{3, 0, false, 0})
	w.Break(ann)
	w.Step(2)
	ann.Resume()
	w.Step(2)
	expect(ann, badge{1, 2, true, 0}, badge{2, 0, false, 0}, badge{3, 0, false, 0})
	if !w.Restore() {
		t.Fatal("the room was not saved")
	}
	ben := w.JoinWith("ben", gametest.ClientOptions{Team: 1, Role: "tank"})
	w.Step(3) // fails when the restored room's rows are others
	expect(ben, badge{1, 2, true, 0}, badge{2, 0, false, 0}, badge{3, 0, false, 0}, badge{4, 1, true, 0})
	if !slices.Equal(g.seen, []int{2, 0, 1}) {
		t.Errorf("Admit was told the teams %v, want 2, 0, 1", g.seen)
	}
}
