package game

// This file has the room's side of spectators: sockets that are sent what players are sent, and are no players.

// watch begins to send to a spectator. The game hears nothing of it, so it is not a command.
func (c *client) watch() {
	r := c.room
	c.watching = true
	// The string table as it is is a new client's first event; a fresh session has room for it.
	c.session.Event(appendTexts(r.sender.Payload, nil, r.tick.N, r.texts.entries))
	c.session.Start(0)
}

// watched gives what spectators see, by table: tables that everybody sees, and in those that are Near what the first player
// sees. What only some players may know, by OwnerOnly, Groups or Visible, is not for them.
func (r *Room) watched() [][]uint16 {
	if len(r.players) == 0 {
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
