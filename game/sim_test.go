package game_test

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// The simulation: rooms of real games with clients that do anything a player may, over networks that do anything a network may, in
// virtual time. gametest compares what each client holds with what it may see at every snapshot; the simulation makes the play,
// and sees to it that in the end everybody is up to date again. What happens depends on the seed alone.
var (
	simSeeds   = flag.Int("sim.seeds", 50, "how many seeds the simulation runs")
	simSeed    = flag.Uint64("sim.seed", 0, "run this seed only and tell what happens; 0: all")
	simMinutes = flag.Int("sim.minutes", 1, "how long the match of TestMinutesOfPlay is")
	simWithin  = flag.Duration("sim.within", 0, "how long TestMinutesOfPlay may take; 0: any time")
)

const simTime = 10 * time.Second // of one seed

func TestSimulation(t *testing.T) {
	if *simSeed != 0 {
		_, err := simulate(*simSeed, t.Logf)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	var mu sync.Mutex
	next, failed := uint64(1), 0
	take := func() (seed uint64, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, next-1 <= uint64(*simSeeds) && failed < 3
	}
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed, ok := take(); ok; seed, ok = take() {
				if _, err := simulate(seed, func(string, ...any) {}); err != nil {
					mu.Lock()
					failed++
					mu.Unlock()
					t.Errorf("%v\nreplay it with: go test ./game -run '^TestSimulation$' -v -sim.seed=%d", err, seed)
				}
			}
		})
	}
	workers.Wait()
}

func TestSimulationDependsOnItsSeedAlone(t *testing.T) {
	for seed := range uint64(6) {
		first, err := simulate(seed+1, func(string, ...any) {})
		again, err2 := simulate(seed+1, func(string, ...any) {})
		if err != nil || err2 != nil || first != again {
			t.Errorf("seed %d: two runs end with state hashes %#x and %#x, errors %v and %v", seed+1, first, again, err, err2)
		}
	}
}

// TestMinutesOfPlay is a match of eight at 30 Hz over a usual network. It shows what virtual time costs.
func TestMinutesOfPlay(t *testing.T) {
	begin := time.Now()
	w := gametest.New(t, arena.Def, gametest.Options{
		Seed: 1, Link: &netsim.Config{Latency: 30 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.005},
	})
	s := &sim{w: w, log: t.Logf, def: arena.Def, rng: newRand(1)}
	for i := range 8 {
		name := fmt.Sprintf("player%d", i)
		s.players = append(s.players, &simPlayer{sim: s, name: name, c: w.JoinWith(name, gametest.ClientOptions{Unchecked: true})})
	}
	for range *simMinutes * 60 * 30 {
		for _, p := range s.players {
			playArena(p)
		}
		w.Step(1)
	}
	w.StepFor(2 * time.Second) // what is under way
	if inTime, late := w.Inputs(); late > inTime/10 {
		t.Errorf("%d inputs came in time and %d late", inTime, late)
	} else {
		t.Logf("%d inputs came in time, %d late", inTime, late)
	}
	for _, p := range s.players {
		if code, reason, closed := p.c.Closed(); closed {
			t.Errorf("%s was closed with %d: %s", p.name, code, reason)
		} else if behind := w.Tick() - p.c.Tick(); behind > 10 {
			t.Errorf("%s is %d ticks behind", p.name, behind)
		}
		if lost := p.lost(); lost != "" {
			t.Error(lost)
		}
	}
	took := time.Since(begin)
	t.Logf("%d minutes of play with 8 clients took %v", *simMinutes, took.Round(time.Millisecond))
	if *simWithin != 0 && took > *simWithin {
		t.Errorf("it may take %v", *simWithin)
	}
}

// simFailure is the gametest.TB of a seed: it ends the run and becomes its error.
type simFailure string

type simTB struct{}

func (simTB) Helper()                           {}
func (simTB) Fatalf(format string, args ...any) { panic(simFailure(fmt.Sprintf(format, args...))) }

// simulate plays one seed and returns the state hash it ends with.
func simulate(seed uint64, log func(string, ...any)) (hash uint32, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case simFailure:
			err = fmt.Errorf("seed %d: %s", seed, strings.TrimSpace(string(p)))
		default:
			err = fmt.Errorf("seed %d panicked: %v\n%s", seed, p, debug.Stack())
		}
	}()
	s := newSim(seed, log)
	for s.elapsed < simTime {
		s.step()
	}
	s.settle()
	return s.w.StateHash(), nil
}
