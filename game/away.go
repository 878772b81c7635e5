package game

import (
	"errors"
	"time"

	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// This file has what happens to a player whose socket is lost: it stays seated for Config.Grace, and a socket with a resume
// seat takes its place up again. The newest socket wins, so the one before need not be lost yet.

// part ends what c has to do with its player. With stay the player keeps its place for the grace time, if it has one already, and
// so does a spectator.
func (r *Room) part(c *client, stay bool) {
	if c.watching {
		r.unwatch(c, stay)
	}
	id, p := c.joining, c.player
	c.joining, c.player = 0, nil
	switch {
	case id == 0:
	case p != nil && stay && r.def.config.Grace > 0:
		p.client, p.away, p.awayAt = nil, c, r.cfg.Now()
		c.held = true
		r.queue.list = append(r.queue.list, command{op: opDrop, player: id})
	default:
		if p != nil {
			p.client = nil
		}
		r.queue.list = append(r.queue.list, command{op: opLeave, player: id})
	}
}

// lostBy says whether a socket that ended with err is one that its client may want to replace. Only a client that says 1000 has
// left; one that breaks the WebSocket protocol is not wanted back.
func lostBy(err error) bool {
	var closed *conn.CloseError
	if errors.As(err, &closed) {
		return closed.ByPeer && closed.Code != 1000
	}
	return !errors.Is(err, conn.ErrClosed)
}

// leaveOverdue sends the players away whose grace time is over.
func (r *Room) leaveOverdue(now time.Time) {
	for _, p := range r.players {
		if p.away != nil && now.Sub(p.awayAt) >= r.def.config.Grace {
			r.queue.list = append(r.queue.list, command{op: opLeave, player: p.ID})
		}
	}
}

// leaveAway sends those away that match and whose socket is lost: their account has sat down anew.
func (r *Room) leaveAway(match func(*Seat) bool) {
	r.forget(func(c *client) bool { return match(c.seat) })
	for _, p := range r.players {
		if p.away != nil && match(p.away.seat) {
			r.queue.list = append(r.queue.list, command{op: opLeave, player: p.ID})
		}
	}
}

// release gives the seat of a lost socket back: the player has left, or sits on another.
func (r *Room) release(p *Player) {
	c := p.away
	if c == nil {
		return
	}
	p.away, c.held = nil, false
	if c.closed {
		r.left(c)
	}
}

// left tells that nobody sits on the seat of c any more.
func (r *Room) left(c *client) {
	if r.cfg.Left != nil {
		r.cfg.Left(c.seat)
	}
}

// resume makes c the socket of the player that its seat belongs to. What the game hears of it is opResume's matter.
func (r *Room) resume(c *client, j netcode.Joining) *netcode.Violation {
	if c.seat.Spectator {
		return r.rewatch(c, j)
	}
	p := r.player(c.seat.Resume)
	if p == nil || p.session == nil {
		r.dismissLate(c)
		return nil
	}
	lost, v := c.session.Resume(p.session, j.LastEvent)
	if v != nil {
		return v
	}
	if old := p.client; old != nil {
		old.joining, old.player = 0, nil
		r.dismiss(old, netcode.CloseReplaced, "you have come back on another connection", 0)
	}
	c.seat.taken = true
	c.joining, c.player, p.client, p.session = p.ID, p, c, c.session
	if lost {
		// A session that has just lost its events has room for one.
		c.session.Event(appendTexts(r.sender.Payload, nil, r.tick.N, r.texts.entries))
	}
	r.resumeSeat(c)
	r.release(p)
	r.queue.list = append(r.queue.list, command{op: opResume, player: p.ID})
	return nil
}

// dismissLate closes a socket that has come when its player had left.
func (r *Room) dismissLate(c *client) {
	r.dismiss(c, netcode.CloseNoPlace, "your place in this room is gone", 0)
}

// resumeSeat makes a resume seat for c, or none if there are none. It is valid until the next is made. From here on the account is on
// the seat of c, so that one which c resumes can be given back.
func (r *Room) resumeSeat(c *client) []byte {
	if r.cfg.ResumeSeat == nil || r.def.config.Grace <= 0 {
		return nil
	}
	r.seatBuf = r.cfg.ResumeSeat(r.seatBuf[:0], c.seat, c.number())
	return r.seatBuf
}

// hasSeat notes that the client has got a resume seat, and says when it is due for the next one.
func (c *client) hasSeat(clock time.Duration) {
	if c.seatDue == 0 {
		// Clients that came together, as after a restart, do not get every later seat in the same tick: making one takes its time.
		c.seatDue = clock - netcode.SeatEvery/2*time.Duration(c.number()%64)/64
	}
	c.seatDue += netcode.SeatEvery
}

// number is the player's, or the spectator's.
func (c *client) number() PlayerID {
	if c.watching {
		return c.watcher
	}
	return c.joining
}

// drop carries out opDrop.
func (r *Room) drop(p *Player) {
	if p.dropped {
		return
	}
	p.dropped = true
	p.input.init(r.inst.input, r.def.config.TickRate) // what it had sent ahead is not played any more
	if g, ok := r.inst.game.(Dropper); ok {
		g.Drop(p)
	}
}

// resumed carries out opResume.
func (r *Room) resumed(id PlayerID) {
	p := r.player(id)
	if p == nil {
		r.dismissLate(r.joining(id))
		return
	}
	if !p.dropped {
		return // the socket before was still open: to the game nothing has happened
	}
	p.dropped = false
	if g, ok := r.inst.game.(Resumer); ok {
		g.Resume(p)
	}
}
