package netsim

import (
	"math/rand/v2"
	"time"
)

// Link is one direction of a connection. Times given to its methods must not go backwards. Use it from one goroutine.
type Link struct {
	cfg     Config
	rng     *rand.Rand
	queue   []message // in the order of Send
	head    int       // first that was not received
	out     int       // first that has not left
	waiting int       // bytes that have not left
	free    time.Time // when the last message has left
	last    time.Time // when the last message arrives
	cut     time.Time // until when nothing gets through
}

type message struct {
	data          []byte
	left, arrives time.Time
}

// New makes a link. It panics when cfg is not valid.
func New(cfg Config, seed uint64) *Link {
	l := &Link{rng: rand.New(rand.NewPCG(seed, 0))}
	l.Set(cfg)
	return l
}

// Set changes how the link behaves from the next message on; what was sent before keeps its time. It panics when cfg is not valid.
func (l *Link) Set(cfg Config) {
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	l.cfg = cfg
}

// Config is how the link behaves.
func (l *Link) Config() Config { return l.cfg }

// Cut lets nothing through until the given time: what was to arrive before comes then, after the latency, and what has not left
// leaves then. A cut that ends before one that is already made changes nothing.
func (l *Link) Cut(now, until time.Time) {
	l.settle(now)
	if !until.After(now) || !until.After(l.cut) {
		return
	}
	resume := now // when what waits would have gone on leaving
	if l.cut.After(now) {
		resume = l.cut
	}
	l.cut = until
	shift := until.Sub(resume)
	if l.free.After(now) {
		l.free = l.free.Add(shift)
	}
	earliest := until.Add(l.cfg.Latency)
	for i := l.head; i < len(l.queue); i++ {
		m := &l.queue[i]
		if i >= l.out {
			m.left, m.arrives = m.left.Add(shift), m.arrives.Add(shift)
		}
		if m.arrives.After(now) {
			m.arrives = latest(m.arrives, earliest)
		}
		l.last = latest(l.last, m.arrives)
	}
}

// Ready reports whether Send would take something.
func (l *Link) Ready(now time.Time) bool {
	l.settle(now)
	return l.waiting < l.cfg.queue()
}

// Waiting is how many bytes have not left.
func (l *Link) Waiting(now time.Time) int {
	l.settle(now)
	return l.waiting
}

// Send takes all messages or, when too much is waiting to leave, none: encode anew later. The link keeps the slices until they
// are received.
func (l *Link) Send(now time.Time, messages ...[]byte) bool {
	if !l.Ready(now) {
		return false
	}
	for _, data := range messages {
		l.free = latest(latest(l.free, now), l.cut).Add(l.cfg.serialise(len(data)))
		l.last = latest(l.last, l.free.Add(l.delay()))
		l.queue = append(l.queue, message{data, l.free, l.last})
		l.waiting += len(data)
	}
	return true
}

// delay draws how long one message is under way.
func (l *Link) delay() time.Duration {
	d := l.cfg.Latency
	if l.cfg.Jitter > 0 {
		d += time.Duration(l.rng.Int64N(int64(l.cfg.Jitter) + 1))
	}
	if l.cfg.Loss > 0 {
		for try := 0; try < maxTries && l.rng.Float64() < l.cfg.Loss; try++ {
			d += l.cfg.retransmit()
		}
	}
	return d
}

// Next is when the oldest message that was not received arrives. ok is false when nothing is under way.
func (l *Link) Next() (at time.Time, ok bool) {
	if l.head == len(l.queue) {
		return time.Time{}, false
	}
	return l.queue[l.head].arrives, true
}

// Receive takes the oldest message that has arrived by now. at is when it did.
func (l *Link) Receive(now time.Time) (data []byte, at time.Time, ok bool) {
	if at, ok = l.Next(); !ok || at.After(now) {
		return nil, time.Time{}, false
	}
	l.settle(now)
	data = l.queue[l.head].data
	l.queue[l.head].data = nil
	l.head++
	if l.head > 32 && l.head > len(l.queue)/2 {
		n := copy(l.queue, l.queue[l.head:])
		clear(l.queue[n:])
		l.queue, l.out, l.head = l.queue[:n], l.out-l.head, 0
	}
	return data, at, true
}

// settle counts what has left by now.
func (l *Link) settle(now time.Time) {
	for l.out < len(l.queue) && !l.queue[l.out].left.After(now) {
		l.waiting -= len(l.queue[l.out].data)
		l.out++
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
