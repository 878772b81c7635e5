package gametest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unsafe"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Client is one player's end of the connection. Read its state with Rows, Find and Events.
type Client struct {
	Name string

	w       *World
	seat    *game.Seat
	conn    *conn.MemoryConn
	core    *client.Core
	wire    *wire // nil: an ideal network
	tap     func(received bool, message []byte)
	shown   []shown
	tracked []tracked // by table, nil before the first state
	lost    uint64    // events
	stalled bool
	options ClientOptions
	input   []uint32
	buf     []byte
	inputs  []byte
	events  []client.Event
	calls   map[uint32]*Reply // not answered yet, by id
	waiting []waitingCall     // made before the room has said hello
}

type waitingCall struct {
	name  string
	words []uint32
	texts []string
	reply *Reply
}

// ID is the player's id in the room, and 0 of a spectator. It is 0 too until the client has been said hello to: with the first tick that
// is sent after Join, which is the next step, or with game.Config.SendEvery up to that many steps later, and on a Link when it has arrived.
func (c *Client) ID() game.PlayerID { return game.PlayerID(c.core.Player) }

// NameOf is the name of a seated player as this client knows it, or "" when there is no such player.
func (c *Client) NameOf(id game.PlayerID) string {
	if c.core.State == nil {
		return ""
	}
	for i := range c.core.State.Len(0) { // the built-in table players: id, name
		if row := c.core.State.At(0, i).Row; game.PlayerID(row[0]) == id {
			return c.core.Text(row[1])
		}
	}
	return ""
}

// SetInput is what the client sends for the next tick and every one after it, until it is changed. in is the game's input struct.
func (c *Client) SetInput(in any) {
	c.w.t.Helper()
	want := c.w.def.InputType()
	if reflect.TypeOf(in) == reflect.PointerTo(want) {
		c.w.t.Fatalf("gametest: the input of %s is %v: pass the value, not a pointer to it", c.w.def.Name(), want)
	}
	if reflect.TypeOf(in) != want {
		c.w.t.Fatalf("gametest: the input of %s is %v, not %T", c.w.def.Name(), want, in)
	}
	l, p := layoutOf(c.w.t, in, schema.UseInput)
	c.input = make([]uint32, l.Words())
	l.Pack(c.input, p)
}

// Call makes a call of the game: it reaches the game in the next step. args is the struct that the game's handler takes.
func (c *Client) Call(name string, args any) *Reply {
	c.w.t.Helper()
	l, p := layoutOf(c.w.t, args, schema.UseCall)
	fields := findRecord(c.w.t, c.w.def.Schema().Calls, "call", name)
	if !sameFields(l.Fields, fields) {
		c.w.t.Fatalf("gametest: call %q does not take a %T, it has the fields %v", name, args, names(fields))
	}
	row := make([]uint32, l.Words())
	l.Pack(row, p)
	call := waitingCall{name: name, reply: &Reply{err: ErrPending}}
	strs := stringsOf(args)
	for i := range l.Fields {
		if l.Fields[i].Kind != schema.Str {
			call.words = append(call.words, row[i])
			continue
		}
		call.texts, strs = append(call.texts, strs[0]), strs[1:]
	}
	c.waiting = append(c.waiting, call)
	return call.reply
}

// Stall makes the client take nothing more of what the room sends, as behind a dead network, or ends that. It goes on sending.
func (c *Client) Stall(on bool) {
	c.stalled = on
	c.conn.Stall(on)
}

// Resume goes over to another connection as the same player or spectator, whatever became of the one before: the client dials the newest
// resume seat that it has. It keeps the events it has heard; calls without an answer get none.
func (c *Client) Resume() {
	c.w.t.Helper()
	seat, ok := c.core.Resume()
	id, err := strconv.ParseUint(seat, 10, 32)
	if !ok || err != nil {
		c.w.t.Fatalf("gametest: tick %d: %s has no seat to resume with: it has not been said hello to", c.w.Tick(), c.Name)
	}
	c.w.Lose(c) // of the connection before, if it is open, nothing more is read
	c.seat = c.options.seat(c.Name)
	c.seat.Resume = game.PlayerID(id)
	c.shown, c.tracked, c.stalled = nil, nil, false
	c.w.dial(c)
	for _, r := range c.calls {
		r.err = ErrNoAnswer
	}
	clear(c.calls)
	c.w.joined++
	if c.wire != nil {
		skew := c.wire.skew
		c.wire = newWire(c.w, c.wire.up.Config())
		c.wire.skew = skew
	}
	c.w.clients = append(c.w.clients, c)
}

// Asset is the content of an asset that the room has named to the client, or nil when it has named none of that name.
func (c *Client) Asset(name string) []byte {
	for _, named := range c.core.Assets {
		for _, a := range c.w.def.Assets() {
			if named.Name == name && named.Hash == a.Hash {
				return a.Data
			}
		}
	}
	return nil
}

// LostEvents is how many events the room could not keep for the client while it was away.
func (c *Client) LostEvents() int { return int(c.lost) }

// Closed reports whether the connection has ended at the room's side, with which close code, and why.
func (c *Client) Closed() (code uint16, reason string, closed bool) { return c.conn.CloseInfo() }

// Tick is that of the state the client holds, 0 before the first snapshot.
func (c *Client) Tick() uint32 {
	if c.core.State == nil {
		return 0
	}
	return c.core.State.Tick()
}

// Snapshots is how many full and delta snapshots the client has taken.
func (c *Client) Snapshots() int { return int(c.core.Stats.Snapshots) }

// Reply is the answer to a Call, once it has come.
type Reply struct{ err error }

// ErrPending is Reply.Err before the answer has come: step the World.
var ErrPending = errors.New("gametest: no answer yet")

// ErrNoAnswer is Reply.Err when the connection ended before the answer came: the call was made or not.
var ErrNoAnswer = errors.New("gametest: the connection ended before the answer")

// Err is nil when the game has accepted the call, and otherwise what it has answered.
func (r *Reply) Err() error { return r.err }

// over reports whether the connection has ended and nothing of it is under way.
func (c *Client) over() bool {
	if _, _, closed := c.Closed(); !closed || c.wire == nil {
		return closed
	}
	_, more := c.wire.down.Next()
	return !more
}

// take gives the client what the room has sent in this step, over an ideal network: it must be this very tick, unless the room
// says that it has left somebody out.
func (c *Client) take(messages [][]byte) {
	w := c.w
	for _, m := range messages {
		c.receive(w.now, m)
	}
	if _, _, closed := c.Closed(); closed || c.stalled || w.skips || w.room.Ended() || w.Tick()%uint32(w.def.Config().SendEvery) != 0 {
		return
	}
	if c.core.State == nil || c.core.State.Tick() != w.Tick() {
		w.wrong(fmt.Errorf("%s has not been sent this tick", c.Name))
	}
}

func (c *Client) receive(at time.Time, m []byte) {
	c.tap(true, m)
	if err := c.core.Receive(at, m); err != nil {
		c.w.wrong(fmt.Errorf("%s cannot read what the room has sent: %w", c.Name, err))
	}
}

// send hands the room what the client has to say. Everything but the input is the core's; the input is labelled with the very
// next tick, where the core's clock would need a second to find out that this network takes no time.
func (c *Client) send() {
	if c.core.State != nil {
		c.makeCalls()
	}
	c.core.Outgoing(c.w.now, func(m []byte) {
		if !isInput(m) {
			c.say(m)
		}
	})
	if c.core.State == nil {
		return
	}
	ack := c.core.State.Tick()
	in := msg.Input{FirstTick: c.w.Tick() + 1, AckTick: ack, ViewTick: 16 * uint64(ack)}
	if len(c.input) > 0 && c.core.Player != 0 {
		c.inputs = msg.AppendArrayLen(msg.AppendArrayLen(c.inputs[:0], 1), len(c.input))
		for i, word := range c.input {
			c.inputs = c.core.Schema.Input[i].AppendValue(c.inputs, word)
		}
		in.Inputs = c.inputs
	}
	c.buf = msg.AppendInput(c.buf[:0], in)
	c.say(c.buf)
}

func (c *Client) say(m []byte) {
	c.tap(false, m)
	c.conn.Send(m)
}

func (c *Client) makeCalls() {
	for _, call := range c.waiting {
		id, err := c.core.Call(call.name, call.words, call.texts...)
		if err != nil {
			c.w.wrong(err)
		}
		c.calls[id] = call.reply
	}
	c.waiting = c.waiting[:0]
}

func (c *Client) keepReply(m msg.Reply) {
	r := c.calls[m.ID]
	if r == nil {
		c.w.wrong(fmt.Errorf("%s got an answer to call %d, which it has not made", c.Name, m.ID))
		return
	}
	delete(c.calls, m.ID)
	r.err = nil
	if m.Status != msg.StatusOK {
		r.err = errors.New(m.Reason)
	}
}

func (c *Client) keepEvent(e client.Event) {
	e.Words = slices.Clone(e.Words)
	c.events = append(c.events, e)
}

// Row is a replicated row as a client has decoded it: tagged fields as quantised on the wire, untagged ones zero.
type Row[T any] struct {
	ID    game.EntityID
	Value T
	At    uint32 // the tick whose state it is: older than Client.Tick when it was left out of snapshots for want of bytes
}

// Rows gives what the client holds of a table, in the order of slots. T is the game's row type.
func Rows[T any](c *Client, table string) []Row[T] {
	c.w.t.Helper()
	l, index := rowLayout[T](c, table)
	if c.core.State == nil {
		return nil
	}
	rows := make([]Row[T], c.core.State.Len(index))
	for i := range rows {
		e := c.core.State.At(index, i)
		rows[i].ID, rows[i].At = game.EntityID(e.ID), e.At
		l.Unpack(unsafe.Pointer(&rows[i].Value), e.Row)
	}
	return rows
}

// Find gives the first row for which ok is true, and fails the test when there is none.
func Find[T any](c *Client, table string, ok func(T) bool) Row[T] {
	c.w.t.Helper()
	for _, r := range Rows[T](c, table) {
		if ok(r.Value) {
			return r
		}
	}
	c.w.t.Fatalf("gametest: tick %d: %s holds no such row of table %q", c.w.Tick(), c.Name, table)
	return Row[T]{}
}

// Event is one event as a client has decoded it.
type Event[T any] struct {
	Tick  uint32 // in which it was emitted
	Value T
}

// Events takes the events of that name which have come since the last time, oldest first. T is the game's event type.
func Events[T any](c *Client, name string) []Event[T] {
	c.w.t.Helper()
	var v T
	l, _ := layoutOf(c.w.t, v, schema.UseEvent)
	if fields := findRecord(c.w.t, c.w.def.Schema().Events, "event", name); !sameFields(l.Fields, fields) {
		c.w.t.Fatalf("gametest: event %q is not a %T, it has the fields %v", name, v, names(fields))
	}
	var taken []Event[T]
	c.events = slices.DeleteFunc(c.events, func(e client.Event) bool {
		if e.Name != name {
			return false
		}
		out := Event[T]{Tick: e.Tick}
		l.Unpack(unsafe.Pointer(&out.Value), e.Words)
		setStrings(&out.Value, e.Texts)
		taken = append(taken, out)
		return true
	})
	return taken
}
