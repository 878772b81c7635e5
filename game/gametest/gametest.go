// Package gametest runs a game in virtual time, with no socket and no goroutine: what httptest is to net/http.
//
// A World is one room and its clock. Its clients are real ones: they join, send inputs and calls, decode every snapshot, and
// after each step the World compares what each of them holds with the state of the room. The network between them is ideal;
// Client.Stall is the exception. The tests of games call this package, here and in other modules. It may import game and
// netcode, and nothing of lobby or the root.
package gametest

import (
	"bytes"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// TB is the part of testing.TB that a World needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Options configure a World.
type Options struct {
	// Seed of the game's random source: the same seed and the same play give the same game.
	Seed uint64
	// Linger is how long the room stays open after the game has called Finish. Zero means 10 s.
	Linger time.Duration
}

// World is one room of a game, with its own time. Use it from one goroutine.
type World struct {
	t         TB
	def       *game.Def
	room      *game.Room
	transport *conn.Memory
	metrics   game.Metrics
	crash     bytes.Buffer
	now       time.Time
	clients   []*Client // connected, in the order of Join
	results   []game.MatchResult
}

// New opens a room of def. Whatever goes wrong in it later, a panic of the game included, fails t.
func New(t TB, def *game.Def, o Options) *World {
	t.Helper()
	// A date that is nobody's today: a game that looks at the real clock is off by years.
	w := &World{t: t, def: def, transport: conn.NewMemory(), now: time.Unix(1_000_000_000, 0).UTC()}
	w.transport.Now = w.Now
	log := zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig()), zapcore.AddSync(&w.crash), zap.ErrorLevel))
	room, err := game.NewRoom(game.RoomConfig{
		Def: def, Transport: w.transport, ID: "gametest", Seed: o.Seed, Now: w.Now, Linger: o.Linger, Metrics: &w.metrics, Log: log,
		OnResult: func(r game.MatchResult) bool {
			w.results = append(w.results, r)
			return true
		},
	})
	if err != nil {
		t.Fatalf("gametest: %v", err)
	}
	w.room = room
	return w
}

// Now is the virtual time. Step advances it.
func (w *World) Now() time.Time { return w.now }

// Tick is the number of the newest step.
func (w *World) Tick() uint32 { return w.room.Tick() }

// StateHash is the checksum of all replicated rows: equal for equal runs.
func (w *World) StateHash() uint32 { return w.room.StateHash() }

// Results are what the game has reported with Finish: none or one.
func (w *World) Results() []game.MatchResult { return w.results }

// Ended reports whether the room is over.
func (w *World) Ended() bool { return w.room.Ended() }

// Join connects a player, who sits down in the next step. The account is the name too: who joins under a name that is taken
// replaces the first.
func (w *World) Join(name string) *Client {
	w.t.Helper()
	c := &Client{w: w, Name: name, conn: w.transport.Dial(&game.Seat{Account: name, Name: name}), calls: map[uint32]*Reply{}}
	c.core = client.NewCore(client.Options{Check: true, Schema: w.def.Schema(), OnEvent: c.keepEvent, OnReply: c.keepReply})
	w.clients = append(w.clients, c)
	return c
}

// Leave ends the connection of a player, who is gone in the next step.
func (w *World) Leave(c *Client) { c.conn.Close(1000, "") }

// Step runs n ticks. Before each, every client sends what it has to say; after each, every client takes what the room has sent.
func (w *World) Step(n int) {
	w.t.Helper()
	for range n {
		w.now = w.now.Add(w.room.Period())
		for _, c := range w.clients {
			c.send()
		}
		w.room.Step(w.now)
		if w.metrics.Crashes.Load() > 0 {
			w.t.Fatalf("gametest: tick %d: the game panicked\n%s", w.Tick(), w.crash.String())
		}
		w.receive()
	}
}

// StepFor runs the ticks of a span of virtual time.
func (w *World) StepFor(d time.Duration) {
	w.t.Helper()
	w.Step(int(d / w.room.Period()))
}

func (w *World) receive() {
	w.t.Helper()
	connected := w.clients[:0]
	for _, c := range w.clients {
		for _, m := range c.conn.Recv() {
			if err := c.core.Receive(w.now, m); err != nil {
				w.t.Fatalf("gametest: tick %d: %s cannot read what the room has sent: %v", w.Tick(), c.Name, err)
			}
		}
		if _, _, closed := c.Closed(); !closed {
			connected = append(connected, c)
			w.compare(c)
		}
	}
	clear(w.clients[len(connected):])
	w.clients = connected
}

// compare fails the test when a client does not hold the state of the room.
func (w *World) compare(c *Client) {
	w.t.Helper()
	if c.stalled || w.room.Ended() {
		return
	}
	if c.core.State == nil || c.core.State.Tick() != w.Tick() {
		w.t.Fatalf("gametest: tick %d: %s has not been sent this tick", w.Tick(), c.Name)
	}
	if got, want := c.core.State.Hash(), w.StateHash(); got != want {
		w.t.Fatalf("gametest: tick %d: %s holds a state with hash %#08x, the room's is %#08x", w.Tick(), c.Name, got, want)
	}
}

// isInput reports whether a message is an INPUT.
func isInput(m []byte) bool {
	kind, err := msg.PeekType(m)
	return err == nil && kind == msg.TypeInput
}
