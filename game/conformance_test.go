package game_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/crowd"
	"github.com/skirmish-dev/skirmish/game/dig"
	"github.com/skirmish-dev/skirmish/game/draughts"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode/conformance"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// wideDef shows more than a FULL has room for.
var wideDef = defineScene("wide-scene", 3000, 1024, 1)

// A reader that was written from PROTOCOL.md alone reads all that real clients and a real room say to each other. The other games
// are played for their rows; scene for what only some may see, and for messages that are over their budget.
func TestWhatIsSaidIsWhatTheDocumentSays(t *testing.T) {
	all := hearing{Counts: conformance.Counts{Messages: map[string]int{}}}
	const long = 20 * time.Second // a resume seat is renewed meanwhile
	for _, g := range []heard{
		{arena.Def, 4, long, playArena}, {draughts.Def, 2, long, playDraughts}, {crowd.Def, 4, long / 2, playCrowd}, {dig.Def, 4, 2 * long, playDig},
		{narrowDef, 4, long, playScene}, {wideDef, 4, long, playScene},
	} {
		for _, codec := range []uint8{msg.OfferPlain, msg.OfferPacked} {
			t.Run(fmt.Sprintf("%s/codecs=%d", g.def.Name(), codec), func(t *testing.T) {
				h := listen(t, g, codec)
				t.Logf("%+v", h)
				all.add(h.Counts)
				all.changes, all.unnoticed = all.changes+h.changes, all.unnoticed+h.unnoticed
			})
		}
	}
	for _, name := range []string{
		"JOIN", "INPUT", "CALL", "PING", "EVENTACK", "HELLO", "FULL", "FULL partial", "DELTA", "DELTA partial", "DELTA with events",
		"EVENTS", "REPLY", "PONG", "SEAT",
	} {
		if all.Messages[name] < 8 {
			t.Errorf("there were %d of %s: the test shows too little", all.Messages[name], name)
		}
	}
	if all.Records < 100_000 || all.Absent == 0 || all.Enters == 0 || all.Leaves == 0 || all.Owned == 0 || all.Resumes < 8 {
		t.Errorf("the test shows too little: %+v", all)
	}
	if all.changes < 10_000 || all.unnoticed > all.changes/200 {
		t.Errorf("of %d changed bytes %d were not noticed", all.changes, all.unnoticed)
	}
}

// heard is a game that is listened to.
type heard struct {
	def     *game.Def
	players int
	length  time.Duration
	play    func(*simPlayer)
}

// hearing is what some checkers have heard, and how many bytes were changed to see whether they notice.
type hearing struct {
	conformance.Counts
	changes, unnoticed int
}

func (to *hearing) add(c conformance.Counts) {
	for name := range maps.Keys(c.Messages) {
		to.Messages[name] += c.Messages[name]
	}
	to.Records, to.Absent, to.Enters, to.Leaves = to.Records+c.Records, to.Absent+c.Absent, to.Enters+c.Enters, to.Leaves+c.Leaves
	to.Owned, to.Events, to.Resumes = to.Owned+c.Owned, to.Events+c.Events, to.Resumes+c.Resumes
}

// listen plays for some seconds over a bad network, and has a checker listen to each player, a spectator among them.
func listen(t *testing.T, g heard, codec uint8) (all hearing) {
	all.Messages = map[string]int{}
	w := gametest.New(t, g.def, gametest.Options{Seed: 5})
	s := &sim{w: w, log: t.Logf, def: g.def, rng: newRand(5)}
	built, _, _ := g.def.Schema().Encode()
	var checkers []*conformance.Checker
	for i := range g.players + 1 {
		checker, err := conformance.New(built)
		if err != nil {
			t.Fatal(err)
		}
		checkers = append(checkers, checker)
		name := fmt.Sprintf("player%d", i)
		link := &netsim.Config{Latency: 20 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.01}
		if i == 0 {
			link.Bandwidth = 12_000
		}
		c := w.JoinWith(name, gametest.ClientOptions{Codecs: codec, Link: link, Spectator: i == g.players, Tap: func(received bool, m []byte) {
			hear := checker.Client
			if received {
				hear = checker.Server
				if checker.Counts.Messages["DELTA"]%50 == 1 {
					all.changed(t, checker, m)
				}
			}
			if err := hear(m); err != nil {
				t.Fatalf("tick %d: %s: %v\n%x", w.Tick(), name, err, m)
			}
		}})
		s.players = append(s.players, &simPlayer{sim: s, name: name, c: c})
	}
	for tick := range int(g.length / w.Period()) {
		for i, p := range s.players[:g.players] {
			if at := tick - 60 - 30*i; at == 0 && p.c.ID() != 0 {
				w.Break(p.c)
			} else if at == 20 {
				p.c.Resume()
			} else if at < 0 || at > 20 {
				g.play(p)
			}
		}
		w.Step(1)
	}
	for _, c := range checkers {
		all.add(c.Counts)
	}
	return all
}

// changed checks that whichever byte of a body is another one, the checker says so. What it cannot know at once is whether an
// entity that is as it was predicted was left out.
func (h *hearing) changed(t *testing.T, c *conformance.Checker, m []byte) {
	d, err := msg.ReadDelta(m, 0)
	if err != nil || d.HasEvents {
		return
	}
	good := c.Clone()
	if err := good.Server(m); err != nil {
		return // whoever listens says so
	}
	partial := c.Counts.Messages["DELTA partial"]
	for i := len(m) - len(d.Body); i < len(m); i++ {
		bad, copied := slices.Clone(m), c.Clone()
		bad[i] ^= 1 << (i % 8)
		h.changes++
		if err := copied.Server(bad); err != nil {
			continue
		}
		h.unnoticed++
		if copied.Counts.Messages["DELTA partial"] == partial && good.Counts.Messages["DELTA partial"] == partial {
			t.Fatalf("byte %d of %d is wrong, and the document allows it:\n%x\n%x", i, len(m), m, bad)
		}
	}
}
