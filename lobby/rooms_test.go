package lobby

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestQuickJoinAnswersAnURLToDial(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann & Co")
	j := into[Join](p.call("POST", "/v1/quickjoin", `{"game":"arena"}`), 200)
	u, err := url.Parse(j.URL)
	if err != nil || j.RoomID != "room-1" || u.Scheme != "ws" || u.Host != "127.0.0.1:8080" || u.Path != "/v1/play" {
		t.Fatalf("%+v, %v", j, err)
	}
	if got := u.Query(); got.Get("seat") != "seat+1/Ann & Co" || len(got) != 1 {
		t.Errorf("query %v", got)
	}
}

func TestJoinURLComesFromTheConfigurationNotFromHost(t *testing.T) {
	for _, c := range []struct{ public, listen, want string }{
		{"https://play.example", "0.0.0.0:8080", "wss://play.example/v1/play?"},
		{"https://play.example:8443/", "", "wss://play.example:8443/v1/play?"},
		{"http://192.168.1.5:80", "", "ws://192.168.1.5:80/v1/play?"},
		{"", "127.0.0.1:9000", "ws://127.0.0.1:9000/v1/play?"},
		{"", "[::1]:9000", "ws://[::1]:9000/v1/play?"},
		{"", "0.0.0.0:9000", "ws://127.0.0.1:9000/v1/play?"},
		{"", "[::]:9000", "ws://127.0.0.1:9000/v1/play?"},
		{"", ":9000", "ws://127.0.0.1:9000/v1/play?"},
	} {
		w := newWorld(t, func(cfg *Config) { cfg.PublicURL, cfg.ListenAddr = c.public, c.listen })
		p := w.guest("Ann")
		for _, host := range []string{"127.0.0.1:8080", "10.9.8.7", "localhost:1"} {
			a := p.call("POST", "/v1/quickjoin", `{"game":"arena"}`, "Host", host, "X-Forwarded-Host", "evil.example")
			j := into[Join](a, 200)
			if !strings.HasPrefix(j.URL, c.want) {
				t.Errorf("public %q, listen %q, Host %q: %s, want %s", c.public, c.listen, host, j.URL, c.want)
			}
		}
	}
}

func TestJoinByID(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	room := into[RoomInfo](p.call("POST", "/v1/rooms", `{"game":"arena","name":" Fun ","private":true}`), 201)
	want := RoomInfo{
		ID: "room-1", Game: "arena", Name: "Fun", MaxPlayers: 2, Private: true, State: "open", CreatedAt: t0.Add(time.Second),
	}
	if want.Code = room.Code; !reflect.DeepEqual(room, want) || len(room.Code) != 10 || w.host.owner[0] != p.PlayerID {
		t.Errorf("room %+v of %v, want %+v", room, w.host.owner, want)
	}
	j := into[Join](w.guest("Bob").call("POST", "/v1/rooms/room-1/join", nil), 200)
	if j.RoomID != "room-1" || !strings.Contains(j.URL, "seat=") {
		t.Errorf("join %+v", j)
	}
	p.call("POST", "/v1/rooms/room-1/join", "{}").is(200)
}

func TestSpectateByID(t *testing.T) {
	w := newWorld(t, nil)
	w.guest("Ann").call("POST", "/v1/rooms", `{"game":"arena","private":true}`).is(201)
	p := w.guest("Eve")
	j := into[Join](p.call("POST", "/v1/rooms/room-1/spectate", nil), 200)
	if j.RoomID != "room-1" || !strings.Contains(j.URL, "seat=watch") {
		t.Errorf("spectate %+v", j)
	}
	p.call("POST", "/v1/rooms/room-2/spectate", nil).refused(404, "no_room")
	w.call("POST", "/v1/rooms/room-1/spectate", nil).refused(401, "unauthorized")
}

func TestOptionsReachTheGameAndItsRefusalTheClient(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	p.call("POST", "/v1/rooms", `{"game":"arena","options":{"rounds": 3}}`).is(201)
	p.call("POST", "/v1/rooms", `{"game":"arena"}`).is(201)
	if got := w.host.options; len(got) != 2 || got[0] != `{"rounds":3}` && got[0] != `{"rounds": 3}` || got[1] != "" {
		t.Errorf("the game got the options %q", got)
	}
	w.host.fail = &OptionsError{"rounds cannot be a string"}
	p.call("POST", "/v1/rooms", `{"game":"arena","options":{"rounds":"x"}}`).refused(422, "bad_options")
}

func TestAllocatorErrorsHaveTheirAnswers(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	p.call("POST", "/v1/quickjoin", `{"game":"chess"}`).refused(404, "unknown_game")
	p.call("POST", "/v1/rooms", `{"game":"chess"}`).refused(404, "unknown_game")
	p.call("POST", "/v1/rooms/nope/join", nil).refused(404, "no_room")
	w.call("GET", "/v1/rooms?game=chess", nil).refused(404, "unknown_game")
	for _, c := range []struct {
		err    error
		status int
		code   string
		retry  string
	}{
		{ErrRoomFull, 409, "room_full", ""},
		{fmt.Errorf("host: %w", ErrNoRoom), 404, "no_room", ""},
		{ErrBusy, 503, "busy", "1"},
		{fmt.Errorf("host: %w", &BusyError{RetryAfter: 2500 * time.Millisecond}), 503, "busy", "3"},
		{fmt.Errorf("host: %w", ErrOverloaded), 503, "overloaded", "5"},
		{ErrDraining, 503, "draining", "5"},
		{errors.New("secret reason"), 500, "internal", ""},
	} {
		w.host.setFail(c.err)
		calls := []answer{p.call("POST", "/v1/quickjoin", `{"game":"arena"}`), p.call("POST", "/v1/rooms/room-1/join", nil)}
		if c.status >= 500 { // the others say something of a room that there is
			calls = append(calls, p.call("POST", "/v1/rooms", `{"game":"arena"}`))
		}
		for _, call := range calls {
			got := call.Header().Get("Retry-After")
			if prob := call.refused(c.status, c.code); got != c.retry || strings.Contains(prob.Detail, "secret") {
				t.Errorf("%v: Retry-After %q, want %q; %+v", c.err, got, c.retry, prob)
			}
		}
	}
	if n := w.logs.FilterMessage("request failed").Len(); n != 3 {
		t.Errorf("%d unknown errors in the log, want 3", n)
	}
}

func TestRoomThatMayNotBeWatchedSaysWhy(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{{fmt.Errorf("host: %w", ErrUnwatched), 403, "not_watched"}, {fmt.Errorf("host: %w", ErrPlaysHere), 409, "plays_here"}} {
		w.host.setFail(c.err)
		p.call("POST", "/v1/rooms/room-1/spectate", nil).refused(c.status, c.code)
	}
}

func TestRoomListIsSortedAndWithoutPrivateRooms(t *testing.T) {
	w := newWorld(t, nil)
	for i, r := range []Room{
		{ID: "c", Game: "draughts", MaxPlayers: 2},
		{ID: "b", Game: "arena", Players: 3, MaxPlayers: 64, Name: "<b>", State: "open"}, {ID: "a", Game: "arena", MaxPlayers: 64}, {ID: "secret", Game: "arena", Private: true},
	} {
		r.CreatedAt = t0.Add(time.Duration(i%2) * time.Second)
		w.host.rooms[r.ID] = r
	}
	list := into[RoomList](w.call("GET", "/v1/rooms", nil), 200)
	var ids []string
	for _, r := range list.Rooms {
		ids = append(ids, r.ID)
	}
	if got := strings.Join(ids, " "); got != "a b c" {
		t.Errorf("order %q", got)
	}
	if got := into[RoomList](w.call("GET", "/v1/rooms?game=draughts", nil), 200); len(got.Rooms) != 1 || got.Rooms[0].ID != "c" {
		t.Errorf("filtered %+v", got)
	}
	w.host.rooms = map[string]Room{}
	w.advance(listingFor)
	if got := w.call("GET", "/v1/rooms", nil).Body.String(); got != `{"rooms":[],"total":0}`+"\n" {
		t.Errorf("no rooms: %s", got)
	}
}

func TestRoomListIsCacheable(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 20 {
		id := fmt.Sprintf("r%d", i)
		w.host.rooms[id] = Room{ID: id, Game: "arena", CreatedAt: t0}
	}
	first := w.call("GET", "/v1/rooms?game=arena", nil)
	first.is(200)
	tag := first.Header().Get("ETag")
	if !strings.HasPrefix(tag, `"`) || first.Header().Get("Cache-Control") != "public, max-age=1, stale-while-revalidate=5" {
		t.Errorf("headers %v", first.Header())
	}
	if got := first.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	for _, header := range []string{tag, `"other", ` + tag, "W/" + tag, "*"} {
		a := w.call("GET", "/v1/rooms?game=arena", nil, "If-None-Match", header)
		if a.is(304); a.Body.Len() != 0 || a.Header().Get("ETag") != tag || a.Header()["Content-Type"] != nil {
			t.Errorf("%s: body %q, tag %q", header, a.Body, a.Header().Get("ETag"))
		}
	}
	w.call("GET", "/v1/rooms?game=arena", nil, "If-None-Match", `"other"`).is(200)
	r := w.host.rooms["r3"]
	r.Players++
	w.host.rooms["r3"] = r
	w.call("GET", "/v1/rooms?game=arena", nil, "If-None-Match", tag).is(304) // max-age has not passed
	w.advance(listingFor)
	changed := w.call("GET", "/v1/rooms?game=arena", nil, "If-None-Match", tag)
	if changed.is(200); changed.Header().Get("ETag") == tag {
		t.Error("another list has the same tag")
	}
}

func TestConfigTellsWhatAClientNeeds(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Version = "1.2.3" })
	a := w.call("GET", "/v1/config", nil)
	tag := a.Header().Get("ETag")
	got := into[ServerConfig](a, 200)
	if got.Protocol != 1 || got.Version != "1.2.3" || len(got.Games) != 2 || got.Games[1] != (GameInfo{"draughts", 5, 2, 2}) ||
		got.Limits.NameCharacters != 24 || got.Limits.BodyBytes != 8192 {
		t.Errorf("config %+v", got)
	}
	if tag == "" || !strings.HasPrefix(a.Header().Get("Cache-Control"), "public") {
		t.Errorf("headers %v", a.Header())
	}
	w.call("GET", "/v1/config", nil, "If-None-Match", tag).is(304)
}

func TestRoomsPerAccountAreLimited(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.RoomsPerAccount = 2 })
	p := w.guest("Ann")
	make2 := func(status int) {
		t.Helper()
		p.call("POST", "/v1/rooms", `{"game":"arena","private":true}`).is(status)
	}
	make2(201)
	make2(201)
	p.call("POST", "/v1/rooms", `{"game":"arena"}`).refused(429, "too_many_rooms")
	w.guest("Bob").call("POST", "/v1/rooms", `{"game":"arena"}`).is(201)
	delete(w.host.rooms, "room-1")
	make2(429) // may be too new to be listed
	w.advance(ownGrace)
	make2(201)
	make2(429)
}

// While one room is being made, a second request of the account must see its place as taken.
func TestRoomsBeingMadeCount(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.RoomsPerAccount = 1 })
	p := w.guest("Ann")
	w.host.hook = func() {
		w.host.hook = nil
		p.call("POST", "/v1/rooms", `{"game":"arena"}`).refused(429, "too_many_rooms")
	}
	p.call("POST", "/v1/rooms", `{"game":"arena"}`).is(201)
}

// A room that could not be made gives its place back.
func TestFailedRoomDoesNotCount(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.RoomsPerAccount = 1 })
	p := w.guest("Ann")
	w.host.setFail(ErrBusy)
	p.call("POST", "/v1/rooms", `{"game":"arena"}`).refused(503, "busy")
	w.host.setFail(nil)
	p.call("POST", "/v1/rooms", `{"game":"arena"}`).is(201)
}

// Accounts are free: 200 guests of one address would otherwise take every room there is.
func TestRoomsPerNetworkAreLimited(t *testing.T) {
	w := newWorld(t, nil)
	create := func(status int) {
		t.Helper()
		w.guest("Ann").call("POST", "/v1/rooms", `{"game":"arena"}`).is(status)
	}
	for range 20 {
		create(201)
	}
	p := w.guest("Bob").call("POST", "/v1/rooms", `{"game":"arena"}`)
	if p.refused(429, "too_many_rooms"); p.Header().Get("Retry-After") != "10" {
		t.Errorf("Retry-After %q", p.Header().Get("Retry-After"))
	}
	w.guest("Bob").call("POST", "/v1/quickjoin", `{"game":"arena"}`).is(200) // playing is open to them
	w.addr = netip.MustParseAddr("203.0.113.8")
	create(201)
	w.addr = netip.MustParseAddr("203.0.113.7")
	delete(w.host.rooms, "room-3")
	w.advance(ownGrace)
	create(201)
	create(429)
}

func TestNeighboursInOneIPv6NetworkShareTheirRooms(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.RoomsPerNetwork = 1 })
	for addr, status := range map[string]int{"2001:db8:0:1::1": 201, "2001:db8:0:2::1": 201} {
		w.addr = netip.MustParseAddr(addr)
		w.guest("Ann").call("POST", "/v1/rooms", `{"game":"arena"}`).is(status)
	}
	w.addr = netip.MustParseAddr("2001:db8:0:1:ffff::7")
	w.guest("Bob").call("POST", "/v1/rooms", `{"game":"arena"}`).refused(429, "too_many_rooms")
}

func TestOwnersForgetEndedRooms(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.RoomsPerNetwork = 2 * ownSweep })
	o := &w.lobby.owners
	create := func(owner string) {
		t.Helper()
		if _, err := o.create(t.Context(), CreateRoom{Game: "arena", Owner: owner}, netip.Prefix{}, w.host); err != nil {
			t.Fatal(err)
		}
	}
	for i := range ownSweep {
		create(fmt.Sprint(i))
	}
	w.host.rooms = map[string]Room{}
	w.advance(ownGrace)
	create("last")
	if len(o.rooms) != 1 || len(o.ofAccount) != 1 || o.ofNetwork[netip.Prefix{}] != 1 {
		t.Errorf("remembered %d rooms, %d accounts, %d of the network; want 1 of each",
			len(o.rooms), len(o.ofAccount), o.ofNetwork[netip.Prefix{}])
	}
}

func TestGuestIsKeptFromTheFirstSeatOn(t *testing.T) {
	w := newWorld(t, nil)
	p, q := w.guest("Ann"), w.guest("Bob")
	p.call("POST", "/v1/quickjoin", `{"game":"arena"}`).is(200)
	q.call("POST", "/v1/rooms/nope/join", nil).refused(404, "no_room")
	for who, want := range map[string]bool{p.PlayerID: true, q.PlayerID: false} {
		if a, err := w.store.Account(t.Context(), who); err != nil || a.Seated != want {
			t.Errorf("account %+v, %v; want seated=%t", a, err, want)
		}
	}
}

func TestResultIsRecordedOnceAndServed(t *testing.T) {
	w := newWorld(t, nil)
	r := Result{MatchID: "m1", RoomID: "room-1", Game: "draughts", FinishedAt: t0, Payload: json.RawMessage(`{"winner":1}`)}
	for _, payload := range []string{`{"winner":1}`, `{"winner":2}`} {
		r.Payload = json.RawMessage(payload)
		if err := w.lobby.RecordResult(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	a := w.call("GET", "/v1/matches/m1", nil)
	tag := a.Header().Get("ETag")
	got := into[MatchResult](a, 200)
	if string(got.Result) != `{"winner":1}` || got.Game != "draughts" || got.RoomID != "room-1" || !got.FinishedAt.Equal(t0) {
		t.Errorf("result %+v", got)
	}
	w.call("GET", "/v1/matches/m1", nil, "If-None-Match", tag).is(304)
	w.call("GET", "/v1/matches/m2", nil).refused(404, "no_match")
}

func TestResultIsChecked(t *testing.T) {
	w := newWorld(t, nil)
	good := Result{MatchID: "m1", RoomID: "r", Game: "g", FinishedAt: t0}
	for name, change := range map[string]func(*Result){
		"no match":  func(r *Result) { r.MatchID = "" },
		"long room": func(r *Result) { r.RoomID = strings.Repeat("r", 65) },
		"no JSON":   func(r *Result) { r.Payload = json.RawMessage("{") },
		"huge":      func(r *Result) { r.Payload = json.RawMessage(`"` + strings.Repeat("x", maxPayload) + `"`) },
	} {
		r := good
		change(&r)
		if err := w.lobby.RecordResult(t.Context(), r); err == nil {
			t.Errorf("%s was stored", name)
		}
	}
	if err := w.lobby.RecordResult(t.Context(), good); err != nil {
		t.Errorf("no payload: %v", err)
	}
}
