package bot

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a real host behind the few routes of a lobby that bots use.
type world struct {
	*httptest.Server
	t    *testing.T
	host *game.Host
	def  *game.Def

	drained sync.Once
	mu      sync.Mutex
	made    []string       // rooms made by POST /v1/rooms
	joins   map[string]int // by room
	sources map[string]int // guests by source address
	tickets map[string]*ticket
	waiting *ticket    // the one without a partner
	sockets []net.Conn // of players
}

type ticket struct {
	account, room string
	matched       chan struct{}
}

func newWorld(t *testing.T, def *game.Def) *world {
	t.Helper()
	keys, err1 := token.NewKeyring()
	signer, err2 := token.NewSigner(token.Config{Keys: keys})
	verifier, err3 := token.NewVerifier(token.Config{Keys: keys})
	host, err4 := game.NewHost(game.HostConfig{
		Games: []*game.Def{def}, Signer: signer, Verifier: verifier,
		// It leaves the sockets where the listener has made them, so that cut can break them.
		NewTransport: func(c conn.Config) conn.Transport { return conn.NewPortable(c) },
	})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, host: host, def: def, joins: map[string]int{}, sources: map[string]int{}, tickets: map[string]*ticket{}}
	mux := http.NewServeMux()
	mux.Handle("GET /v1/play", host)
	mux.HandleFunc("GET /v1/config", w.config)
	mux.HandleFunc("POST /v1/auth/guest", w.guest)
	mux.HandleFunc("POST /v1/quickjoin", w.quickJoin)
	mux.HandleFunc("POST /v1/rooms", w.makeRoom)
	mux.HandleFunc("POST /v1/rooms/{id}/join", w.join)
	mux.HandleFunc("POST /v1/tickets", w.openTicket)
	mux.HandleFunc("GET /v1/tickets/{id}", w.getTicket)
	mux.HandleFunc("DELETE /v1/tickets/{id}", func(http.ResponseWriter, *http.Request) {})
	w.Server = httptest.NewUnstartedServer(mux)
	w.Config.ConnState = w.keep
	w.Start()
	t.Cleanup(func() {
		w.drain()
		w.Close()
	})
	return w
}

// keep notes the sockets that become WebSockets.
func (w *world) keep(nc net.Conn, state http.ConnState) {
	if state == http.StateHijacked {
		w.mu.Lock()
		w.sockets = append(w.sockets, nc)
		w.mu.Unlock()
	}
}

// cut breaks every WebSocket, without a close frame.
func (w *world) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, nc := range w.sockets {
		_ = nc.Close() // some have ended already
	}
	w.sockets = nil
}

// drain ends all rooms.
func (w *world) drain() {
	w.drained.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.host.Drain(ctx, 0); err != nil {
			w.t.Error(err)
		}
	})
}

func (w *world) answer(rw http.ResponseWriter, err error, v any) {
	status := http.StatusOK
	switch {
	case errors.Is(err, game.ErrNoRoom):
		status, v = http.StatusNotFound, map[string]string{"title": "Not Found"}
	case err != nil:
		status, v = http.StatusServiceUnavailable, map[string]string{"detail": err.Error()}
	}
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(v)
}

func (w *world) url(token string) string {
	return "ws" + strings.TrimPrefix(w.URL, "http") + "/v1/play?seat=" + token
}

// account is whom the request's token belongs to; the token is the account.
func account(r *http.Request) game.Seat {
	a := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	return game.Seat{Account: a, Name: "bot"}
}

func (w *world) config(rw http.ResponseWriter, _ *http.Request) {
	c := w.def.Config()
	w.answer(rw, nil, map[string]any{"games": []any{map[string]any{"name": w.def.Name(), "match_size": c.MatchSize}}})
}

func (w *world) guest(rw http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.RemoteAddr, ":")
	w.mu.Lock()
	w.sources[host]++
	w.mu.Unlock()
	w.answer(rw, nil, map[string]any{"access_token": rand.Text()})
}

func (w *world) quickJoin(rw http.ResponseWriter, r *http.Request) {
	room, seat, err := w.host.QuickJoin(w.def.Name(), account(r))
	w.answer(rw, err, map[string]string{"room_id": room, "url": w.url(seat)})
}

func (w *world) makeRoom(rw http.ResponseWriter, _ *http.Request) {
	room, err := w.host.Create(game.RoomOptions{Game: w.def.Name()})
	w.mu.Lock()
	w.made = append(w.made, room.ID)
	w.mu.Unlock()
	w.answer(rw, err, map[string]string{"id": room.ID})
}

func (w *world) join(rw http.ResponseWriter, r *http.Request) {
	seat, err := w.host.Reserve(r.PathValue("id"), account(r))
	w.mu.Lock()
	w.joins[r.PathValue("id")]++
	w.mu.Unlock()
	w.answer(rw, err, map[string]string{"url": w.url(seat)})
}

func (w *world) openTicket(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := &ticket{account: account(r).Account, matched: make(chan struct{})}
	w.tickets[t.account] = t
	var err error
	if other := w.waiting; other == nil {
		w.waiting = t
	} else {
		var room game.RoomInfo
		room, err = w.host.Create(game.RoomOptions{Game: w.def.Name(), Private: true})
		t.room, other.room, w.waiting = room.ID, room.ID, nil
		close(other.matched)
		close(t.matched)
	}
	w.answer(rw, err, map[string]string{"id": t.account, "state": "queued"})
}

func (w *world) getTicket(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	t := w.tickets[r.PathValue("id")]
	w.mu.Unlock()
	select {
	case <-t.matched:
		seat, err := w.host.Reserve(t.room, account(r))
		w.answer(rw, err, map[string]string{"id": t.account, "state": "matched", "url": w.url(seat)})
	case <-r.Context().Done():
	}
}

// run is a short run against the world.
func (w *world) run(cfg Config) Report {
	w.t.Helper()
	cfg.URL = w.URL
	if cfg.Duration == 0 {
		cfg.Duration = 1500 * time.Millisecond
	}
	r, err := Run(w.t.Context(), cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}
