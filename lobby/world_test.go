package lobby

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/skirmish-dev/skirmish/internal/httpguard"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var t0 = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// fakeHost stands in for the game side: rooms in a map, seats that say whose they are.
type fakeHost struct {
	mu      sync.Mutex
	rooms   map[string]Room
	made    int
	asked   int // calls of Rooms
	seats   int
	fail    error // every call answers it when set
	owner   []string
	options []string             // of the rooms made
	modes   []string             // likewise
	regions []string             // likewise
	places  []map[TakenPlace]int // likewise
	closed  []string             // rooms that nobody may watch
	seated  []Player             // for whom a place was reserved
	deaf    bool                 // takes no notes
	hook    func()               // runs in Create before anything else
	wait    func()               // runs in Rooms before anything else

	meanwhile func() // runs in Reserve before anything else
}

func (h *fakeHost) Create(_ context.Context, c CreateRoom) (Room, error) {
	if h.hook != nil {
		h.hook()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.create(c)
}

func (h *fakeHost) create(c CreateRoom) (Room, error) {
	if h.fail != nil {
		return Room{}, h.fail
	}
	if !slices.ContainsFunc(h.Games(), func(g Game) bool { return g.Name == c.Game }) {
		return Room{}, fmt.Errorf("host: %q: %w", c.Game, ErrUnknownGame)
	}
	h.options = append(h.options, string(c.Options))
	h.modes, h.regions, h.places = append(h.modes, c.Mode), append(h.regions, c.Region), append(h.places, c.Places)
	h.made++
	r := Room{
		ID: fmt.Sprintf("room-%d", h.made), Game: c.Game, Name: c.Name, MaxPlayers: 2, Private: c.Private, State: "open",
		CreatedAt: t0.Add(time.Duration(h.made) * time.Second),
	}
	r.Note = c.Note
	h.rooms[r.ID] = r
	if c.Unwatched {
		h.closed = append(h.closed, r.ID)
	}
	h.owner = append(h.owner, c.Owner)
	return r, nil
}

func (h *fakeHost) Note(_ context.Context, id string, note []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, ok := h.rooms[id]
	if h.fail != nil || !ok {
		return cmp.Or(h.fail, ErrNoRoom)
	}
	if h.deaf {
		return ErrBusy
	}
	r.Note = note
	h.rooms[id] = r
	return nil
}

func (h *fakeHost) Room(_ context.Context, id string) (Room, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, ok := h.rooms[id]
	if h.fail != nil || !ok {
		return Room{}, cmp.Or(h.fail, ErrNoRoom)
	}
	return r, nil
}

func (h *fakeHost) Reserve(_ context.Context, id string, p Player) (Seat, error) {
	if h.meanwhile != nil {
		h.meanwhile()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reserve(id, p)
}

func (h *fakeHost) reserve(id string, p Player) (Seat, error) {
	r, ok := h.rooms[id]
	switch {
	case h.fail != nil:
		return Seat{}, h.fail
	case !ok:
		return Seat{}, ErrNoRoom
	case r.Players >= r.MaxPlayers:
		return Seat{}, ErrRoomFull
	}
	h.seats++
	h.seated = append(h.seated, p)
	return Seat{Token: fmt.Sprintf("seat+%d/%s", h.seats, p.Name), RoomID: id}, nil
}

func (h *fakeHost) Spectate(_ context.Context, id string, p Player) (Seat, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.Contains(h.closed, id) {
		return Seat{}, ErrUnwatched
	}
	r := h.rooms[id]
	r.Players = 0 // a room that is full can be watched
	if _, ok := h.rooms[id]; ok {
		h.rooms[id] = r
	}
	seat, err := h.reserve(id, p)
	seat.Token = "watch+" + seat.Token
	return seat, err
}

func (h *fakeHost) QuickJoin(_ context.Context, game string, p Player) (Seat, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, r := range h.rooms {
		if r.Game == game && !r.Private {
			return h.reserve(id, p)
		}
	}
	r, err := h.create(CreateRoom{Game: game})
	if err != nil {
		return Seat{}, err
	}
	return h.reserve(r.ID, p)
}

func (h *fakeHost) Rooms(_ context.Context, game string) ([]Room, error) {
	if h.wait != nil {
		h.wait()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	if game != "" && !slices.ContainsFunc(h.Games(), func(g Game) bool { return g.Name == game }) {
		return nil, ErrUnknownGame
	}
	var out []Room
	for _, r := range h.rooms { // in the map's order: the lobby has to sort
		if game == "" || r.Game == game {
			out = append(out, r)
		}
	}
	return out, nil
}

func (h *fakeHost) Games() []Game {
	return []Game{
		{Name: "arena", TickRate: 30, MaxPlayers: 64}, {Name: "draughts", TickRate: 5, MaxPlayers: 2, MatchSize: 2},
	}
}

func (h *fakeHost) setPlayers(id string, players, most int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[id]
	r.Players, r.MaxPlayers = players, most
	h.rooms[id] = r
}

// holds says whose the places are that seat has said are taken.
func (h *fakeHost) holds(id string, accounts ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[id]
	r.Seated = accounts
	h.rooms[id] = r
}

// seat says which places of a room of a match are taken.
func (h *fakeHost) seat(id string, most int, taken ...TakenPlace) {
	h.setPlayers(id, len(taken), most)
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[id]
	r.Taken = taken
	h.rooms[id] = r
}

func (h *fakeHost) end(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.rooms, id)
}

func (h *fakeHost) deafen(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deaf = on
}

func (h *fakeHost) setFail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fail = err
}

// world is a lobby behind its guard, with a clock that the test moves.
type world struct {
	t     *testing.T
	lobby *Lobby
	host  *fakeHost
	store *store.Store
	keys  *token.Keyring
	logs  *observer.ObservedLogs
	http  http.Handler
	addr  netip.Addr // where requests come from

	mu  sync.Mutex
	now time.Time
}

// routeKey is where a request carries the route that took it back to call.
type routeKey struct{}

func newWorld(t *testing.T, change func(*Config)) *world {
	t.Helper()
	keys, err := token.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	return worldOn(t, t.TempDir(), keys, change)
}

func worldOn(t *testing.T, dir string, keys *token.Keyring, change func(*Config)) *world {
	t.Helper()
	st, err := store.Open(context.Background(), store.Config{Dir: dir, BusyTimeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zapcore.InfoLevel)
	w := &world{
		t: t, host: &fakeHost{rooms: map[string]Room{}}, store: st, keys: keys, logs: logs, now: t0,
		addr: netip.MustParseAddr("203.0.113.7"),
	}
	cfg := Config{
		Store: st, Keys: keys, Allocator: w.host, Directory: w.host, ListenAddr: "127.0.0.1:8080", Protocol: 1, Clock: w.clock,
		Logger: zap.New(core),
	}
	if change != nil {
		change(&cfg)
	}
	if w.lobby, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	guard, err := httpguard.New(httpguard.Config{PublicURL: cfg.PublicURL, ListenAddr: cfg.ListenAddr,
		AllowedOrigins: []string{"https://game.example"}, Clock: w.clock, Logger: cfg.Logger})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux() // as in the root
	noting := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.lobby.Handler().ServeHTTP(rw, r)
		if route, ok := r.Context().Value(routeKey{}).(*string); ok {
			*route = r.Pattern
		}
	})
	mux.Handle("/v1/", noting)
	mux.Handle("/", noting)
	w.http = guard.Wrap(mux)
	t.Cleanup(func() {
		w.lobby.Close()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t *testing.T
}

// call sends one request; body may be nil, a string of raw bytes or a value that is sent as JSON. Header pairs replace the
// defaults.
func (w *world) call(method, target string, body any, header ...string) answer {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, target, reader)
	r.Host = "127.0.0.1:8080"
	r.RemoteAddr = netip.AddrPortFrom(w.addr, 4242).String()
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	rec := httptest.NewRecorder()
	var route string
	w.http.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), routeKey{}, &route)))
	w.checkDocumented(route, rec)
	return answer{rec, w.t}
}

// into decodes an answer that has to have this status.
func into[T any](a answer, status int) T {
	a.t.Helper()
	a.is(status)
	var v T
	dec := json.NewDecoder(a.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		a.t.Fatalf("%v in %s", err, a.Body)
	}
	return v
}

func (a answer) is(status int) {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("status %d, want %d: %s", a.Code, status, a.Body)
	}
}

// refused checks that the answer is a problem with this status and code.
func (a answer) refused(status int, code string) Problem {
	a.t.Helper()
	p := into[Problem](a, status)
	if p.Code != code || p.Type != "urn:skirmish:problem:"+code || p.Status != status || p.Detail == "" || p.Title == "" {
		a.t.Fatalf("problem %+v, want %d %s", p, status, code)
	}
	if got := a.Header().Get("Content-Type"); got != "application/problem+json" {
		a.t.Fatalf("content type %q", got)
	}
	if a.Header().Get("Cache-Control") != "no-store" {
		a.t.Fatalf("a problem may be cached: %q", a.Header().Get("Cache-Control"))
	}
	return p
}

// player is a signed-in guest.
type player struct {
	*world
	Session
}

func (w *world) guest(name string) player {
	w.t.Helper()
	s := into[Session](w.call("POST", "/v1/auth/guest", map[string]string{"name": name, "transport": "body"}), 200)
	return player{w, s}
}

func (p player) call(method, target string, body any, header ...string) answer {
	p.t.Helper()
	return p.world.call(method, target, body, append([]string{"Authorization", "Bearer " + p.AccessToken}, header...)...)
}

type obj map[string]any
