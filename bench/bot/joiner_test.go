package bot

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// lobbyStub answers as a lobby does that takes everybody, and notes what it was asked for.
type lobbyStub struct {
	mu      sync.Mutex
	busy    int // requests that are refused for now
	asked   []string
	options []string
}

func (s *lobbyStub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var body struct {
		Options json.RawMessage `json:"options"`
	}
	_ = json.NewDecoder(r.Body).Decode(&body) // GET has none
	if s.busy > 0 && r.Method == http.MethodPost {
		s.busy--
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	switch {
	case r.URL.Path == "/v1/config":
		fmt.Fprint(w, `{"games":[{"name":"arena"}]}`)
	case r.URL.Path == "/v1/auth/guest":
		fmt.Fprint(w, `{"access_token":"token"}`)
	case r.URL.Path == "/v1/rooms":
		s.options = append(s.options, string(body.Options))
		fmt.Fprintf(w, `{"id":"room%d"}`, len(s.options))
	default:
		s.asked = append(s.asked, strings.TrimPrefix(r.URL.Path, "/v1/rooms/"))
		fmt.Fprint(w, `{"url":"ws://example/v1/play?seat=x"}`)
	}
}

func newJoiner(t *testing.T, s *lobbyStub, cfg Config) *Joiner {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	cfg.URL = srv.URL
	j, err := NewJoiner(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)
	return j
}

func TestJoinerFillsItsRoomsWithPlayersAndWatchers(t *testing.T) {
	s := new(lobbyStub)
	j := newJoiner(t, s, Config{Clients: 4, Rooms: 2, Options: json.RawMessage(`{"players":9}`)})
	for i := range 4 {
		place, err := j.Take(t.Context(), i, i >= 2)
		if err != nil || place.URL == "" || place.Dial == nil {
			t.Fatalf("client %d: %+v, %v", i, place, err)
		}
	}
	if want := []string{"room1/join", "room2/join", "room1/spectate", "room2/spectate"}; !slices.Equal(s.asked, want) {
		t.Errorf("asked for %v, want %v", s.asked, want)
	}
	if want := []string{`{"players":9}`, `{"players":9}`}; !slices.Equal(s.options, want) {
		t.Errorf("rooms were made with %v, want %v", s.options, want)
	}
}

func TestJoinerAsksAgainWhenTheServerIsBusy(t *testing.T) {
	s := &lobbyStub{busy: 3}
	j := newJoiner(t, s, Config{Clients: 1, Rooms: 1})
	if _, err := j.Take(t.Context(), 0, false); err != nil || s.busy != 0 {
		t.Errorf("%v, %d refusals left", err, s.busy)
	}
}

func TestJoinerNeedsAServer(t *testing.T) {
	if _, err := NewJoiner(t.Context(), Config{URL: "nonsense"}); err == nil {
		t.Error("a joiner without a URL")
	}
	srv := httptest.NewServer(new(lobbyStub))
	srv.Close()
	if _, err := NewJoiner(t.Context(), Config{URL: srv.URL, Clients: 1}); err == nil || !strings.Contains(err.Error(), "is a server running") {
		t.Errorf("a joiner of a server that is gone: %v", err)
	}
}
