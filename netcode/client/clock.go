package client

import "time"

// Clock tells which tick an input made now should be labelled with. It follows the server by the arrival of snapshots, which gives a clock that
// is late by the way down, and adds a lead that the server's pace feedback keeps just large enough for inputs to arrive before their tick. It is
// driven by the times it is given and keeps none of its own.
type Clock struct {
	period time.Duration
	offset floor // local time minus tick time of the fastest recent snapshot
	jitter time.Duration
	lead   float64 // ticks added to the arrival clock
	target float64 // lead that is being bent to
	bentAt time.Time
	waited time.Time // no new correction before: pace looks back one second
	jumped time.Time
	ready  bool
}

const (
	bend       = 0.05 // the clock runs at most this much faster or slower
	jumpError  = 150 * time.Millisecond
	jumpEvery  = 2 * time.Second
	paceWindow = 1200 * time.Millisecond // until pace shows what a correction did
)

func (c *Clock) init(tickRate int) {
	*c = Clock{period: time.Second / time.Duration(tickRate)}
}

// snapshot notes that the state of tick arrived at now.
func (c *Clock) snapshot(now time.Time, tick uint32) {
	sample := time.Duration(now.UnixNano()) - time.Duration(tick)*c.period
	if !c.ready {
		c.ready = true
		c.offset.reset(now, sample)
		// Half a period of margin until the first feedback; the way up is added by rtt.
		c.lead, c.target = 0.5, 0.5
		c.bentAt = now
		return
	}
	late := c.offset.late(sample)
	c.jitter += (late - c.jitter) / 16
	c.offset.note(now, sample)
}

// rtt gives the lead its first value: what is labelled now arrives a round trip after the snapshot it answers.
func (c *Clock) rtt(d time.Duration) {
	if c.waited.IsZero() {
		c.lead = 0.5 + float64(d)/float64(c.period)
		c.target = c.lead
	}
}

// pace takes the server's word on the least margin of the last second, in 1/16 ticks.
func (c *Clock) pace(now time.Time, sixteenths int8) {
	if now.Before(c.waited) {
		return
	}
	want := min(max(2*float64(c.jitter)/float64(c.period), 0.25), 3)
	err := want - float64(sixteenths)/16
	if err > -0.25 && err < 0.125 {
		return // good enough: a margin a little too large costs less than hunting for it
	}
	c.target = c.lead + err
	if span := time.Duration(err * float64(c.period)); (span > jumpError || span < -jumpError) && now.Sub(c.jumped) >= jumpEvery {
		c.lead, c.jumped = c.target, now
	}
	bending := time.Duration(max(err, -err) / bend * float64(c.period))
	c.waited = now.Add(paceWindow + bending)
}

// Tick is the tick to label an input made at now with, with a fraction. ok is false before the first snapshot.
func (c *Clock) Tick(now time.Time) (tick float64, ok bool) {
	if !c.ready {
		return 0, false
	}
	if d := now.Sub(c.bentAt); d > 0 {
		step := bend * float64(d) / float64(c.period)
		c.lead += min(max(c.target-c.lead, -step), step)
		c.bentAt = now
	}
	return float64(time.Duration(now.UnixNano())-c.offset.value())/float64(c.period) + c.lead, true
}

// floor is the least sample of the last one to two seconds.
type floor struct {
	since      time.Time
	last, this time.Duration
}

func (f *floor) reset(now time.Time, sample time.Duration) { *f = floor{now, sample, sample} }

func (f *floor) note(now time.Time, sample time.Duration) {
	if now.Sub(f.since) > time.Second {
		f.since, f.last, f.this = now, f.this, sample
	}
	f.this = min(f.this, sample)
}

func (f *floor) value() time.Duration { return min(f.last, f.this) }

func (f *floor) late(sample time.Duration) time.Duration { return max(0, sample-f.value()) }
