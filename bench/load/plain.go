//go:build linux

package load

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
)

// Plain is the Target for a server that takes frames of any content and sends frames that begin with their tick as 32 bits, big
// endian: bench/floor and bench/alone are.
type Plain struct {
	Addr       string // required
	InputBytes int    // of the payload that each client sends once per tick, 1..125
	Handshake  bool   // the server wants WebSocket's; without it the frames begin at once
}

var _ Target = Plain{}

// Dial connects.
func (p Plain) Dial(ctx context.Context, _ int) (net.Conn, []byte, error) {
	if p.Handshake {
		return DialWebSocket(ctx, new(net.Dialer).DialContext, "ws://"+p.Addr+"/")
	}
	c, err := new(net.Dialer).DialContext(ctx, "tcp", p.Addr)
	if err != nil {
		return nil, nil, fmt.Errorf("load: %w", err)
	}
	return c, nil, nil
}

// Session is the same for all clients.
func (p Plain) Session(int) Session { return plainSession(make([]byte, p.InputBytes)) }

type plainSession []byte

var errShort = errors.New("load: a frame without a tick")

func (plainSession) Open(*Outbox) {}

func (plainSession) Receive(_ time.Time, b []byte) (Seen, error) {
	if len(b) < 4 {
		return Seen{}, errShort
	}
	return Seen{Snapshot: true, Tick: binary.BigEndian.Uint32(b)}, nil
}

func (s plainSession) Play(_ time.Time, out *Outbox) uint32 {
	out.Message(s)
	return 0
}
