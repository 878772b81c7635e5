package game

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Admission looks at the last five seconds. It takes three late ones to shut the door, because one hiccup of the machine must not, and
// five good ones to open it, good being twice as good as it takes to shut it: who is let in makes ticks later again.
const (
	admitEvery   = time.Second
	admitSeconds = 5
	admitLate    = 3
)

// admitRetry is how long who is turned away is asked to wait: the door stays shut for at least so long.
const admitRetry = admitSeconds * admitEvery

// admission decides whether a Host takes new rooms and players: not while the 99th percentile of its steps' lateness is over a bound.
// A second is over the bound if more than one in a hundred of its steps began later than that, so that no percentile need be computed.
type admission struct {
	bound time.Duration // static; 0: everybody is taken

	steps, late, near atomic.Uint64 // begun or dropped; of these later than the bound, and than half of it

	// Owned by the goroutine that calls second.
	lastSteps, lastLate, lastNear uint64
	lateSeconds, nearSeconds      uint8 // a bit for each second, the newest lowest

	shut atomic.Bool
}

// step notes one that begins late after its time, and those dropped before it. Concurrent-safe.
func (a *admission) step(late time.Duration, dropped uint64) {
	a.steps.Add(1 + dropped)
	if late > a.bound/2 {
		a.near.Add(1 + dropped)
	}
	if late > a.bound {
		a.late.Add(1 + dropped)
	}
}

// second is called at the end of each. A second without a step says nothing, unless there is no room that could make one.
func (a *admission) second(awake int) {
	steps, late, near := a.steps.Load(), a.late.Load(), a.near.Load()
	n := steps - a.lastSteps
	if a.bound == 0 || n == 0 && awake > 0 {
		return
	}
	const window = 1<<admitSeconds - 1
	a.lateSeconds = (a.lateSeconds<<1 | over(late-a.lastLate, n)) & window
	a.nearSeconds = (a.nearSeconds<<1 | over(near-a.lastNear, n)) & window
	a.lastSteps, a.lastLate, a.lastNear = steps, late, near
	switch {
	case bits.OnesCount8(a.lateSeconds) >= admitLate:
		a.shut.Store(true)
	case a.nearSeconds == 0:
		a.shut.Store(false)
	}
}

// over is 1 if more than one in a hundred is late.
func over(late, steps uint64) uint8 {
	if late*100 > steps {
		return 1
	}
	return 0
}

// admit refuses what would make more ticks while they are late. Who plays already costs nothing new. mu is held.
func (h *Host) admit() error {
	if !h.admission.shut.Load() {
		return nil
	}
	h.metrics.Refused.Add(1)
	return ErrOverloaded
}

// Overloaded reports whether new rooms and players are turned away because ticks run late.
func (h *Host) Overloaded() bool { return h.admission.shut.Load() }
