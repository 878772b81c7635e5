package game_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// heldUp is a transport of a process that does not get its processor: time passes before, within and after its calls.
type heldUp struct {
	*conn.Memory
	pass       func(time.Duration)
	poll, send time.Duration
}

func (h *heldUp) Poll(to conn.Handler) {
	h.Memory.Poll(to)
	h.pass(h.poll)
}

func (h *heldUp) TrySend(id conn.ID, frames []byte) conn.Result {
	h.pass(h.send)
	return h.Memory.TrySend(id, frames)
}

// What a server loses of its own time is no property of its clients' links: none is skipped, and none is told less.
func TestServerThatIsHeldUpTakesNobodyForSlow(t *testing.T) {
	for name, c := range map[string]struct{ late, poll, send time.Duration }{
		"before its steps":               {late: 700 * time.Millisecond},
		"while it reads":                 {poll: 700 * time.Millisecond},
		"while it sends":                 {send: 150 * time.Millisecond},
		"everywhere, now more, now less": {300 * time.Millisecond, 300 * time.Millisecond, 50 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			r := &rig{memory: conn.NewMemory(), now: time.Unix(1_000_000_000, 0)}
			r.memory.Now = func() time.Time { return r.now }
			transport := &heldUp{Memory: r.memory, pass: func(time.Duration) {}}
			var err error
			r.room, err = game.NewRoom(game.RoomConfig{
				Def: swarmDef(0, func(*swarm) {}), Transport: transport, Now: r.memory.Now, Metrics: &r.metrics,
			})
			if err != nil {
				t.Fatal(err)
			}
			type player struct {
				*conn.MemoryConn
				core *client.Core
			}
			var players []player
			for i := range 5 {
				players = append(players, player{r.dial(fmt.Sprint("p", i)), client.NewCore(client.Options{Codecs: msg.OfferPacked})})
			}
			act := func() { // what comes is acknowledged 50 ms later
				for _, p := range players {
					p.core.Outgoing(r.now, p.Send)
					for _, m := range p.Recv() {
						if err := p.core.Receive(r.now, m); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			pass := func(d time.Duration) {
				for ; d > 0; d -= 50 * time.Millisecond {
					r.now = r.now.Add(50 * time.Millisecond)
					act()
				}
			}
			var skipped, limited uint64
			for tick := range 300 {
				act()
				if tick == 100 { // all have shown what their links carry
					transport.poll, transport.send, transport.pass = c.poll, c.send, pass
					skipped, limited = r.metrics.Skipped.Load(), r.metrics.Limited.Load()
				}
				if tick >= 100 && tick%3 == 0 {
					pass(c.late)
				}
				r.step(1)
			}
			if n, m := r.metrics.Skipped.Load()-skipped, r.metrics.Limited.Load()-limited; n+m > 0 {
				t.Errorf("%d snapshots were skipped and %d cut short", n, m)
			}
		})
	}
}
