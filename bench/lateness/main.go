// Command lateness measures how late the steps of rooms begin when they fill most of one core, alone and beside a flood of password
// hashes.
//
//	go run ./bench/lateness --flood process
//
// The rooms do nothing but compute, so that the load is known: --load is the share of one core that their steps take. Lateness is
// taken in the game itself, against the room's earliest step: it is what a player's tick suffers, whatever the scheduler believes.
// A flood behaves as argon2id of 19 MiB does: memory of its own, eight segments, each on a goroutine that its caller waits for.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/internal/cpuwork"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// hashArg makes this program the process that hashes.
const hashArg = "hash"

type row struct {
	X int32 `net:"x"`
}

// burner is a room whose Tick computes. Its fields are owned by the goroutine that steps it, until the Host has drained.
type burner struct {
	rows   game.Table[row]
	work   int // iterations of spin
	period time.Duration
	begun  time.Time
	late   []time.Duration // against begun, one period a step
}

var (
	mu      sync.Mutex
	burners []*burner
	sink    atomic.Uint64
)

func (*burner) Join(*game.Player)  {}
func (*burner) Leave(*game.Player) {}

func (b *burner) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	now := time.Now()
	if b.begun.IsZero() {
		b.begun = now.Add(-t.Now)
	}
	late := now.Sub(b.begun) - t.Now
	if skipped := late / b.period; skipped > 5 { // the scheduler has dropped time
		b.begun = b.begun.Add(skipped * b.period)
		late -= skipped * b.period
	}
	b.late = append(b.late, late)
	spin(b.work)
}

// spin computes for a time that depends on n alone.
func spin(n int) {
	x := uint64(n) | 1
	for range n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	sink.Add(x)
}

// calibrate gives the iterations that take d when nothing else runs.
func calibrate(d time.Duration) int {
	const n = 1_000_000
	best := time.Hour
	for range 20 {
		start := time.Now()
		spin(n)
		best = min(best, time.Since(start))
	}
	return int(n * float64(d) / float64(best))
}

// hash does what argon2id of 19 MiB and two passes does to a scheduler.
func hash(passes int) {
	memory := make([]uint64, 19<<17)
	for range 4 * passes {
		var wg sync.WaitGroup
		wg.Go(func() {
			x := uint64(88172645463325252)
			for i := range len(memory) / 4 {
				x ^= x << 13
				x ^= x >> 7
				x ^= x << 17
				memory[x%uint64(len(memory))] += x + uint64(i)
			}
		})
		wg.Wait()
	}
}

func main() {
	rooms := flag.Int("rooms", 20, "rooms that compute")
	rate := flag.Int("rate", 20, "their ticks per second")
	load := flag.Float64("load", 0.8, "share of one core that their steps take together")
	flood := flag.String("flood", "none", "none; process: hashes in a process of an internal/cpuwork pool; pool: on its threads; free: on goroutines")
	urgent := flag.Bool("real-time", false, "loops run before every other program")
	timer := flag.Bool("timer", false, "loops sleep with Go's timers, as they do where there is nothing better")
	clients := flag.Int("clients", 8, "who hash at a time")
	length := flag.Duration("duration", 20*time.Second, "how long")
	flag.Parse()
	if flag.Arg(0) == hashArg {
		if err := cpuwork.Serve(os.Stdin, os.Stdout, func([]byte) []byte { hash(2); return nil }); err != nil {
			os.Exit(1)
		}
		return
	}
	if err := run(*rooms, *rate, *load, *flood, *clients, *length, sleep{*timer, *urgent}); err != nil {
		fmt.Fprintln(os.Stderr, "lateness:", err)
		os.Exit(1)
	}
}

func run(rooms, rate int, load float64, flood string, clients int, length time.Duration, how sleep) error {
	step := time.Duration(load / float64(rooms*rate) * float64(time.Second))
	work := calibrate(step)
	def := game.Define("burner", game.Config{TickRate: rate, MaxPlayers: 1, RunEmpty: true}, func(b *game.Builder) game.Game[game.NoInput] {
		g := &burner{work: work, period: time.Second / time.Duration(rate), late: make([]time.Duration, 0, int(length.Seconds()+10)*rate)}
		game.Replicate(b, "row", &g.rows)
		mu.Lock()
		burners = append(burners, g)
		mu.Unlock()
		return g
	})
	host, err := newHost(def, how)
	if err != nil {
		return err
	}
	for range rooms {
		if _, err := host.Create(game.RoomOptions{Game: "burner"}); err != nil {
			return err
		}
	}
	hashes := begin(flood, clients, length)
	<-time.After(length)
	dropped := host.Metrics().Dropped.Load()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := host.Drain(ctx, 0); err != nil {
		return err
	}
	var all []time.Duration
	for _, b := range burners {
		if len(b.late) == 0 { // made by Define to look at the tables
			continue
		}
		earliest := slices.Min(b.late)
		for _, d := range b.late[min(rate, len(b.late)):] { // the first second is for starting
			all = append(all, d-earliest)
		}
	}
	if len(all) == 0 {
		return fmt.Errorf("no room had a second of ticks; %d were dropped", dropped)
	}
	slices.Sort(all)
	at := func(q float64) time.Duration { return all[int(q*float64(len(all)-1))].Round(time.Microsecond) }
	fmt.Printf("rooms=%d rate=%d step=%v gomaxprocs=%d flood=%s hashes/s=%.1f steps=%d dropped=%d p50=%v p90=%v p99=%v p99.9=%v max=%v\n",
		rooms, rate, step, runtime.GOMAXPROCS(0), flood, float64(hashes.Load())/length.Seconds(), len(all), dropped,
		at(0.5), at(0.9), at(0.99), at(0.999), at(1))
	return nil
}

// sleep is how the loops wait for the next step.
type sleep struct{ timer, urgent bool }

func newHost(def *game.Def, how sleep) (*game.Host, error) {
	keys, err := token.NewKeyring()
	if err != nil {
		return nil, err
	}
	signer, err := token.NewSigner(token.Config{Keys: keys})
	if err != nil {
		return nil, err
	}
	verifier, err := token.NewVerifier(token.Config{Keys: keys})
	if err != nil {
		return nil, err
	}
	return game.NewHost(game.HostConfig{
		Games: []*game.Def{def}, Signer: signer, Verifier: verifier, Loops: 1, EmptyFor: time.Hour, GoTimers: how.timer, RealTime: how.urgent,
		NewTransport: func(conn.Config) conn.Transport { return conn.NewMemory() },
	})
}

// begin floods until length is over and counts what was hashed.
func begin(flood string, clients int, length time.Duration) *atomic.Uint64 {
	var done atomic.Uint64
	if flood == "none" {
		return &done
	}
	ctx, cancel := context.WithTimeout(context.Background(), length)
	self, err := os.Executable()
	if err != nil {
		panic(err) // without it there is no process to measure
	}
	pool, err := cpuwork.New(cpuwork.Config{Command: []string{self, hashArg}})
	if err != nil {
		panic(err) // the Config is valid
	}
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				var err error
				switch flood {
				case "free":
					hash(2)
				case "process":
					_, err = pool.Call(ctx, nil)
				default:
					err = pool.Do(ctx, func() { hash(2) })
				}
				if err == nil {
					done.Add(1)
				}
			}
		})
	}
	go func() {
		wg.Wait()
		pool.Close()
		cancel()
	}()
	return &done
}
