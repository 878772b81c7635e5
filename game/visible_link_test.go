package game_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// badLink is a link that carries a fraction of what there is to tell, loses packets and makes them late.
var badLink = netsim.Config{Latency: 80 * time.Millisecond, Jitter: 40 * time.Millisecond, Loss: 0.02, Bandwidth: 6000}

// Over a link that carries a part of it and stands still now and then, each client holds what it may see by the rules of the tables, as
// the test knows them, and nothing else: what is left out of a message for want of bytes neither disappears nor starves.
func TestClientsBehindABadLinkHoldWhatTheyMaySee(t *testing.T) {
	for name, codecs := range map[string]uint8{"plain": msg.OfferPlain, "packed": msg.OfferPacked} {
		t.Run(name, func(t *testing.T) {
			var g *hideAndSeek
			r := newRig(seekDef(func(made *hideAndSeek) { g = made }))
			var seekers []*linked
			for i := range 4 {
				name := fmt.Sprint("seeker", i)
				seekers = append(seekers, &linked{
					name: name, seeker: seeker{conn: r.dial(name), core: client.NewCore(client.Options{Check: true, Codecs: codecs})},
					up: netsim.New(netsim.Config{Latency: badLink.Latency}, uint64(i)), down: netsim.New(badLink, uint64(i+9)),
					want: map[uint32]map[game.EntityID]bool{},
				})
			}
			for tick := range 1200 {
				for i, s := range seekers {
					if tick%300 == 150+10*i {
						s.down.Cut(r.now, r.now.Add(2*time.Second)) // longer than the server remembers rows
					}
					s.live(t, r.now)
				}
				r.step(1)
				for _, s := range seekers {
					s.send(g, r)
				}
			}
			for i, s := range seekers {
				if s.partial < 600 {
					t.Errorf("seeker %d was told only some in %d messages: the link has carried too much", i, s.partial)
				}
			}
		})
	}
}

// linked is a seeker with a network.
type linked struct {
	seeker
	name     string
	up, down *netsim.Link
	want     map[uint32]map[game.EntityID]bool // what it should hold, by the ticks of what is under way
	partial  int                               // how many states were
}

// live takes what has arrived by now, and says what there is to say.
func (s *linked) live(t *testing.T, now time.Time) {
	for m, at, ok := s.down.Receive(now); ok; m, at, ok = s.down.Receive(now) {
		before := uint32(0)
		if s.core.State != nil {
			before = s.core.State.Tick()
		}
		if err := s.core.Receive(at, m); err != nil {
			t.Fatal(err)
		}
		if s.core.State == nil || s.core.State.Tick() == before {
			continue
		}
		s.compare(t, s.want[s.core.State.Tick()])
		delete(s.want, s.core.State.Tick())
		if s.core.State.Partial() {
			s.partial++
		}
	}
	s.core.Outgoing(now, func(m []byte) { s.up.Send(now, append([]byte(nil), m...)) })
	for m, _, ok := s.up.Receive(now); ok; m, _, ok = s.up.Receive(now) {
		s.conn.Send(m)
	}
	s.conn.Stall(!s.down.Ready(now))
}

// send puts what the room has sent in a step on its way, and notes what the client should hold then.
func (s *linked) send(g *hideAndSeek, r *rig) {
	messages := s.conn.Recv()
	for _, p := range g.seats {
		if p.Name != s.name {
			continue
		}
		sees := s.should(g, p) // in each tick, for it remembers where the player was
		if slices.ContainsFunc(messages, isSnapshot) {
			s.saw, s.want[r.room.Tick()] = sees, sees
		}
	}
	s.down.Send(r.now, messages...)
}

// isSnapshot tells a FULL or DELTA from what else a room sends.
func isSnapshot(m []byte) bool {
	kind, err := msg.PeekType(m)
	return err == nil && (kind == msg.TypeFull || kind == msg.TypeDelta)
}
