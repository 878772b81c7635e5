//go:build linux

package load

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
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
	// Decode makes one client in so many read every state in full, and end when one cannot be. Zero means none.
	Decode int
}

var _ Target = Raw{}

// Dial does the handshake.
func (r Raw) Dial(ctx context.Context, i int) (net.Conn, []byte, error) {
	return DialWebSocket(ctx, new(net.Dialer).DialContext, fmt.Sprintf("ws://%s/%d", r.Addr, i/r.PerRoom))
}

// Session is that of client number i.
func (r Raw) Session(i int) Session {
	return &rawSession{json: r.JSON, turns: turnsOf(i), decodes: r.Decode > 0 && i%r.Decode == 0}
}

type rawSession struct {
	turns   turner
	json    bool
	decodes bool
	buf     []byte
}

var (
	errNoTick  = errors.New("load: a state without a tick")
	errNoState = errors.New("load: a message that is no state of ships in the square")
)

func (s *rawSession) Open(*Outbox) {}

func (s *rawSession) Receive(_ time.Time, b []byte) (Seen, error) {
	if s.decodes {
		if err := s.decode(b); err != nil {
			return Seen{}, err
		}
	}
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

// rawShip is one entity of a state.
type rawShip struct {
	ID    uint16
	X, Y  float32
	Angle float32
	HP    uint8
}

// decode reads a state in full: packed it is the tick, a count in 16 bits, and 15 bytes for each ship.
func (s *rawSession) decode(b []byte) error {
	const head, each = 6, 15
	var ships []rawShip
	if s.json {
		var state struct{ Ships []rawShip }
		if json.Unmarshal(b, &state) != nil {
			return errNoState
		}
		ships = state.Ships
	} else {
		if len(b) < head || len(b) != head+each*int(binary.BigEndian.Uint16(b[4:])) {
			return errNoState
		}
		ships = make([]rawShip, (len(b)-head)/each)
		if _, err := binary.Decode(b[head:], binary.BigEndian, ships); err != nil {
			return errNoState
		}
	}
	const side, circle = 4000, 6.29 // 2 pi, rounded up to two decimals
	for _, v := range ships {
		if !(v.X >= 0 && v.X <= side && v.Y >= 0 && v.Y <= side && v.Angle >= 0 && v.Angle < circle) || v.ID == 0 || v.HP == 0 {
			return errNoState
		}
	}
	if len(ships) == 0 {
		return errNoState
	}
	return nil
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
