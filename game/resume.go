package game

import (
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/netcode"
)

// resumeSeat appends a resume seat for a connection of r, or nothing if that fails. All seats of one connection open the same door
// once: the client may not have got the newest. They live until the player is gone for certain, which the room decides.
func (h *Host) resumeSeat(dst []byte, r *hosted, seat *Seat, player PlayerID) []byte {
	h.mu.Lock()
	if h.resumable[seat.session] == nil {
		h.resumable[seat.session], seat.number = seat, player
	}
	if old := seat.resumes; old != nil && old.newest {
		old.newest, seat.newest, seat.resumes = false, true, nil
	}
	h.mu.Unlock()
	// The last seat may be SeatEvery old when the socket breaks, and that may be found out SilenceTimeout later.
	life := netcode.SeatEvery + netcode.SilenceTimeout + r.room.def.config.Grace
	dst, err := h.resumes.Append(dst, token.Resume{Session: seat.session, Epoch: r.epoch, ExpiresAt: h.cfg.Now().Add(life + time.Second)})
	if err != nil {
		h.cfg.Log.Error("a resume seat could not be made: the player cannot come back", zap.Error(err))
	}
	return dst
}

// claimResume uses up the resume seats of a connection: of any number of attempts with them exactly one succeeds. A socket that
// comes of it and ends before its JOIN has used nothing up.
func (h *Host) claimResume(t token.Resume) (*hosted, *Seat, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return nil, nil, ErrDraining
	}
	r := h.instance(t.Epoch)
	if r == nil || r.gone {
		return nil, nil, errSeatRoom
	}
	old := h.resumable[t.Session]
	if old == nil || old.claimed || old.room != r {
		return nil, nil, errSeatUsed
	}
	old.claimed = true
	h.sessions++
	seat := &Seat{
		Account: old.Account, Name: old.Name, Team: old.Team, Role: old.Role, Spectator: old.Spectator,
		Resume: old.number, session: h.sessions, resumes: old,
	}
	r.take(seat)
	return r, seat, nil
}

// instance is the room with an epoch, or nil. h.mu is held.
func (h *Host) instance(epoch uint64) *hosted {
	for _, r := range h.rooms {
		if r.epoch == epoch {
			return r
		}
	}
	return nil
}

// forget ends what the resume seats of a connection were good for. It is gone, and its player with it or elsewhere. One that has
// not got as far as JOIN gives its own resume seat back. h.mu is held.
func (h *Host) forget(seat *Seat) {
	delete(h.resumable, seat.session)
	if seat.resumes == nil || seat.taken {
		return
	}
	if old := h.resumable[seat.resumes.session]; old != nil {
		old.claimed = false
	}
}
