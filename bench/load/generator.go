//go:build linux

package load

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Generator is the clients and the thread that plays them. Its methods are for one goroutine. Close it.
type Generator struct {
	// Static after construction.
	cfg  Config
	done chan struct{} // closed when the thread has ended

	mu    sync.Mutex
	posts []func() // for the thread

	playing atomic.Int64 // clients that have had a snapshot and are connected
	arrived atomic.Int64 // clients that have had a snapshot
	posted  atomic.Bool

	// Owned by the thread.
	epoll   int
	clients []*peer // by descriptor; nil: it is none of a client
	wheel   [slots][]*peer
	turn    int64 // slots that have come round
	start   time.Time
	random  *rand.Rand
	buf     []byte
	events  []syscall.EpollEvent
	out     Outbox
	ending  bool
	window  *window // nil: none is open
	failed  map[string]int
}

const (
	// slots is into how many moments a tick is divided.
	slots   = 64
	readBuf = 64 << 10
	// shutAfter is how many rounds of clients in a row fail before no more are tried: each may have waited for as long as a handshake may
	// take, and a thousand that do take minutes to say what is known.
	shutAfter = 2
)

// New starts a Generator without clients.
func New(cfg Config) (*Generator, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("load: epoll: %w", err)
	}
	g := &Generator{
		cfg: cfg, done: make(chan struct{}), epoll: epoll, start: time.Now(),
		random: rand.New(rand.NewPCG(cfg.Seed, 1)), buf: make([]byte, readBuf), events: make([]syscall.EpollEvent, 512),
		failed: map[string]int{},
	}
	// The thread sleeps without a word to Go's scheduler, which would watch a thread that naps all the time: that took a twentieth of what
	// the whole load did. Clients that join need a place to run beside it, even on one processor.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	go g.run()
	return g, nil
}

// Close ends all connections.
func (g *Generator) Close() {
	g.do(func() { g.ending = true })
	<-g.done
}

// Playing is how many clients are connected and have had a snapshot.
func (g *Generator) Playing() int { return int(g.playing.Load()) }

// do runs f on the thread and waits for it.
func (g *Generator) do(f func()) {
	ran := make(chan struct{})
	g.mu.Lock()
	g.posts = append(g.posts, func() { f(); close(ran) })
	g.posted.Store(true)
	g.mu.Unlock()
	select {
	case <-ran:
	case <-g.done:
	}
}

// Join lets the clients from..to-1 in, and returns when each of them has had a snapshot, with how many failed: one that does not
// get in is not tried again, and after two rounds of Config.Joining of them in which none did, the rest count as failed too. The error
// is ctx's, or that all failed, with the last reason.
func (g *Generator) Join(ctx context.Context, from, to int) (failed int, err error) {
	return g.enter(ctx, from, to, false)
}

// Visit is Join for clients that leave with their first snapshot.
func (g *Generator) Visit(ctx context.Context, from, to int) (failed int, err error) {
	return g.enter(ctx, from, to, true)
}

func (g *Generator) enter(ctx context.Context, from, to int, visit bool) (failed int, err error) {
	want := g.arrived.Load() + int64(to-from)
	gate := make(chan struct{}, g.cfg.Joining)
	var joining sync.WaitGroup
	var mu sync.Mutex
	var last error
	refused := 0 // since the last one got in
	shut := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return refused >= shutAfter*g.cfg.Joining
	}
	next := from
	for ; next < to && ctx.Err() == nil && !shut(); next++ {
		i := next
		gate <- struct{}{}
		g.tell()
		joining.Go(func() {
			defer func() { <-gate }()
			err := g.dial(ctx, i, visit)
			mu.Lock()
			defer mu.Unlock()
			if refused++; err == nil {
				refused = 0
				return
			}
			failed++
			last = err
		})
	}
	joining.Wait()
	failed += to - next
	if failed == to-from && failed > 0 {
		return failed, fmt.Errorf("load: none of %d clients got in: %w", failed, last)
	}
	return g.settle(ctx, want, int64(failed))
}

// settle waits until want clients less the failed ones have arrived, or nobody has for a while.
func (g *Generator) settle(ctx context.Context, want, failed int64) (missing int, err error) {
	const patience, look = 10 * time.Second, 20 * time.Millisecond
	t := time.NewTicker(look)
	defer t.Stop()
	best, since := int64(-1), time.Now()
	for {
		now := g.arrived.Load()
		if now > best {
			best, since = now, time.Now()
		}
		if want-now <= failed || time.Since(since) > patience {
			return int(max(want-now, 0)), ctx.Err()
		}
		select {
		case <-ctx.Done():
			return int(want - now), ctx.Err()
		case <-t.C:
			g.tell()
		}
	}
}

func (g *Generator) tell() {
	if g.cfg.OnPlaying != nil {
		g.cfg.OnPlaying(g.Playing())
	}
}

func (g *Generator) dial(ctx context.Context, i int, visit bool) error {
	nc, early, err := g.cfg.Target.Dial(ctx, i)
	if err != nil {
		return err
	}
	fd, err := takeSocket(nc)
	if err != nil {
		return err
	}
	c := &peer{fd: fd, session: g.cfg.Target.Session(i), visits: visit, carry: early}
	g.do(func() { err = g.add(c) })
	return err
}

// add makes a client one of those that play.
func (g *Generator) add(c *peer) error {
	err := syscall.SetsockoptInt(c.fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	if err == nil {
		err = g.watch(c)
	}
	if err != nil {
		_ = syscall.Close(c.fd) // what went wrong is told
		return fmt.Errorf("load: %w", err)
	}
	c.slot = g.random.IntN(slots)
	for len(g.clients) <= c.fd {
		g.clients = append(g.clients, nil)
	}
	g.clients[c.fd] = c
	g.wheel[c.slot] = append(g.wheel[c.slot], c)
	c.session.Open(&g.out)
	if err = g.flush(c); err == nil {
		c.came.note(g.now())
		err = g.frames(c, nil)
	}
	if err != nil {
		g.drop(c, err)
	}
	return err
}

// all are the clients.
func (g *Generator) all() iter.Seq[*peer] {
	return func(yield func(*peer) bool) {
		for _, c := range g.clients {
			if c != nil && !yield(c) {
				return
			}
		}
	}
}

// drop ends a client.
func (g *Generator) drop(c *peer, why error) {
	if g.clients[c.fd] != c {
		return
	}
	g.clients[c.fd] = nil
	_ = syscall.Close(c.fd) // it leaves the epoll set with it
	for i, other := range g.wheel[c.slot] {
		if other == c {
			g.wheel[c.slot] = append(g.wheel[c.slot][:i:i], g.wheel[c.slot][i+1:]...)
		}
	}
	if c.joined {
		g.playing.Add(-1)
	}
	if !errors.Is(why, errLeft) {
		g.failed[why.Error()]++
	}
	if g.window != nil && c.counts {
		g.window.Lost++
	}
}

// Deafen makes part of the clients (0..1) stop reading, though they go on playing, and returns how many those are. They do not
// count in the windows opened afterwards.
func (g *Generator) Deafen(part float64) (n int) {
	g.do(func() {
		list := slices.Collect(g.all())
		g.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		want := int(part * float64(len(list)))
		for _, c := range list {
			if n == want {
				return
			}
			if c.deaf || syscall.EpollCtl(g.epoll, syscall.EPOLL_CTL_DEL, c.fd, nil) != nil {
				continue
			}
			// With a small buffer the server notices in seconds.
			_ = syscall.SetsockoptInt(c.fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
			c.deaf = true
			n++
		}
	})
	return n
}

// Failures are the reasons for which clients have gone so far, and how many each.
func (g *Generator) Failures() map[string]int {
	all := map[string]int{}
	g.do(func() {
		for why, n := range g.failed {
			all[why] = n
		}
	})
	return all
}
