package game

import (
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/conn"
)

type secret struct {
	X float32 `net:"x,q=1/16"`
}

type secrets struct{ rows Table[secret] }

func (g *secrets) Open(*Tick)                  { g.rows.Spawn(secret{}) }
func (g *secrets) Join(*Player)                {}
func (g *secrets) Leave(*Player)               {}
func (g *secrets) Tick(*Tick, Inputs[NoInput]) {}

// Nil stands for everything, so an id that no player has must not get it for a table with a rule.
func TestWhoIsNoPlayerSeesNothingOfATableWithARule(t *testing.T) {
	def := Define("secrets", Config{}, func(b *Builder) Game[NoInput] {
		g := new(secrets)
		Replicate(b, "secret", &g.rows, Near(func(s *secret) (x, y float32) { return s.X, 0 }))
		return g
	})
	now := time.Unix(1_000_000_000, 0)
	r, err := NewRoom(RoomConfig{Def: def, Transport: conn.NewMemory(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	r.Step(now)
	for _, id := range []uint32{0, 1, 1 << 31} {
		if v := r.sender.Visible(id); v == nil || v[1] == nil || len(v[1]) > 0 {
			t.Errorf("player %d, who is not there, sees %v", id, v)
		}
	}
}
