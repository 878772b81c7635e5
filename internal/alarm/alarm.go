// Package alarm lets a goroutine sleep until a moment, exactly, or until another goroutine wakes it.
//
// The loops of a game.Host sleep with it between the steps of their rooms. It imports nothing of this module.
package alarm

import "time"

// Alarm belongs to one goroutine, which sleeps. Wake is concurrent-safe and may also be called after Close; the other methods are for
// the sleeper.
type Alarm interface {
	// Sleep returns after d, or as soon as Wake is called. A Wake that has come since the last Sleep has ended makes it return at
	// once. It may return early without a reason.
	Sleep(d time.Duration)
	// Wake ends the Sleep that is under way, or the next one.
	Wake()
	// Close frees what the Alarm holds.
	Close()
}

// New makes the most exact Alarm that the system has. On Linux it sleeps in the kernel, so that its goroutine should be locked to
// its thread: when the moment comes the goroutine goes on at once, on the processor that it still has, and waits for none of Go's
// other goroutines. How exact it is also depends on the thread: see internal/thread.
func New() Alarm { return newAlarm() }

// NewTimer makes an Alarm out of one of Go's timers, as New does where there is nothing better. In testing/synctest it sleeps in
// virtual time.
func NewTimer() Alarm {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &timer{timer: t, woken: make(chan struct{}, 1)}
}

type timer struct {
	timer *time.Timer
	woken chan struct{} // holds one token
}

func (a *timer) Sleep(d time.Duration) {
	a.timer.Reset(d)
	select {
	case <-a.timer.C:
	case <-a.woken:
		a.timer.Stop()
	}
}

func (a *timer) Wake() {
	select {
	case a.woken <- struct{}{}:
	default:
	}
}

func (a *timer) Close() { a.timer.Stop() }
