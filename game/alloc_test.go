package game_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/crowd"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// players is a transport with clients that play by the rules and cost nothing: what they send is written into one buffer, and
// what they are sent is only counted.
type players struct {
	room   *game.Room
	now    time.Time
	n      int
	codecs uint8
	input  func(id conn.ID, tick uint32) []int64 // the words of an input
	open   bool
	buf    []byte
	inputs []byte
	sent   int
	took   []uint32 // by id: the newest tick sent
}

func (c *players) Attach(conn.Socket, any) error         { return conn.ErrClosed }
func (c *players) Ready(conn.ID) bool                    { return true }
func (c *players) Close(conn.ID, []byte, uint16, string) {}
func (c *players) Shutdown()                             {}
func (c *players) TrySend(id conn.ID, frames []byte) conn.Result {
	c.sent += len(frames)
	c.took[id] = c.room.Tick()
	return conn.Sent
}

func (c *players) Poll(h conn.Handler) {
	for id := conn.ID(1); id <= conn.ID(c.n); id++ {
		if !c.open {
			h.Opened(id, &game.Seat{Account: string(rune('0' + id)), Name: "player"})
			h.Message(id, c.now, msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: c.codecs}))
			continue
		}
		tick := c.room.Tick()
		words := c.input(id, tick)
		c.inputs = msg.AppendArrayLen(msg.AppendArrayLen(c.inputs[:0], 1), len(words))
		for _, w := range words {
			c.inputs = msg.AppendInt(c.inputs, w)
		}
		c.buf = msg.AppendInput(c.buf[:0], msg.Input{FirstTick: tick + 1, AckTick: c.took[id], ViewTick: 16 * uint64(c.took[id]), Inputs: c.inputs})
		h.Message(id, c.now, c.buf)
	}
	c.open = true
}

func newPlayers(tb testing.TB, def *game.Def, n int, codecs uint8, input func(conn.ID, uint32) []int64) *players {
	c := &players{n: n, took: make([]uint32, n+1), codecs: codecs, input: input, now: time.Unix(1_000_000_000, 0)}
	room, err := game.NewRoom(game.RoomConfig{Def: def, Transport: c, ID: "players", Seed: 1, Now: func() time.Time { return c.now }})
	if err != nil {
		tb.Fatal(err)
	}
	c.room = room
	return c
}

func (c *players) step() {
	c.now = c.now.Add(c.room.Period())
	c.room.Step(c.now)
}

// pilots fly about, walkers walk about. Both write into one slice.
func pilots() func(conn.ID, uint32) []int64 {
	words := make([]int64, 3)
	return func(id conn.ID, tick uint32) []int64 {
		words[0], words[1] = int64(tick/20%3)-1, int64((uint32(id)+tick/50)%2)
		return words
	}
}

func walkers() func(conn.ID, uint32) []int64 {
	words := make([]int64, 2)
	return func(id conn.ID, tick uint32) []int64 {
		n := uint32(id)*7 + tick/40
		words[0], words[1] = int64(n%3)-1, int64(n/3%3)-1
		return words
	}
}

// settled is a room whose buffers have grown to what they need.
func settled(tb testing.TB, def *game.Def, n int, codecs uint8, input func(conn.ID, uint32) []int64) *players {
	c := newPlayers(tb, def, n, codecs, input)
	for range 200 {
		c.step()
	}
	if c.room.Seated() != n || c.sent == 0 {
		tb.Fatalf("%d are seated, %d bytes were sent", c.room.Seated(), c.sent)
	}
	return c
}

func TestStepOfFiftyFlyingShipsZeroAlloc(t *testing.T) {
	c := settled(t, arena.Def, 50, msg.OfferPacked, pilots())
	if n := testing.AllocsPerRun(100, c.step); n != 0 {
		t.Errorf("%.1f allocations per step", n)
	}
}

func TestStepOfTwoThousandSheepZeroAlloc(t *testing.T) {
	c := settled(t, crowd.Def, 100, msg.OfferPacked, walkers())
	if n := testing.AllocsPerRun(100, c.step); n != 0 {
		t.Errorf("%.1f allocations per step", n)
	}
}

// strollerRow goes straight on and turns back at the walls.
type strollerRow struct {
	X      float32 `net:"x,q=1/16,range=0..6000,lerp"`
	Y      float32 `net:"y,q=1/16,range=0..6000,lerp"`
	vx, vy float32
}

// plaza is a square in which everybody strolls, and sees some fifty others.
type plaza struct {
	strollers game.Table[strollerRow]
	rand      *rand.Rand
}

const plazaSide = 6000

func plazaDef() *game.Def {
	return game.Define("plaza", game.Config{TickRate: 20, MaxPlayers: 500, ViewRadius: 1000}, func(b *game.Builder) game.Game[game.NoInput] {
		g := &plaza{rand: rand.New(rand.NewPCG(3, 4))}
		game.Replicate(b, "stroller", &g.strollers, game.Near(func(s *strollerRow) (x, y float32) { return s.X, s.Y }))
		return g
	})
}

// idlers send inputs without a word.
func idlers(conn.ID, uint32) []int64 { return nil }

func (g *plaza) Join(p *game.Player) {
	in := func(most float32) float32 { return g.rand.Float32() * most }
	p.Entity = g.strollers.Spawn(strollerRow{X: in(plazaSide), Y: in(plazaSide), vx: in(20) - 10, vy: in(20) - 10})
}

func (g *plaza) Leave(p *game.Player) { g.strollers.Despawn(p.Entity) }

func (g *plaza) Tick(*game.Tick, game.Inputs[game.NoInput]) {
	for _, s := range g.strollers.All() {
		if s.X += s.vx; s.X < 0 || s.X > plazaSide {
			s.vx = -s.vx
		}
		if s.Y += s.vy; s.Y < 0 || s.Y > plazaSide {
			s.vy = -s.vy
		}
	}
}

// What each player sees varies from tick to tick, and the room has a list of it for each and one of what its client holds. None of
// hundreds may be too small every now and then: all of them see together as much as ever.
func TestStepOfPlayersWhoSeeNowMoreNowLessZeroAlloc(t *testing.T) {
	c := settled(t, plazaDef(), 500, msg.OfferPacked, idlers)
	for range 400 { // with those of settled half a minute
		c.step()
	}
	if n := testing.AllocsPerRun(1, func() {
		for range 300 {
			c.step()
		}
	}); n != 0 {
		t.Errorf("%.0f allocations in fifteen seconds", n)
	}
}

func BenchmarkStep(b *testing.B) {
	c := settled(b, arena.Def, 50, msg.OfferPacked, pilots())
	b.ReportAllocs()
	for b.Loop() {
		c.step()
	}
}

// BenchmarkCrowd is a room of 2000 sheep: what a step costs, what a client adds to it, and what it is sent.
func BenchmarkCrowd(b *testing.B) {
	for _, codec := range []struct {
		name string
		bits uint8
	}{{"plain", msg.OfferPlain}, {"packed", msg.OfferPacked}} {
		for _, n := range []int{1, 50, 200} {
			b.Run(fmt.Sprintf("codec=%s/clients=%d", codec.name, n), func(b *testing.B) {
				c := settled(b, crowd.Def, n, codec.bits, walkers())
				c.sent = 0
				b.ReportAllocs()
				for b.Loop() {
					c.step()
				}
				perClient := float64(b.N) * float64(n)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/perClient, "ns/client")
				b.ReportMetric(float64(c.sent)/perClient, "B/client")
			})
		}
	}
}
