package gametest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

type dot struct {
	Owner game.PlayerID `net:"owner,once"`
	X     int16         `net:"x"`
}

type push struct {
	By int8 `net:"by,range=-5..5"`
}

type note struct {
	A    string `net:"a"`
	N    int32  `net:"n"`
	B    string `net:"b,max=5"`
	Skip string
}

type dots struct {
	rows  game.Table[dot]
	notes game.Event[note]
	panic bool
}

var def = game.Define("dots", game.Config{TickRate: 10}, func(b *game.Builder) game.Game[push] {
	d := new(dots)
	game.Replicate(b, "dot", &d.rows)
	game.Emit(b, "note", &d.notes)
	game.Handle(b, "note", func(_ *game.Player, n note) error {
		d.panic = n.A == "panic"
		d.notes.Emit(n)
		return nil
	})
	return d
})

func (d *dots) Join(p *game.Player)  { p.Entity = d.rows.Spawn(dot{Owner: p.ID}) }
func (d *dots) Leave(p *game.Player) { d.rows.Despawn(p.Entity) }

func (d *dots) Tick(t *game.Tick, in game.Inputs[push]) {
	if d.panic {
		panic("as asked")
	}
	for p := range t.Players() {
		v, state := in.Of(p)
		if state == game.Fresh {
			d.rows.Get(p.Entity).X += int16(v.By)
		}
	}
}

// failure is what a recorder's test failed with.
type failure string

// recorder is a TB whose Fatalf ends the function under test.
type recorder struct{}

func (recorder) Helper()                           {}
func (recorder) Fatalf(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }

// expectFailure fails t unless f fails its World with that text.
func expectFailure(t *testing.T, want string, f func(*World, *Client)) {
	t.Helper()
	w := New(recorder{}, def, Options{})
	c := w.Join("ann")
	w.Step(3)
	defer func() {
		t.Helper()
		if got, _ := recover().(failure); !strings.Contains(string(got), want) {
			t.Errorf("the test failed with %q, want %q", got, want)
		}
	}()
	f(w, c)
}

func TestInputIsThatOfTheNextTickAndEveryOneAfter(t *testing.T) {
	w := New(t, def, Options{})
	ann := w.Join("ann")
	x := func() int16 { return Rows[dot](ann, "dot")[0].Value.X }
	w.Step(3)
	ann.SetInput(push{By: 2})
	for i := int16(1); i <= 5; i++ {
		if w.Step(1); x() != 2*i {
			t.Fatalf("after %d ticks of input x is %d, want %d", i, x(), 2*i)
		}
	}
}

func TestStringsOfCallsAndEventsKeepTheirFields(t *testing.T) {
	w := New(t, def, Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	sent := note{A: "first", N: -7, B: "zwölf", Skip: "mine"}
	ann.Call("note", note{A: "first", N: -7, B: "vier", Skip: "mine"}) // made before the room has said hello
	w.Step(3)
	e := Events[note](ben, "note")
	if want := (note{A: "first", N: -7, B: "vier"}); len(e) != 1 || e[0].Value != want {
		t.Errorf("events %+v, want one of %+v", e, want)
	}
	if e := Events[note](ben, "note"); len(e) != 0 {
		t.Errorf("taken events came again: %+v", e)
	}
	refused := ann.Call("note", sent) // six bytes where five are the most
	if w.Step(1); refused.Err() == nil {
		t.Error("a string over its max was taken")
	}
}

func TestWorldFailsTheTest(t *testing.T) {
	expectFailure(t, "panicked", func(w *World, c *Client) {
		c.Call("note", note{A: "panic"})
		w.Step(1)
	})
	expectFailure(t, "whose field x is another", func(w *World, c *Client) {
		c.core.State.At(1, 0).Row[1] ^= 1
		w.wrong(w.check(c))
		w.Step(1)
	})
	expectFailure(t, "which is not there", func(w *World, c *Client) {
		w.truth.words[len(w.truth.words)-3]++ // the id of the only dot, of the newest tick
		w.wrong(w.check(c))
		w.Step(1)
	})
	expectFailure(t, "of table \"dot\", which it should see", func(w *World, c *Client) {
		w.truth.words[len(w.truth.words)-4]++ // the number of dots
		w.truth.words = append(w.truth.words, 1<<26|1<<16|1, 0, 0)
		w.wrong(w.check(c))
		w.Step(1)
	})
	expectFailure(t, "which it may not see", func(w *World, c *Client) {
		c.shown = []shown{{w.Tick(), [][]uint16{nil, {}}}}
		w.wrong(w.check(c))
		w.Step(1)
	})
	expectFailure(t, "which no room can have sent", func(w *World, c *Client) {
		w.truth.first++
		w.truth.starts = w.truth.starts[:1]
		w.wrong(w.check(c))
		w.Step(1)
	})
	expectFailure(t, "has not been sent this tick", func(w *World, c *Client) {
		w.room.Step(w.now) // behind the World's back
		c.conn.Recv()
		c.take(nil)
		w.Step(1)
	})
	expectFailure(t, "cannot read", func(w *World, c *Client) {
		c.core.State.At(1, 0).Row[1] ^= 1 // the checksum of the next delta shows it
		w.Step(1)
	})
	expectFailure(t, "the input of dots is gametest.push, not gametest.dot", func(_ *World, c *Client) { c.SetInput(dot{}) })
	expectFailure(t, "the input of dots is gametest.push: pass the value, not a pointer to it", func(_ *World, c *Client) { c.SetInput(new(push)) })
	expectFailure(t, "no call \"shout\"; it has note", func(_ *World, c *Client) { c.Call("shout", note{}) })
	expectFailure(t, "does not take a gametest.push", func(_ *World, c *Client) { c.Call("note", push{}) })
	expectFailure(t, "no table \"line\"; it has players, dot", func(_ *World, c *Client) { Rows[dot](c, "line") })
	expectFailure(t, "does not hold", func(_ *World, c *Client) {
		Rows[struct {
			X int16 `net:"x"`
		}](c, "dot")
	})
	expectFailure(t, "no such row", func(_ *World, c *Client) { Find(c, "dot", func(dot) bool { return false }) })
	expectFailure(t, "no event \"bang\"; it has ", func(_ *World, c *Client) { Events[note](c, "bang") })
	expectFailure(t, "ideal network", func(_ *World, c *Client) { c.Partition(1) })
	expectFailure(t, "ideal network", func(_ *World, c *Client) { c.SetLink(netsim.Config{}) })
	expectFailure(t, "no seat to resume with", func(w *World, _ *Client) { w.Join("ben").Resume() })
	expectFailure(t, "the input of dots is gametest.push, not <nil>", func(_ *World, c *Client) { c.SetInput(nil) })
}

func TestWorldKeepsNoTrackOfThoseWhoLeft(t *testing.T) {
	w := New(t, def, Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	w.Leave(ann)
	w.Step(2)
	if code, _, closed := ann.Closed(); !closed || code != 1000 || len(w.clients) != 1 {
		t.Errorf("closed: %v with %d, %d clients", closed, code, len(w.clients))
	}
	if ben.NameOf(ann.ID()) != "" || ben.NameOf(ben.ID()) != "ben" {
		t.Errorf("the names are %q and %q", ben.NameOf(ann.ID()), ben.NameOf(ben.ID()))
	}
}

// A spectator hears each event once, however often its socket is lost, and its newest socket wins.
func TestSpectatorResumesWithEveryEventOnce(t *testing.T) {
	w := New(t, def, Options{})
	ann := w.Join("ann")
	eve := w.JoinWith("eve", ClientOptions{Spectator: true})
	w.Step(2)
	said := 0
	say := func() {
		said++
		ann.Call("note", note{A: "hey", N: int32(said)})
		w.Step(1)
	}
	for i := range 5 {
		say()
		old := eve.conn
		if i%2 == 0 {
			w.Break(eve)
		}
		say() // nobody hears it, or the socket that is left does
		eve.Resume()
		say()
		w.Step(2)
		if _, _, closed := old.CloseInfo(); i%2 == 1 && !closed {
			t.Error("the older socket is open still")
		}
	}
	if _, reason, closed := eve.Closed(); closed || eve.ID() != 0 || eve.LostEvents() != 0 || eve.Tick() != w.Tick() {
		t.Fatalf("closed %v %q, player %d, lost %d, at tick %d of %d", closed, reason, eve.ID(), eve.LostEvents(), eve.Tick(), w.Tick())
	}
	heard := Events[note](eve, "note")
	for i, e := range heard {
		if int(e.Value.N) != i+1 {
			t.Errorf("note %d came as number %d", e.Value.N, i+1)
		}
	}
	if len(heard) != said || eve.NameOf(ann.ID()) != "ann" {
		t.Errorf("it heard %d of %d, and ann is called %q", len(heard), said, eve.NameOf(ann.ID()))
	}
}

func TestSpectatorThatIsAwayTooLongHasNoPlace(t *testing.T) {
	w := New(t, def, Options{})
	eve := w.JoinWith("eve", ClientOptions{Spectator: true})
	w.Step(2)
	w.Break(eve)
	w.StepFor(def.Config().Grace + time.Second)
	eve.Resume()
	w.Step(2)
	if code, _, closed := eve.Closed(); !closed || code != 4105 {
		t.Errorf("closed %v with %d, want 4105", closed, code)
	}
}
