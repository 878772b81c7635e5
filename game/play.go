package game

import (
	"encoding/json"
	"errors"
	"net/http"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// ServeHTTP is the door: GET /v1/play?seat=TOKEN. Every refusal is a problem+json answer before any upgrade: 401 for a
// seat that is not valid or used, be it a first or a resume seat, 403 when its room is gone, 503 when the server goes down or has no place. Host and
// Origin are checked before the request gets here.
func (h *Host) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r, seat, err := h.enter(req.URL.Query().Get("seat"))
	if err != nil {
		status, code := http.StatusUnauthorized, "seat_not_valid"
		switch {
		case errors.Is(err, errSeatRoom):
			status, code = http.StatusForbidden, "room_gone"
		case errors.Is(err, ErrDraining):
			status, code = http.StatusServiceUnavailable, "draining"
			w.Header().Set("Retry-After", "5")
		}
		refuse(w, status, code, err)
		return
	}
	taken := false
	defer func() {
		if !taken {
			h.left(r, seat)
		}
	}()
	sock, err := conn.Upgrade(w, req, h.cfg.Upgrade)
	if err != nil {
		h.cfg.Log.Debug("handshake failed", zap.Error(err))
		return
	}
	if seat.resumes == nil {
		h.sit(r, seat) // one that resumes does so when the room has given it the player
	}
	if err := r.transport.Attach(sock, seat); err != nil {
		if err := sock.Close(); err != nil {
			h.cfg.Log.Debug("closing a socket that no room took", zap.Error(err))
		}
		return
	}
	taken = true
	r.wake()
}

// enter uses up a seat of either kind.
func (h *Host) enter(text string) (*hosted, *Seat, error) {
	if t, err := h.resumes.Open(text); err == nil {
		return h.claimResume(t)
	}
	return h.claim(text)
}

// refuse answers with a problem document in the form that the lobby's errors have.
func refuse(w http.ResponseWriter, status int, code string, err error) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A client that is gone by now does not miss the answer.
	_ = json.NewEncoder(w).Encode(struct {
		Type   string `json:"type"`
		Code   string `json:"code"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"urn:skirmish:problem:" + code, code, http.StatusText(status), status, err.Error()})
}
