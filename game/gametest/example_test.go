package gametest_test

import (
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// A game: every player walks along a line.

type Walker struct {
	Owner game.PlayerID `net:"owner,once"`
	X     float32       `net:"x,q=1/16,lerp"`
}

type Step struct {
	Dir int8 `net:"dir,range=-1..1"`
}

type Wave struct {
	Player game.PlayerID `net:"player"`
	Text   string        `net:"text"`
}

type Hello struct {
	Text string `net:"text,max=20"`
}

type walk struct {
	walkers game.Table[Walker]
	waves   game.Event[Wave]
}

var Def = game.Define("walk", game.Config{TickRate: 20}, func(b *game.Builder) game.Game[Step] {
	w := new(walk)
	game.Replicate(b, "walker", &w.walkers)
	game.Emit(b, "wave", &w.waves)
	game.Handle(b, "hello", func(p *game.Player, m Hello) error {
		if m.Text == "" {
			return fmt.Errorf("say something, %s", p.Name)
		}
		w.waves.Emit(Wave{p.ID, m.Text})
		return nil
	})
	return w
})

func (w *walk) Join(p *game.Player)  { p.Entity = w.walkers.Spawn(Walker{Owner: p.ID}) }
func (w *walk) Leave(p *game.Player) { w.walkers.Despawn(p.Entity) }

func (w *walk) Tick(t *game.Tick, in game.Inputs[Step]) {
	for p := range t.Players() {
		step, _ := in.Of(p)
		w.walkers.Get(p.Entity).X += float32(step.Dir) * t.Delta
	}
}

// In a test, pass the *testing.T instead.
type t struct{}

func (t) Helper()                           {}
func (t) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func Example() {
	w := gametest.New(t{}, Def, gametest.Options{Seed: 1})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1) // both sit down

	ann.SetInput(Step{Dir: 1})
	w.StepFor(2 * time.Second) // no real time passes
	mine := gametest.Find(ben, "walker", func(r Walker) bool { return r.Owner == ann.ID() })
	fmt.Println("ben sees ann at", mine.Value.X)

	hello, silence := ann.Call("hello", Hello{Text: "hi"}), ben.Call("hello", Hello{})
	w.Step(1)
	fmt.Println("answers:", hello.Err(), "/", silence.Err())
	for _, e := range gametest.Events[Wave](ben, "wave") {
		fmt.Println("ben hears:", e.Value.Text)
	}

	w.Leave(ann)
	w.Step(1)
	fmt.Println("walkers left:", len(gametest.Rows[Walker](ben, "walker")))
	// Output:
	// ben sees ann at 2
	// answers: <nil> / say something, ben
	// ben hears: hi
	// walkers left: 1
}

// A client on the other side of the world: what it does takes effect in its tick nevertheless, because its clock runs ahead.
func Example_link() {
	w := gametest.New(t{}, Def, gametest.Options{Seed: 1, Link: &netsim.Config{Latency: 150 * time.Millisecond}})
	ann := w.Join("ann")
	ann.SetInput(Step{Dir: 1})
	w.StepFor(10 * time.Second)
	fmt.Println("ann holds the state of", w.Tick()-ann.Tick(), "ticks ago")

	ann.Partition(2 * time.Second)
	w.StepFor(2 * time.Second)
	fmt.Println("cut off, that of", w.Tick()-ann.Tick(), "ticks ago")
	w.StepFor(time.Second)
	fmt.Println("and then of", w.Tick()-ann.Tick(), "again")
	// Output:
	// ann holds the state of 3 ticks ago
	// cut off, that of 43 ticks ago
	// and then of 3 again
}
