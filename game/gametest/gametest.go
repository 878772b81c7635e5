// Package gametest runs a game in virtual time, with no socket and no goroutine: what httptest is to net/http.
//
// A World is one room and its clock. Its clients are real ones: they join, send inputs and calls and decode every snapshot, and
// with each snapshot the World compares what the client holds with what it may see of the room in that tick. The network between
// them is ideal, but for Client.Stall, unless Options or ClientOptions have a Link: then it is as bad as netsim makes it, and the
// client has a clock of its own, which it must set by what arrives. The tests of games call this package, here and in other
// modules. It may import game and netcode, and nothing of lobby or the root.
package gametest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
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
	// Link is the network of every client, each way. Zero (nil) means an ideal one.
	Link *netsim.Config
	// Room is what is chosen for the room: a value that encoding/json makes the options of the game. Zero (nil) means its defaults.
	Room any
}

// ClientOptions configure one Client.
type ClientOptions struct {
	// Link is its network, each way. Zero (nil) means that of the World's Options.
	Link *netsim.Config
	// Codecs it offers: bits of msg.OfferPlain and msg.OfferPacked. Zero means both.
	Codecs uint8
	// Spectator makes it watch: it is no player, sends no inputs, and its calls are refused.
	Spectator bool
	// Unchecked makes it ask for no checksums: snapshots are then as long as in a real game.
	Unchecked bool
	// Tap sees each message that the client sends, and each that it has received, when it does. It must not change or keep it. Zero
	// means nobody looks.
	Tap func(received bool, message []byte)
	// Team and Role are what matchmaking has given the player: see game.Player.Team. Zero means that it has not.
	Team int
	Role string
}

func (o ClientOptions) seat(name string) *game.Seat {
	return &game.Seat{Account: name, Name: name, Team: o.Team, Role: o.Role, Spectator: o.Spectator}
}

// World is one room of a game, with its own time. Use it from one goroutine.
type World struct {
	t         TB
	def       *game.Def
	room      *game.Room
	config    game.RoomConfig // of room
	twin      twin
	transport *conn.Memory
	metrics   game.Metrics
	crash     bytes.Buffer
	now       time.Time
	start     time.Time
	seed      uint64
	link      *netsim.Config
	joined    uint64       // how many clients there have been
	clients   []*Client    // connected, in the order of Join
	seats     []*game.Seat // that have a place
	truth     truth
	skips     bool  // the room has sent somebody nothing in this step, because of a stall or of its budget
	err       error // the first thing that was wrong in this step
	results   []game.MatchResult
}

// New opens a room of def. Whatever goes wrong in it later, a panic of the game included, fails t.
func New(t TB, def *game.Def, o Options) *World {
	t.Helper()
	// A date that is nobody's today: a game that looks at the real clock is off by years.
	w := &World{t: t, def: def, transport: conn.NewMemory(), start: time.Unix(1_000_000_000, 0).UTC(), seed: o.Seed, link: o.Link}
	w.now = w.start
	w.transport.Now = w.Now
	log := zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig()), zapcore.AddSync(&w.crash), zap.ErrorLevel))
	var options json.RawMessage
	if o.Room != nil {
		var err error
		if options, err = json.Marshal(o.Room); err != nil {
			t.Fatalf("gametest: %v", err)
		}
	}
	w.config = game.RoomConfig{
		Options: options, Background: func(work func()) error { work(); return nil }, // in no time, for the next tick
		Def: def, Transport: w.transport, ID: "gametest", Seed: o.Seed, Now: w.Now, Linger: o.Linger, Metrics: &w.metrics, Log: log,
		ResumeSeat: func(dst []byte, _ *game.Seat, p game.PlayerID) []byte { return strconv.AppendUint(dst, uint64(p), 10) },
		OnResult: func(r game.MatchResult) bool {
			w.results = append(w.results, r)
			return true
		},
		Recorder: w.record, Left: w.left,
	}
	room, err := game.NewRoom(w.config)
	if err != nil {
		t.Fatalf("gametest: %v", err)
	}
	w.room = room
	w.truth = newTruth(def.Schema(), int(time.Second/room.Period()))
	return w
}

// Now is the virtual time. Step advances it.
func (w *World) Now() time.Time { return w.now }

// Period is the time between two ticks.
func (w *World) Period() time.Duration { return w.room.Period() }

// Tick is the number of the newest step.
func (w *World) Tick() uint32 { return w.room.Tick() }

// StateHash is the checksum of all replicated rows: equal for equal runs.
func (w *World) StateHash() uint32 { return w.room.StateHash() }

// Inputs is how many inputs of clients have come in time, and how many after their tick. A client whose clock is right has few
// of those once it has been there for some seconds.
func (w *World) Inputs() (inTime, late int) {
	return int(w.metrics.InputsKept.Load()), int(w.metrics.InputsLate.Load())
}

// Results are what the game has reported with Finish: none or one.
func (w *World) Results() []game.MatchResult { return w.results }

// Ended reports whether the room is over.
func (w *World) Ended() bool { return w.room.Ended() }

// Join connects a player, who sits down in the next step. The account is the name too: who joins under a name that is taken
// replaces the first. A name is as the lobby gives them, 1 to 24 visible characters without space around, and there must be a place
// (see HasPlace): otherwise the test fails, for no game would ever see such a player.
func (w *World) Join(name string) *Client {
	w.t.Helper()
	return w.JoinWith(name, ClientOptions{})
}

// JoinWith is Join for a client with options of its own.
func (w *World) JoinWith(name string, o ClientOptions) *Client {
	w.t.Helper()
	c := &Client{w: w, Name: name, options: o, seat: o.seat(name), calls: map[uint32]*Reply{}}
	w.admit(c)
	w.dial(c)
	if c.tap = o.Tap; c.tap == nil {
		c.tap = func(bool, []byte) {}
	}
	c.core = client.NewCore(client.Options{
		Check: !o.Unchecked, Codecs: o.Codecs, Schema: w.def.Schema(),
		OnEvent: c.keepEvent, OnReply: c.keepReply, OnLost: func(from, to uint64) { c.lost += to - from + 1 },
		OnSnapshot: func() { w.wrong(w.check(c)) },
	})
	w.joined++
	if o.Link == nil {
		o.Link = w.link
	}
	if o.Link != nil {
		c.wire = newWire(w, *o.Link)
	}
	w.clients = append(w.clients, c)
	return c
}

// Leave ends the connection of a player, who is gone in the next step.
func (w *World) Leave(c *Client) { c.conn.Close(1000, "") }

// Lose takes a client away without a word: the room goes on with it until it notices, or until the player joins again or the
// client resumes.
func (w *World) Lose(c *Client) {
	c.conn.Stall(true)
	w.clients = slices.DeleteFunc(w.clients, func(o *Client) bool { return o == c })
}

// Break ends the connection of a client without a close frame, and both sides notice: the player's place is kept for
// Config.Grace, and the client can Resume.
func (w *World) Break(c *Client) { c.conn.Leave() }

// End ends the room as a server does that goes down.
func (w *World) End() { w.room.End(netcode.CloseGoingDown, "the server is going down", 0) }

// Step runs n ticks. Before each, every client sends what it has to say and takes what has arrived; after each, the network takes
// what the room has sent.
func (w *World) Step(n int) {
	w.t.Helper()
	for range n {
		w.step()
		if w.err != nil {
			w.t.Fatalf("gametest: tick %d: %v", w.Tick(), w.err)
		}
	}
}

// wrong notes what Step fails the test with: where a client finds it out is no place to end a test.
func (w *World) wrong(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *World) step() {
	due := w.now.Add(w.room.Period())
	for _, c := range w.clients {
		if c.wire == nil {
			w.now = due
			c.send()
		} else {
			c.live(due)
		}
	}
	w.now = due
	for _, c := range w.clients {
		if c.wire != nil {
			c.conn.Stall(c.stalled || !c.wire.down.Ready(due))
		}
	}
	skipped := w.metrics.Skipped.Load()
	w.room.Step(due)
	w.skips = w.metrics.Skipped.Load() != skipped
	if w.metrics.Crashes.Load() > 0 {
		w.wrong(fmt.Errorf("the game panicked\n%s", w.crash.String()))
	}
	w.truth.note(w.room)
	w.replay()
	w.receive()
}

// StepFor runs the ticks of a span of virtual time.
func (w *World) StepFor(d time.Duration) {
	w.t.Helper()
	w.Step(int(d / w.room.Period()))
}

func (w *World) receive() {
	connected := w.clients[:0]
	for _, c := range w.clients {
		messages := c.conn.Recv()
		if len(messages) > 0 {
			c.noteShown()
		}
		if c.wire != nil {
			c.wire.down.Send(w.now, messages...)
		} else {
			c.take(messages)
		}
		if !c.over() {
			connected = append(connected, c)
		}
	}
	clear(w.clients[len(connected):])
	w.clients = connected
}

// isInput reports whether a message is an INPUT.
func isInput(m []byte) bool {
	kind, err := msg.PeekType(m)
	return err == nil && kind == msg.TypeInput
}
