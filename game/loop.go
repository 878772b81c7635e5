package game

import (
	"container/heap"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/skirmish-dev/skirmish/internal/alarm"
	"github.com/skirmish-dev/skirmish/internal/thread"
)

// maxCatchUp is how many steps a late room runs back to back before time is dropped: a little lag is made good, a long
// stall must not turn into a burst that makes every other room late.
const maxCatchUp = 5

// loop steps the rooms given to it, each at its own rate, from one goroutine that is locked to its thread. A room's next step is due
// one period after the last one was due, not after it ran: ticks do not drift.
type loop struct {
	// Static after construction.
	now   func() time.Time
	alarm alarm.Alarm
	// urgent makes the thread run before all others of the machine; NewHost has seen that it may.
	urgent bool
	done   chan struct{}

	mu       sync.Mutex // never held while a room steps, nor while host.mu is taken
	rooms    schedule   // but the one being stepped
	stepping *hosted    // nil: none
	steps    uint64     // begun so far: a watchdog that finds the same number again and again knows that one hangs
	closing  bool       // run ends when no room is left
	left     bool       // the watchdog has given the other rooms away; stepping had hung
	stackID  string     // names run's goroutine in a stack dump
	thread   int        // that run is locked to
}

func newLoop(now func() time.Time, a alarm.Alarm) *loop {
	return &loop{now: now, alarm: a, done: make(chan struct{})}
}

// mayBeUrgent tries on a thread of its own whether a loop may be urgent.
func mayBeUrgent() error {
	tried := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends
		tried <- thread.Urgent()
	}()
	return <-tried
}

// add gives a new room to the loop, which steps it for the first time within one period. Concurrent-safe.
func (l *loop) add(h *hosted) {
	l.mu.Lock()
	h.home.Store(l)
	h.due = l.firstStep(h)
	heap.Push(&l.rooms, h)
	l.mu.Unlock()
	l.alarm.Wake()
}

// wake ends the rest of a room. It reports false when the room has another loop by now. Concurrent-safe.
func (l *loop) wake(h *hosted) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.home.Load() != l {
		return false
	}
	h.woken = true
	if h.rests && l.stepping != h {
		h.due = l.firstStep(h)
		h.rests = false
		heap.Fix(&l.rooms, slices.Index(l.rooms, h))
		l.alarm.Wake()
	}
	return true
}

// load is the share of one core that the loop's rooms take. Concurrent-safe.
func (l *loop) load() float64 {
	const unknown = 100 * time.Microsecond // the cost of a room that has not run yet, and the least of any: rooms are spread also when idle
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := 0.0
	for h := range l.all() {
		sum += float64(max(h.cost.read(), unknown)) / float64(h.room.period)
	}
	return sum
}

// run steps rooms until close is called and all rooms are gone, or until a room that has hung is.
func (l *loop) run() {
	runtime.LockOSThread() // for the alarm; the goroutine ends locked, and the thread with it
	thread.Prompt()
	if l.urgent {
		_ = thread.Urgent() // it was tried before; one that fails now is as prompt as without
	}
	defer close(l.done)
	defer l.alarm.Close()
	l.mu.Lock()
	l.stackID, l.thread = goroutineID(), thread.ID()
	l.mu.Unlock()
	for {
		h, late, wait := l.next()
		if h == nil {
			if wait < 0 {
				return
			}
			l.alarm.Sleep(wait)
			continue
		}
		began := l.now()
		h.step()
		took := l.now().Sub(began)
		if !h.room.asleep {
			h.cost.observe(took)
		}
		h.host.overran(h, late, took)
		gone := h.over(began)
		if gone {
			h.shutdown()
		}
		l.back(h, began, took, gone)
	}
}

// next takes the room out that is due, the longest overdue first, and says how late it is. With none it says how long to sleep; less
// than 0 means for ever.
func (l *loop) next() (h *hosted, late, sleep time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rooms) == 0 {
		if l.closing {
			return nil, 0, -1
		}
		return nil, 0, time.Hour
	}
	h, now := l.rooms[0], l.now()
	late = now.Sub(h.due)
	if late < 0 {
		return nil, 0, -late
	}
	heap.Pop(&l.rooms)
	h.woken = false
	m := h.room.cfg.Metrics
	dropped := uint64(0)
	if n := late / h.room.period; n > maxCatchUp {
		h.due = h.due.Add(n * h.room.period)
		dropped = uint64(n)
		m.Dropped.Add(dropped)
	}
	m.Lateness.observe(late)
	h.stats.begin(now, late, h.room.period, dropped)
	h.host.admission.step(late, dropped)
	l.stepping = h
	l.steps++
	return h, late, 0
}

// back puts a room back in after its step, which began at a moment and took some time, unless it is gone. One in which nobody is rests.
func (l *loop) back(h *hosted, began time.Time, took time.Duration, gone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stepping = nil
	h.stats.tick, h.stats.bytes, h.stats.took = h.room.tick.N, h.room.sent, took
	rested := h.rests
	h.rests = h.room.asleep && !h.woken && !l.left && !gone
	if gone {
		return
	}
	h.hung = l.left
	switch {
	case h.rests:
		h.due = began.Add(h.restFor())
	case rested:
		h.due = l.firstStep(h)
	default:
		h.due = h.due.Add(h.room.period)
	}
	heap.Push(&l.rooms, h)
}

// close ends the loop once its rooms are gone, and waits for that.
func (l *loop) close() {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.alarm.Wake()
	<-l.done
}
