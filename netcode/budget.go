package netcode

import "time"

const (
	// queueLimit is how much later than usual the oldest message under way may be acknowledged before no more is sent: what a
	// client would get then only queues in front of it.
	queueLimit = 400 * time.Millisecond
	// queueSign is the same for the rate to fall: later than a client that acknowledges every 250 ms on a free link.
	queueSign = 300 * time.Millisecond
	// longTrip stands for the round trip before the first acknowledgement, and is the most that one is believed to be: on a slow
	// link the first message alone takes long, which must not count as the way's length.
	longTrip = 500 * time.Millisecond
	// tripSpan is how long a short round trip is remembered, at least: a route may have become a little longer.
	tripSpan = 30 * time.Second
	// clearTrip is by how much a round trip may be longer than the shortest when nothing is queued: what it takes a client to look.
	clearTrip = 100 * time.Millisecond
	// drainSpan is what a queue of queueLimit takes to empty at the rate keep, and more. Round trips still long then are the way's.
	drainSpan = 2 * time.Second
	// carryOver is how long a budget that is not used is saved up.
	carryOver = 250 * time.Millisecond
	// The rate begins with firstRate bytes per second and grows by the part recovery of it each second. Up to what is known to be
	// sound, which is at first what the game allows, it grows by the part opening while it is less than ahead times what is delivered
	// and nothing is queued: a slow link would be full for seconds before it shows. When it does, the rate falls to the part keep of
	// what is delivered, and half of what it was becomes what is sound: a link that was only held up is soon sent as much as before.
	firstRate = 4 << 10
	opening   = 5
	ahead     = 1.6
	recovery  = 0.2
	keep      = 0.75
	// firstSaved is what a FULL may have at once, in bytes: most games fit, and 16 kbit/s carry it in less than a second.
	firstSaved = 1536
	// leastRate is where the rate stops to shrink, in bytes per second.
	leastRate = 1024
	// leastMessage is the least budget worth a message, and headRoom the part of it that is not for the body, in bytes.
	leastMessage = 64
	headRoom     = 16
)

// budget says when a client may be sent something, and how much. It skips while the client is behind, so that what it gets is
// new instead of first in a queue, and it keeps to a rate: the game's for each client, and less for one whose link carries
// less.
//
// What a socket takes is under way for as long as the network likes, and only the client's acknowledgements tell when it
// arrived. When the oldest message under way is late, the rate falls below what was delivered in the last second, so that
// the queue empties, and then grows until that happens the next time. If round trips stay long although the queue must be
// empty, the way has become longer; the rate has no part in that.
//
// Time is the link's: from when the transport has taken a message to when its acknowledgement arrived, and for one that has not, to
// when the transport was last asked what has. A server that steps late is never taken for a link that carries little.
type budget struct {
	*terms

	rate  float64 // bytes per second, at most most
	saved float64 // bytes that may be sent now; negative after a message that was larger
	at    time.Duration

	flights   []flight // a ring that grows to flightLimit: messages not acknowledged, n of them from oldest on
	trips     lowest
	newest    time.Duration // round trip
	delivered meter
	sound     float64       // bytes per second that the rate grows to quickly
	drainAt   time.Duration // since when draining
	shrunk    uint32        // newest tick under way when the rate last fell
	oldest, n uint16
	held      bool // the newest message due was left out
	draining  bool // the rate has fallen, and the queue is not known to be empty
}

// terms are those of all clients of a room. They do not change.
type terms struct {
	most   float64       // bytes per second; 0: no limit
	period time.Duration // between two messages
}

// flight is a message under way.
type flight struct {
	at    time.Duration
	tick  uint32
	bytes int32
}

// newBudget makes a budget whose clock is at 0.
func newBudget(t *terms) budget {
	return budget{
		terms: t, rate: min(t.most, firstRate), sound: t.most,
		saved: min(firstSaved, t.most*(carryOver+t.period).Seconds()),
	}
}

// flightLimit is how many messages may be under way.
func (t *terms) flightLimit() int { return int((longTrip+queueLimit)/t.period) + 2 }

// fly adds a message to those under way, of which there are not too many.
func (b *budget) fly(f flight) {
	n := int(b.n)
	if n == len(b.flights) { // most clients have few under way, and a ring for the worst would be most of what an idle one costs
		larger := make([]flight, min(max(2, 2*n), b.flightLimit()))
		for i := range n {
			larger[i] = *b.flight(i)
		}
		b.flights, b.oldest = larger, 0
	}
	b.n++
	*b.flight(n) = f
}

// flight is the i-th message under way, the oldest first.
func (b *budget) flight(i int) *flight { return &b.flights[(int(b.oldest)+i)%len(b.flights)] }

// full is the most that is saved up.
func (b *budget) full() float64 { return b.rate * (carryOver + b.period).Seconds() }

// due reports whether a message may be made. now is when the transport was asked what has arrived: all of that has been told by acked.
func (b *budget) due(now time.Duration) bool {
	if passed := (now - b.at).Seconds(); passed > 0 {
		b.at = now
		if !b.trips.known() {
			passed = 0 // until the link has carried something, what was saved up must do
		}
		b.rate = min(b.most, b.rate*(1+b.growth(now)*passed))
		b.saved = min(b.saved+b.rate*passed, max(b.saved, b.full()))
	}
	late := b.late(now)
	if late > queueSign && !b.draining && b.flight(0).tick > b.shrunk {
		b.drain(now)
	}
	behind := late > queueLimit || int(b.n) == b.flightLimit()
	b.held = behind || b.most > 0 && b.saved < leastMessage
	return !b.held
}

// growth is by what part of it the rate grows in a second.
func (b *budget) growth(now time.Duration) float64 {
	switch {
	case b.draining:
		return 0
	case b.rate < b.sound && b.newest-b.trip() <= clearTrip && ahead*b.carried(now) > b.rate:
		return opening
	}
	return recovery
}

// drain makes the rate less than what the link carries, so that what is queued there arrives.
func (b *budget) drain(now time.Duration) {
	b.shrunk = b.flight(int(b.n) - 1).tick
	b.draining, b.drainAt = true, now
	b.sound = b.rate / 2
	b.rate = min(b.rate, max(leastRate, keep*b.carried(now)))
	b.saved = min(b.saved, b.full())
}

// carried is how many bytes per second were acknowledged of late.
func (b *budget) carried(now time.Duration) float64 { return b.delivered.perSecond(now, b.span()) }

func (b *budget) span() time.Duration { return max(meterSpan, b.period) }

// late is for how long the oldest message under way should have been acknowledged.
func (b *budget) late(now time.Duration) time.Duration {
	if b.n == 0 {
		return 0
	}
	return now - b.flight(0).at - b.trip()
}

func (b *budget) trip() time.Duration {
	if !b.trips.known() {
		return longTrip
	}
	return min(b.trips.value(), longTrip)
}

// left is what the body of a message may have, in bytes, when spent are taken by what must be sent with it; 0 means no limit.
func (b *budget) left(spent int) int {
	if b.most == 0 {
		return 0
	}
	return max(1, int(b.saved)-headRoom-spent)
}

// sent notes a message that the transport has taken.
func (b *budget) sent(tick uint32, now time.Duration, bytes int) {
	if b.most > 0 {
		b.saved -= float64(bytes)
	}
	if int(b.n) < b.flightLimit() {
		b.fly(flight{now, tick, int32(bytes)})
	}
}

// acked notes that the client has the messages up to tick.
func (b *budget) acked(tick uint32, now time.Duration) {
	for b.n > 0 && b.flight(0).tick <= tick {
		f := b.flight(0)
		b.delivered.add(now, b.span(), f.bytes)
		if f.tick == tick { // those before it have come earlier than this tells
			b.tripped(now, max(now-f.at, 0))
		}
		b.oldest, b.n = (b.oldest+1)%uint16(len(b.flights)), b.n-1
	}
}

// tripped notes a round trip that has ended at now.
func (b *budget) tripped(now, trip time.Duration) {
	if !b.trips.known() && trip > 0 { // it carries that at least; more is found out soon
		b.rate = min(b.rate, max(leastRate, float64(b.delivered.this)/trip.Seconds()))
	}
	b.trips.note(now, trip)
	b.newest = trip
	if !b.draining {
		if b.rate < b.sound && trip > b.trip()+2*clearTrip { // it has grown too quickly
			b.sound = 0
			b.rate = min(b.rate, max(leastRate, b.carried(now)))
		}
		return
	}
	switch {
	case trip <= b.trip()+clearTrip:
		b.draining = false
	case now-b.drainAt >= drainSpan:
		b.draining = false
		b.trips = lowest{}
		b.trips.note(now, trip)
	}
}

// lowest is the least duration of the last one to two tripSpans.
type lowest struct {
	since      time.Duration
	last, this time.Duration // 0: not known
}

func (l *lowest) known() bool { return l.this != 0 }

func (l *lowest) note(now, d time.Duration) {
	d = max(d, 1) // an acknowledgement that came at once
	switch {
	case !l.known():
		*l = lowest{now, d, d}
	case now-l.since >= tripSpan:
		l.since, l.last, l.this = now, l.this, d
	}
	l.this = min(l.this, d)
}

func (l *lowest) value() time.Duration { return min(l.last, l.this) }

// meter counts the bytes of the last one to two spans.
type meter struct {
	since      time.Duration
	last, this int32 // bytes of the span before, and of this one
}

// meterSpan is the shortest span. It is never shorter than the time between two messages.
const meterSpan = time.Second / 2

func (m *meter) turn(now, span time.Duration) {
	switch gone := now - m.since; {
	case gone >= 2*span:
		m.since, m.last, m.this = now, 0, 0
	case gone >= span:
		m.since, m.last, m.this = m.since+span, m.this, 0
	}
}

func (m *meter) add(now, span time.Duration, bytes int32) {
	m.turn(now, span)
	m.this += bytes
}

func (m *meter) perSecond(now, span time.Duration) float64 {
	m.turn(now, span)
	return (float64(m.last) + float64(m.this)) / (span + now - m.since).Seconds()
}

// Due reports whether the client may be sent a message: its budget has something left, and what it was sent before has arrived in
// time. asked is when the transport was asked what has arrived, before it was: what came later is not known yet. Ask it once per tick.
func (s *Session) Due(asked time.Time) bool { return s.budget.due(s.since(asked)) }

// LeftOut notes that the message due now is left out though Due did not say so: the transport takes none. The next call of Due forgets it.
func (s *Session) LeftOut() { s.budget.held = true }

// Limited reports whether the client is told less than there is: its link or its budget is too small for all of it, so that its
// newest snapshot was cut to fit or the newest one due was left out. Clients know it by the same two signs (PROTOCOL.md section 5).
func (s *Session) Limited() bool { return s.budget.held || s.view.Limited() }
