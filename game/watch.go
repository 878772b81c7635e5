package game

import (
	"slices"
	"time"

	"github.com/skirmish-dev/skirmish/netcode"
)

// This file has the room's side of spectators: sockets that are sent what players are sent, and are no players. What is kept of one
// whose socket is lost is the client itself, with its session and events.

// watch begins to send to a spectator. The game hears nothing of it, so it is not a command.
func (c *client) watch() {
	r := c.room
	r.watchers++
	c.watching, c.watcher = true, r.watchers
	// The string table as it is is a new client's first event; a fresh session has room for it.
	c.session.Event(appendTexts(r.sender.Payload, nil, r.tick.N, r.texts.entries))
	c.session.Start(0)
}

// unwatch ends that c watches. With stay its place is kept for the grace time.
func (r *Room) unwatch(c *client, stay bool) {
	c.watching = false
	if stay && r.def.config.Grace > 0 {
		c.held, c.lostAt = true, r.cfg.Now().Sub(r.start)
		r.absent = append(r.absent, c)
	}
}

// rewatch makes c the socket of the spectator that its seat belongs to: the newest wins, so the one before need not be lost yet.
func (r *Room) rewatch(c *client, j netcode.Joining) *netcode.Violation {
	is := func(o *client) bool { return o.watcher == c.seat.Resume && (o.watching || o.held) }
	i, away := slices.IndexFunc(r.order, is), slices.IndexFunc(r.absent, is)
	var old *client
	switch {
	case away >= 0:
		old = r.absent[away]
	case i >= 0:
		old = r.order[i]
	default:
		r.dismissLate(c)
		return nil
	}
	lost, v := c.session.Resume(old.session, j.LastEvent)
	if v != nil {
		return v
	}
	r.dismiss(old, netcode.CloseReplaced, "you have come back on another connection", 0)
	c.seat.taken = true
	c.watching, c.watcher = true, old.watcher
	if lost {
		// A session that has just lost its events has room for one.
		c.session.Event(appendTexts(r.sender.Payload, nil, r.tick.N, r.texts.entries))
	}
	r.resumeSeat(c)
	r.forget(func(o *client) bool { return o == old })
	return nil
}

// forgetOverdue gives the places up of the spectators whose grace time is over.
func (r *Room) forgetOverdue(now time.Time) {
	r.forget(func(c *client) bool { return now.Sub(r.start)-c.lostAt >= r.def.config.Grace })
}

// forget gives the places up of those spectators that are away and match.
func (r *Room) forget(match func(*client) bool) {
	r.absent = slices.DeleteFunc(r.absent, func(c *client) bool {
		if !match(c) {
			return false
		}
		c.held = false
		if c.closed {
			r.left(c)
		}
		return true
	})
}

// playsHere reports whether an account has a player in the room, or one on its way.
func (r *Room) playsHere(account string) bool {
	return slices.ContainsFunc(r.players, func(p *Player) bool { return p.bot == nil && p.account == account }) ||
		slices.ContainsFunc(r.order, func(c *client) bool { return c.seat.Account == account && !c.seat.Spectator && !c.closing })
}

// watched gives what spectators see, by table: tables that everybody sees, and with Config.WatchNear in those that are Near what the
// first player sees. What only some players may know, by OwnerOnly, Groups or Visible, is not for them.
func (r *Room) watched() [][]uint16 {
	if len(r.players) == 0 || !r.def.config.WatchNear {
		return r.sights.nobody
	}
	r.sights.watched = append(r.sights.watched[:0], r.sights.nobody...)
	seen := r.visible(uint32(r.players[0].ID))
	for i, t := range r.inst.tables {
		if _, near := t.seenBy().(placer); near {
			r.sights.watched[i] = seen[i]
		}
	}
	return r.sights.watched
}
