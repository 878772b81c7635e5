//go:build linux

package load

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"time"
)

// Colyseus is the Target for a server of Colyseus 0.18. Its clients get in through the matchmaking of it, the first of a room by
// making it, and count whole states and patches without decoding them. Do not copy it.
type Colyseus struct {
	Addr string // required
	Room string // name of the room's class. Required
	// PerRoom is how many clients share a room. Zero means all.
	PerRoom int
	// Options of the rooms, as JSON. Zero means none.
	Options json.RawMessage

	mu    sync.Mutex
	rooms map[int]*colyseusRoom
}

var _ Target = (*Colyseus)(nil)

// colyseusRoom is a room that one client makes while the others wait.
type colyseusRoom struct {
	made chan struct{}
	id   string
	err  error
}

// colyseusSeat is what matchmaking answers.
type colyseusSeat struct {
	Session string `json:"sessionId"`
	Room    string `json:"roomId"`
	Process string `json:"processId"`
	Error   string `json:"error"`
}

// matchmaker keeps its connections: opening one per client would be the work of another benchmark.
var matchmaker = &http.Client{Timeout: handshakeTime, Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Second}}

// Dial takes a seat and dials it.
func (t *Colyseus) Dial(ctx context.Context, i int) (net.Conn, []byte, error) {
	seat, err := t.seat(ctx, i)
	if err != nil {
		return nil, nil, err
	}
	url := fmt.Sprintf("ws://%s/%s/%s?sessionId=%s", t.Addr, seat.Process, seat.Room, seat.Session)
	return DialWebSocket(ctx, new(net.Dialer).DialContext, url)
}

func (t *Colyseus) seat(ctx context.Context, i int) (colyseusSeat, error) {
	number := 0
	if t.PerRoom > 0 {
		number = i / t.PerRoom
	}
	t.mu.Lock()
	r, there := t.rooms[number]
	if !there {
		if t.rooms == nil {
			t.rooms = map[int]*colyseusRoom{}
		}
		r = &colyseusRoom{made: make(chan struct{})}
		t.rooms[number] = r
	}
	t.mu.Unlock()
	if !there {
		seat, err := t.ask(ctx, "create/"+t.Room)
		r.id, r.err = seat.Room, err
		close(r.made)
		return seat, err
	}
	select {
	case <-r.made:
	case <-ctx.Done():
		return colyseusSeat{}, ctx.Err()
	}
	if r.err != nil {
		return colyseusSeat{}, r.err
	}
	return t.ask(ctx, "joinById/"+r.id)
}

func (t *Colyseus) ask(ctx context.Context, path string) (seat colyseusSeat, err error) {
	body := []byte(t.Options)
	if body == nil {
		body = []byte("{}")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+t.Addr+"/matchmake/"+path, bytes.NewReader(body))
	if err != nil {
		return seat, fmt.Errorf("load: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := matchmaker.Do(req)
	if err != nil {
		return seat, fmt.Errorf("load: matchmaking: %w", err)
	}
	defer res.Body.Close()
	const most = 64 << 10
	raw, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err == nil {
		err = json.Unmarshal(raw, &seat)
	}
	if err != nil {
		return seat, fmt.Errorf("load: matchmaking: %w", err)
	}
	if res.StatusCode != http.StatusOK || seat.Session == "" || seat.Room == "" {
		return seat, fmt.Errorf("load: matchmaking: %s: %s", res.Status, seat.Error)
	}
	return seat, nil
}

// Session is that of client number i.
func (t *Colyseus) Session(i int) Session { return &colyseusSession{turns: turnsOf(i)} }

type colyseusSession struct {
	turns   turner
	invited bool   // the server waits for our word that we have joined
	joined  bool   // it has had it
	states  uint32 // they have no number: they are counted
	buf     []byte
}

// Message codes of the protocol, as @colyseus/shared-types 0.18 has them.
const (
	colyseusJoin  = 10
	colyseusError = 11
	colyseusState = 14
	colyseusPatch = 15
	colyseusBytes = 17
	colyseusTimed = 128 // a flag
)

var errColyseus = errors.New("load: Colyseus answers with an error")

func (s *colyseusSession) Open(*Outbox) {}

func (s *colyseusSession) Receive(_ time.Time, b []byte) (Seen, error) {
	if len(b) == 0 {
		return Seen{}, errShort
	}
	switch b[0] &^ colyseusTimed {
	case colyseusJoin:
		s.invited = true
	case colyseusError:
		return Seen{}, errColyseus
	case colyseusState, colyseusPatch:
		s.states++
		return Seen{Snapshot: true, Tick: s.states}, nil
	}
	return Seen{}, nil
}

func (s *colyseusSession) Play(_ time.Time, out *Outbox) uint32 {
	if !s.invited {
		return 0
	}
	if !s.joined {
		s.joined = true
		out.Message([]byte{colyseusJoin})
		return 0
	}
	const turn = 0 // the number of the message, which bench/peers/node/colyseus.js listens for
	s.buf = append(s.buf[:0], colyseusBytes, turn)
	s.buf = binary.BigEndian.AppendUint32(s.buf, math.Float32bits(float32(s.turns.next())))
	out.Message(s.buf)
	return 0
}
