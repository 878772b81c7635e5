package client

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// path is a simulated way to a server and back, in which a Clock labels one input per tick and hears how much too early they
// came.
type path struct {
	rate int
	down func(at time.Duration) time.Duration // delay of a snapshot sent at at
	up   func(at time.Duration) time.Duration
	lost func(at time.Duration) time.Duration // time that the server has dropped by at; nil: none
}

// steadyPath takes half of trip each way.
func steadyPath(rate int, trip time.Duration) path {
	half := func(time.Duration) time.Duration { return trip / 2 }
	return path{rate: rate, down: half, up: half}
}

// arrival is something on its way.
type arrival struct {
	at    time.Duration
	label uint32 // of an input, or tick of a snapshot
	sent  time.Duration
	pace  int8
	paced bool
}

// result is what a run has shown.
type result struct {
	margins []margin
	jumps   []time.Duration
	fastest float64 // speed of the clock against time, but for jumps
	slowest float64
}

type margin struct {
	at    time.Duration
	ticks float64
}

// after gives the least and the most margin from at on.
func (r result) after(at time.Duration) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, m := range r.margins {
		if m.at >= at {
			least, most = min(least, m.ticks), max(most, m.ticks)
		}
	}
	return least, most
}

// run simulates span in steps of a millisecond.
func (p path) run(t *testing.T, span time.Duration) result {
	t.Helper()
	const step = time.Millisecond
	period := time.Second / time.Duration(p.rate)
	epoch := time.Unix(5000, 0)
	var c Clock
	c.init(p.rate)
	r := result{fastest: 1, slowest: 1}
	var toClient, toServer []arrival
	var tick, label uint32
	last, lastAt := 0.0, time.Duration(-1)
	greeted := false
	for now := time.Duration(0); now < span; now += step {
		var dropped time.Duration
		if p.lost != nil {
			dropped = p.lost(now)
		}
		// The server: inputs first, then the tick that is due.
		for len(toServer) > 0 && toServer[0].at <= now {
			in := toServer[0]
			toServer = toServer[1:]
			due := time.Duration(in.label)*period + dropped
			r.margins = append(r.margins, margin{now, float64(due-in.at) / float64(period)})
		}
		if now-dropped >= time.Duration(tick+1)*period {
			tick++
			a := arrival{at: now + p.down(now), label: tick, sent: now}
			if least, _ := r.after(now - max(time.Second, 4*period)); !math.IsInf(least, 1) {
				a.pace, a.paced = int8(min(max(least*16, -128), 127)), true
			}
			toClient = inOrder(toClient, a)
		}
		// The client.
		at := epoch.Add(now)
		for len(toClient) > 0 && toClient[0].at <= now {
			s := toClient[0]
			toClient = toClient[1:]
			c.snapshot(at, s.label)
			if s.paced {
				c.pace(at, s.pace)
			}
			if !greeted || now%time.Second < step {
				greeted = true
				c.rtt(at, p.down(now)+p.up(now))
			}
		}
		shown, ok := c.Tick(at)
		if !ok {
			continue
		}
		if lastAt >= 0 {
			passed := float64(now-lastAt) / float64(period)
			if speed := (shown - last) / passed; math.Abs(shown-last-passed)*period.Seconds() > 0.1 {
				r.jumps = append(r.jumps, now)
			} else {
				r.fastest, r.slowest = max(r.fastest, speed), min(r.slowest, speed)
			}
		}
		last, lastAt = shown, now
		if l := uint32(max(shown, 0)) + 1; l > label {
			label = l
			toServer = inOrder(toServer, arrival{at: now + p.up(now), label: l})
		}
	}
	for i, j := range r.jumps {
		if i > 0 && j-r.jumps[i-1] < 2*time.Second {
			t.Errorf("jumps at %v and %v: less than 2 s apart", r.jumps[i-1], j)
		}
	}
	if r.fastest > 1.0501 || r.slowest < 0.9499 {
		t.Errorf("the clock ran at %.3f to %.3f of time; 5 %% either way are allowed", r.slowest, r.fastest)
	}
	return r
}

// inOrder adds an arrival to a stream that keeps its order.
func inOrder(stream []arrival, a arrival) []arrival {
	if n := len(stream); n > 0 {
		a.at = max(a.at, stream[n-1].at)
	}
	return append(stream, a)
}

func TestMarginSettlesUnderSteadyLatency(t *testing.T) {
	for _, rate := range []int{10, 30, 128} {
		for _, trip := range []time.Duration{0, 20 * time.Millisecond, 80 * time.Millisecond, 300 * time.Millisecond} {
			r := steadyPath(rate, trip).run(t, 20*time.Second)
			// A quarter of a tick is aimed at; half a tick too early is let be, and one more lies between two labels and a
			// millisecond step.
			step := float64(rate) / 1000
			if least, most := r.after(10 * time.Second); least < 0 || most > 0.75+2*step {
				t.Errorf("%d Hz, %v: margins of %.2f to %.2f ticks", rate, trip, least, most)
			}
		}
	}
}

func TestFirstInputsComeInTime(t *testing.T) {
	// The round trip is known before the first feedback, so that a player can act at once.
	r := steadyPath(30, 200*time.Millisecond).run(t, 2*time.Second)
	if least, _ := r.after(500 * time.Millisecond); least < 0 {
		t.Errorf("an input came %.2f ticks late", -least)
	}
}

func TestMarginCoversJitter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	jitter := func(time.Duration) time.Duration {
		return 30*time.Millisecond + time.Duration(rng.Int64N(int64(20*time.Millisecond)))
	}
	r := path{rate: 30, down: jitter, up: jitter}.run(t, 60*time.Second)
	late, total := 0, 0
	for _, m := range r.margins {
		if m.at > 10*time.Second {
			total++
			if m.ticks < 0 {
				late++
			}
		}
	}
	if _, most := r.after(10 * time.Second); late*1000 > total || most > 4 {
		t.Errorf("%d of %d inputs late, margins up to %.2f ticks", late, total, most)
	}
}

func TestClockFollowsChangedLatency(t *testing.T) {
	way := func(at time.Duration) time.Duration {
		if at > 10*time.Second && at < 25*time.Second {
			return 120 * time.Millisecond
		}
		return 20 * time.Millisecond
	}
	r := path{rate: 30, down: way, up: way}.run(t, 40*time.Second)
	for _, until := range []time.Duration{10, 25, 40} {
		if least, most := spanOf(r, (until-3)*time.Second, until*time.Second); least < 0 || most > 1 {
			t.Errorf("before %d s: margins of %.2f to %.2f ticks", until, least, most)
		}
	}
}

// With a tick a second what the server says of a margin is of the last four seconds: a correction must not be made again while the
// time before it is still being told of.
func TestMarginFollowsChangedLatencyAtOneTickASecond(t *testing.T) {
	way := func(at time.Duration) time.Duration {
		if at > 60*time.Second {
			return 600 * time.Millisecond
		}
		return 75 * time.Millisecond
	}
	r := path{rate: 1, down: way, up: way}.run(t, 180*time.Second)
	for _, span := range [][2]time.Duration{{10, 60}, {90, 180}} {
		if least, most := spanOf(r, span[0]*time.Second, span[1]*time.Second); least < 0 || most > 0.9 {
			t.Errorf("from %d s to %d s: margins of %.2f to %.2f ticks", span[0], span[1], least, most)
		}
	}
}

func TestClockFollowsServerThatDropsTime(t *testing.T) {
	for ms := time.Duration(8000); ms < 9000; ms += 50 {
		p := steadyPath([]int{10, 30, 60}[ms/50%3], ms%7*20*time.Millisecond)
		p.lost = func(at time.Duration) time.Duration {
			if at > ms*time.Millisecond {
				return 400 * time.Millisecond
			}
			return 0
		}
		r := p.run(t, 20*time.Second)
		if least, most := r.after(14 * time.Second); least < 0 || most > 1 {
			t.Errorf("margins of %.2f to %.2f ticks after the server dropped 400 ms at %d ms", least, most, ms)
		}
		if len(r.jumps) != 1 {
			t.Errorf("jumps at %v over 400 ms dropped at %d ms, want one", r.jumps, ms)
		}
	}
}

func TestJumpsKeepTheirDistance(t *testing.T) {
	p := steadyPath(30, 60*time.Millisecond)
	p.lost = func(at time.Duration) time.Duration { // 200 ms each second
		return 200 * time.Millisecond * (min(at, 15*time.Second) / time.Second)
	}
	r := p.run(t, 25*time.Second) // run looks at the distances
	if len(r.jumps) < 3 {
		t.Errorf("jumps at %v", r.jumps)
	}
	if least, most := r.after(21 * time.Second); least < 0 || most > 1 {
		t.Errorf("margins of %.2f to %.2f ticks", least, most)
	}
}

func TestSmallErrorIsBentNotJumped(t *testing.T) {
	lost := func(at time.Duration) time.Duration {
		if at > 8*time.Second {
			return 100 * time.Millisecond
		}
		return 0
	}
	p := steadyPath(30, 60*time.Millisecond)
	p.lost = lost
	r := p.run(t, 25*time.Second)
	if len(r.jumps) != 0 {
		t.Errorf("jumps at %v over an error of 100 ms", r.jumps)
	}
	if least, most := r.after(18 * time.Second); least < 0 || most > 1 {
		t.Errorf("margins of %.2f to %.2f ticks", least, most)
	}
}

func TestClockGoesOnWithoutSnapshots(t *testing.T) {
	var c Clock
	c.init(20)
	now := time.Unix(0, 0)
	if _, ok := c.Tick(now); ok {
		t.Error("a tick before the first snapshot")
	}
	c.snapshot(now, 100)
	first, _ := c.Tick(now)
	later, ok := c.Tick(now.Add(3 * time.Second))
	if !ok || math.Abs(later-first-60) > 0.01 {
		t.Errorf("from %.2f to %.2f in 3 s at 20 Hz", first, later)
	}
}

func spanOf(r result, from, to time.Duration) (least, most float64) {
	cut := result{}
	for _, m := range r.margins {
		if m.at < to {
			cut.margins = append(cut.margins, m)
		}
	}
	return cut.after(from)
}

func TestOneSlowRoundTripDoesNotMoveTheLead(t *testing.T) {
	now := time.Unix(5000, 0)
	var c Clock
	c.init(30)
	trip := func(d time.Duration, want time.Duration) {
		t.Helper()
		c.rtt(now, d)
		if got := c.lead - firstLead; math.Abs(got-c.ticks(want)) > 1e-9 {
			t.Errorf("after a round trip of %v the clock leads by %.2f ticks more than at first, not by those of %v", d, got, want)
		}
		now = now.Add(time.Second)
	}
	trip(80*time.Millisecond, 80*time.Millisecond)
	trip(60*time.Millisecond, 60*time.Millisecond)
	for range 9 {
		trip(900*time.Millisecond, 60*time.Millisecond) // behind a lost packet
	}
	trip(100*time.Millisecond, 100*time.Millisecond) // the way was that short more than ten seconds ago
	trip(150*time.Millisecond, 100*time.Millisecond)
}
