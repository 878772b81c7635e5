package game

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// This file is the room's side towards the network: conn.Handler (sockets come, speak and go) and netcode.Receiver
// (what they ask for). It turns everything into commands; room.go carries them out.

var (
	_ conn.Handler     = (*Room)(nil)
	_ netcode.Receiver = (*client)(nil)
)

// client is one socket of the room. It is owned by the goroutine that calls Step.
type client struct {
	room     *Room
	id       conn.ID
	seat     *Seat
	session  *netcode.Session
	joining  PlayerID      // the player it has asked for with JOIN, 0: none
	player   *Player       // nil until the game has taken it, and after it has left
	watching bool          // it is a spectator that has said JOIN
	watcher  PlayerID      // its number then
	closing  bool          // Transport.Close was called
	closed   bool          // the transport has reported its end
	held     bool          // the place waits for the client to come back
	lostAt   time.Duration // of a spectator in Room.absent, by the room's clock
	seatDue  time.Duration // of the next resume seat, by the room's clock; 0: it has had none
}

// Opened is called by the transport.
func (r *Room) Opened(id conn.ID, tag any) {
	seat := tag.(*Seat)
	current := r.cfg.Current == nil || r.cfg.Current(seat)
	if current && seat.Resume == 0 { // who resumes takes over when it has said JOIN
		// The newest connection of an account wins: two tabs must not fight for the seat.
		r.sendAway(func(s *Seat) bool { return s.Account == seat.Account && s.Spectator == seat.Spectator })
	}
	mayNot := seat.Spectator && r.playsHere(seat.Account)
	if current && !seat.Spectator { // who plays does not see more than players do
		r.sendAway(func(s *Seat) bool { return s.Account == seat.Account && s.Spectator })
	}
	c := &client{room: r, id: id, seat: seat, session: netcode.NewSession(r.wire, r.cfg.Now())}
	at, _ := slices.BinarySearchFunc(r.order, id, byConn)
	r.order = slices.Insert(r.order, at, c)
	if r.ended.Load() {
		code, reason := netcode.CloseGoingDown, "the room has ended"
		if r.crashed {
			code, reason = netcode.CloseRoomError, failedReason
		}
		r.dismiss(c, code, reason, time.Second)
	}
	if mayNot {
		r.dismiss(c, netcode.CloseKicked, "who plays in this room may not watch it", 0)
	}
	if !current {
		r.dismiss(c, netcode.CloseReplaced, "you have joined from elsewhere", 0)
	}
}

// poll takes what has arrived.
func (r *Room) poll() {
	r.cfg.Transport.Poll(r)
	r.cfg.Metrics.BytesIn.Add(r.received)
	r.received = 0
}

// speaker finds the client that a message comes from. The transport reports in the order of attachment, so it is mostly the same as
// last time or the one after it.
func (r *Room) speaker(id conn.ID) *client {
	for i := r.speaking; i < len(r.order) && i < r.speaking+2; i++ {
		if r.order[i].id == id {
			r.speaking = i
			return r.order[i]
		}
	}
	at, ok := slices.BinarySearchFunc(r.order, id, byConn)
	if !ok {
		return nil
	}
	r.speaking = at
	return r.order[at]
}

func byConn(c *client, id conn.ID) int { return cmp.Compare(c.id, id) }

// Message is called by the transport.
func (r *Room) Message(id conn.ID, at time.Time, data []byte) {
	c := r.speaker(id)
	if c == nil || c.closing {
		return
	}
	r.received += uint64(len(data))
	if v := c.session.Handle(at, at.Sub(r.start), data, c); v != nil {
		r.violate(c, v)
	}
}

// Closed is called by the transport.
func (r *Room) Closed(id conn.ID, err error) {
	at, ok := slices.BinarySearchFunc(r.order, id, byConn)
	if !ok {
		return
	}
	c := r.order[at]
	r.part(c, lostBy(err))
	c.closed = true
	c.session.Release()
	r.order = slices.Delete(r.order, at, at+1)
	if !c.held {
		r.left(c)
	}
}

// replace ends what seat has here: its account has sat down in another room.
func (r *Room) replace(seat *Seat) {
	r.sendAway(func(s *Seat) bool { return s == seat || s.resumes == seat })
}

// sendAway closes the sockets on the seats that match, and has those leave who sit there or have lost such a socket.
func (r *Room) sendAway(match func(*Seat) bool) {
	for _, c := range r.order {
		if match(c.seat) {
			r.dismiss(c, netcode.CloseReplaced, "you have joined from elsewhere", 0)
		}
	}
	r.leaveAway(match)
}

// Join is called by the session.
func (c *client) Join(j netcode.Joining) *netcode.Violation {
	r := c.room
	if c.seat.Resume != 0 {
		return r.resume(c, j)
	}
	if v := j.FirstSeat(); v != nil {
		return v
	}
	if c.seat.Spectator {
		c.watch()
		return nil
	}
	r.nextID++
	c.joining = r.nextID
	q := &r.queue
	start := len(q.data)
	q.data = append(append(q.data, c.seat.Account...), 0)
	q.data = append(append(q.data, c.seat.Role...), 0)
	q.data = append(q.data, c.seat.Name...)
	q.list = append(q.list, command{op: opJoin, player: c.joining, label: uint32(c.seat.Team), start: start, end: len(q.data)})
	return nil
}

// splitJoin reads the data of opJoin.
func splitJoin(data []byte) (account, role, name string) {
	a, data, _ := bytes.Cut(data, []byte{0})
	r, n, _ := bytes.Cut(data, []byte{0})
	return string(a), string(r), string(n)
}

// Input is called by the session.
func (c *client) Input(at time.Time, in msg.Input) *netcode.Violation {
	if c.watching {
		return netcode.SpectatorViolation()
	}
	r := c.room
	layout := r.inst.input
	next := r.tick.N + 1
	rd := msg.NewReader(in.Inputs)
	rd.ArrayLen(msg.MaxInputs)
	q := &r.queue
	for i := range in.Count {
		start := len(q.words)
		q.words = append(q.words, r.inputRow...)
		layout.ReadRow(&rd, q.words[start:])
		if rd.Err() != nil {
			q.words = q.words[:start]
			return netcode.InputViolation()
		}
		older := Moment(in.Count-1-i) * momentsPerTick
		q.list = append(q.list, command{
			op: opInput, player: c.joining, label: in.FirstTick + uint32(i), words: start,
			view: max(Moment(in.ViewTick), older) - older,
		})
	}
	if p := c.player; p != nil {
		newest := in.FirstTick + uint32(in.Count) - 1
		p.input.pace.arrive(newest, next, r.due.Sub(at), r.period)
	}
	return nil
}

// Call is called by the session.
func (c *client) Call(m msg.Call) {
	if c.watching {
		c.reply(msg.Reply{ID: m.ID, Status: msg.StatusNoMethod, Reason: "spectators make no calls"})
		return
	}
	q := &c.room.queue
	start := len(q.data)
	q.data = append(q.data, m.Args...)
	q.list = append(q.list, command{op: opCall, player: c.joining, label: m.ID, method: m.Method, start: start, end: len(q.data)})
}

// dropOverdue closes the clients that have run into a timeout.
func (r *Room) dropOverdue(now time.Time) {
	for _, c := range r.order {
		if c.closing {
			continue
		}
		if v := c.session.Overdue(now); v != nil {
			r.violate(c, v)
		}
	}
}

// send notes the tick's events for each client, and at every SendEvery-th tick tells it what has changed. A client that still
// holds an unsent message is skipped: its next delta starts from the state it has. What the transport was asked for at asked has been
// told; a step that is held up between the two, or by a client's turn, says nothing about another's link.
func (r *Room) send(asked, now time.Time) {
	if len(r.texts.added) > 0 {
		r.out.texts(r.texts.added)
		r.texts.added = r.texts.added[:0]
	}
	clock := now.Sub(r.start)
	r.keepEvents()
	sends := r.tick.N%uint32(r.def.config.SendEvery) == 0
	var sent, skipped, limited, bytesOut uint64
	for _, c := range r.order {
		if c.closing || c.player == nil && !c.watching {
			continue
		}
		if v := r.tell(c.session, PlayerID(c.session.Player())); v != nil {
			r.violate(c, v)
			continue
		}
		if !sends {
			continue
		}
		if !r.cfg.Transport.Ready(c.id) {
			c.session.LeftOut()
			skipped++
			continue
		}
		if !c.session.Due(asked) {
			skipped++
			continue
		}
		f := r.feedback(c.player, clock)
		if clock >= c.seatDue {
			f.Seat = r.resumeSeat(c)
		}
		r.buf = c.session.AppendTick(r.buf[:0], &r.sender, clock, f)
		switch r.cfg.Transport.TrySend(c.id, r.buf) {
		case conn.Sent:
			c.session.Commit(r.cfg.Now())
			sent++
			if len(f.Seat) > 0 {
				c.hasSeat(clock)
			}
			if c.session.Limited() {
				limited++
			}
			bytesOut += uint64(len(r.buf))
		case conn.Behind:
			c.session.LeftOut()
			skipped++
		case conn.Gone: // Closed follows
		}
	}
	r.cfg.Metrics.Snapshots.Add(sent)
	r.cfg.Metrics.Skipped.Add(skipped)
	r.cfg.Metrics.Limited.Add(limited)
	r.cfg.Metrics.BytesOut.Add(bytesOut)
	r.sent += bytesOut
}

// keepEvents stores the tick's events for those that are away. Those that do not fit are lost to them.
func (r *Room) keepEvents() {
	for _, c := range r.absent {
		r.tell(c.session, spectator)
	}
	for _, p := range r.players {
		if p.away != nil {
			r.tell(p.session, p.ID)
		}
	}
}

// tell hands the tick's events for player id, or for spectators, to a session. Those that it has no room for are counted.
func (r *Room) tell(s *netcode.Session, id PlayerID) (full *netcode.Violation) {
	r.out.each(id, func(event []byte) {
		if v := s.Event(event); v != nil {
			full = v
		}
	})
	return full
}

func (r *Room) feedback(p *Player, clock time.Duration) netcode.Feedback {
	if p == nil {
		return netcode.Feedback{} // a spectator
	}
	f := netcode.Feedback{HasAck: p.input.fresh != 0, Ack: int64(r.tick.N - p.input.fresh)}
	f.Pace, f.HasPace = p.input.pace.least(clock)
	return f
}

func (c *client) reply(m msg.Reply) {
	if c == nil || c.closing {
		return
	}
	if v := c.session.Reply(m); v != nil {
		c.room.violate(c, v)
	}
}

// violate closes a client that has broken the protocol or a limit.
func (r *Room) violate(c *client, v *netcode.Violation) {
	r.cfg.Metrics.Violations.Add(1)
	r.log.Info("a client is sent away", zap.Uint16("code", v.Code), zap.String("reason", v.Reason))
	r.dismiss(c, v.Code, v.Reason, 0)
}

// dismiss says good-bye with code and closes the socket. The player leaves with the next commands, or is kept for a while if the
// code is one of those that say that the client was lost.
func (r *Room) dismiss(c *client, code uint16, reason string, retry time.Duration) {
	if c == nil || c.closing {
		return
	}
	c.closing = true
	r.part(c, netcode.MayResume(code))
	r.buf = netcode.AppendBye(r.buf[:0], code, retry)
	r.cfg.Transport.Close(c.id, r.buf, code, reason)
}
