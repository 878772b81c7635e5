package client

import "time"

// Clock tells which tick an input made now should be labelled with. It follows the arrival of snapshots, which shows the
// server's tick late by the way down, and is ahead of that by a lead: at first the round trip, then whatever the server's pace
// feedback asks for. What it shows moves smoothly towards where it should be. It is driven by the times it is given and reads
// none of its own.
type Clock struct {
	period time.Duration
	offset floor         // local time minus tick time of the fastest recent snapshot
	jitter time.Duration // mean lateness of snapshots
	trips  least         // round trips
	lead   float64       // ticks ahead of the arrival clock to be
	paced  bool          // pace has set lead: the round trip no longer does
	grain  float64       // mean ticks between two times it is asked, at most 1: inputs leave only then

	// What it shows.
	at     time.Time // of tick; zero: never asked
	tick   float64
	steady time.Time // when it last was not where it should be
	jumped time.Time
}

const (
	bend      = 0.05 // it runs at most this much faster or slower than time
	jumpError = 150 * time.Millisecond
	jumpEvery = 2 * time.Second
	// paceSpan is how long pace goes on telling of the time before a correction, besides the round trip: that, or paceTicks when
	// they are longer.
	paceSpan  = 1100 * time.Millisecond
	paceTicks = 5
	// firstLead stands in for the margin until the server says what it is.
	firstLead = 0.5
)

func (c *Clock) init(tickRate int) {
	*c = Clock{period: time.Second / time.Duration(tickRate), lead: firstLead}
}

func (c *Clock) ticks(d time.Duration) float64 { return float64(d) / float64(c.period) }

// snapshot notes that the state of tick arrived at now.
func (c *Clock) snapshot(now time.Time, tick uint32) {
	late := c.offset.note(now, time.Duration(now.UnixNano())-time.Duration(tick)*c.period)
	c.jitter += (late - c.jitter) / 16
}

// joined notes how long HELLO took after JOIN: the first inputs are sent before there is a round trip, and should be in time.
func (c *Clock) joined(d time.Duration) { c.lead = firstLead + c.ticks(d) }

// rtt notes a round trip. Until pace speaks, the least of the last ten seconds gives the lead its value: what is labelled now arrives
// a round trip after the snapshot it answers, and a longer one has met a queue or a lost packet, which says nothing about the way.
func (c *Clock) rtt(now time.Time, d time.Duration) {
	first := len(c.trips) == 0
	c.trips.note(now, max(d, 1))
	if c.paced {
		return
	}
	c.lead = firstLead + c.ticks(c.trips.value())
	if first {
		c.at = time.Time{} // what it has shown was a guess: begin here
	}
}

// pace takes the server's word on the least margin of the last second or four ticks, in 1/16 ticks.
func (c *Clock) pace(now time.Time, sixteenths int8) {
	if now.Sub(c.steady) < max(paceSpan, paceTicks*c.period)+c.trips.value() {
		return // it speaks of the clock before a correction
	}
	target := min(max(2*c.ticks(c.jitter), 0.25), 3)
	short := target - float64(sixteenths)/16
	// A margin a little too large costs less than hunting for it. Labels are whole ticks and leave when the caller asks, so the
	// margin cannot be had finer than that.
	if short > -0.25-c.grain && short < 0.125 {
		return
	}
	c.lead += short
	c.paced = true
	c.steady = now
}

// Tick is the tick to label an input made at now with, with a fraction. ok is false before the first snapshot.
func (c *Clock) Tick(now time.Time) (tick float64, ok bool) {
	if !c.offset.known {
		return 0, false
	}
	aim := c.ticks(time.Duration(now.UnixNano())-c.offset.value()) + c.lead
	if c.at.IsZero() {
		c.at, c.tick, c.steady = now, aim, now
		return aim, true
	}
	passed := c.ticks(max(now.Sub(c.at), 0))
	c.grain += (min(passed, 1) - c.grain) / 16
	c.at = now
	c.tick += passed
	off := aim - c.tick
	if max(off, -off) > c.ticks(jumpError) && now.Sub(c.jumped) >= jumpEvery {
		c.tick, c.jumped, c.steady = aim, now, now
		return aim, true
	}
	c.tick += min(max(off, -bend*passed), bend*passed)
	if off = aim - c.tick; max(off, -off) > 0.125 {
		c.steady = now
	}
	return c.tick, true
}

// floor is the least sample of the last half to one second, of two samples at least.
type floor struct {
	known      bool
	since      time.Time
	last, this time.Duration // least of the half second before, and of this one
}

// note adds a sample and returns by how much it is over the floor.
func (f *floor) note(now time.Time, sample time.Duration) time.Duration {
	switch {
	case !f.known:
		*f = floor{true, now, sample, sample}
	case now.Sub(f.since) >= time.Second/2:
		f.since, f.last, f.this = now, f.this, sample
	}
	f.this = min(f.this, sample)
	return sample - f.value()
}

func (f *floor) value() time.Duration { return min(f.last, f.this) }

// tripSpan is for how long a round trip counts.
const tripSpan = 10 * time.Second

// least keeps the samples of the last tripSpan that are less than all that came after them: its first is the least of all.
type least []struct {
	at     time.Time
	sample time.Duration
}

func (l *least) note(now time.Time, sample time.Duration) {
	kept := *l
	for len(kept) > 0 && kept[len(kept)-1].sample >= sample {
		kept = kept[:len(kept)-1]
	}
	for len(kept) > 0 && now.Sub(kept[0].at) >= tripSpan {
		kept = append(kept[:0], kept[1:]...)
	}
	*l = append(kept, struct {
		at     time.Time
		sample time.Duration
	}{now, sample})
}

// value is the least sample, 0 before the first.
func (l least) value() time.Duration {
	if len(l) == 0 {
		return 0
	}
	return l[0].sample
}
