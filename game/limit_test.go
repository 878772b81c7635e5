package game_test

import (
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// swarm is a hundred coins that nobody can predict, told to clients that may have few bytes.
type swarm struct {
	coins   game.Table[coin]
	limited int // ticks in which a player had too few
}

func swarmDef(bytes int, made func(*swarm)) *game.Def {
	return game.Define("swarm", game.Config{SnapshotBytes: bytes}, func(b *game.Builder) game.Game[game.NoInput] {
		g := new(swarm)
		game.Replicate(b, "coin", &g.coins)
		made(g)
		return g
	})
}

func (g *swarm) Open(*game.Tick) {
	for range 100 {
		g.coins.Spawn(coin{})
	}
}

func (g *swarm) Join(*game.Player)  {}
func (g *swarm) Leave(*game.Player) {}

func (g *swarm) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	for _, c := range g.coins.All() {
		c.X = 1000 * t.Rand.Float32()
	}
	for p := range t.Players() {
		if p.Limited() {
			g.limited++
		}
	}
}

// run plays for ten seconds and returns the bytes sent and the age of the oldest coin that the client ever held.
func (g *swarm) run(t *testing.T, r *rig, codecs uint8) (bytes int, oldest uint32) {
	t.Helper()
	c := r.dial("ann")
	core := client.NewCore(client.Options{Check: true, Codecs: codecs})
	for tick := range 300 {
		core.Outgoing(r.now, c.Send)
		r.step(1)
		for _, m := range c.Recv() {
			bytes += len(m)
			if err := core.Receive(r.now, m); err != nil {
				t.Fatalf("tick %d: %v", r.room.Tick(), err)
			}
		}
		if tick < 60 {
			continue // until everything has entered
		}
		if core.State.Len(1) != 100 {
			t.Fatalf("tick %d: the client holds %d coins", r.room.Tick(), core.State.Len(1))
		}
		for i := range 100 {
			oldest = max(oldest, r.room.Tick()-core.State.At(1, i).At)
		}
	}
	return bytes, oldest
}

func TestClientIsKeptToItsBytesAndNothingStarves(t *testing.T) {
	for name, codecs := range map[string]uint8{"plain": msg.OfferPlain, "packed": msg.OfferPacked} {
		t.Run(name, func(t *testing.T) {
			var g *swarm
			r := newRig(swarmDef(4096, func(made *swarm) { g = made }))
			bytes, oldest := g.run(t, r, codecs)
			t.Logf("%d bytes per second, the oldest coin was of %d ticks ago", bytes/10, oldest)
			if bytes > 10*4096*105/100 {
				t.Errorf("%d bytes in 10 s, 4096 per second are allowed", bytes)
			}
			if age := time.Duration(oldest) * r.room.Period(); age == 0 || age > time.Second {
				t.Errorf("the oldest coin was of %v ago", age)
			}
			if r.metrics.Limited.Load() == 0 || g.limited == 0 {
				t.Errorf("%d snapshots say that they are limited, the game was told %d times", r.metrics.Limited.Load(), g.limited)
			}
		})
	}
}

func TestClientWithBytesToSpareIsToldAll(t *testing.T) {
	var g *swarm
	r := newRig(swarmDef(0, func(made *swarm) { g = made }))
	if _, oldest := g.run(t, r, msg.OfferPlain); oldest != 0 {
		t.Errorf("a coin was of %d ticks ago", oldest)
	}
	// Until its link has shown what it carries, for half a second, a client has less than the game allows; it misses nothing.
	if n := r.metrics.Limited.Load(); n > 15 || g.limited > 15 || r.metrics.Skipped.Load() > 0 {
		t.Errorf("%d snapshots were limited and %d skipped, the game was told %d times", n, r.metrics.Skipped.Load(), g.limited)
	}
}

// eager is a transport that finds out that a client has not taken the last message only when it is given the next.
type eager struct{ *conn.Memory }

func (eager) Ready(conn.ID) bool { return true }

func TestGameIsToldOfAClientThatIsSentNothing(t *testing.T) {
	for name, transport := range map[string]func(*conn.Memory) conn.Transport{
		"a full socket":                    func(m *conn.Memory) conn.Transport { return m },
		"a socket that turns out to be so": func(m *conn.Memory) conn.Transport { return eager{m} },
	} {
		t.Run(name, func(t *testing.T) {
			var g *swarm
			r := &rig{memory: conn.NewMemory(), now: time.Unix(1_000_000_000, 0)}
			r.memory.Now = func() time.Time { return r.now }
			var err error
			r.room, err = game.NewRoom(game.RoomConfig{
				Def: swarmDef(0, func(made *swarm) { g = made }), Transport: transport(r.memory), Now: r.memory.Now, Metrics: &r.metrics,
			})
			if err != nil {
				t.Fatal(err)
			}
			c, core := r.dial("ann"), client.NewCore(client.Options{Codecs: msg.OfferPacked})
			play := func(ticks int) (told int, skipped uint64) {
				told, skipped = g.limited, r.metrics.Skipped.Load()
				for range ticks {
					core.Outgoing(r.now, c.Send)
					r.step(1)
					for _, m := range c.Recv() {
						if err := core.Receive(r.now, m); err != nil {
							t.Fatal(err)
						}
					}
				}
				return g.limited - told, r.metrics.Skipped.Load() - skipped
			}
			play(100) // until its link has shown what it carries
			if told, skipped := play(60); told+int(skipped) > 0 {
				t.Errorf("before: %d snapshots were left out, the game was told %d times", skipped, told)
			}
			c.Stall(true)
			if told, skipped := play(60); skipped != 60 || told != 59 { // the first is left out after its tick
				t.Errorf("%d of 60 snapshots were left out, the game was told %d times, want 59", skipped, told)
			}
			c.Stall(false)
			play(30)
			if told, skipped := play(60); told+int(skipped) > 0 {
				t.Errorf("afterwards: %d snapshots were left out, the game was told %d times", skipped, told)
			}
		})
	}
}
