package crowd_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game/crowd"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// modem is a link of 64 kbit/s, less what the headers of TCP and IP take of it, behind a queue without an end: the room is
// never told to wait.
var modem = netsim.Config{Latency: 60 * time.Millisecond, Bandwidth: 64_000/8 - 44*30, Queue: 1 << 30}

// age is how long ago the oldest was that a client knows of what it sees, and how many sheep it draws. A row that it sees and has not
// been sent is as old as the wait for it.
func age(w *gametest.World, c *gametest.Client) (time.Duration, int) {
	return time.Duration(w.Tick()-c.Oldest()) * w.Period(), len(gametest.Rows[crowd.Animal](c, "animal"))
}

const (
	warmUp  = time.Second
	seconds = 4 // of the walk
)

// A client behind a modem in the middle of the crowd stays, and sees everything that is near, never older than a second; everybody
// else sees what they always do.
func TestSlowLinkInACrowd(t *testing.T) {
	for name, codecs := range map[string]uint8{"plain": msg.OfferPlain, "packed": msg.OfferPacked} {
		t.Run(name, func(t *testing.T) {
			w := gametest.New(t, crowd.Def, gametest.Options{Seed: 3})
			fast := w.JoinWith("fast", gametest.ClientOptions{Codecs: codecs, Unchecked: true})
			slow := w.JoinWith("slow", gametest.ClientOptions{Codecs: codecs, Unchecked: true, Link: &modem})
			for i := range 6 {
				w.Join(fmt.Sprint("walker", i)).SetInput(crowd.Input{DX: int8(i%3) - 1, DY: int8(i/3%3) - 1})
			}
			w.StepFor(warmUp)
			sends := time.Duration(crowd.Def.Config().SendEvery)
			var worst time.Duration
			sheep := 0
			for i := range seconds * 30 {
				way := [...]crowd.Input{{DX: 1}, {DY: 1}, {DX: -1}, {DY: -1}}[i/60%4]
				fast.SetInput(way)
				slow.SetInput(way)
				w.Step(1)
				a, seen := age(w, slow)
				worst, sheep = max(worst, a), sheep+seen
				if a, _ := age(w, fast); a >= sends*w.Period() {
					t.Fatalf("tick %d: the others hold a state of %v ago", w.Tick(), a)
				}
			}
			if code, reason, closed := slow.Closed(); closed {
				t.Fatalf("closed with %d %q", code, reason)
			}
			t.Logf("%d sheep drawn, the oldest row in sight was %v old, %.1f snapshots per second",
				sheep/(seconds*30), worst, float64(slow.Snapshots())/(seconds+warmUp.Seconds()))
			page, err := os.ReadFile("../../docs/concepts/never-behind.md")
			if says := fmt.Sprintf("%.2f s (%s)", worst.Seconds(), name); err != nil || !strings.Contains(string(page), says) {
				t.Errorf("docs/concepts/never-behind.md does not say what this test measures: %s %v", says, err)
			}
			if sheep/(seconds*30) < 100 {
				t.Error("that is no crowd")
			}
			if worst > time.Second {
				t.Errorf("a row in sight was as it had been %v ago, or has not come for so long", worst)
			}
		})
	}
}
