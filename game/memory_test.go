package game_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// watchers is a transport with spectators that take everything and acknowledge it, and keep nothing themselves.
type watchers struct {
	players
	from, to conn.ID // those that come with the next Poll
}

func (c *watchers) Poll(h conn.Handler) {
	for id := conn.ID(1); id <= c.to; id++ {
		if id >= c.from {
			h.Opened(id, &game.Seat{Account: fmt.Sprint("account of ", id), Name: fmt.Sprint("guest ", id), Spectator: true})
			h.Message(id, c.now, msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: c.codecs}))
			continue
		}
		c.buf = msg.AppendInput(c.buf[:0], msg.Input{AckTick: c.took[id]})
		h.Message(id, c.now, c.buf)
		c.buf = msg.AppendEventAck(c.buf[:0], msg.EventAck{Seq: 1})
		h.Message(id, c.now, c.buf)
	}
	c.from = c.to + 1
}

// What a room holds for one that only watches: 15 000 of them are to fit a small machine, and the collector lets a heap grow by
// half of what it holds. The socket's part is not in it.
func TestSpectatorOfAQuietRoomIsSmall(t *testing.T) {
	const n, most = 1000, 620
	c := &watchers{players: players{took: make([]uint32, 2*n+1), codecs: msg.OfferPacked, now: time.Unix(1_000_000_000, 0)}}
	room, err := game.NewRoom(game.RoomConfig{
		Def:       game.Define("quiet", game.Config{TickRate: 20, MaxSpectators: 2 * n}, func(b *game.Builder) game.Game[game.NoInput] { return new(nobody) }),
		Transport: c, ID: "quiet", Now: func() time.Time { return c.now },
		ResumeSeat: func(dst []byte, _ *game.Seat, _ game.PlayerID) []byte { return append(dst, make([]byte, 64)...) },
	})
	if err != nil {
		t.Fatal(err)
	}
	c.room = room
	held := func(watching conn.ID) uint64 {
		c.to = watching
		for range 20 { // a second: nothing more is made after the first acknowledgements
			c.step()
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	first := held(n)
	if each := (held(2*n) - first) / n; each > most {
		t.Errorf("%d bytes for each of %d, want at most %d", each, n, most)
	}
	for id, tick := range c.took[1:] {
		if tick != room.Tick() {
			t.Fatalf("%d was told tick %d last, want %d", id+1, tick, room.Tick())
		}
	}
}

// nobody is a game in which nothing happens.
type nobody struct{}

func (*nobody) Join(*game.Player)                          {}
func (*nobody) Leave(*game.Player)                         {}
func (*nobody) Tick(*game.Tick, game.Inputs[game.NoInput]) {}
