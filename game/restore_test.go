package game_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/crowd"
	"github.com/skirmish-dev/skirmish/game/dig"
	"github.com/skirmish-dev/skirmish/game/draughts"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// Whenever a room of one of our games is saved, the room restored from that goes on as the first does: through joins, leaves, lost
// connections, calls and bad networks, to the last bit of what is not sent.
func TestRestoredRoomsGoOnAsTheSavedOnesDo(t *testing.T) {
	for _, g := range []struct {
		name    string
		def     *game.Def
		options any
		play    func(*simPlayer)
		time    time.Duration
	}{
		{"arena", arena.Def, nil, playArena, 10 * time.Second},
		{"draughts", draughts.Def, nil, playDraughts, 60 * time.Second},
		{"computer", draughts.Def, draughts.Options{Computer: true}, playDraughts, 30 * time.Second},
		{"crowd", crowd.Def, nil, playCrowd, 1 * time.Second},
		{"dig", dig.Def, dig.Options{Seconds: 10, Fill: 4}, playDig, 25 * time.Second},
		{"scene", sceneDef, nil, playScene, 10 * time.Second},
	} {
		t.Run(g.name, func(t *testing.T) {
			for seed := range uint64(3) {
				restores := playRestoring(t, g.def, g.options, g.play, g.time, seed)
				if restores < 2 {
					t.Errorf("seed %d: the room was restored %d times", seed, restores)
				}
			}
		})
	}
}

// playRestoring plays with coming and going, and restores the room at random ticks.
func playRestoring(t *testing.T, def *game.Def, options any, play func(*simPlayer), span time.Duration, seed uint64) (restores int) {
	w := gametest.New(t, def, gametest.Options{Seed: seed, Room: options})
	s := &sim{w: w, log: func(string, ...any) {}, def: def, rng: newRand(seed), period: w.Period()}
	for i := range 3 {
		s.players = append(s.players, &simPlayer{sim: s, name: fmt.Sprint("player", i)})
	}
	link := &netsim.Config{Latency: 40 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 0.02}
	ticks := int(span / w.Period())
	for range ticks {
		for _, p := range s.players {
			if p.c != nil {
				if _, _, closed := p.c.Closed(); closed {
					p.c = nil
				}
			}
			switch {
			case w.Ended():
			case p.c == nil && s.chance(0.1) && w.HasPlace(p.name):
				p.c = w.JoinWith(p.name, gametest.ClientOptions{Link: link})
			case p.c == nil:
			case s.chance(1 / float64(ticks)):
				w.Leave(p.c)
				p.c = nil
			case p.c.ID() != 0 && s.chance(2/float64(ticks)):
				p.c.Resume()
			case p.c.ID() != 0:
				play(p)
			}
		}
		w.Step(1)
		if s.chance(12/float64(ticks)) && w.Restore() {
			restores++
		}
	}
	if w.Restore() { // whatever cannot be seen was the same up to here
		restores++
	}
	return restores
}

// forgetful counts in three places, of which one is registered.
type forgetful struct {
	runners game.Table[runner]
	counted int
	missed  int
	inner   struct{ also int }
}

func (g *forgetful) Open(*game.Tick)    { g.runners.Spawn(runner{}) }
func (g *forgetful) Join(*game.Player)  {}
func (g *forgetful) Leave(*game.Player) {}

// elsewhere is state that no room can know of.
var elsewhere int

func (g *forgetful) Tick(t *game.Tick, _ game.Inputs[ranInput]) {
	elsewhere++
	for _, r := range g.runners.All() {
		r.At = int16(elsewhere)
	}
}

func forgetfulDef(register func(b *game.Builder, g *forgetful)) *game.Def {
	return game.Define("forgetful", game.Config{RunEmpty: true}, func(b *game.Builder) game.Game[ranInput] {
		g := new(forgetful)
		game.Replicate(b, "runner", &g.runners)
		register(b, g)
		return g
	})
}

// fatal is what a test was ended with.
type fatal struct{ text string }

type catcher struct{}

func (catcher) Helper()                           {}
func (catcher) Fatalf(format string, args ...any) { panic(fatal{fmt.Sprintf(format, args...)}) }

func fatalOf(f func()) (text string) {
	defer func() {
		if p, ok := recover().(fatal); ok {
			text = p.text
		}
	}()
	f()
	return ""
}

func TestSavingNamesTheFieldsThatWouldBeLost(t *testing.T) {
	def := forgetfulDef(func(b *game.Builder, g *forgetful) { game.State(b, &g.counted) })
	got := fatalOf(func() {
		w := gametest.New(catcher{}, def, gametest.Options{})
		w.Step(1)
		w.Restore()
	})
	if !strings.Contains(got, "*game_test.forgetful.missed, inner would be lost: register it with game.State") {
		t.Errorf("said: %q", got)
	}
}

func TestStateThatIsKeptElsewhereIsFoundOut(t *testing.T) {
	def := forgetfulDef(func(b *game.Builder, g *forgetful) {
		game.State(b, &g.counted)
		game.State(b, &g.missed)
		game.State(b, &g.inner)
	})
	got := fatalOf(func() {
		w := gametest.New(catcher{}, def, gametest.Options{})
		w.Step(5)
		w.Restore()
		w.Step(3)
	})
	if !strings.Contains(got, "tick 6: a copy of the room, saved and restored after tick 5, differs: field at of row") {
		t.Errorf("said: %q", got)
	}
}

// What is no saved room is refused, whatever it is.
func FuzzRestoreRoom(f *testing.F) {
	for _, def := range []*game.Def{draughts.Def, probeDef(probe{})} {
		r := newRig(def)
		r.join("ann")
		r.step(3)
		saved, err := r.room.Save()
		if err != nil {
			continue // the probe has hooks
		}
		f.Add(saved)
		f.Add(saved[:len(saved)/2])
	}
	f.Fuzz(func(t *testing.T, saved []byte) {
		r, err := game.RestoreRoom(game.RoomConfig{Def: draughts.Def, Transport: newRig(draughts.Def).memory}, saved)
		if err == nil {
			if _, err := r.Save(); err != nil {
				t.Errorf("restored, and cannot be saved: %v", err)
			}
		}
	})
}

// sign is a row whose text is asked for anew in each tick.
type sign struct {
	Says game.Text `net:"says"`
}

type signs struct{ rows game.Table[sign] }

func (g *signs) Open(*game.Tick)    { g.rows.Spawn(sign{}) }
func (g *signs) Join(*game.Player)  {}
func (g *signs) Leave(*game.Player) {}

func (g *signs) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	for _, s := range g.rows.All() {
		t.Release(s.Says)
		s.Says = t.Text(fmt.Sprint("page ", t.N/7))
		t.Text("for ever")
	}
}

// A room that had forgotten which strings it has would give the same string another number after it was restored.
func TestRestoredRoomKnowsItsTexts(t *testing.T) {
	w := gametest.New(t, game.Define("signs", game.Config{}, func(b *game.Builder) game.Game[game.NoInput] {
		g := new(signs)
		game.Replicate(b, "sign", &g.rows)
		return g
	}), gametest.Options{})
	for range 20 {
		w.Step(5)
		if !w.Restore() {
			t.Fatal("the room was not saved")
		}
	}
	w.Step(5)
}
