package game_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// bang has a mark of 64 bits that no other has: wherever it turns up, the event was sent.
type bang struct {
	A uint32 `net:"a"`
	B uint32 `net:"b"`
}

// ear is a player in the plane.
type ear struct {
	Owner game.PlayerID `net:"owner,once"`
	X     float32       `net:"x,q=1/4,range=-1000..1000"`
	Y     float32       `net:"y,q=1/4,range=-1000..1000"`
}

// hall is a plane full of ears in which the test makes things happen.
type hall struct {
	ears  game.Table[ear]
	bangs game.Event[bang]
	seats []*game.Player // who has not left
	tick  func(*game.Tick)
}

const earshot = 100

func hallDef(watchNear bool, made func(*hall)) *game.Def {
	cfg := game.Config{TickRate: 20, ViewRadius: earshot, WatchNear: watchNear}
	return game.Define("hall", cfg, func(b *game.Builder) game.Game[game.NoInput] {
		g := new(hall)
		game.Replicate(b, "ear", &g.ears, game.Near(func(e *ear) (x, y float32) { return e.X, e.Y }))
		game.Emit(b, "bang", &g.bangs)
		made(g)
		return g
	})
}

func (g *hall) Join(p *game.Player) {
	p.Entity = g.ears.Spawn(ear{Owner: p.ID})
	g.seats = append(g.seats, p)
}

func (g *hall) Leave(p *game.Player) {
	g.ears.Despawn(p.Entity)
	g.seats = slices.DeleteFunc(g.seats, func(o *game.Player) bool { return o == p })
}

func (g *hall) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if g.tick != nil {
		g.tick(t)
	}
}

// listener is somebody whom the test expects to hear what it wrote down.
type listener struct {
	*gametest.Client
	should, heard []uint32
	ear           // where it listens
	radius        float32
	set           bool // the circle is of Player.View
	left          bool
}

// audiences plays a room of chance and knows who should hear what, by a look at each player whenever something is emitted.
type audiences struct {
	*rapid.T
	w         *gametest.World
	g         *hall
	watchNear bool
	listeners map[game.PlayerID]*listener
	spectator *listener
	count     uint32
	told      [][]*listener // by number - 1
}

// Whoever comes, goes, moves, is lost and comes back: each client hears exactly what was emitted for it, in that order, and of the rest no
// message has a trace.
func TestEventsReachExactlyTheirAudience(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := &audiences{T: rt, listeners: map[game.PlayerID]*listener{}}
		a.watchNear = rapid.Bool().Draw(rt, "watchNear")
		a.w = gametest.New(rt, hallDef(a.watchNear, func(g *hall) { a.g = g }), gametest.Options{})
		a.spectator = &listener{}
		a.spectator.Client = a.w.JoinWith("eve", gametest.ClientOptions{Spectator: true, Tap: a.tap(a.spectator)})
		for range 4 {
			a.join()
		}
		a.w.Step(1)
		a.g.tick = a.play
		for range rapid.IntRange(1, 12).Draw(rt, "ticks") {
			l := rapid.SampledFrom(a.everybody()).Draw(rt, "who")
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0:
				a.comeBack(l)
			case 1:
				a.leave(l)
			case 2:
				a.join()
			}
			a.w.Step(1)
		}
		a.g.tick = nil
		for _, l := range a.everybody() {
			a.comeBack(l)
		}
		a.w.Step(5)
		for _, l := range a.everybody() {
			for _, e := range gametest.Events[bang](l.Client, "bang") {
				l.heard = append(l.heard, e.Value.A)
			}
			if !slices.Equal(l.heard, l.should) {
				rt.Fatalf("%s has heard %v and should %v", l.Name, l.heard, l.should)
			}
		}
	})
}

func (a *audiences) join() {
	l, id := new(listener), game.PlayerID(len(a.listeners)+1)
	l.Client = a.w.JoinWith(fmt.Sprint("player", id), gametest.ClientOptions{Tap: a.tap(l)})
	a.listeners[id] = l
}

// leave ends the connection of one that has it, for good; the last one stays.
func (a *audiences) leave(l *listener) {
	if _, _, closed := l.Closed(); !closed && l != a.spectator && len(a.g.seats) > 1 {
		a.w.Leave(l.Client)
		l.left = true
	}
}

func (a *audiences) comeBack(l *listener) {
	if _, _, closed := l.Closed(); closed && !l.left && l.ID() != 0 {
		l.Resume()
	}
}

func (a *audiences) everybody() []*listener {
	list := []*listener{a.spectator}
	for id := range game.PlayerID(len(a.listeners)) {
		list = append(list, a.listeners[id+1])
	}
	return list
}

// play is a tick of chance.
func (a *audiences) play(t *game.Tick) {
	coordinate := rapid.IntRange(-150, 150)
	place := func() (x, y float32) {
		return float32(coordinate.Draw(a.T, "x")), float32(coordinate.Draw(a.T, "y"))
	}
	for range rapid.IntRange(0, 8).Draw(a.T, "things") {
		p := rapid.SampledFrom(a.g.seats).Draw(a.T, "player")
		l := a.listeners[p.ID]
		x, y := place()
		switch rapid.IntRange(0, 8).Draw(a.T, "thing") {
		case 0:
			if row := a.g.ears.Get(p.Entity); row != nil {
				row.X, row.Y = x, y
				if !l.set {
					l.X, l.Y = x, y
				}
			}
		case 1:
			l.X, l.Y, l.radius, l.set = x, y, float32(rapid.IntRange(1, 200).Draw(a.T, "r")), true
			p.View(l.X, l.Y, l.radius)
		case 2:
			p.View(0, 0, 0)
			if row := a.g.ears.Get(p.Entity); row != nil && l.set {
				l.X, l.Y = row.X, row.Y
			}
			l.set = false
		case 3:
			if l.ID() != 0 { // or it has no seat yet to come back with
				a.w.Break(l.Client)
			}
		case 4:
			a.emit(slices.DeleteFunc(a.everybody(), func(o *listener) bool { return o.left }), a.g.bangs.Emit)
		case 5:
			a.emit([]*listener{l}, func(v bang) { a.g.bangs.EmitTo(p, v) })
		default:
			a.emit(a.near(x, y), func(v bang) { a.g.bangs.EmitNear(x, y, v) })
		}
	}
}

// near lists who sees a place.
func (a *audiences) near(x, y float32) (list []*listener) {
	for _, p := range a.g.seats {
		l, r := a.listeners[p.ID], float64(earshot)
		if l.set {
			r = float64(l.radius)
		}
		if math.Hypot(float64(l.X-x), float64(l.Y-y)) > r {
			continue
		}
		if list = append(list, l); a.watchNear && p == a.g.seats[0] {
			list = append(list, a.spectator)
		}
	}
	return list
}

// emit emits an event and writes down who should hear it.
func (a *audiences) emit(hear []*listener, emit func(bang)) {
	a.count++
	a.told = append(a.told, hear)
	for _, l := range hear {
		l.should = append(l.should, a.count)
	}
	emit(bang{a.count, mark})
}

// mark is the second half of every bang: nothing else in this room has it.
const mark = 0xdeadbeef

// tap looks for bangs in the bytes that somebody is sent, as the two numbers of msgpack that they are.
func (a *audiences) tap(l *listener) func(bool, []byte) {
	return func(received bool, m []byte) {
		for i := 0; received && i+5 < len(m); i++ {
			// A number below 128 is one byte; the mark is 0xce and four.
			if m[i+1] == 0xce && binary.BigEndian.Uint32(m[i+2:]) == mark && !slices.Contains(a.told[m[i]-1], l) {
				a.Fatalf("a message to %s has event %d, which is not for it", l.Name, m[i])
			}
		}
	}
}
