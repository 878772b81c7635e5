package game

import "github.com/skirmish-dev/skirmish/netcode"

// Kick sends an account away from every room, as a player and as a spectator, and takes its outstanding seat: it has signed out, or
// may not play any more. Its sockets are closed with netcode.CloseKicked before the next step of their rooms, its players leave
// without a grace, and what it holds of resume seats opens nothing; a socket that is on its way is closed when it is opened. reason is shown
// to it, at most 123 bytes. It costs what the account has seats, in however many rooms there are. Concurrent-safe.
func (h *Host) Kick(account, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.release(account)
	for seat := h.sitting[account]; seat != nil; seat = seat.next {
		seat.kicked, seat.newest = true, false
		seat.room.post(func(room *Room) { room.dismissSeat(seat, reason) })
	}
}

// dismissSeat closes the sockets on a seat and has its player leave.
func (r *Room) dismissSeat(seat *Seat, reason string) {
	its := func(s *Seat) bool { return s == seat }
	for _, c := range r.order {
		if its(c.seat) {
			r.dismiss(c, netcode.CloseKicked, reason, 0)
		}
	}
	r.leaveAway(its)
}

// enlist makes a seat that is taken one of its account's. mu is held, here and below.
func (h *Host) enlist(r *hosted, seat *Seat) {
	seat.room, seat.next = r, h.sitting[seat.Account]
	h.sitting[seat.Account] = seat
}

// delist undoes that when the seat is given back.
func (h *Host) delist(seat *Seat) {
	seat.newest = false
	first := h.sitting[seat.Account]
	for at := &first; *at != nil; at = &(*at).next {
		if *at == seat {
			*at = seat.next
			break
		}
	}
	if seat.next = nil; first == nil {
		delete(h.sitting, seat.Account)
		return
	}
	h.sitting[seat.Account] = first
}
