package game

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/skirmish-dev/skirmish/netcode/conn"
)

type mapOptions struct {
	Map    string `json:"map"`
	Rounds int    `json:"rounds"`
}

func (o *mapOptions) Validate() error {
	if o.Rounds > 9 {
		return fmt.Errorf("rounds is %d; at most 9 fit", o.Rounds)
	}
	return nil
}

type optioned struct {
	tiny
	options mapOptions
	opened  func(mapOptions)
}

func (g *optioned) Open(*Tick) { g.opened(g.options) }

func optionedDef(opened func(mapOptions)) *Def {
	return Define("optioned", Config{}, func(b *Builder) Game[NoInput] {
		g := &optioned{opened: opened, options: mapOptions{Map: "meadow", Rounds: 3}}
		Replicate(b, "row", &g.rows)
		Options(b, &g.options)
		return g
	})
}

func TestGameHasItsOptionsWhenItOpens(t *testing.T) {
	opened := make(chan mapOptions, 1)
	rig := newHostRig(t, func(c *HostConfig) { c.Games = []*Def{optionedDef(func(o mapOptions) { opened <- o })} })
	for _, c := range []struct {
		raw  string
		want mapOptions
	}{
		{``, mapOptions{"meadow", 3}},
		{`{}`, mapOptions{"meadow", 3}},
		{`{"rounds":5}`, mapOptions{"meadow", 5}},
		{`{"map":"hills","rounds":9}`, mapOptions{"hills", 9}},
	} {
		if _, err := rig.Create(RoomOptions{Game: "optioned", Options: json.RawMessage(c.raw)}); err != nil {
			t.Fatal(err)
		}
		if got := <-opened; got != c.want {
			t.Errorf("%q opens with %+v, want %+v", c.raw, got, c.want)
		}
	}
}

func TestOptionsThatDoNotFitMakeNoRoom(t *testing.T) {
	rig := newHostRig(t, func(c *HostConfig) { c.Games = append(c.Games, optionedDef(func(mapOptions) {})) })
	defs := map[string]*Def{}
	for _, d := range rig.Games() {
		defs[d.Name()] = d
	}
	f := func(game, raw, says string) {
		t.Helper()
		if d := defs[game]; d != nil {
			var refused *OptionsError
			if err := d.CheckOptions(json.RawMessage(raw)); !errors.As(err, &refused) || !strings.Contains(refused.Reason, says) {
				t.Errorf("%.40q is checked as %v, want something about %q", raw, err, says)
			}
		}
		_, err := rig.Create(RoomOptions{Game: game, Options: json.RawMessage(raw)})
		var refused *OptionsError
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, says) {
			t.Errorf("%.40q: %v, want something about %q", raw, err, says)
		}
		if err != nil && strings.Contains(err.Error(), "mapOptions") {
			t.Errorf("%q names a type that the reader does not know", err)
		}
	}
	f("optioned", `{"bots":1}`, `unknown field "bots"`)
	f("optioned", `{"rounds":"three"}`, "rounds does not take a JSON string")
	f("optioned", `{"rounds":10}`, "at most 9")
	f("optioned", `[1]`, "the object itself does not take a JSON array")
	f("optioned", `{"rounds":1} {}`, "more than one")
	f("optioned", `{"rounds":`, "EOF")
	f("optioned", `{"map":"`+strings.Repeat("x", MaxOptions)+`"}`, "at most 4096")
	f("tiny", `{}`, "this game has none")
	if n := len(rig.Rooms()); n != 0 {
		t.Errorf("%d rooms were made", n)
	}
	if _, err := NewRoom(RoomConfig{Def: rig.Games()[0], Transport: conn.NewMemory(), Options: []byte(`{}`)}); err == nil {
		t.Error("NewRoom takes options that do not fit")
	}
}

func TestOptionsAreDeclaredOnceAndAsAStruct(t *testing.T) {
	said := func(declare func(b *Builder)) (said string) {
		defer func() { said, _ = recover().(string) }()
		tinyWith := func(b *Builder) Game[NoInput] {
			declare(b)
			g := new(tiny)
			Replicate(b, "row", &g.rows)
			return g
		}
		Define("declared", Config{}, tinyWith)
		return ""
	}
	if s := said(func(b *Builder) { Options(b, new(mapOptions)); Options(b, new(mapOptions)) }); !strings.Contains(s, "twice") {
		t.Errorf("two declarations: %q", s)
	}
	if s := said(func(b *Builder) { Options(b, new(int)) }); !strings.Contains(s, "int is no struct") {
		t.Errorf("an int: %q", s)
	}
}
