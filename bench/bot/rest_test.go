package bot

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game/arena"
)

func TestBotsSpreadOverLoopbackAddresses(t *testing.T) {
	w := newWorld(t, arena.Def)
	for _, c := range []struct {
		one  bool
		want map[string]int
	}{
		{false, map[string]int{"127.0.0.1": 40, "127.0.0.2": 40, "127.0.0.3": 40}},
		{true, map[string]int{"127.0.0.1": 120}},
	} {
		w.sources = map[string]int{}
		l, err := newLobby(Config{URL: w.URL, Clients: 120, OneAddress: c.one})
		if err != nil {
			t.Fatal(err)
		}
		for id := range 120 {
			if _, err := l.guest(t.Context(), l.door(id), "bot"); err != nil {
				t.Fatal(err)
			}
		}
		l.close()
		want := c.want
		if !canSpread() {
			want = map[string]int{"127.0.0.1": 120}
		}
		for source, n := range want {
			if w.sources[source] != n {
				t.Errorf("one address %v: guests came from %v, want %v", c.one, w.sources, want)
			}
		}
	}
}

func TestOtherTargetsAreReachedFromTheirOwnAddress(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.3.2.1": true, "localhost": true, "::1": false, "192.0.2.1": false, "example.org": false,
	} {
		if loopback(host) != want {
			t.Errorf("loopback(%q) is %v", host, !want)
		}
	}
}

func TestSourceIsForLoopbackTargetsAlone(t *testing.T) {
	source := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}
	for addr, used := range map[string]bool{
		"127.0.0.1:80": true, "localhost:80": true, "192.0.2.1:80": false, "play.example:443": false, "[::1]:80": false, "nonsense": false,
	} {
		if got := sourceFor(addr, source); (got == source) != used || !used && got != nil {
			t.Errorf("%s is dialled from %v", addr, got)
		}
	}
	if got := sourceFor("127.0.0.1:80", nil); got != nil {
		t.Errorf("without a source it dials from %v", got)
	}
}

// one is a lobby of which every request is answered by f.
func one(t *testing.T, f http.HandlerFunc) *lobby {
	t.Helper()
	s := httptest.NewServer(f)
	l, err := newLobby(Config{URL: s.URL, Clients: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.close(); s.Close() })
	return l
}

func TestAnswersAreBounded(t *testing.T) {
	l := one(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat(" ", maxAnswer) + "{}"))
	})
	if _, err := l.guest(t.Context(), l.door(0), "bot"); err == nil || !strings.Contains(err.Error(), "over") {
		t.Errorf("got %v", err)
	}
}

func TestRefusalTellsWhyAndWhenToComeBack(t *testing.T) {
	for header, want := range map[string]time.Duration{"3": 3 * time.Second, "": 0, "soon": 0, "-1": 0, "86400": maxRetryAfter} {
		l := one(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"title":"Too Many Requests","detail":"200 guests"}`))
		})
		_, err := l.guest(t.Context(), l.door(0), "bot")
		var refused *statusError
		if !errors.As(err, &refused) || refused.status != 429 || refused.retryAfter != want || refused.detail != "200 guests" {
			t.Errorf("Retry-After %q: %v, %+v", header, err, refused)
		}
	}
}

func TestAnswersWithoutWhatIsNeededAreErrors(t *testing.T) {
	l := one(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
	g := guest{door: l.door(0)}
	if _, err := l.guest(t.Context(), l.door(0), "bot"); err == nil {
		t.Error("guest without access_token")
	}
	for _, s := range []*seats{newSeats(l, gameInfo{}, Config{}), newSeats(l, gameInfo{}, Config{Rooms: 1}), newSeats(l, gameInfo{MatchSize: 2}, Config{})} {
		if url, err := s.take(t.Context(), g); err == nil {
			t.Errorf("a seat at %q", url)
		}
	}
}

func TestRoomThatIsGoneIsMadeAgain(t *testing.T) {
	w := newWorld(t, arena.Def)
	l, err := newLobby(Config{URL: w.URL, Clients: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	s := newSeats(l, gameInfo{Name: "arena"}, Config{Rooms: 1})
	s.made[0].id = "gone"
	if _, err := s.take(t.Context(), guest{door: l.door(0), token: "ann"}); err != nil {
		t.Fatal(err)
	}
	if len(w.made) != 1 || s.made[0].id != w.made[0] || w.joins["gone"] != 1 || w.joins[w.made[0]] != 1 {
		t.Errorf("made %v, joined %v", w.made, w.joins)
	}
}
