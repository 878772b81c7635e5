// Package netsim is a bad network in virtual time: latency, jitter, loss, limited bandwidth and partitions, as a WebSocket on
// TCP feels them. Bytes and times go in, bytes and times come out; it has no goroutine, no clock and no socket, and the same
// seed and calls give the same network.
//
// It owns the model of one direction of one connection, a Link. game/gametest puts two of them between a room and each of its
// clients; load clients may do the same in real time. It knows nothing of messages, rooms or games, and imports nothing else of
// this module.
//
// TCP delivers every byte once and in order. So nothing is lost or overtaken here: a message that the network loses is sent
// again after a while and holds up everything behind it, and a message that finds the link busy waits for its turn to leave.
// What has not left is bounded: the sender is told to wait, as by a socket buffer that is full.
package netsim

import (
	"errors"
	"time"
)

// Config is how one direction of a connection behaves. The zero value is an ideal network: everything arrives at once.
type Config struct {
	// Latency of every message, one way. Zero means none.
	Latency time.Duration
	// Jitter is the most that a message takes longer than that, evenly spread. Zero means none.
	Jitter time.Duration
	// Loss is how likely it is that a message must be sent again, each time it is sent: 0..0.9. Zero means never.
	Loss float64
	// Retransmit is how long it takes until a lost message is sent again. Zero means two latencies and the jitter, 200 ms at
	// least: the least that the TCP of common systems waits.
	Retransmit time.Duration
	// Bandwidth in bytes per second. Zero means no limit.
	Bandwidth int
	// Queue is how many bytes may wait to leave before the sender is told to wait. The message that reaches it is taken whole.
	// Zero means 4096, what rooms ask of their sockets (TCP_NOTSENT_LOWAT).
	Queue int
}

const (
	defaultQueue  = 4096
	minRetransmit = 200 * time.Millisecond
	// maxTries bounds how often one message is lost, so that its delay has a bound.
	maxTries = 6
)

// Validate reports what is out of range.
func (c Config) Validate() error {
	switch {
	case c.Latency < 0 || c.Jitter < 0 || c.Retransmit < 0:
		return errors.New("netsim: Latency, Jitter and Retransmit cannot be negative")
	case !(c.Loss >= 0 && c.Loss <= 0.9):
		return errors.New("netsim: Loss is a probability from 0 to 0.9")
	case c.Bandwidth < 0 || c.Queue < 0:
		return errors.New("netsim: Bandwidth and Queue cannot be negative")
	}
	return nil
}

func (c Config) retransmit() time.Duration {
	if c.Retransmit > 0 {
		return c.Retransmit
	}
	return max(2*c.Latency+c.Jitter, minRetransmit)
}

func (c Config) queue() int {
	if c.Queue > 0 {
		return c.Queue
	}
	return defaultQueue
}

// serialise is how long n bytes keep the link busy.
func (c Config) serialise(n int) time.Duration {
	if c.Bandwidth == 0 {
		return 0
	}
	return time.Duration(float64(n) / float64(c.Bandwidth) * float64(time.Second))
}

// MaxDelay is the most that a message can take from leaving to arriving while nothing is cut.
func (c Config) MaxDelay() time.Duration {
	d := c.Latency + c.Jitter
	if c.Loss > 0 {
		d += maxTries * c.retransmit()
	}
	return d
}
