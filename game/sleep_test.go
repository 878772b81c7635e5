package game_test

import (
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// sleeper counts its ticks.
type sleeper struct {
	runners game.Table[runner]
	finish  bool
}

func (g *sleeper) Join(p *game.Player)  { p.Entity = g.runners.Spawn(runner{Owner: p.ID}) }
func (g *sleeper) Leave(p *game.Player) { g.runners.Despawn(p.Entity) }

func (g *sleeper) Tick(t *game.Tick, in game.Inputs[ranInput]) {
	for p := range t.Players() {
		if v, state := in.Of(p); state == game.Fresh {
			g.runners.Get(p.Entity).At += int16(v.By)
		}
	}
	if g.finish && t.N == 5 {
		t.Finish(game.Result{})
	}
}

func sleeperDef(cfg game.Config, finish bool) *game.Def {
	return game.Define("sleeper", cfg, func(b *game.Builder) game.Game[ranInput] {
		g := &sleeper{finish: finish}
		game.Replicate(b, "runner", &g.runners)
		return g
	})
}

func TestRoomWithoutClientsSleeps(t *testing.T) {
	w := gametest.New(t, sleeperDef(game.Config{TickRate: 10, Grace: time.Second}, false), gametest.Options{})
	w.StepFor(time.Minute)
	if n := w.Tick(); n != 0 {
		t.Errorf("before anybody came there were %d ticks", n)
	}
	ann := w.Join("ann")
	w.StepFor(2 * time.Second)
	if n := w.Tick(); n != 20 {
		t.Errorf("in two seconds with a client there were %d ticks", n)
	}
	w.Leave(ann)
	w.StepFor(time.Minute)
	asleep := w.Tick()
	if asleep > 22 {
		t.Errorf("a minute after the last client has left there were %d ticks", asleep)
	}
	ben := w.Join("ben")
	w.Step(3)
	if w.Tick() != asleep+3 || len(gametest.Rows[runner](ben, "runner")) != 1 {
		t.Errorf("three ticks after %d it is %d, with %d runners", asleep, w.Tick(), len(gametest.Rows[runner](ben, "runner")))
	}
}

func TestRoomStaysAwakeForAPlayerWhoMayComeBack(t *testing.T) {
	w := gametest.New(t, sleeperDef(game.Config{TickRate: 10, Grace: 5 * time.Second}, false), gametest.Options{})
	ann := w.Join("ann")
	w.Step(1)
	w.Lose(ann)
	w.StepFor(time.Minute) // it takes 10 s to notice, and 5 s of grace
	if n := w.Tick(); n < 14*10 || n > 17*10 {
		t.Errorf("the room sleeps after %d ticks", n)
	}
}

func TestFinishedRoomEndsThoughNobodyIsThere(t *testing.T) {
	def := sleeperDef(game.Config{TickRate: 10}, true)
	w := gametest.New(t, def, gametest.Options{Linger: time.Second})
	ann := w.Join("ann")
	w.Step(5)
	w.Leave(ann)
	w.StepFor(3 * time.Second)
	if !w.Ended() || len(w.Results()) != 1 {
		t.Errorf("ended: %v, results: %v", w.Ended(), w.Results())
	}
}
