package netcode

import (
	"time"

	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// Sender is what the sessions of a room share while a tick is sent: the state and the scratch memory. One per room.
type Sender struct {
	History *snapshot.History
	// Visible gives the slots that a player may see, by table, and with 0 those for spectators; see snapshot.Options. Zero (nil):
	// everything.
	Visible func(player uint32) [][]uint16
	Body    snapshot.Encoder
	Payload *msg.Encoder
}

// Feedback tells a client how its inputs fare; see DELTA in PROTOCOL.md.
type Feedback struct {
	HasAck  bool
	Ack     int64 // tick - label of the newest input consumed
	HasPace bool
	Pace    int8 // 1/16 ticks
	// Seat is a fresh resume seat, which replaces the client's last one: with HELLO, later as SEAT. Empty: it keeps that.
	Seat []byte
}

// AppendTick appends the frames that bring the client to the newest tick: HELLO first, replies and pongs, events, and the state.
// Nothing in s changes but scratch memory until Commit, so that a message the transport does not take can be encoded anew.
// clock is the time of the room. Before Start there is nothing to say.
func (s *Session) AppendTick(dst []byte, out *Sender, clock time.Duration, f Feedback) []byte {
	start := len(dst)
	dst = s.appendTick(dst, out, clock, f)
	s.pending = int32(len(dst) - start)
	return dst
}

func (s *Session) appendTick(dst []byte, out *Sender, clock time.Duration, f Feedback) []byte {
	begin := len(dst)
	if !s.started {
		return dst
	}
	if !s.helloSent {
		dst = s.appendHello(dst, out, clock, f.Seat)
	}
	if s.helloSent && len(f.Seat) > 0 {
		start := len(dst)
		dst = conn.EndFrame(msg.AppendSeat(conn.BeginFrame(dst), f.Seat), start)
	}
	dst = append(dst, s.has().replies...)
	if s.hasPing {
		start := len(dst)
		dst = msg.AppendPong(conn.BeginFrame(dst), msg.Pong{T0: s.ping.T0, T1: micros(s.pingAt), T2: micros(clock)})
		dst = conn.EndFrame(dst, start)
	}
	full := s.view.NeedsFull(out.History)
	first, events, n := s.events.after(s.events.sent)
	// All events go before the state that may refer to them. What fits one message rides in the DELTA, if there is one.
	for n > 0 && (full || s.events.newest >= first+uint64(n)) {
		start := len(dst)
		dst = msg.AppendEventsHeader(conn.BeginFrame(dst), first, n)
		dst = conn.EndFrame(append(dst, events...), start)
		first, events, n = s.events.after(first + uint64(n) - 1)
	}
	s.pendingEvents = uint32(first + uint64(n) - 1 - s.events.sent)
	start := len(dst)
	dst = conn.BeginFrame(dst)
	tick := out.History.Tick()
	opt := snapshot.Options{Codec: s.codec, Full: full, Checksum: s.checksum, Player: s.player, Budget: s.budget.left(start - begin + len(events))}
	if out.Visible != nil {
		opt.Visible = out.Visible(s.player)
	}
	if full {
		dst = out.Body.AppendBody(msg.AppendFullHeader(dst, tick), out.History, &s.view, opt)
		return conn.EndFrame(dst, start)
	}
	dst = msg.AppendDeltaHeader(dst, msg.Delta{
		Tick: tick, Lag: uint16(tick - s.view.Tick()),
		HasAck: f.HasAck, Ack: f.Ack, HasPace: f.HasPace, Pace: f.Pace,
	}, n > 0)
	dst = out.Body.AppendBody(dst, out.History, &s.view, opt)
	if n > 0 {
		dst = append(msg.AppendDeltaEvents(dst, first, n), events...)
	}
	return conn.EndFrame(dst, start)
}

func (s *Session) appendHello(dst []byte, out *Sender, clock time.Duration, seat []byte) []byte {
	h := msg.Hello{
		Protocol: msg.Version, Codec: uint8(s.codec), SchemaHash: s.room.Hash,
		Player: s.player, TickRate: uint8(s.room.TickRate), Tick: out.History.Tick(), Time: micros(clock),
		ResumeSeat: string(seat), Assets: s.room.Assets,
	}
	if !s.knowsRoom {
		h.Schema = s.room.Raw
	}
	start := len(dst)
	return conn.EndFrame(out.Payload.AppendHello(conn.BeginFrame(dst), h), start)
}

// Commit makes what AppendTick has put together what the client has been told. Call it when the transport has taken the frames, with
// the time of that: how long they are under way is told by it, and another client's may have taken long to send.
func (s *Session) Commit(now time.Time) {
	s.taken = s.since(now)
	if !s.started {
		return
	}
	s.helloSent = true
	if x := s.extras; x != nil {
		x.replies, x.nReplies = x.replies[:0], 0
	}
	s.hasPing = false
	s.events.sent += uint64(s.pendingEvents)
	s.pendingEvents = 0
	s.view.Commit()
	s.budget.sent(s.view.Tick(), s.taken, int(s.pending))
}

// Release gives memory that the room's sessions share back to them. Call it when the connection is closed: nothing is sent by s any more.
func (s *Session) Release() { s.view.Release() }

// Reply queues the answer to a CALL for the next tick.
func (s *Session) Reply(m msg.Reply) *Violation {
	x := s.with()
	if x.nReplies == maxReplies {
		return errReplies
	}
	start := len(x.replies)
	// Calls are few; a scratch encoder for each is simpler than passing one through the game.
	x.replies = conn.EndFrame(msg.NewEncoder().AppendReply(conn.BeginFrame(x.replies), m), start)
	x.nReplies++
	return nil
}

// AppendBye appends the frame of a BYE, to be given to Transport.Close with the same code.
func AppendBye(dst []byte, code uint16, retry time.Duration) []byte {
	start := len(dst)
	dst = msg.AppendBye(conn.BeginFrame(dst), msg.Bye{Code: code, RetryMS: uint32(retry.Milliseconds())})
	return conn.EndFrame(dst, start)
}

func micros(d time.Duration) uint64 { return uint64(max(d, 0).Microseconds()) }
