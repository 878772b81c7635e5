package game

import (
	"iter"
	"sync/atomic"
	"time"
)

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

// cost is what a room's step takes, averaged over about the last sixteen. One goroutine observes, anybody reads.
type cost struct{ ns atomic.Int64 }

func (c *cost) read() time.Duration { return time.Duration(c.ns.Load()) }

func (c *cost) observe(d time.Duration) {
	if old := c.ns.Load(); old > 0 {
		d = time.Duration(old) + (d-time.Duration(old))/16
	}
	c.ns.Store(int64(d))
}

// all are the loop's rooms, the one that is stepped included. mu is held.
func (l *loop) all() iter.Seq[*hosted] {
	return func(yield func(*hosted) bool) {
		if l.stepping != nil && !yield(l.stepping) {
			return
		}
		for _, h := range l.rooms {
			if !yield(h) {
				return
			}
		}
	}
}

// firstStep is when a new room should step for the first time: in the middle of the longest stretch of its period in which the other
// rooms leave the loop idle, so that they do not queue up for it. As rooms come, each halves the longest gap; as they go, the next
// ones fill the gaps that they leave. Rooms of other rates are seen where their steps fall within one period: exactly so if one rate
// is a multiple of the other. mu is held.
func (l *loop) firstStep(h *hosted) time.Time {
	const bins = 256
	var busy [bins]int32 // steps that fall into each part of the period
	now, period := l.now(), h.room.period
	for r := range l.all() {
		if r.rests {
			continue
		}
		at, every := r.due.Sub(now)%period, r.room.period
		if at < 0 {
			at += period
		}
		last := min(r.cost.read(), period-1)
		for range max(1, min(int(period/every), bins)) {
			for b := at * bins / period; b <= (at+last)*bins/period; b++ {
				busy[b%bins]++
			}
			at = (at + every) % period
		}
	}
	least := busy[0]
	for _, n := range busy {
		least = min(least, n)
	}
	begin, length := 0, 0
	for b, run := 0, 0; b < 2*bins; b++ { // twice round: the longest stretch may go over the end
		if busy[b%bins] != least {
			run = 0
			continue
		}
		if run++; run > length && run <= bins {
			begin, length = b-run+1, run
		}
	}
	middle := 2*begin + length // in halves of a part
	return now.Add(time.Duration(middle%(2*bins)) * period / (2 * bins))
}
