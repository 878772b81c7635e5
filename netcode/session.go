package netcode

import (
	"errors"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// Room is what all sessions of one room share. It does not change after the first NewSession.
type Room struct {
	Schema    *schema.Schema
	Raw       []byte // Schema as HELLO carries it
	Hash      schema.Hash
	InputHash schema.Hash
	TickRate  int
	// SnapshotBytes is how many bytes each client may be sent per second, about. Zero means no limit. Set it before the first
	// NewSession.
	SnapshotBytes int
	// SendEvery is how many ticks lie between two messages to a client. Zero means 1. Set it before the first NewSession.
	SendEvery int
	// Assets that HELLO names. Set them before the first NewSession.
	Assets []msg.Asset

	epoch time.Time // of the clock of all sessions: when the first one was opened
	terms terms     // of their budgets, from then on
}

// NewRoom encodes the schema once for all sessions.
func NewRoom(s *schema.Schema, tickRate int) *Room {
	r := &Room{Schema: s, TickRate: tickRate}
	r.Raw, r.Hash, r.InputHash = s.Encode()
	return r
}

// Receiver is told what a session's messages ask for, while Handle runs. Slices are valid until the method returns.
type Receiver interface {
	// Join: the client is ready. The receiver gives it a player with Session.Start, then or later, or with Session.Resume.
	Join(j Joining) *Violation
	// Input: in.Inputs has in.Count arrays to be read with the input schema; in.ViewTick is at most what was acknowledged and never
	// less than before. at is when the message arrived. An error ends the session.
	Input(at time.Time, in msg.Input) *Violation
	// Call: to be answered with Session.Reply.
	Call(c msg.Call)
}

// Joining is what JOIN says about the time before this connection.
type Joining struct {
	Resumes   bool   // the client has been connected before and knows LastEvent
	LastEvent uint64 // newest event that it has
}

// Session is one client's connection as the protocol sees it. What outlives the connection goes over to the next one with
// Resume.
//
// Most of very many clients only watch, so its size is most of what a client costs; see TestSessionIsSmall.
type Session struct {
	// Static after construction.
	room   *Room
	opened time.Duration // after room.epoch

	// Owned by the goroutine that steps the room.
	budget        budget
	view          snapshot.View
	events        eventLog
	extras        *extras  // nil: no call yet
	ping          msg.Ping // the newest PING without an answer
	pingAt        time.Duration
	viewTick      uint64 // 1/16 ticks, what it draws
	messages      bucket
	heard         time.Duration // after opened: last message of the client
	taken         time.Duration // after opened: last message to the client that the transport took
	player        uint32        // 0 for a spectator, and until Start
	ackTick       uint32        // newest tick the client says it has
	pending       int32         // bytes of the message that Commit is about
	pendingEvents uint32        // how many are in it: Commit makes them part of events.sent
	joined        bool          // JOIN has come
	started       bool          // Start or Resume was called
	helloSent     bool
	knowsRoom     bool // JOIN named the room's schema
	checksum      bool // JOIN asked for it
	hasPing       bool
	codec         snapshot.Codec
}

// messageAllowance is for all messages of a client together. What a stalled network delivers at once is no flood.
func (r *Room) messageAllowance() allowance {
	rate := float64(2*r.TickRate + 20)
	return allowance{rate, rate * SilenceTimeout.Seconds()}
}

var callAllowance = allowance{CallsPerSecond, CallBurst}

// NewSession starts the protocol for a connection opened at now. Call it from the goroutine that steps the room.
func NewSession(room *Room, now time.Time) *Session {
	if room.epoch.IsZero() {
		room.epoch = now
		room.terms = terms{float64(room.SnapshotBytes), time.Duration(max(1, room.SendEvery)) * time.Second / time.Duration(room.TickRate)}
	}
	return &Session{
		room: room, opened: now.Sub(room.epoch),
		budget:   newBudget(&room.terms),
		messages: newBucket(room.messageAllowance()),
	}
}

// since is how long the session had been open at t.
func (s *Session) since(t time.Time) time.Duration { return t.Sub(s.room.epoch) - s.opened }

// Start makes the session that of a player, or with 0 that of a spectator: from the next tick on it is sent HELLO and snapshots.
func (s *Session) Start(player uint32) { s.player, s.started = player, true }

// Resume makes the session that of the player of old, whose connection is over or is being replaced, with the events that the
// client has missed. old may be used for nothing but its end from now on. lost: some events are gone for good, and the
// string table with them; the caller adds it anew as the next event. The error means that the client claims events that were
// never sent; then nothing has changed.
func (s *Session) Resume(old *Session, lastEvent uint64) (lost bool, v *Violation) {
	if lastEvent > old.events.sent {
		return false, errLastEvent
	}
	s.Start(old.player)
	s.events = old.events
	if old.extras != nil {
		calls := old.extras.calls // or whoever reconnects could call more often
		calls.last += old.opened - s.opened
		s.with().calls = calls
	}
	old.events = eventLog{}
	return s.events.resume(lastEvent), nil
}

// FirstSeat refuses what only a client that resumes may say.
func (j Joining) FirstSeat() *Violation {
	if j.Resumes {
		return errFirstSeat
	}
	return nil
}

// Player is the player id given to Start, or 0 before it and for a spectator.
func (s *Session) Player() uint32 { return s.player }

// Handle takes one message that arrived at now, at the time clock of the room. An error means that the connection must
// be closed with its code.
func (s *Session) Handle(now time.Time, clock time.Duration, data []byte, r Receiver) *Violation {
	s.heard = s.since(now)
	if !s.messages.take(s.heard, s.room.messageAllowance()) {
		return errTooMany
	}
	kind, err := msg.PeekType(data)
	if err != nil {
		return bad("message head", err)
	}
	if s.joined == (kind == msg.TypeJoin) {
		return errFirst
	}
	switch kind {
	case msg.TypeJoin:
		return s.join(data, r)
	case msg.TypeInput:
		return s.input(now, data, r)
	case msg.TypeCall:
		c, err := msg.ReadCall(data)
		if err != nil {
			return bad("CALL", err)
		}
		if !s.with().calls.take(s.heard, callAllowance) {
			return s.Reply(msg.Reply{ID: c.ID, Status: msg.StatusTooMany, Reason: "too many calls: 5 per second"})
		}
		r.Call(c)
	case msg.TypePing:
		p, err := msg.ReadPing(data)
		if err != nil {
			return bad("PING", err)
		}
		s.ping, s.pingAt, s.hasPing = p, clock, true
	case msg.TypeEventAck:
		a, err := msg.ReadEventAck(data)
		if err != nil {
			return bad("EVENTACK", err)
		}
		if !s.events.ack(a.Seq) {
			return errEventAck
		}
	default:
		return errType
	}
	return nil
}

func (s *Session) join(data []byte, r Receiver) *Violation {
	j, err := msg.ReadJoin(data)
	switch {
	case errors.Is(err, msg.ErrVersion):
		return errProtocol
	case err != nil:
		return bad("JOIN", err)
	case len(j.InputHash) > 0 && schema.Hash(j.InputHash) != s.room.InputHash:
		return errInputHash
	}
	s.joined = true
	if j.Codecs&msg.OfferPacked != 0 {
		s.codec = snapshot.Packed
	}
	s.knowsRoom = len(j.SchemaHash) > 0 && schema.Hash(j.SchemaHash) == s.room.Hash
	s.checksum = j.Options&msg.OptionCheck != 0
	return r.Join(Joining{Resumes: j.HasLastEvent, LastEvent: j.LastEvent})
}

func (s *Session) input(now time.Time, data []byte, r Receiver) *Violation {
	in, err := msg.ReadInput(data)
	if err != nil {
		return bad("INPUT", err)
	}
	if in.AckTick > s.view.Tick() {
		return errAckTick
	}
	s.ackTick = max(s.ackTick, in.AckTick)
	s.budget.acked(s.ackTick, s.since(now))
	// What a client looks at lies in its past, and time does not run backwards: it cannot choose what suits it.
	s.viewTick = max(s.viewTick, min(in.ViewTick, 16*uint64(s.ackTick)))
	if in.Count == 0 {
		return nil
	}
	in.ViewTick = s.viewTick
	return r.Input(now, in)
}

// bad makes the violation of a message that cannot be read. It allocates: the session ends with it.
func bad(what string, err error) *Violation {
	return &Violation{CloseBadMessage, schema.Truncate(what+": "+err.Error(), 123)}
}

// Overdue reports the timeout that the session has run into at now, or nil.
func (s *Session) Overdue(now time.Time) *Violation {
	switch open := s.since(now); {
	case !s.joined && open > JoinTimeout:
		return errNoJoin
	case open-s.heard > SilenceTimeout:
		return errSilent
	case s.helloSent && open-s.taken > BehindTimeout:
		return errBehind
	}
	return nil
}

// Event adds one encoded event to what the client is to be told, now or when it has resumed. The error means that it has left too
// many unacknowledged; they are lost.
func (s *Session) Event(encoded []byte) *Violation {
	if !s.events.add(encoded) {
		return errUnacked
	}
	return nil
}
