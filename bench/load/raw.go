//go:build linux

package load

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"time"
)

// Raw is the Target for a server that has no protocol beyond WebSocket: its messages are whole states that begin with their tick, and
// an input is how far it turns a player. bench/peers has such servers.
type Raw struct {
	Addr string // required
	// PerRoom is how many clients share a room, whose number is the path of the URL. Required.
	PerRoom int
	// JSON makes the messages JSON that begins with {"tick":N; otherwise they begin with 32 bits, big endian, and an input is a
	// float32.
	JSON bool
}

var _ Target = Raw{}

// Dial does the handshake.
func (r Raw) Dial(ctx context.Context, i int) (net.Conn, []byte, error) {
	return DialWebSocket(ctx, new(net.Dialer).DialContext, fmt.Sprintf("ws://%s/%d", r.Addr, i/r.PerRoom))
}

// Session is that of client number i.
func (r Raw) Session(i int) Session { return &rawSession{json: r.JSON, turns: turnsOf(i)} }

type rawSession struct {
	turns turner
	json  bool
	buf   []byte
}

var errNoTick = errors.New("load: a state without a tick")

func (s *rawSession) Open(*Outbox) {}

func (s *rawSession) Receive(_ time.Time, b []byte) (Seen, error) {
	if !s.json {
		if len(b) < 4 {
			return Seen{}, errNoTick
		}
		return Seen{Snapshot: true, Tick: binary.BigEndian.Uint32(b)}, nil
	}
	rest, ok := bytes.CutPrefix(b, []byte(`{"tick":`))
	digits, _, found := bytes.Cut(rest[:min(len(rest), 11)], []byte(","))
	n, err := strconv.ParseUint(string(digits), 10, 32)
	if !ok || !found || err != nil {
		return Seen{}, errNoTick
	}
	return Seen{Snapshot: true, Tick: uint32(n)}, nil
}

func (s *rawSession) Play(_ time.Time, out *Outbox) uint32 {
	turn := s.turns.next()
	if s.json {
		s.buf = append(strconv.AppendFloat(append(s.buf[:0], `{"turn":`...), turn, 'f', 4, 64), '}')
		out.Text(s.buf)
		return 0
	}
	s.buf = binary.BigEndian.AppendUint32(s.buf[:0], math.Float32bits(float32(turn)))
	out.Message(s.buf)
	return 0
}

// turner gives the turns of one client of another server, the same that a client of ours with its number has.
type turner int

func turnsOf(i int) turner { return turner(i * 131) }

func (t *turner) next() float64 {
	*t++
	return turns[int(*t)%len(turns)]
}
