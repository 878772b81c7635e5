package game_test

import (
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// crowd is a transport with clients that play by the rules and cost nothing: what they send is written into one buffer, and
// what they are sent is only counted.
type crowd struct {
	room   *game.Room
	now    time.Time
	n      int
	open   bool
	buf    []byte
	inputs []byte
	sent   int
}

func (c *crowd) Attach(conn.Socket, any) error         { return conn.ErrClosed }
func (c *crowd) Ready(conn.ID) bool                    { return true }
func (c *crowd) Close(conn.ID, []byte, uint16, string) {}
func (c *crowd) Shutdown()                             {}
func (c *crowd) TrySend(_ conn.ID, frames []byte) conn.Result {
	c.sent += len(frames)
	return conn.Sent
}

func (c *crowd) Poll(h conn.Handler) {
	for id := conn.ID(1); id <= conn.ID(c.n); id++ {
		if !c.open {
			h.Opened(id, &game.Seat{Account: string(rune('0' + id)), Name: "player"})
			h.Message(id, c.now, msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: msg.OfferPlain}))
			continue
		}
		tick := c.room.Tick()
		turn, thrust := int64(tick/20%3)-1, uint64(uint32(id)+tick/50)%2
		c.inputs = msg.AppendArrayLen(msg.AppendArrayLen(c.inputs[:0], 1), 3)
		c.inputs = msg.AppendUint(msg.AppendUint(msg.AppendInt(c.inputs, turn), thrust), 0)
		c.buf = msg.AppendInput(c.buf[:0], msg.Input{FirstTick: tick + 1, AckTick: tick, ViewTick: 16 * uint64(tick), Inputs: c.inputs})
		h.Message(id, c.now, c.buf)
	}
	c.open = true
}

func newCrowd(tb testing.TB, def *game.Def, n int) *crowd {
	c := &crowd{n: n, now: time.Unix(1_000_000_000, 0)}
	room, err := game.NewRoom(game.RoomConfig{Def: def, Transport: c, ID: "crowd", Seed: 1, Now: func() time.Time { return c.now }})
	if err != nil {
		tb.Fatal(err)
	}
	c.room = room
	return c
}

func (c *crowd) step() {
	c.now = c.now.Add(c.room.Period())
	c.room.Step(c.now)
}

func TestStepOfFiftyFlyingShipsDoesNotAllocate(t *testing.T) {
	c := newCrowd(t, arena.Def, 50)
	for range 200 {
		c.step()
	}
	if c.room.Seated() != 50 || c.sent == 0 {
		t.Fatalf("%d are seated, %d bytes were sent", c.room.Seated(), c.sent)
	}
	if n := testing.AllocsPerRun(100, c.step); n != 0 {
		t.Errorf("%.1f allocations per step", n)
	}
}

func BenchmarkStep(b *testing.B) {
	c := newCrowd(b, arena.Def, 50)
	for range 200 {
		c.step()
	}
	b.ReportAllocs()
	for b.Loop() {
		c.step()
	}
}
