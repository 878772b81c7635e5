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
	cut       [2]time.Duration // nothing moves in between
	ackEvery  time.Duration    // zero: at once

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
	for now := from; now < from+span; now += period {
		tick++
		for len(p.under) > 0 && p.under[0].ackAt <= now {
			a := p.under[0]
			p.under = p.under[1:]
			b.acked(a.tick, a.ackAt)
		}
		if !b.due(now) {
			continue
		}
		bytes := demand
		if left := b.left(0); left > 0 {
			bytes = min(demand, left) + headRoom
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
				b := newBudget(64<<10, time.Second/pipeRate)
				p := &pipe{perSecond: 8000, trip: trip}
				p.run(&b, demand, 0, 10*time.Second)
				s := p.run(&b, demand, 10*time.Second, time.Minute)
				if s.oldest > trip+700*time.Millisecond || s.gap > time.Second {
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
	for _, c := range []struct {
		perSecond float64
		late      time.Duration // beside the trip
	}{{8000, time.Second}, {6000, time.Second}, {4000, 1100 * time.Millisecond}, {2000, 1500 * time.Millisecond}} {
		for _, trip := range []time.Duration{20 * time.Millisecond, 150 * time.Millisecond, 300 * time.Millisecond} {
			for _, every := range []time.Duration{0, 250 * time.Millisecond} {
				for _, demand := range []int{100, 300, 600, 2000} {
					b := newBudget(64<<10, time.Second/pipeRate)
					p := &pipe{perSecond: c.perSecond, trip: trip, ackEvery: every}
					if s := p.run(&b, demand, 0, 10*time.Second); s.oldest > trip+c.late {
						t.Errorf("%.0f bytes per second, trip %v, acknowledged every %v, %d bytes per tick to tell: a message took %v",
							c.perSecond, trip, every, demand, s.oldest)
					}
				}
			}
		}
	}
}

func TestBudgetIsTheGamesOnALinkThatCarriesMore(t *testing.T) {
	b := newBudget(64<<10, time.Second/pipeRate)
	p := &pipe{perSecond: 1e6, trip: 300 * time.Millisecond, ackEvery: 250 * time.Millisecond}
	p.run(&b, 1<<20, 0, 10*time.Second)
	s := p.run(&b, 1<<20, 10*time.Second, 10*time.Second)
	if perSecond := s.bytes / 10; perSecond < 64<<10*98/100 || perSecond > 64<<10*102/100 {
		t.Errorf("%d bytes per second were sent, the game allows %d", perSecond, 64<<10)
	}
	if b.behind || b.shrunk != 0 {
		t.Errorf("a free link was taken for a slow one: %+v", b)
	}
}

func TestBudgetSavesUpAQuarterOfASecond(t *testing.T) {
	b := newBudget(30_000, time.Second/pipeRate)
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
	b := newBudget(64<<10, time.Second/pipeRate)
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
	b := newBudget(0, time.Second/128)
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
			if second >= 5 { // it begins carefully
				sent += n
			}
		}
	}
	if sent < 53*10_000 || sent > 57*10_000 {
		t.Errorf("in 55 seconds %d bytes may be sent, of 550 000", sent)
	}
}

func TestBudgetZeroAlloc(t *testing.T) {
	b := newBudget(64<<10, time.Second/pipeRate)
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
