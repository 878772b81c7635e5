package game_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// Once a client knows the way, each of its inputs is there for its tick: with ticks of a second, with snapshots that come once a
// second, and with neither. Nothing that rooms and clients measure of time may rest on ticks or snapshots being short.
func TestInputsAreFreshHoweverSeldomTicksAndSnapshotsAre(t *testing.T) {
	for _, c := range []struct{ rate, every int }{{1, 1}, {2, 1}, {2, 2}, {8, 8}, {10, 5}, {30, 3}, {128, 8}} {
		for _, link := range []netsim.Config{
			{Latency: 150 * time.Millisecond}, {Latency: 20 * time.Millisecond}, {Latency: 150 * time.Millisecond, Jitter: 30 * time.Millisecond},
		} {
			fresh, all := 0, 0
			from := uint32(10 * c.rate) // after ten seconds of getting to know the way
			def := probeDefWith(game.Config{TickRate: c.rate, SendEvery: c.every, MaxPlayers: 8}, probe{
				tick: func(_ *probe, tick *game.Tick, in game.Inputs[probeInput]) {
					for p := range tick.Players() {
						if _, state := in.Of(p); tick.N > from {
							all++
							if state == game.Fresh {
								fresh++
							}
						}
					}
				}})
			w := gametest.New(t, def, gametest.Options{Seed: 3, Link: &link})
			ann := w.Join("ann")
			ann.SetInput(probeInput{Dir: 1})
			w.StepFor(70 * time.Second)
			name := fmt.Sprintf("%d ticks a second, every %d. sent, %v", c.rate, c.every, link)
			if missed := all - fresh; all < 59*c.rate || link.Jitter == 0 && missed != 0 || missed > all/50 {
				t.Errorf("%s: %d of %d inputs were fresh", name, fresh, all)
			}
			// And it is sent all that it should be: a long period does not look like a link that is behind.
			if want := 70 * c.rate / c.every; ann.Snapshots() < want-want/20-3 || ann.Snapshots() > want {
				t.Errorf("%s: %d snapshots have come, %d were due", name, ann.Snapshots(), want)
			}
		}
	}
}
