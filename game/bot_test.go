package game_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

type ranInput struct {
	By int8 `net:"by,range=-3..3"`
}

type runner struct {
	Owner game.PlayerID `net:"owner,once"`
	At    int16         `net:"at"`
}

// botGame lets a test say what happens in each of the game's methods.
type botGame struct {
	runners game.Table[runner]
	t       *game.Tick
	states  map[game.PlayerID]game.InputState
	onOpen  func(g *botGame)
	onJoin  func(g *botGame, p *game.Player)
	onLeave func(g *botGame, p *game.Player)
	onTick  func(g *botGame)
}

func (g *botGame) def(name string) *game.Def {
	return game.Define(name, game.Config{TickRate: 10, MaxPlayers: 4}, func(b *game.Builder) game.Game[ranInput] {
		made := *g
		made.states = map[game.PlayerID]game.InputState{}
		game.Replicate(b, "runner", &made.runners)
		return &made
	})
}

func (g *botGame) Open(t *game.Tick) {
	g.t = t
	if g.onOpen != nil {
		g.onOpen(g)
	}
}

func (g *botGame) Join(p *game.Player) {
	p.Entity = g.runners.Spawn(runner{Owner: p.ID})
	if g.onJoin != nil {
		g.onJoin(g, p)
	}
}

func (g *botGame) Leave(p *game.Player) {
	g.runners.Despawn(p.Entity)
	if g.onLeave != nil {
		g.onLeave(g, p)
	}
}

func (g *botGame) Tick(t *game.Tick, in game.Inputs[ranInput]) {
	for p := range t.Players() {
		v, state := in.Of(p)
		g.states[p.ID] = state
		g.runners.Get(p.Entity).At += int16(v.By)
	}
	if g.onTick != nil {
		g.onTick(g)
	}
}

func TestBotIsPlayedByTheGame(t *testing.T) {
	g := &botGame{onOpen: func(g *botGame) {
		game.SetInput(g.t.AddBot("rex"), ranInput{By: 2})
	}, onTick: func(g *botGame) {
		if g.states[1] != game.Fresh {
			panic(fmt.Sprint("the bot's input is ", g.states[1]))
		}
		if g.t.N == 5 {
			game.SetInput(g.t.Player(1), ranInput{By: 100}) // within bounds that is 3
		}
	}}
	w := gametest.New(t, g.def("bots"), gametest.Options{})
	ann := w.Join("ann")
	w.Step(5)
	rex := func() int16 {
		return gametest.Find(ann, "runner", func(r runner) bool { return r.Owner == 1 }).Value.At
	}
	if at := rex(); at != 10 {
		t.Errorf("after five ticks of 2 the bot is at %d", at)
	}
	w.Step(5)
	if at := rex(); at != 25 {
		t.Errorf("after five more of 3 the bot is at %d", at)
	}
	if name := ann.NameOf(1); name != "rex" {
		t.Errorf("clients call the bot %q", name)
	}
}

func TestKickedBotIsGone(t *testing.T) {
	g := &botGame{onTick: func(g *botGame) {
		switch g.t.N {
		case 2:
			g.t.AddBot("rex")
		case 4:
			for p := range g.t.Players() {
				if p.Bot() {
					p.Kick("good dog")
				}
			}
		}
	}}
	w := gametest.New(t, g.def("kicked"), gametest.Options{})
	ann := w.Join("ann")
	for _, want := range []int{1, 2, 2, 1, 1} {
		w.Step(1)
		if n := len(gametest.Rows[runner](ann, "runner")); n != want {
			t.Errorf("tick %d: %d runners, want %d", w.Tick(), n, want)
		}
	}
}

// A bot that is made in a Join gets an id after those of the clients that wait for theirs.
func TestBotsBetweenJoinsKeepPlayersFindable(t *testing.T) {
	g := &botGame{onJoin: func(g *botGame, p *game.Player) {
		if !p.Bot() {
			g.t.AddBot("of " + p.Name)
		}
	}, onTick: func(g *botGame) {
		last := game.PlayerID(0)
		for p := range g.t.Players() {
			if p.ID <= last || g.t.Player(p.ID) != p {
				panic(fmt.Sprintf("player %d comes after %d, and by its id there is %v", p.ID, last, g.t.Player(p.ID)))
			}
			last = p.ID
		}
	}}
	w := gametest.New(t, g.def("between"), gametest.Options{})
	ann := w.Join("ann")
	w.Join("ben")
	w.Join("cat")
	w.Step(2)
	if n := len(gametest.Rows[runner](ann, "runner")); n != 6 {
		t.Errorf("%d runners of three players and their bots", n)
	}
}

func TestBotsAreBounded(t *testing.T) {
	added := 0
	g := &botGame{onOpen: func(g *botGame) {
		for range 20 {
			if g.t.AddBot("rex") != nil {
				added++
			}
		}
	}}
	w := gametest.New(t, g.def("many"), gametest.Options{})
	w.Join("ann")
	w.Step(2)
	if added != 4 {
		t.Errorf("%d bots in a room for 4 players", added)
	}
}

func TestResultOfTheLobbyHasNoBots(t *testing.T) {
	g := &botGame{onTick: func(g *botGame) {
		if g.t.N != 2 {
			return
		}
		var r game.Result
		r.Standings = append(r.Standings, game.Standing{Player: g.t.AddBot("rex"), Rank: 1})
		for p := range g.t.Players() {
			if !p.Bot() {
				r.Standings = append(r.Standings, game.Standing{Player: p, Rank: 2})
			}
		}
		g.t.Finish(r)
	}}
	w := gametest.New(t, g.def("result"), gametest.Options{})
	w.Join("ann")
	w.Step(3)
	if r := w.Results(); len(r) != 1 || len(r[0].Standings) != 1 || r[0].Standings[0].Account != "ann" || r[0].Standings[0].Rank != 2 {
		t.Errorf("the result is %+v", r)
	}
}

// Each bot that leaves calls for another: the room must end all the same.
func TestNoBotJoinsARoomThatEnds(t *testing.T) {
	g := &botGame{onOpen: func(g *botGame) { g.t.AddBot("rex") }, onLeave: func(g *botGame, p *game.Player) {
		g.t.AddBot("another")
	}, onTick: func(g *botGame) { g.t.Finish(game.Result{}) }}
	w := gametest.New(t, g.def("ends"), gametest.Options{Linger: 1})
	w.Join("ann")
	w.Step(3)
	if !w.Ended() {
		t.Error("the room goes on")
	}
}

func TestSetInputIsForBotsAndTheirGame(t *testing.T) {
	refused := func(f func()) (said string) {
		defer func() { said, _ = recover().(string) }()
		f()
		return ""
	}
	var client, input string
	g := &botGame{onJoin: func(g *botGame, p *game.Player) {
		client = refused(func() { game.SetInput(p, ranInput{}) })
		bot := g.t.AddBot
		g.onJoin = nil
		input = refused(func() { game.SetInput(bot("rex"), runner{}) })
	}}
	w := gametest.New(t, g.def("misuse"), gametest.Options{})
	w.Join("ann")
	w.Step(1)
	if !strings.Contains(client, "has a client") || !strings.Contains(input, "not the input") {
		t.Errorf("SetInput says %q of a client and %q of another type", client, input)
	}
}
