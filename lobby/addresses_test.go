package lobby

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// Behind a proxy on the same machine everybody may seem to be loopback: it is limited as any other address is.
func TestLoopbackIsLimitedAsAnyAddress(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Limits.Guests = limit.Rate{Burst: 3, Every: time.Second}
		c.Limits.Lists = limit.Rate{Burst: 3, Every: time.Second}
		c.Limits.RoomsPerNetwork = 2
	})
	for i, addr := range []string{"127.0.0.1", "::1", "127.0.0.2"} {
		w.addr = netip.MustParseAddr(addr)
		p := w.guest("Ann")
		for range 2 {
			w.guest("Ann")
			p.call("POST", "/v1/rooms", obj{"game": "arena"}).is(201)
		}
		w.call("POST", "/v1/auth/guest", obj{"name": "Ann"}).refused(429, "too_many_requests")
		p.call("POST", "/v1/rooms", obj{"game": "arena"}).refused(429, "too_many_rooms")
		for _, name := range []string{"a", "b", "c"} {
			w.call("GET", fmt.Sprint("/v1/rooms?name=", name, i), nil).is(200)
		}
		w.call("GET", fmt.Sprint("/v1/rooms?name=d", i), nil).refused(429, "too_many_requests")
	}
}

// The database has the network of a session's last refresh, and has it no longer than the session lasts without one.
func TestAddressesGoAfterThirtyDays(t *testing.T) {
	if auth.RefreshTTL > 30*24*time.Hour {
		t.Errorf("a session, and the address with it, is kept for %s", auth.RefreshTTL)
	}
	w := newWorld(t, nil)
	ann := w.guest("Ann")
	into[Join](ann.call("POST", "/v1/quickjoin", obj{"game": "arena"}), 200)
	kept := func() string {
		t.Helper()
		if err := w.lobby.CleanUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := w.store.Export(t.Context(), ann.PlayerID)
		if errors.Is(err, store.ErrNotFound) {
			return ""
		}
		text, err2 := json.Marshal(all)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	w.advance(30*24*time.Hour - time.Minute)
	if text := kept(); !strings.Contains(text, "203.0.113.7") {
		t.Fatalf("the address is kept nowhere, so that this shows nothing: %s", text)
	}
	w.advance(time.Minute)
	if text := kept(); strings.Contains(text, "203.0.113.7") {
		t.Errorf("after 30 days there is still %s", text)
	}
}
