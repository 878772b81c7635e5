package game_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
)

type nothing struct{}

func (nothing) Join(*game.Player)                          {}
func (nothing) Leave(*game.Player)                         {}
func (nothing) Tick(*game.Tick, game.Inputs[game.NoInput]) {}
func build(f func(*game.Builder)) func(*game.Builder) game.Game[game.NoInput] {
	return func(b *game.Builder) game.Game[game.NoInput] {
		f(b)
		return nothing{}
	}
}

// The rows below are each wrong in one way.
type (
	good struct {
		X float32 `net:"x"`
	}
	noTags     struct{ X float32 }
	withString struct {
		X    float32 `net:"x"`
		Name string
	}
	withPointer struct {
		X     float32 `net:"x"`
		Other struct{ Deep [2]*int }
	}
	withInt struct {
		Count int `net:"count"`
	}
	withFloat64 struct {
		X float64 `net:"x"`
	}
	sameName struct {
		A uint8 `net:"a"`
		B uint8 `net:"a"`
	}
	unknownOption struct {
		X float32 `net:"x,smooth"`
	}
	badQ struct {
		X float32 `net:"x,q=0"`
	}
	badRange struct {
		X float32 `net:"x,q=1/4,range=5..5"`
	}
	openRange struct {
		X float32 `net:"x,q=1/4,range=5"`
	}
	rangeAlone struct {
		X float32 `net:"x,range=0..1"`
	}
	qAndBits struct {
		X float32 `net:"x,q=1,bits=4"`
	}
	bitsAlone struct {
		X float32 `net:"x,bits=4"`
	}
	manyBits struct {
		X float32 `net:"x,bits=33,wrap"`
	}
	wideRange struct {
		N uint8 `net:"n,range=0..256"`
	}
	halfRange struct {
		N uint8 `net:"n,range=0..1/2"`
	}
	lerpOnce struct {
		X float32 `net:"x,q=1,lerp,once"`
	}
	lerpBool struct {
		On bool `net:"on,lerp"`
	}
	edgeRow struct {
		On bool `net:"on,edge"`
	}
	dangling struct {
		At game.ID[good] `net:"at"`
	}
	longName struct {
		X float32 `net:"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"`
	}

	lerpEvent struct {
		X float32 `net:"x,q=1,lerp"`
	}
	longString struct {
		S string `net:"s,max=513"`
	}
)

func table[T any](name string) func(*game.Builder) {
	return func(b *game.Builder) { game.Replicate(b, name, new(game.Table[T])) }
}

func event[T any](name string) func(*game.Builder) {
	return func(b *game.Builder) { game.Emit(b, name, new(game.Event[T])) }
}

func handle[T any](name string) func(*game.Builder) {
	return func(b *game.Builder) { game.Handle(b, name, func(*game.Player, T) error { return nil }) }
}

func both(f ...func(*game.Builder)) func(*game.Builder) {
	return func(b *game.Builder) {
		for _, g := range f {
			g(b)
		}
	}
}

// panicOf gives the text of f's panic.
func panicOf(f func()) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}

func TestRegistrationPanicsNameTypeAndField(t *testing.T) {
	tables := func(list ...string) []string { return list }
	for _, c := range []struct {
		name string
		reg  func(*game.Builder)
		want []string
	}{
		{"no tags", table[noTags]("a"), tables("noTags", "no field has a `net:` tag")},
		{"string in a row", table[withString]("a"), tables("withString.Name", "plain data", "string")},
		{"pointer deep in a row", table[withPointer]("a"), tables("withPointer.Other", "plain data", "*int")},
		{"int", table[withInt]("a"), tables("withInt.Count", "int cannot go on the wire")},
		{"float64", table[withFloat64]("a"), tables("withFloat64.X", "float64 cannot go on the wire")},
		{"one name twice", table[sameName]("a"), tables("sameName.B", `"a" is already that of field A`)},
		{"unknown option", table[unknownOption]("a"), tables("unknownOption.X", `unknown option "smooth"`)},
		{"step zero", table[badQ]("a"), tables("badQ.X", "q=0")},
		{"empty range", table[badRange]("a"), tables("badRange.X", "range=5..5 is empty")},
		{"half a range", table[openRange]("a"), tables("openRange.X", "range=lo..hi")},
		{"range of a bare float", table[rangeAlone]("a"), tables("rangeAlone.X", "need q or bits")},
		{"q and bits", table[qAndBits]("a"), tables("qAndBits.X", "not both")},
		{"bits without range", table[bitsAlone]("a"), tables("bitsAlone.X", "bits needs a range")},
		{"33 bits", table[manyBits]("a"), tables("manyBits.X", "bits=33")},
		{"range wider than the type", table[wideRange]("a"), tables("wideRange.N", "does not fit its type")},
		{"fraction for an integer", table[halfRange]("a"), tables("halfRange.N", "whole numbers")},
		{"lerp and once", table[lerpOnce]("a"), tables("lerpOnce.X", "sent once")},
		{"lerp of a bool", table[lerpBool]("a"), tables("lerpBool.On", "a bool")},
		{"edge in a row", table[edgeRow]("a"), tables("edgeRow.On", "edge is for inputs")},
		{"name too long", table[longName]("a"), tables("longName.X", "up to 64 letters")},
		{"reference to no table", table[dangling]("a"), tables(`table "a"`, `field "at"`, "game_test.good", "no table holds")},
		{"one row type twice", both(table[good]("a"), table[good]("b")), tables(`table "b"`, "game_test.good", `table "a"`)},
		{"one table name twice", both(table[good]("a"), table[dangling]("a")), tables(`table "a"`, "already declared")},
		{"the name players", table[good]("players"), tables(`table "players"`, "already declared", "every game")},
		{"bad table name", table[good]("My Ships"), tables(`table "My Ships"`, "a-z")},
		{"lerp in an event", event[lerpEvent]("a"), tables(`event "a"`, "lerpEvent.X", "are for rows")},
		{"string too long", event[longString]("a"), tables("longString.S", "max=513")},
		{"event that is no struct", event[int]("a"), tables(`event "a"`, "must be a struct")},
		{"event twice", both(event[good]("a"), event[good]("a")), tables(`event "a"`, "twice")},
		{"bad event name", event[good](""), tables(`event ""`, "a-z")},
		{"edge in a call", handle[edgeRow]("a"), tables(`call "a"`, "edgeRow.On", "edge is for inputs")},
		{"call twice", both(handle[good]("a"), handle[good]("a")), tables(`call "a"`, "twice")},
	} {
		got := panicOf(func() { game.Define("wrong", game.Config{}, build(c.reg)) })
		for _, part := range append(c.want, "game wrong: ") {
			if !strings.Contains(got, part) {
				t.Errorf("%s: panic %q does not say %q", c.name, got, part)
			}
		}
	}
}

type stringInput struct {
	S string `net:"s"`
}

type stringGame struct{}

func (stringGame) Join(*game.Player)                         {}
func (stringGame) Leave(*game.Player)                        {}
func (stringGame) Tick(*game.Tick, game.Inputs[stringInput]) {}

// wrongOpen has a method that looks like Opener's.
type wrongOpen struct{ nothing }

func (wrongOpen) Open() {}

func TestDefinePanicsSayWhatIsWrong(t *testing.T) {
	none := build(func(*game.Builder) {})
	expect := func(want string, f func()) {
		t.Helper()
		if got := panicOf(f); !strings.Contains(got, want) {
			t.Errorf("panic %q does not say %q", got, want)
		}
	}
	expect("a name has 1 to 32", func() { game.Define("", game.Config{}, none) })
	expect("a name has 1 to 32", func() { game.Define("Arena", game.Config{}, none) })
	expect("TickRate 129", func() { game.Define("a", game.Config{TickRate: 129}, none) })
	expect("TickRate -1", func() { game.Define("a", game.Config{TickRate: -1}, none) })
	expect("MaxPlayers 4097", func() { game.Define("a", game.Config{MaxPlayers: 4097}, none) })
	expect("MatchSize 3", func() { game.Define("a", game.Config{MaxPlayers: 2, MatchSize: 3}, none) })
	expect("MatchSize 1", func() { game.Define("a", game.Config{MatchSize: 1}, none) })
	expect("build returned nil", func() { game.Define("a", game.Config{}, func(*game.Builder) game.Game[game.NoInput] { return nil }) })
	expect("build is nil", func() { game.Define[game.NoInput]("a", game.Config{}, nil) })
	n := 0
	expect("the same tables", func() {
		game.Define("a", game.Config{}, build(func(b *game.Builder) {
			n++
			game.Replicate(b, fmt.Sprintf("row%d", n), new(game.Table[good]))
		}))
	})
	var shared game.Table[good]
	expect("a table of its own", func() {
		game.Define("a", game.Config{}, build(func(b *game.Builder) { game.Replicate(b, "row", &shared) }))
	})
	var event game.Event[good]
	expect("an event of its own", func() {
		game.Define("a", game.Config{}, build(func(b *game.Builder) { game.Emit(b, "bang", &event) }))
	})
	expect("Open(*game.Tick)", func() {
		game.Define("a", game.Config{}, func(*game.Builder) game.Game[game.NoInput] { return wrongOpen{} })
	})
	expect("game.Replicate", func() { new(game.Table[good]).Spawn(good{}) })
	expect("outside a room", func() {
		game.Define("a", game.Config{}, build(func(b *game.Builder) {
			t := new(game.Table[good])
			game.Replicate(b, "row", t)
			t.Spawn(good{})
		}))
	})
	expect("stringInput.S", func() {
		game.Define("a", game.Config{}, func(*game.Builder) game.Game[stringInput] { return stringGame{} })
	})
}

// forgetter holds two tables and two events, of which it declares what its name says.
type forgetter struct {
	nothing
	fish  game.Table[good]
	inner struct{ boats game.Table[sameNameAs] }
	bang  game.Event[good]
	quiet game.Event[good]
}

type sameNameAs struct {
	B uint8 `net:"b"`
}

func TestForgottenTablesAndEventsAreNamedAtRegistration(t *testing.T) {
	for _, c := range []struct {
		want    string
		declare func(b *game.Builder, g *forgetter)
	}{
		{"game harbour: the table fish (game_test.good) was not given to game.Replicate", func(b *game.Builder, g *forgetter) {}},
		{"game harbour: the table inner.boats (game_test.sameNameAs) was not given to game.Replicate", func(b *game.Builder, g *forgetter) {
			game.Replicate(b, "fish", &g.fish)
		}},
		{"game harbour: the event quiet (game_test.good) was not given to game.Emit", func(b *game.Builder, g *forgetter) {
			game.Replicate(b, "fish", &g.fish)
			game.Replicate(b, "boat", &g.inner.boats)
			game.Emit(b, "bang", &g.bang)
		}},
		{"", func(b *game.Builder, g *forgetter) {
			game.Replicate(b, "fish", &g.fish)
			game.Replicate(b, "boat", &g.inner.boats)
			game.Emit(b, "bang", &g.bang)
			game.Emit(b, "quiet", &g.quiet)
		}},
	} {
		got := panicOf(func() {
			game.Define("harbour", game.Config{}, func(b *game.Builder) game.Game[game.NoInput] {
				g := new(forgetter)
				c.declare(b, g)
				return g
			})
		})
		if got != c.want {
			t.Errorf("panic %q, want %q", got, c.want)
		}
	}
}

func TestZeroConfigMeansDefaults(t *testing.T) {
	d := game.Define("plain", game.Config{}, build(func(*game.Builder) {}))
	if got, want := d.Config(), (game.Config{TickRate: 30, SendEvery: 1, MaxPlayers: 16, MaxSpectators: 64, Rewind: 400 * time.Millisecond, Grace: 20 * time.Second, ViewRadius: 1000, SnapshotBytes: 64 << 10}); got != want {
		t.Errorf("config %+v, want %+v", got, want)
	}
	if d.Name() != "plain" || d.Schema().Game != "plain" {
		t.Errorf("name %q, in the schema %q", d.Name(), d.Schema().Game)
	}
	other, err := d.WithTickRate(60)
	if err != nil || other.Config().TickRate != 60 || d.Config().TickRate != 30 {
		t.Errorf("WithTickRate(60): rate %d, the original's %d, error %v", other.Config().TickRate, d.Config().TickRate, err)
	}
	if _, err := d.WithTickRate(1000); err == nil {
		t.Error("WithTickRate(1000) was taken")
	}
}

func TestReferenceNamesItsTableInTheSchema(t *testing.T) {
	d := game.Define("refs", game.Config{}, build(both(table[dangling]("pointer"), table[good]("target"))))
	tb, _ := d.Schema().Find("pointer")
	if got := tb.Fields[0].Of; got != "target" {
		t.Errorf("the field refers to table %q, want target", got)
	}
}
