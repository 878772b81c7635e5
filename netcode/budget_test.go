package netcode

import (
	"fmt"
	"testing"
	"time"
)

// pipe is a link in front of a client that acknowledges what it gets: so many bytes per second each way, a trip back and forth,
// and a queue without an end, which is the worst that a network can do.
type pipe struct {
	perSecond float64
	trip      time.Duration
	cut       [2]time.Duration                      // nothing moves in between
	ackEvery  time.Duration                         // zero: at once
	late      func(due time.Duration) time.Duration // of the server's steps; nil: never

	busy  time.Duration // until then the link carries what it has
	under []arrival
	stats pipeStats
}

type arrival struct {
	flight
	ackAt time.Duration
}

type pipeStats struct {
	bytes, messages int
	without, cut    int           // steps without a message, messages that were told less than demand
	oldest          time.Duration // the longest that a message took to arrive
	gap             time.Duration // the longest without an arrival
	last            time.Duration
}

const pipeRate = 30

// run sends up to demand bytes per tick for a span of time that begins at from, as a Session would.
func (p *pipe) run(b *budget, demand int, from, span time.Duration) pipeStats {
	period := time.Second / pipeRate
	p.stats = pipeStats{last: from}
	tick := uint32(from / period)
	now := from
	for due := from; due < from+span; due += period {
		tick++
		if now = max(now, due); p.late != nil {
			now = max(now, due+p.late(due))
		}
		if now-due > 5*period {
			continue // a room drops what it cannot make good
		}
		for len(p.under) > 0 && p.under[0].ackAt <= now {
			a := p.under[0]
			p.under = p.under[1:]
			if len(p.under) == 0 || p.under[0].ackAt > a.ackAt { // a client names the newest it has
				b.acked(a.tick, a.ackAt)
			}
		}
		if !b.due(now) {
			p.stats.without++
			continue
		}
		bytes := demand
		if left := b.left(0); left > 0 {
			bytes = min(demand, left) + headRoom
			if left < demand {
				p.stats.cut++
			}
		}
		b.sent(tick, now, bytes)
		start := max(now, p.busy)
		if start >= p.cut[0] && start < p.cut[1] {
			start = p.cut[1]
		}
		p.busy = start + time.Duration(float64(bytes)/p.perSecond*float64(time.Second))
		there := p.busy + p.trip/2
		ackAt := there
		if p.ackEvery > 0 {
			ackAt = (there/p.ackEvery + 1) * p.ackEvery
		}
		p.under = append(p.under, arrival{flight{now, tick, int32(bytes)}, ackAt + p.trip/2})
		p.stats.bytes += bytes
		p.stats.messages++
		p.stats.oldest = max(p.stats.oldest, there-now)
		p.stats.gap = max(p.stats.gap, there-p.stats.last)
		p.stats.last = there
	}
	return p.stats
}

func TestBudgetFollowsASlowLink(t *testing.T) {
	for _, trip := range []time.Duration{20 * time.Millisecond, 150 * time.Millisecond, 400 * time.Millisecond} {
		for _, demand := range []int{300, 400, 600, 2000} { // bytes per tick; the link carries 266
			t.Run(fmt.Sprintf("trip=%v/demand=%d", trip, demand), func(t *testing.T) {
				b := newBudget(&terms{64 << 10, time.Second / pipeRate})
				p := &pipe{perSecond: 8000, trip: trip}
				p.run(&b, demand, 0, 10*time.Second)
				s := p.run(&b, demand, 10*time.Second, time.Minute)
				if s.oldest > trip+650*time.Millisecond || s.gap > trip+750*time.Millisecond {
					t.Errorf("a message took %v, and for %v none came", s.oldest, s.gap)
				}
				if use := float64(s.bytes) / 60 / p.perSecond; use < 0.85 {
					t.Errorf("only %.0f %% of the link are used", 100*use)
				}
			})
		}
	}
}

// A link far below 64 kbit/s is not known as one when the first messages leave: they must not fill it for seconds.
func TestBudgetBeginsCarefully(t *testing.T) {
	const late = 800 * time.Millisecond // beside the trip
	for _, perSecond := range []float64{8000, 6000, 4000, 2000} {
		for _, trip := range []time.Duration{20 * time.Millisecond, 150 * time.Millisecond, 300 * time.Millisecond} {
			for _, every := range []time.Duration{0, 250 * time.Millisecond} {
				for _, demand := range []int{100, 300, 600, 2000} {
					b := newBudget(&terms{64 << 10, time.Second / pipeRate})
					p := &pipe{perSecond: perSecond, trip: trip, ackEvery: every}
					if s := p.run(&b, demand, 0, 10*time.Second); s.oldest > trip+late {
						t.Errorf("%.0f bytes per second, trip %v, acknowledged every %v, %d bytes per tick to tell: a message took %v",
							perSecond, trip, every, demand, s.oldest)
					}
				}
			}
		}
	}
}

func TestBudgetIsTheGamesOnALinkThatCarriesMore(t *testing.T) {
	b := newBudget(&terms{64 << 10, time.Second / pipeRate})
	p := &pipe{perSecond: 1e6, trip: 300 * time.Millisecond, ackEvery: 250 * time.Millisecond}
	p.run(&b, 1<<20, 0, 10*time.Second)
	s := p.run(&b, 1<<20, 10*time.Second, 10*time.Second)
	if perSecond := s.bytes / 10; perSecond < 64<<10*98/100 || perSecond > 64<<10*102/100 {
		t.Errorf("%d bytes per second were sent, the game allows %d", perSecond, 64<<10)
	}
	if b.held || b.shrunk != 0 {
		t.Errorf("a free link was taken for a slow one: %+v", b)
	}
}

// A server that is late reads its acknowledgements late, and sends late: that is no property of the link.
func TestBudgetIsNotCutByLateSteps(t *testing.T) {
	const demand = 300
	period := time.Second / pipeRate
	for name, late := range map[string]func(time.Duration) time.Duration{
		"each third step 120 ms": func(due time.Duration) time.Duration {
			if due/period%3 == 0 {
				return 120 * time.Millisecond
			}
			return 0
		},
		"up to 300 ms": func(due time.Duration) time.Duration { return due % (300 * time.Millisecond) },
		"a second now and then": func(due time.Duration) time.Duration {
			if due%(3*time.Second) < period {
				return time.Second
			}
			return 0
		},
	} {
		for _, trip := range []time.Duration{time.Millisecond, 50 * time.Millisecond, 300 * time.Millisecond} {
			for _, every := range []time.Duration{0, 50 * time.Millisecond, 250 * time.Millisecond} {
				b := newBudget(&terms{64 << 10, period})
				p := &pipe{perSecond: 1e6, trip: trip, ackEvery: every}
				p.run(&b, demand, 0, 10*time.Second)
				before := b.rate
				p.late = late
				s := p.run(&b, demand, 10*time.Second, 10*time.Second)
				if s.messages < 60 || s.without+s.cut > 0 || b.shrunk != 0 || b.rate < before {
					t.Errorf("steps late by %s, trip %v, acknowledged every %v: %d messages in 10 s, %d steps without and %d cut short, rate %.0f to %.0f",
						name, trip, every, s.messages, s.without, s.cut, before, b.rate)
				}
			}
		}
	}
}

// Every message is late then by what the way has become longer; that is not a queue, and must not be taken for one for long.
func TestBudgetLearnsThatTheWayIsLonger(t *testing.T) {
	const demand = 300
	for _, trip := range []time.Duration{300 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond} {
		for _, every := range []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond} {
			b := newBudget(&terms{64 << 10, time.Second / pipeRate})
			p := &pipe{perSecond: 1e6, trip: 50 * time.Millisecond, ackEvery: every}
			p.run(&b, demand, 0, 10*time.Second)
			p.trip = trip
			p.run(&b, demand, 10*time.Second, 4*time.Second)
			s := p.run(&b, demand, 14*time.Second, 10*time.Second)
			if s.without+s.cut > 0 {
				t.Errorf("from 4 s after the trip has become %v, acknowledged every %v: %d steps without a message and %d cut short in 10 s",
					trip, every, s.without, s.cut)
			}
		}
	}
}

// A link that was only held up is known to carry what it carried before.
func TestBudgetIsWhatItWasSoonAfterAHoldUp(t *testing.T) {
	const demand = 300
	for _, cut := range []time.Duration{500 * time.Millisecond, time.Second, 3 * time.Second} {
		b := newBudget(&terms{64 << 10, time.Second / pipeRate})
		begin := 10 * time.Second
		p := &pipe{perSecond: 1e6, trip: 50 * time.Millisecond, ackEvery: 50 * time.Millisecond, cut: [2]time.Duration{begin, begin + cut}}
		p.run(&b, demand, 0, begin+cut)
		p.run(&b, demand, begin+cut, 1500*time.Millisecond)
		s := p.run(&b, demand, begin+cut+1500*time.Millisecond, time.Second)
		if s.without+s.cut > 0 {
			t.Errorf("from 1.5 s after %v without anything: %d steps without a message and %d cut short in a second", cut, s.without, s.cut)
		}
	}
}

func TestBudgetSavesUpAQuarterOfASecond(t *testing.T) {
	b := newBudget(&terms{30_000, time.Second / pipeRate})
	b.sent(1, 0, 0)
	b.acked(1, 0)
	for now := time.Duration(0); now < time.Minute; now += time.Second / pipeRate {
		b.due(now)
	}
	if left := b.left(0); left < 7500 || left > 9000 {
		t.Errorf("%d bytes are saved after a minute without messages", left)
	}
	b.sent(2, time.Minute, 20_000)
	if b.due(time.Minute + time.Second/pipeRate) {
		t.Error("a message larger than the budget was not paid for")
	}
}

func TestBudgetGoesOnAfterACut(t *testing.T) {
	b := newBudget(&terms{64 << 10, time.Second / pipeRate})
	p := &pipe{perSecond: 1e6, trip: 100 * time.Millisecond, cut: [2]time.Duration{10 * time.Second, 14 * time.Second}}
	p.run(&b, 300, 0, 10*time.Second)
	p.run(&b, 300, 10*time.Second, 4*time.Second)
	if s := p.stats; s.messages > 20 {
		t.Errorf("%d messages were sent into a dead link", s.messages)
	}
	s := p.run(&b, 300, 14*time.Second, 4*time.Second)
	if s.oldest > 200*time.Millisecond || s.gap > time.Second || s.messages < 60 {
		t.Errorf("after the cut: %+v", s)
	}
}

// A client that never says what it has got is sent what fits a second, and no more.
func TestBudgetStopsWithoutAcknowledgements(t *testing.T) {
	b := newBudget(&terms{0, time.Second / 128})
	sent := 0
	for now := time.Duration(0); now < 5*time.Second; now += time.Second / 128 {
		if b.due(now) {
			sent++
			b.sent(uint32(sent), now, 100)
		}
	}
	if sent < 100 || sent > 128 {
		t.Errorf("%d messages were sent", sent)
	}
	b.acked(uint32(sent), 5*time.Second)
	if !b.due(5 * time.Second) {
		t.Error("it does not go on after the acknowledgement")
	}
}

// A client that is sent a message a second may have as many bytes in it as one that is sent thirty.
func TestBudgetOfSeldomMessagesIsNotLost(t *testing.T) {
	s := NewSession(&Room{TickRate: 8, SendEvery: 8, SnapshotBytes: 10_000}, time.Unix(0, 0))
	b, sent := &s.budget, 0
	for second := range 60 {
		now := time.Duration(second) * time.Second
		if b.due(now) {
			n := b.left(0)
			b.sent(uint32(8*second+8), now, n)
			b.acked(uint32(8*second+8), now)
			if second >= 2 { // it begins carefully
				sent += n
			}
		}
	}
	if sent != 58*10_000 {
		t.Errorf("in 58 seconds %d bytes may be sent, of 580 000", sent)
	}
}

func TestBudgetZeroAlloc(t *testing.T) {
	b := newBudget(&terms{64 << 10, time.Second / pipeRate})
	now, tick := time.Duration(0), uint32(0)
	if n := testing.AllocsPerRun(1000, func() {
		now, tick = now+time.Second/pipeRate, tick+1
		if b.due(now) {
			b.sent(tick, now, 300)
		}
		b.acked(tick-1, now)
	}); n != 0 {
		t.Errorf("%.1f allocations per tick", n)
	}
}
