package game

import "time"

// Timer is the tick in which something is due. It is plain data: a field of a row, tagged or not, or of the game. The zero Timer is
// not set and never due. In a row, an event or a Share it goes to clients as the number of the tick; the browser's
// room.secondsUntil(row.timer) is the countdown to draw.
type Timer uint32

// After is a Timer that is due when d has gone by, at the next tick at the earliest. Deadlines are ticks because a tick is seldom a
// whole number of nanoseconds: d is rounded to the nearest.
func (t *Tick) After(d time.Duration) Timer {
	return Timer(t.N + max(1, uint32(max(0, d).Seconds()/float64(t.Delta)+0.5)))
}

// Done reports whether the time has come: in the tick that is due and in every one after it.
func (x Timer) Done(t *Tick) bool { return x != 0 && t.N >= uint32(x) }

// Left is how long it is until x is due, 0 when it is or is not set.
func (x Timer) Left(t *Tick) time.Duration {
	if uint32(x) <= t.N {
		return 0
	}
	return time.Duration(uint32(x)-t.N) * t.room.period
}
