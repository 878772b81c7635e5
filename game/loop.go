package game

import (
	"container/heap"
	"sync"
	"time"
)

// maxCatchUp is how many steps a late room runs back to back before time is dropped: a little lag is made good, a long
// stall must not turn into a burst that makes every other room late.
const maxCatchUp = 5

// loop steps the rooms given to it, each at its own rate, from one goroutine. A room's next step is due one period
// after the last one was due, not after it ran: ticks do not drift.
type loop struct {
	now func() time.Time

	mu    sync.Mutex
	inbox []*hosted     // to be taken in
	wake  chan struct{} // holds one token when the inbox or a mailbox has something
	stop  chan struct{}
	done  chan struct{}

	rooms schedule // owned by run
}

func newLoop(now func() time.Time) *loop {
	return &loop{now: now, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// add gives a room to the loop. Concurrent-safe.
func (l *loop) add(h *hosted) {
	l.mu.Lock()
	l.inbox = append(l.inbox, h)
	l.mu.Unlock()
	l.nudge()
}

// nudge makes the loop look at its inbox now.
func (l *loop) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run steps rooms until close is called and all rooms are gone.
func (l *loop) run() {
	defer close(l.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	stop := l.stop
	for {
		l.takeIn()
		l.stepDue()
		if stop == nil && len(l.rooms) == 0 {
			return
		}
		wait := time.Hour
		if len(l.rooms) > 0 {
			wait = l.rooms[0].due.Sub(l.now())
		}
		if wait <= 0 {
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-l.wake:
		case <-stop:
			stop = nil
		}
	}
}

func (l *loop) takeIn() {
	l.mu.Lock()
	fresh := l.inbox
	l.inbox = nil
	l.mu.Unlock()
	for _, h := range fresh {
		// Rooms start at different points of the tick, so that they do not all want the processor at once.
		h.due = l.now().Add(h.room.period * time.Duration(h.phase) / 256)
		heap.Push(&l.rooms, h)
	}
}

// stepDue runs every step that is due, the longest overdue first.
func (l *loop) stepDue() {
	for len(l.rooms) > 0 {
		h, now := l.rooms[0], l.now()
		late := now.Sub(h.due)
		if late < 0 {
			return
		}
		if n := late / h.room.period; n > maxCatchUp {
			h.due = h.due.Add(n * h.room.period)
			h.room.cfg.Metrics.Dropped.Add(uint64(n))
			late = now.Sub(h.due)
		}
		h.room.cfg.Metrics.Lateness.observe(late)
		h.step()
		if h.over(now) {
			h.shutdown()
			heap.Pop(&l.rooms)
			continue
		}
		h.due = h.due.Add(h.room.period)
		heap.Fix(&l.rooms, 0)
		l.takeIn() // also when some room is always due
	}
}

// close ends the loop once its rooms are gone, and waits for that.
func (l *loop) close() {
	close(l.stop)
	<-l.done
}

// schedule is a heap of rooms, the next due first.
type schedule []*hosted

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].due.Before(s[j].due) }
func (s schedule) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)        { *s = append(*s, x.(*hosted)) }
func (s *schedule) Pop() any {
	last := len(*s) - 1
	h := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return h
}
