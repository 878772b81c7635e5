package game

import "github.com/skirmish-dev/skirmish/netcode"

// Kick sends an account away from every room, as a player and as a spectator, and takes its outstanding seat: it has signed out, or
// may not play any more. Its sockets are closed with netcode.CloseKicked before the next step of their rooms, its players leave
// without a grace, and what it holds of resume seats opens nothing. reason is shown to it, at most 123 bytes. Concurrent-safe.
func (h *Host) Kick(account, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.release(account)
	for _, spectator := range []bool{false, true} { // a socket that is on its way is not current any more when it is opened
		delete(h.playing, sitter{account, spectator})
	}
	for _, r := range h.rooms {
		if r.open > 0 || r.watching > 0 {
			r.post(func(room *Room) { room.dismissAccount(account, reason) })
		}
	}
}

// dismissAccount closes the account's sockets and has its players leave.
func (r *Room) dismissAccount(account, reason string) {
	its := func(s *Seat) bool { return s.Account == account }
	for _, c := range r.order {
		if its(c.seat) {
			r.dismiss(c, netcode.CloseKicked, reason, 0)
		}
	}
	r.leaveAway(its)
}
