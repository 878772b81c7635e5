package game

import (
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
)

// Reserve holds a place in a room, to play or to watch, and returns the one-use seat token for it. An account has one
// outstanding seat: a new one frees the last. Errors: ErrNoRoom, ErrRoomFull (also
// when others have the place of a match that the seat names), ErrUnwatched, ErrPlaysHere, ErrDraining, ErrOverloaded.
func (h *Host) Reserve(roomID string, seat Seat) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, ok := h.rooms[roomID]
	if !ok {
		return "", ErrNoRoom
	}
	return h.reserve(r, seat)
}

// QuickJoin reserves a place in the fullest public room of the game that has one, and makes a room if none has. Errors:
// ErrUnknownGame, ErrTooMany, ErrDraining, ErrOverloaded.
func (h *Host) QuickJoin(game string, seat Seat) (roomID, seatToken string, err error) {
	making := h.quick[game]
	if making == nil {
		return "", "", ErrUnknownGame
	}
	if roomID, seatToken, err = h.joinRunning(game, seat); err != ErrNoRoom {
		return roomID, seatToken, err
	}
	making.Lock() // of those that come at once one makes the room
	defer making.Unlock()
	if roomID, seatToken, err = h.joinRunning(game, seat); err != ErrNoRoom {
		return roomID, seatToken, err
	}
	r, err := h.makeRoom(RoomOptions{Game: game})
	if err != nil {
		return "", "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.addRoom(r); err != nil {
		return "", "", err
	}
	seatToken, err = h.reserve(r, seat)
	return r.info.ID, seatToken, err
}

// joinRunning reserves a place in the fullest public room of a game that has one. ErrNoRoom: none has.
func (h *Host) joinRunning(game string, seat Seat) (roomID, seatToken string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.cfg.Now()
	h.release(seat.Account) // its own old place must not make a room look full
	var best *hosted
	bestPlaces := -1
	for _, r := range h.rooms {
		n := r.places(now) - h.own(r, seat.Account)
		if r.info.Game != game || r.info.Private || r.gone || r.room.closed() || n >= r.info.MaxPlayers {
			continue
		}
		if n > bestPlaces || n == bestPlaces && r.epoch < best.epoch {
			best, bestPlaces = r, n
		}
	}
	if best == nil {
		return "", "", ErrNoRoom
	}
	seatToken, err = h.reserve(best, seat)
	return best.info.ID, seatToken, err
}

func (h *Host) reserve(r *hosted, seat Seat) (string, error) {
	if h.draining {
		return "", ErrDraining
	}
	if h.own(r, seat.Account) == 0 { // a player who is there already comes back, with a new socket
		if err := h.admit(); err != nil {
			return "", err
		}
	}
	h.release(seat.Account)
	now := h.cfg.Now()
	switch {
	case r.gone || r.room.closed():
		return "", ErrNoRoom
	case seat.Spectator && r.unwatched:
		return "", ErrUnwatched
	case seat.Spectator && h.own(r, seat.Account) > 0:
		return "", ErrPlaysHere
	case seat.Spectator && r.count(now, true) >= r.room.def.config.MaxSpectators,
		!seat.Spectator && r.places(now)-h.own(r, seat.Account) >= r.info.MaxPlayers,
		!seat.Spectator && r.capacity != nil && r.others(&seat, now) >= r.capacity[TakenPlace{seat.Team, seat.Role}]:
		return "", ErrRoomFull
	}
	role := token.RolePlayer
	if seat.Spectator {
		role = token.RoleSpectator
	}
	expires := now.Add(h.cfg.SeatTTL)
	text, signed, err := h.cfg.Signer.Seat(token.Seat{
		Room: r.info.ID, Epoch: r.epoch, Player: seat.Account, Name: seat.Name, Node: h.node, Role: role,
		ExpiresAt: expires,
	})
	if err != nil {
		return "", err
	}
	r.reserved[signed.ID] = reservation{seat: seat, expires: expires}
	h.seats[seat.Account], h.seatIDs[seat.Account] = r, signed.ID
	return text, nil
}

// own is how many places in r an account gives up by sitting down there anew.
func (h *Host) own(r *hosted, account string) int {
	if seat := h.newest(account, false); seat != nil && seat.room == r {
		return 1
	}
	return 0
}

// release frees the outstanding seat of an account.
func (h *Host) release(account string) {
	if r, ok := h.seats[account]; ok {
		delete(r.reserved, h.seatIDs[account])
		delete(h.seats, account)
		delete(h.seatIDs, account)
	}
}

// Why a seat opens no door.
var (
	errSeatInvalid = errors.New("the seat is not valid: ask the lobby for another")
	errSeatUsed    = errors.New("the seat was used, replaced or has expired: ask the lobby for another")
	errSeatRoom    = errors.New("the room of this seat is gone: ask the lobby for another")
)

// claim uses up a seat: of any number of attempts with the same token exactly one succeeds. The place is counted as
// open from then on; give it back with left if no socket comes of it.
func (h *Host) claim(text string) (*hosted, *Seat, error) {
	t, err := h.cfg.Verifier.Seat(text)
	if err != nil || t.Node != h.node {
		return nil, nil, errSeatInvalid
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return nil, nil, ErrDraining
	}
	r, ok := h.rooms[t.Room]
	if !ok || r.epoch != t.Epoch || r.gone {
		return nil, nil, errSeatRoom
	}
	res, ok := r.reserved[t.ID]
	if !ok || !h.cfg.Now().Before(res.expires) || res.seat.Spectator != (t.Role == token.RoleSpectator) {
		return nil, nil, errSeatUsed
	}
	h.release(t.Player)
	own := res.seat // not a part of the reservation, which would be kept with it
	seat := &own
	r.take(seat)
	h.sessions++
	seat.session = h.sessions
	return r, seat, nil
}

// take counts a seat that was claimed. host.mu is held.
func (r *hosted) take(seat *Seat) {
	if seat.Spectator {
		r.watching++
	} else {
		r.open++
		if seat.Team != 0 {
			r.placed = append(r.placed, seat)
		}
	}
	r.host.enlist(r, seat)
}

// newest is the seat on which an account plays, or watches: an account has one socket to play on and another to watch. It is nil if there
// is none. mu is held.
func (h *Host) newest(account string, spectator bool) *Seat {
	for seat := h.sitting[account]; seat != nil; seat = seat.next {
		if seat.newest && seat.Spectator == spectator {
			return seat
		}
	}
	return nil
}

// sit makes a socket that has come the account's one socket of its kind. The newest, by its claim, wins, in whatever room the old one
// is: that room sends it away now, or when it is opened, because it is not current any more.
func (h *Host) sit(r *hosted, seat *Seat) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seat.kicked {
		return // it is never current
	}
	if old := h.newest(seat.Account, seat.Spectator); old != nil {
		if seat.resumes == nil && old.session > seat.session {
			return // one that was claimed later has sat down first: its handshake was quicker
		}
		old.newest = false
		if old.room != r {
			old.room.post(func(room *Room) { room.replace(old) })
		}
	}
	seat.newest = true
}

// current reports whether seat is the account's newest of its kind, or is about to take the place of it.
func (h *Host) current(seat *Seat) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return seat.newest || seat.resumes != nil && seat.resumes.newest
}

// left gives back the place of a seat that nobody sits on any more.
func (h *Host) left(r *hosted, seat *Seat) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seat.Spectator {
		r.watching--
	} else {
		r.open--
		if at := slices.Index(r.placed, seat); at >= 0 {
			r.placed = slices.Delete(r.placed, at, at+1)
		}
	}
	h.delist(seat)
	h.forget(seat)
}

// holders yields who has a place of a match, with a socket or a seat that can be claimed still. An account that is about to come with
// another socket is there twice. host.mu is held.
func (r *hosted) holders(now time.Time) iter.Seq[*Seat] {
	return func(yield func(*Seat) bool) {
		for _, seat := range r.placed {
			if !yield(seat) {
				return
			}
		}
		for _, res := range r.reserved {
			if seat := &res.seat; seat.Team != 0 && !seat.Spectator && now.Before(res.expires) && !yield(seat) {
				return
			}
		}
	}
}

// others counts the accounts that have the same place of a match as seat, its own left out. host.mu is held.
func (r *hosted) others(seat *Seat, now time.Time) int {
	var accounts []string
	for other := range r.holders(now) {
		same := other.Team == seat.Team && other.Role == seat.Role
		if same && other.Account != seat.Account && !slices.Contains(accounts, other.Account) {
			accounts = append(accounts, other.Account)
		}
	}
	return len(accounts)
}

// takenPlaces lists the places that are taken, and by whom. host.mu is held.
func (r *hosted) takenPlaces(now time.Time) (list []TakenPlace, accounts []string) {
	for seat := range r.holders(now) {
		list = append(list, TakenPlace{seat.Team, seat.Role})
		accounts = append(accounts, seat.Account)
	}
	return list, accounts
}

// places counts the players in the room or on the way. host.mu is held.
func (r *hosted) places(now time.Time) int { return r.count(now, false) }

// count counts the players or the spectators in the room or on the way. host.mu is held.
func (r *hosted) count(now time.Time, spectators bool) int {
	n := r.open
	if spectators {
		n = r.watching
	}
	for id, res := range r.reserved {
		if now.Before(res.expires) {
			if res.seat.Spectator == spectators {
				n++
			}
			continue
		}
		delete(r.reserved, id)
		if r.host.seatIDs[res.seat.Account] == id {
			delete(r.host.seats, res.seat.Account)
			delete(r.host.seatIDs, res.seat.Account)
		}
	}
	return n
}

// inUse reports whether a player is in the room or on the way. Spectators do not keep a room.
func (h *Host) inUse(r *hosted, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return r.places(now) > 0
}

// retire closes the door of a room for good, unless somebody has just got a seat.
func (h *Host) retire(r *hosted, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.places(now) > 0 {
		return false
	}
	r.gone = true
	return true
}

// retireNow takes a room that has ended out of the list.
func (h *Host) retireNow(r *hosted) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.strike(r)
}

// strike takes a room out of the list. mu is held.
func (h *Host) strike(r *hosted) {
	r.gone = true
	delete(h.rooms, r.info.ID)
	for _, res := range r.reserved {
		h.release(res.seat.Account)
	}
}
