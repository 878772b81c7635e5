package game

import (
	"bytes"
	"runtime"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/internal/thread"
)

// hangChecks is how often the watchdog must find the same step under way. It counts checks instead of measuring the step: in a
// process that was stopped, or got no processor, the watchdog has not run either.
const hangChecks = 4

// watched is what the watchdog remembers of one loop.
type watched struct {
	loop  *loop
	steps uint64
	times int // that a step was under way and its number was steps
}

// watch looks after the loops, and whether they keep up, until watchStop is closed: a room whose step does not end is left alone with its goroutine, and the other
// rooms of its loop go on with a new one.
func (h *Host) watch(slots int) {
	defer close(h.watchDone)
	hang := time.NewTicker(max(h.cfg.HangAfter/hangChecks, time.Millisecond))
	defer hang.Stop()
	second := time.NewTicker(admitEvery)
	defer second.Stop()
	seen := make([]watched, slots)
	said := warnings{slow: map[string]time.Time{}}
	for {
		select {
		case <-h.watchStop:
			return
		case <-hang.C:
			for i := range seen {
				h.check(i, &seen[i])
			}
		case <-second.C:
			h.admission.second(h.awake())
			said.second(h)
		}
	}
}

// awake is how many rooms have ticks to run.
func (h *Host) awake() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, l := range h.loops {
		l.mu.Lock()
		for r := range l.all() {
			if !r.rests {
				n++
			}
		}
		l.mu.Unlock()
	}
	return n
}

// check looks at the loop of one slot.
func (h *Host) check(slot int, w *watched) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.loops[slot]
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.loop != l || w.steps != l.steps || l.stepping == nil {
		*w = watched{loop: l, steps: l.steps}
		return
	}
	if w.times++; w.times < hangChecks {
		return
	}
	h.abandon(slot)
}

// abandon leaves a loop to the room that hangs in it, and gives the others to a new loop in its place. host.mu and the loop's are
// held: no room can be added meanwhile.
func (h *Host) abandon(slot int) {
	l := h.loops[slot]
	hung := l.stepping
	fresh := newLoop(h.cfg.Now, h.cfg.newAlarm())
	if fresh.urgent = l.urgent; l.urgent {
		thread.Ordinary(l.thread) // or the step that hangs would leave nothing to anybody else
	}
	fresh.rooms, l.rooms = l.rooms, nil
	for _, r := range fresh.rooms {
		r.home.Store(fresh)
	}
	fresh.closing, l.closing, l.left = l.closing, true, true // an old loop ends with the room that it still has
	h.loops[slot] = fresh
	others := len(fresh.rooms)
	h.started = append(h.started, fresh)
	go fresh.run()
	h.metrics.Hangs.Add(1)
	h.strike(hung)
	hung.room.log.Error("a step of this room does not end: it is left alone, and the other rooms go on without it",
		zap.Duration("after", h.cfg.HangAfter), zap.Int("others", others), zap.String("goroutine", stackOf(l.stackID)))
}

// goroutineID is how stack dumps name the calling goroutine: "goroutine 12 ".
func goroutineID() string {
	var buf [64]byte
	head, _, _ := strings.Cut(string(buf[:runtime.Stack(buf[:], false)]), "[")
	return head
}

// stackOf finds one goroutine in a dump of all. The dump stops every goroutine for a moment, which one that hangs is worth.
func stackOf(id string) string {
	dump := make([]byte, 1<<20)
	dump = dump[:runtime.Stack(dump, true)]
	for part := range bytes.SplitSeq(dump, []byte("\n\n")) {
		if bytes.HasPrefix(part, []byte(id)) {
			return string(part)
		}
	}
	return "not found among the first of many goroutines"
}
