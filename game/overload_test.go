package game

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	netclient "github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// speck goes where nobody can predict it.
type speck struct {
	X float32 `net:"x,range=0..1000,q=1/16"`
	Y float32 `net:"y,range=0..1000,q=1/16"`
}

type dust struct{ specks Table[speck] }

func dustDef(rate int) *Def {
	return Define("dust", Config{TickRate: rate, MaxPlayers: 8, RunEmpty: true}, func(b *Builder) Game[NoInput] {
		g := new(dust)
		Replicate(b, "speck", &g.specks)
		return g
	})
}

func (g *dust) Open(*Tick) {
	for range 50 {
		g.specks.Spawn(speck{})
	}
}

func (g *dust) Join(*Player)  {}
func (g *dust) Leave(*Player) {}

func (g *dust) Tick(t *Tick, _ Inputs[NoInput]) {
	for _, s := range g.specks.All() {
		s.X, s.Y = 1000*t.Rand.Float32(), 1000*t.Rand.Float32()
	}
}

// toll is a transport whose clients have free links and live on while the server is busy, and which takes some of the server's time
// for each snapshot: three times as much for one that is cut short.
type toll struct {
	*conn.Memory
	each    *atomic.Int64 // nanoseconds
	clients map[conn.ID]*tollClient
	until   time.Time // the clients have lived so far
}

type tollClient struct {
	*conn.MemoryConn
	core *netclient.Core
}

func newToll(each *atomic.Int64) *toll {
	t := &toll{Memory: conn.NewMemory(), each: each, clients: map[conn.ID]*tollClient{}, until: time.Now()}
	t.Now = func() time.Time { return t.until }
	return t
}

// seat lets n clients in, who say JOIN at once.
func (t *toll) seat(h *Host, room *hosted, n int) {
	for i := range n {
		name := fmt.Sprint(room.room.cfg.ID, i)
		seat := &Seat{Account: name, Name: name}
		h.sit(room, seat)
		room.post(func(*Room) {
			t.clients[conn.ID(i+1)] = &tollClient{t.Dial(seat), netclient.NewCore(netclient.Options{Codecs: msg.OfferPacked})}
		})
	}
}

func (t *toll) live() {
	for now := time.Now(); t.until.Before(now); t.until = t.until.Add(5 * time.Millisecond) {
		for id := conn.ID(1); int(id) <= len(t.clients); id++ {
			t.clients[id].core.Outgoing(t.until, t.clients[id].Send)
		}
	}
}

func (t *toll) Poll(h conn.Handler) {
	t.live()
	t.Memory.Poll(h)
}

func (t *toll) TrySend(id conn.ID, frames []byte) conn.Result {
	t.live()
	r, c := t.Memory.TrySend(id, frames), t.clients[id]
	for _, m := range c.Recv() {
		if err := c.core.Receive(time.Now(), m); err != nil {
			panic(err)
		}
	}
	cost := time.Duration(t.each.Load())
	if c.core.State != nil && c.core.State.Partial() {
		cost *= 3
	}
	<-time.After(cost)
	return r
}

// What is more than the server has time for makes ticks fewer and nothing else, so that the load that fits is carried again as soon
// as that is all there is.
func TestOverloadMakesFewerTicksOfTheSameCostAndPasses(t *testing.T) {
	const rate, rooms, players = 20, 4, 5
	for _, over := range []float64{1.3, 2, 4} {
		synctest.Test(t, func(t *testing.T) {
			var each atomic.Int64
			all := float64(time.Second) / (rate * rooms * players) // for each snapshot there is that much time
			each.Store(int64(0.7 * all))
			h := virtualHostWith(t, HostConfig{
				HangAfter: time.Hour, NewTransport: func(conn.Config) conn.Transport { return newToll(&each) },
			}, dustDef(rate))
			for range rooms {
				open(t, h, "dust")
			}
			for _, room := range h.rooms {
				room.transport.(*toll).seat(h, room, players)
			}
			m := h.Metrics()
			sent, dropped, unwhole := uint64(0), uint64(0), uint64(0)
			measure := func(d time.Duration) (perSecond float64) {
				sent, dropped, unwhole = m.Snapshots.Load(), m.Dropped.Load(), m.Skipped.Load()+m.Limited.Load()
				pass(d)
				sent, dropped = m.Snapshots.Load()-sent, m.Dropped.Load()-dropped
				unwhole = m.Skipped.Load() + m.Limited.Load() - unwhole
				return float64(sent) / (rooms * players) / d.Seconds()
			}
			pass(3 * time.Second)
			if hz := measure(5 * time.Second); hz < rate-0.3 || dropped+unwhole > 0 {
				t.Fatalf("%.1f snapshots per second of a load that fits, %d ticks dropped, %d not whole", hz, dropped, unwhole)
			}
			each.Store(int64(over * all))
			if hz := measure(20 * time.Second); hz < 0.95*rate/over || unwhole > 0 {
				t.Errorf("%.1f snapshots per second of %.1f times what fits, %d not whole", hz, over, unwhole)
			}
			each.Store(int64(0.7 * all))
			pass(time.Second)
			if hz := measure(5 * time.Second); hz < rate-0.3 || hz > rate+0.3 || dropped+unwhole > 0 {
				t.Errorf("%.1f snapshots per second from a second after %.1f times what fits, %d ticks dropped, %d not whole",
					hz, over, dropped, unwhole)
			}
		})
	}
}
