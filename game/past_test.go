package game_test

import (
	"math"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// pond is a game of ducks that swim in circles of their own.
type pond struct {
	ducks game.Table[duck]
	ids   []game.EntityID
	look  func(g *pond, t *game.Tick)
}

type duck struct {
	Owner   game.PlayerID `net:"owner,once"`
	X       float32       `net:"x,q=1/32,lerp"`
	Heading float32       `net:"heading,bits=8,wrap,lerp"`
	Dive    float32       `net:"dive,q=1/32,hermite"` // grows with the square of the tick
	Mood    uint8         `net:"mood"`
	secret  int
}

func (g *pond) Open(*game.Tick) {
	for range 3 {
		g.ids = append(g.ids, g.ducks.Spawn(duck{}))
	}
}
func (g *pond) Join(*game.Player)  {}
func (g *pond) Leave(*game.Player) {}
func (g *pond) Tick(t *game.Tick, _ game.Inputs[probeInput]) {
	if g.look != nil {
		g.look(g, t)
	}
	for i, id := range g.ids {
		if d := g.ducks.Get(id); d != nil {
			*d = duckAt(t.N, i)
		}
	}
}

// duckAt is where the i-th duck is after tick n.
func duckAt(n uint32, i int) duck {
	return duck{X: float32(n) * float32(i+1), Heading: float32(math.Mod(float64(n), 256) * 2 * math.Pi / 256), Dive: float32(n*n) / 2, Mood: uint8(n), secret: 7}
}

// dived is how deep a duck is drawn after part of the way from tick at to the next. Its first two rows say nothing of a curve.
func dived(at uint32, part float32) float32 {
	n := float32(at)
	if at == 1 {
		return n*n/2 + part*(n+0.5)
	}
	if at == 2 && part > 0 { // it sets out as the first two rows went on, 1.5 a tick
		return 2 + part*(1.5+part*(3*2.5-2*1.5-3+part*(1.5+3-2*2.5)))
	}
	return (n + part) * (n + part) / 2
}

func pondDef(rewind time.Duration, look func(*pond, *game.Tick)) *game.Def {
	return game.Define("pond", game.Config{TickRate: probeRate, Rewind: rewind, RunEmpty: true}, func(b *game.Builder) game.Game[probeInput] {
		g := &pond{look: look}
		game.Replicate(b, "duck", &g.ducks)
		return g
	})
}

func TestPastIsWhatAClientDraws(t *testing.T) {
	looked := 0
	look := func(g *pond, tick *game.Tick) {
		newest := game.AtTick(tick.N - 1)
		for m := newest - min(newest, 16*probeRate); m <= newest+40; m++ {
			at, part := uint32(m/16), float32(m%16)/16
			there := at >= 1 && m <= newest
			n := 0
			for id, d := range g.ducks.At(m).All() {
				want := duckAt(at, n)
				want.X += part * float32(n+1)
				want.Dive = dived(at, part)
				// A turn past the last step is less than none.
				want.Heading = float32(math.Mod(float64(at%256)+float64(part), 256) * 2 * math.Pi / 256)
				want.secret = 0
				if id != g.ids[n] || d != want {
					t.Fatalf("tick %d: at %g duck %d is %+v, want %+v", tick.N, m.Ticks(), n, d, want)
				}
				if got, ok := g.ducks.At(m).Get(id); !ok || got != d {
					t.Fatalf("Get gives %+v, %v", got, ok)
				}
				n++
			}
			if there != (n == len(g.ids)) || !there && n != 0 {
				t.Fatalf("tick %d: %d ducks at %g", tick.N, n, m.Ticks())
			}
			looked += n
		}
	}
	gametest.New(t, pondDef(0, look), gametest.Options{}).StepFor(15 * time.Second)
	if looked < 100000 {
		t.Errorf("%d ducks were looked at", looked)
	}
}

// A row is in the past from the tick in which it came until before the one in which it left, whoever has its slot now.
func TestPastHasWhatIsGone(t *testing.T) {
	look := func(g *pond, tick *game.Tick) {
		old := g.ids[1]
		switch tick.N {
		case 10:
			g.ducks.Despawn(old)
			return
		case 12:
			g.ids = append(g.ids, g.ducks.Spawn(duck{}))
		}
		if tick.N != 20 {
			return
		}
		for m, want := range map[game.Moment]bool{
			game.AtTick(1) - 1: false, game.AtTick(1): true, game.AtTick(9): true, game.AtTick(9) + 15: true,
			game.AtTick(10): false, game.AtTick(12): false,
		} {
			d, ok := g.ducks.At(m).Get(old)
			if ok != want || ok && d.X != 2*min(float32(m.Ticks()), 9) {
				t.Errorf("at %g the duck that went in tick 10: %+v, there: %v", m.Ticks(), d, ok)
			}
		}
		late := g.ids[3]
		if _, ok := g.ducks.At(game.AtTick(11) + 15).Get(late); ok {
			t.Error("the duck of tick 12 is there before it")
		}
		if d, ok := g.ducks.At(game.AtTick(12)).Get(late); !ok || d.X != 4*12 {
			t.Errorf("the duck of tick 12 was %+v then, there: %v", d, ok)
		}
		if _, ok := g.ducks.At(game.AtTick(12)).Get(0); ok {
			t.Error("there is a row without an id")
		}
	}
	gametest.New(t, pondDef(0, look), gametest.Options{}).Step(20)
}

// Between two snapshots a client knows nothing but those, and the past is what it draws from them; what was not sent yet is as it was.
func TestPastOfARoomThatSendsSeldomIsWhatAClientDraws(t *testing.T) {
	const every = 4
	looked := 0
	look := func(g *pond, tick *game.Tick) {
		newest := tick.N - 1
		if newest < 30 {
			return
		}
		for m := game.AtTick(newest - 10); m <= game.AtTick(newest); m++ {
			n, part, gap := uint32(m/16)/every*every, float32(m%(16*every))/(16*every), uint32(every)
			if n+every > newest {
				n, part, gap = uint32(m/16), float32(m%16)/16, 1
			}
			at := float32(n) + part*float32(gap)
			got, ok := g.ducks.At(m).Get(g.ids[0])
			if !ok || got.X != at || got.Dive != at*at/2 || got.Mood != uint8(n) {
				t.Fatalf("tick %d: at %g the duck is %+v (there: %v), want X %g, Dive %g, Mood %d", tick.N, m.Ticks(), got, ok, at, at*at/2, n)
			}
			looked++
		}
	}
	def := game.Define("pond", game.Config{TickRate: probeRate, SendEvery: every, RunEmpty: true}, func(b *game.Builder) game.Game[probeInput] {
		g := &pond{look: look}
		game.Replicate(b, "duck", &g.ducks)
		return g
	})
	gametest.New(t, def, gametest.Options{}).Step(100)
	if looked < 10_000 {
		t.Errorf("%d moments were looked at", looked)
	}
}

func TestPastBeforeTheFirstTickIsEmpty(t *testing.T) {
	look := func(g *pond, tick *game.Tick) {
		if _, ok := g.ducks.At(game.AtTick(tick.N - 1)).Get(g.ids[0]); ok != (tick.N > 1) {
			t.Errorf("tick %d: there is a past: %v", tick.N, ok)
		}
	}
	gametest.New(t, pondDef(0, look), gametest.Options{}).Step(2)
}

func TestPastZeroAlloc(t *testing.T) {
	look := func(g *pond, tick *game.Tick) {
		if tick.N != 30 {
			return
		}
		past := g.ducks.At(game.AtTick(20) + 5)
		if n := testing.AllocsPerRun(100, func() {
			if _, ok := past.Get(g.ids[1]); !ok {
				t.Error("no duck")
			}
		}); n != 0 {
			t.Errorf("Get allocates %v times", n)
		}
	}
	gametest.New(t, pondDef(0, look), gametest.Options{}).Step(30)
}

// viewer sends INPUTs with views of its choice.
type viewer struct {
	*rig
	conn *conn.MemoryConn
}

func (v *viewer) input(first, ack uint32, view game.Moment, inputs int) {
	raw := msg.AppendArrayLen(nil, inputs)
	for range inputs {
		raw = append(raw, 0x92, 0, 0)
	}
	v.conn.Send(msg.AppendInput(nil, msg.Input{FirstTick: first, AckTick: ack, ViewTick: uint64(view), Inputs: raw}))
}

func TestSeenByIsTheViewOfTheTicksInput(t *testing.T) {
	var seen game.Moment
	look := func(_ *pond, tick *game.Tick) {
		for p := range tick.Players() {
			seen = tick.SeenBy(p)
		}
	}
	for _, c := range []struct {
		name         string
		rewind       time.Duration
		ack          uint32
		view         game.Moment
		inputs       int
		want, second game.Moment // in the tick of the first input and in the one after
	}{
		{"one input", 0, 48, game.AtTick(47) + 3, 1, game.AtTick(47) + 3, game.AtTick(47) + 3},
		{"older inputs of a message", 0, 48, game.AtTick(47) + 3, 2, game.AtTick(46) + 3, game.AtTick(47) + 3},
		{"no later than the ack", 0, 48, game.AtTick(60), 1, game.AtTick(48), game.AtTick(48)},
		{"400 ms are 8 ticks", 0, 48, game.AtTick(20), 1, game.AtTick(51 - 8), game.AtTick(52 - 8)},
		{"another limit", 120 * time.Millisecond, 48, game.AtTick(20), 1, game.AtTick(51) - 38, game.AtTick(52) - 38},
		{"a whole second", time.Second, 48, game.AtTick(20), 1, game.AtTick(51 - 20), game.AtTick(52 - 20)},
		{"no rewind", -1, 48, game.AtTick(47), 1, game.AtTick(50), game.AtTick(51)},
		{"never drawn anything", 0, 48, 0, 1, game.AtTick(50), game.AtTick(51)},
	} {
		r := newRig(pondDef(c.rewind, look))
		v := viewer{r, r.memory.Dial(&game.Seat{Account: "ann", Name: "ann"})}
		v.conn.Send(msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: msg.OfferPlain}))
		for r.room.Tick() < 50 {
			r.step(1)
			if n := r.room.Tick(); n <= 48 && len(v.conn.Recv()) > 0 {
				v.input(n+1, n, 0, 0)
			}
		}
		v.input(51, c.ack, c.view, c.inputs)
		r.step(1)
		if seen != c.want {
			t.Errorf("%s: seen %g, want %g", c.name, seen.Ticks(), c.want.Ticks())
		}
		r.step(1)
		if seen != c.second {
			t.Errorf("%s: in the next tick seen %g, want %g", c.name, seen.Ticks(), c.second.Ticks())
		}
	}
}

func TestRewindBeyondWhatARoomRemembersIsRefused(t *testing.T) {
	if err := (game.Config{Rewind: time.Second + 1}).Validate(); err == nil {
		t.Error("a rewind of over a second was taken")
	}
}

func BenchmarkPastGet(b *testing.B) {
	look := func(g *pond, tick *game.Tick) {
		if tick.N != 30 {
			return
		}
		past := g.ducks.At(game.AtTick(20) + 5)
		for b.Loop() {
			past.Get(g.ids[1])
		}
	}
	gametest.New(b, pondDef(0, look), gametest.Options{}).Step(30)
}
