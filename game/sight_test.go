package game_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// coin lies on a line, and jitters.
type coin struct {
	Owner game.PlayerID `net:"owner,once"`
	X     float32       `net:"x,q=1/16,lerp"`

	team uint64
	turn bool
}

func coinAt(c *coin) (x, y float32) { return c.X, 0 }

// hoard is a game of nothing but coins, of which the first belongs to the only player.
type hoard struct {
	coins  game.Table[coin]
	hidden int
}

func hoardDef(hidden int, option game.Option) *game.Def {
	return game.Define("hoard", game.Config{ViewRadius: 100}, func(b *game.Builder) game.Game[game.NoInput] {
		g := &hoard{hidden: hidden}
		game.Replicate(b, "coin", &g.coins, option)
		return g
	})
}

func (g *hoard) Join(p *game.Player) {
	p.Groups = 1
	p.Entity = g.coins.Spawn(coin{Owner: p.ID, team: 1})
	for range g.hidden {
		g.coins.Spawn(coin{Owner: 99, X: 1000, team: 2})
	}
}

func (g *hoard) Leave(*game.Player) {}

func (g *hoard) Tick(*game.Tick, game.Inputs[game.NoInput]) {
	for _, c := range g.coins.All() {
		if c.turn = !c.turn; c.turn {
			c.X += 3
		}
	}
}

// What a client may not see does not cost it a byte: its messages are the same to the bit whether it is there or not.
func TestHiddenRowsCostNothing(t *testing.T) {
	for name, option := range map[string]game.Option{
		"Near":      game.Near(coinAt),
		"OwnerOnly": game.OwnerOnly,
		"Groups":    game.Groups(func(c *coin) uint64 { return c.team }),
		"Visible":   game.Visible(func(p *game.Player, c *coin) bool { return c.Owner == p.ID }),
	} {
		for codec, offer := range map[string]uint8{"plain": msg.OfferPlain, "packed": msg.OfferPacked} {
			t.Run(name+"/"+codec, func(t *testing.T) {
				sent := func(hidden int) (messages [][]byte) {
					r := newRig(hoardDef(hidden, option))
					c := r.dial("ann")
					c.Send(msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: offer, Options: msg.OptionCheck}))
					for range 50 {
						r.step(1)
						messages = append(messages, c.Recv()...)
						c.Send(msg.AppendInput(nil, msg.Input{AckTick: r.room.Tick()}))
					}
					return messages
				}
				alone, among := sent(0), sent(500)
				if len(alone) < 50 || !slices.EqualFunc(alone, among, slices.Equal) {
					t.Errorf("%d messages are not the %d that are sent where nothing is hidden", len(among), len(alone))
				}
			})
		}
	}
}

// Who is no player yet is shown nothing; a player sees the list of players whole, and of coins what is near.
func TestSightBeginsWithThePlayer(t *testing.T) {
	r := newRig(hoardDef(3, game.Near(coinAt)))
	seat := &game.Seat{Account: "ann", Name: "ann"}
	c := r.memory.Dial(seat)
	r.step(1)
	if _, ok := r.room.SeenFrom(seat); ok {
		t.Error("somebody who has not said JOIN plays already")
	}
	c.Send(msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: msg.OfferPlain}))
	r.step(1)
	if seen, ok := r.room.SeenFrom(seat); !ok || seen[0] != nil || !slices.Equal(seen[1], []uint16{0}) {
		t.Errorf("the player sees %v, want all players and its own coin", seen)
	}
}

type ownerless struct {
	X float32 `net:"x,q=1/16"`
}

func TestMistakesInWhoSeesATablePanicAtDefine(t *testing.T) {
	expect := func(want string, replicate func(*game.Builder)) {
		t.Helper()
		defer func() {
			if text, _ := recover().(string); !strings.Contains(text, want) || !strings.Contains(text, `table "x"`) {
				t.Errorf("panic %q, want one about table x with %q", text, want)
			}
		}()
		game.Define("mistaken", game.Config{}, func(b *game.Builder) game.Game[game.NoInput] {
			replicate(b)
			return new(hoard)
		})
	}
	expect("rows of type game_test.coin", func(b *game.Builder) { game.Replicate(b, "x", new(game.Table[ownerless]), game.Near(coinAt)) })
	expect("rows have no owner", func(b *game.Builder) { game.Replicate(b, "x", new(game.Table[ownerless]), game.OwnerOnly) })
	expect("Near and OwnerOnly both say", func(b *game.Builder) {
		game.Replicate(b, "x", new(game.Table[coin]), game.Near(coinAt), game.OwnerOnly)
	})
	expect("Everyone and Near both say", func(b *game.Builder) { game.Replicate(b, "x", new(game.Table[coin]), game.Everyone, game.Near(coinAt)) })
}
