package gametest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
)

// fatal is what a test was ended with.
type fatal string

type catcher struct{}

func (catcher) Helper()                           {}
func (catcher) Fatalf(format string, args ...any) { panic(fatal(fmt.Sprintf(format, args...))) }

// refused says with what a test ends that does f, or "".
func refused(f func()) (text string) {
	defer func() {
		if p, ok := recover().(fatal); ok {
			text = string(p)
		}
	}()
	f()
	return ""
}

// small is a game for two, whom one may watch.
var small = game.Define("small", game.Config{TickRate: 10, MaxPlayers: 2, MaxSpectators: 1}, func(*game.Builder) game.Game[game.NoInput] {
	return nobody{}
})

type nobody struct{}

func (nobody) Join(*game.Player)                          {}
func (nobody) Leave(*game.Player)                         {}
func (nobody) Tick(*game.Tick, game.Inputs[game.NoInput]) {}

func TestNoMoreJoinThanTheRoomHasPlaces(t *testing.T) {
	w := New(catcher{}, small, Options{})
	ann, _ := w.Join("ann"), w.Join("ben")
	if w.HasPlace("cat") || !w.HasPlace("ann") {
		t.Error("before the first step there is a place for cat, or none for ann")
	}
	w.Step(2)
	if got := refused(func() { w.Join("cat") }); !strings.Contains(got, "cat cannot join: of 2 places 2 are taken") {
		t.Errorf("a third player was told %q", got)
	}
	w.JoinWith("eve", ClientOptions{Spectator: true})
	if got := refused(func() { w.JoinWith("eva", ClientOptions{Spectator: true}) }); !strings.Contains(got, "eva cannot watch: of 1 places") {
		t.Errorf("a second spectator was told %q", got)
	}
	again := w.Join("ann") // in her own place
	w.Step(1)
	if _, _, closed := ann.Closed(); !closed || w.HasPlace("cat") {
		t.Error("who comes anew has taken a place more")
	}
	w.Break(again)
	w.StepFor(small.Config().Grace - time.Second)
	if w.HasPlace("cat") {
		t.Error("the place of a player who may come back is free")
	}
	again.Resume()
	w.StepFor(2 * time.Second)
	if w.HasPlace("cat") {
		t.Error("the place of a player who is back is free")
	}
	w.Leave(again)
	w.Step(2)
	if got := refused(func() { w.Join("cat") }); got != "" {
		t.Errorf("the place of a player who has left is not free: %q", got)
	}
}

func TestNobodyWatchesAGameThatIsNotWatched(t *testing.T) {
	def := game.Define("shy", game.Config{MaxSpectators: -1}, func(*game.Builder) game.Game[game.NoInput] { return nobody{} })
	w := New(catcher{}, def, Options{})
	if got := refused(func() { w.JoinWith("eve", ClientOptions{Spectator: true}) }); !strings.Contains(got, "of 0 places for spectators") {
		t.Errorf("told %q", got)
	}
}

func TestNamesAreThoseOfTheLobby(t *testing.T) {
	w := New(catcher{}, small, Options{})
	for name, want := range map[string]string{
		"":                      "the name is empty",
		strings.Repeat("x", 25): "the name has 25 characters",
		"a\nb":                  "control character",
		"\u202egnp":             "direction",
		" ann":                  `it would be called "ann"`,
	} {
		if got := refused(func() { w.Join(name) }); !strings.Contains(got, want) {
			t.Errorf("%q was told %q, want %q", name, got, want)
		}
	}
}
