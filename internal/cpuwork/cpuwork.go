// Package cpuwork runs what computes for long (password hashes, work of a game) on threads that the system runs only when nothing
// better wants the processor, a bounded number at a time, so that a flood of it makes the flood slow and no tick late.
//
// lobby/auth hashes passwords on a Pool, and a game.Host runs the work of game.Go on one. It imports internal/thread and nothing else of this module.
//
// On Linux a worker's thread has nice 19; elsewhere it is an ordinary one, and only the bound holds. What the work does on goroutines
// that it starts itself runs on the ordinary threads of the process: there, too, only the bound holds. Call has work done in a process
// of its own, all of whose threads have nice 19 and, with Serve, run only when no others want to.
package cpuwork

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/skirmish-dev/skirmish/internal/thread"
)

var (
	// ErrBusy says that as much work waits as may. Nothing was begun: refuse the request, or come back later.
	ErrBusy = errors.New("cpuwork: as much work waits as may; try again later")
	// ErrClosed says that the Pool takes no work any more.
	ErrClosed = errors.New("cpuwork: the pool is closed")
)

// Config bounds a Pool.
type Config struct {
	// Workers is how many pieces of work run at a time, each on a thread. Zero means a quarter of GOMAXPROCS, at least one: a worker
	// that computes holds one of Go's processors, whatever its niceness, and the ticks need theirs.
	Workers int
	// Queue is how many pieces of work may wait for a worker. Zero means 64.
	Queue int
	// Command is a program with arguments that does what Call is asked for, with Serve. Zero means that Call fails.
	Command []string
	// Patience is how long a process may take for one piece of work, after which it is ended. Zero means 30 s: one of nice 19 gets little of a
	// machine that is busy.
	Patience time.Duration
	// Failed is told why a process of Command did not do its work: ErrBusy when it took longer than Patience, which each worker can say
	// once in that time. Zero means that nobody is told.
	Failed func(error)
}

func (c Config) withDefaults() Config {
	if c.Workers == 0 {
		c.Workers = max(1, runtime.GOMAXPROCS(0)/4)
	}
	if c.Queue == 0 {
		c.Queue = 64
	}
	if c.Patience == 0 {
		c.Patience = 30 * time.Second
	}
	return c
}

// Validate reports a senseless value.
func (c Config) Validate() error {
	if c.Workers < 0 || c.Queue < 0 || c.Patience < 0 {
		return fmt.Errorf("cpuwork: Workers %d, Queue %d and Patience %v cannot be negative", c.Workers, c.Queue, c.Patience)
	}
	return nil
}

// Pool runs work. It is concurrent-safe. It has threads only while there is work, no goroutine when idle, and processes only after a
// Call, as many as there were workers at a time.
type Pool struct {
	cfg Config

	mu        sync.Mutex
	waiting   []*job // in the order of arrival
	running   int    // workers
	closed    bool
	idle      sync.Cond  // running has become 0
	processes []*process // that wait for a Call
}

// job is one piece of work. begun, and its place in Pool.waiting, are guarded by Pool.mu.
type job struct {
	work  func()
	begun bool
	done  chan struct{}
	panic any // what work has panicked with; read it after done
}

// New makes a Pool. Close it.
func New(cfg Config) (*Pool, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	p := &Pool{cfg: cfg.withDefaults()}
	p.idle.L = &p.mu
	return p, nil
}

// Do runs work on a worker and returns when it has ended. It returns ErrBusy when the queue is full, ErrClosed after Close, and
// ctx's error when ctx was done before work was begun; then work does not run at all. Work that was begun is waited for whatever
// becomes of ctx, so that it may use the caller's variables. A panic of work goes on in the caller.
func (p *Pool) Do(ctx context.Context, work func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{work: work, done: make(chan struct{})}
	if err := p.enqueue(j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if p.withdraw(j) {
			return ctx.Err()
		}
		<-j.done
	}
	if j.panic != nil {
		panic(j.panic)
	}
	return nil
}

// Start runs work on a worker and does not wait. It returns ErrBusy when the queue is full and ErrClosed after Close. Work that
// panics ends the process, as a goroutine that panics does.
func (p *Pool) Start(work func()) error { return p.enqueue(&job{work: work}) }

func (p *Pool) enqueue(j *job) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return ErrClosed
	case p.running < p.cfg.Workers:
		p.running++
		j.begun = true
		go p.worker(j)
	case len(p.waiting) >= p.cfg.Queue:
		return ErrBusy
	default:
		p.waiting = append(p.waiting, j)
	}
	return nil
}

// withdraw takes back work that nobody waits for any more, and reports whether it was in time.
func (p *Pool) withdraw(j *job) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.begun {
		return false
	}
	for i, w := range p.waiting {
		if w == j {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			break
		}
	}
	return true
}

// worker does j and then what waits, until nothing does. Its thread is never given back: niceness once raised cannot be lowered, and
// a goroutine that ends locked takes its thread with it.
func (p *Pool) worker(j *job) {
	runtime.LockOSThread()
	thread.Nice()
	defer func() {
		if j == nil {
			return
		}
		if j = p.next(); j != nil { // the work has called runtime.Goexit: what waits must not wait for ever
			go p.worker(j)
		}
	}()
	for ; j != nil; j = p.next() {
		j.run()
	}
}

// next is the work that has waited longest, or nil: then the worker must end.
func (p *Pool) next() *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		p.running--
		if p.running == 0 {
			p.idle.Broadcast()
		}
		return nil
	}
	j := p.waiting[0]
	p.waiting = append(p.waiting[:0], p.waiting[1:]...)
	j.begun = true
	return j
}

func (j *job) run() {
	if j.done == nil {
		j.work()
		return
	}
	defer func() {
		j.panic = recover()
		close(j.done)
	}()
	j.work()
}

// Close takes no work any more and returns when all that was taken has ended, what waits included. Cancel its contexts before.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for p.running > 0 {
		p.idle.Wait()
	}
	for _, c := range p.processes {
		c.end()
	}
	p.processes = nil
}
