package gametest

import (
	"bytes"
	"math/rand/v2"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// wire is the network of one client, and its clock.
type wire struct {
	up, down *netsim.Link
	skew     time.Duration // of the client's clock against the World's
	next     time.Time     // when it looks after what it has to send
	batch    [][]byte
}

// maxSkew is how far the clocks of clients are off: nothing may depend on what time it is elsewhere.
const maxSkew = 24 * time.Hour

// newWire draws what a World's seed says of its next client.
func newWire(w *World, cfg netsim.Config) *wire {
	rng := rand.New(rand.NewPCG(w.seed, w.joined))
	return &wire{
		up: netsim.New(cfg, rng.Uint64()), down: netsim.New(cfg, rng.Uint64()),
		skew: time.Duration(rng.Int64N(int64(2*maxSkew))) - maxSkew,
		next: w.now.Add(time.Duration(rng.Int64N(int64(w.room.Period())))),
	}
}

// SetLink changes the network of a client that has one, each way, for what is sent from now on.
func (c *Client) SetLink(cfg netsim.Config) {
	c.w.t.Helper()
	if c.wire == nil {
		c.w.t.Fatalf("gametest: %s has an ideal network; give it a Link when it joins", c.Name)
	}
	c.wire.up.Set(cfg)
	c.wire.down.Set(cfg)
}

// Partition cuts the network of a client that has a link: for a while nothing gets through, either way. What is under way comes
// afterwards.
func (c *Client) Partition(d time.Duration) {
	c.w.t.Helper()
	if c.wire == nil {
		c.w.t.Fatalf("gametest: %s has an ideal network; give it a Link when it joins", c.Name)
	}
	c.wire.up.Cut(c.w.now, c.w.now.Add(d))
	c.wire.down.Cut(c.w.now, c.w.now.Add(d))
}

// longestNap is the most between two times that a client looks after what it has to send: an acknowledgement may not wait for a long
// tick.
const longestNap = 50 * time.Millisecond

// live runs a client with a link until a time: it takes what arrives when it arrives, sends once per tick or more often, and the room
// gets each message at the time it is there.
func (c *Client) live(until time.Time) {
	l := c.wire
	for {
		at, wake := l.next, true
		if t, ok := l.down.Next(); ok && !t.After(at) {
			at, wake = t, false
		}
		up, ok := l.up.Next()
		switch {
		case ok && up.Before(at) && !up.After(until):
			c.w.now = up
			m, _, _ := l.up.Receive(up)
			c.conn.Send(m)
		case at.After(until):
			return
		case wake:
			c.w.now = at
			l.next = at.Add(min(c.w.room.Period(), longestNap))
			c.speak()
		default:
			c.w.now = at
			m, _, _ := l.down.Receive(at)
			c.receive(at.Add(l.skew), m)
		}
	}
}

// speak sends what is due. While too much waits to leave nothing is: inputs would be stale when they came.
func (c *Client) speak() {
	l, now := c.wire, c.w.now
	if !l.up.Ready(now) {
		return
	}
	if c.core.State != nil {
		c.makeCalls()
		copy(c.core.Input(), c.input)
	}
	l.batch = l.batch[:0]
	c.core.Outgoing(now.Add(l.skew), func(m []byte) {
		c.tap(false, m)
		l.batch = append(l.batch, bytes.Clone(m))
	})
	l.up.Send(now, l.batch...)
}
