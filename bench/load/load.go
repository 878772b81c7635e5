//go:build linux

// Package load plays with thousands of clients from one thread: raw sockets, one epoll set, no goroutine and no timer per client,
// and as little reading as will do. It exists so that the server is at its limit long before the load is.
//
// Each client has one moment per tick, at which it takes all that has come for it and says what is due. When things came is noted
// four thousand times a second and in between by nobody: the thread sleeps by the clock, and is not woken by what comes.
//
// It is made for any server of games over WebSocket. A Target says how to get in, a Session what one client of it says and what
// the messages of the server mean; this package counts snapshots, gaps and the time from an input to its effect in the same way for
// all of them. Skirmish is the Target for ours, Plain the one for a server that sends bare frames. Another server is a type with
// two methods, and a Session with three; DialWebSocket does the handshake for it.
//
// The benchmarks call New, Join and Measure. The package imports bench/bot (the way through our lobby), bench/hist, bench/proc and
// netcode. Linux only.
package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Target is a server to be loaded.
type Target interface {
	// Dial gets client number i (0, 1, ...) in, and returns its connection after the WebSocket handshake, with what the server has
	// sent behind that. Several goroutines call it at a time.
	Dial(ctx context.Context, i int) (c net.Conn, early []byte, err error)
	// Session is what client number i says from then on.
	Session(i int) Session
}

// Session is the protocol of one client. Only the generator's thread calls it.
type Session interface {
	// Open says what a client says first, if anything.
	Open(out *Outbox)
	// Receive takes one whole message of the server, text or binary, which is valid during the call. After an error the client
	// leaves.
	Receive(now time.Time, message []byte) (Seen, error)
	// Play is called once per tick, at the client's own moment within it, and says what is due: an input, an acknowledgement.
	// label is the number that Seen.Tick of the first snapshot with the effect will have reached; 0: no input.
	Play(now time.Time, out *Outbox) (label uint32)
}

// Seen is what a message was.
type Seen struct {
	Snapshot bool
	Tick     uint32 // of a snapshot; a server without ticks may count the inputs that it has used, say
}

// Config configures a Generator.
type Config struct {
	// Target is required.
	Target Target
	// Rate is how often a second each client plays: the server's tick rate, 1..1000. Required.
	Rate int
	// Joining is how many clients get in at the same time. Zero means 32.
	Joining int
	// Seed of the clients' moments within a tick, which are spread evenly. The same seed gives the same moments.
	Seed uint64
	// OnPlaying is told how many clients play, a few times a second while they join. Zero means nobody is.
	OnPlaying func(n int)
}

// Validate reports the first unusable field.
func (c Config) Validate() error {
	switch {
	case c.Target == nil:
		return errors.New("load: Config.Target is missing")
	case c.Rate < 1 || c.Rate > 1000:
		return fmt.Errorf("load: Config.Rate is %d: 1 to 1000 fit", c.Rate)
	case c.Joining < 0:
		return fmt.Errorf("load: Config.Joining is %d, want at least 0", c.Joining)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Joining == 0 {
		c.Joining = 32
	}
	return c
}
