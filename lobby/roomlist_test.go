package lobby

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/lobby/limit"
)

func (w *world) list(query string) RoomList {
	w.t.Helper()
	return into[RoomList](w.call("GET", "/v1/rooms?"+query, nil), 200)
}

func ids(l RoomList) (list []string) {
	for _, r := range l.Rooms {
		list = append(list, r.ID)
	}
	return list
}

func TestRoomListFiltersAndSorts(t *testing.T) {
	w := newWorld(t, nil)
	for i, r := range []Room{
		{ID: "a", Game: "arena", Name: "Night owls", Players: 3, MaxPlayers: 4},
		{ID: "b", Game: "arena", Name: "Owl club", Players: 1, MaxPlayers: 8},
		{ID: "c", Game: "draughts", Name: "Tea", Players: 2, MaxPlayers: 2},
	} {
		r.CreatedAt = t0.Add(time.Duration(i) * time.Second)
		w.host.rooms[r.ID] = r
	}
	for query, want := range map[string]string{
		"": "a b c", "sort=newest": "c b a", "sort=players": "a c b", "sort=free": "b a c", "free=1": "a b", "free=2": "b",
		"name=OWL": "a b", "name=owl&free=2": "b", "game=draughts": "c", "name=coffee": "", "mode=ffa": "",
	} {
		if l := w.list(query); strings.Join(ids(l), " ") != want || l.Total != len(l.Rooms) || l.Next != "" {
			t.Errorf("%q: %v of %d, want %s", query, ids(l), l.Total, want)
		}
	}
	for _, bad := range []string{"sort=age", "limit=0", "limit=201", "free=-1", "name=" + strings.Repeat("x", 65)} {
		w.call("GET", "/v1/rooms?"+bad, nil).refused(422, "invalid")
	}
	for _, bad := range []string{"x", "%21", "zzz"} {
		w.call("GET", "/v1/rooms?cursor="+bad, nil).refused(422, "bad_cursor")
	}
}

func TestPagesHaveTagsOfTheirOwn(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 5 {
		id := fmt.Sprint("r", i)
		w.host.rooms[id] = Room{ID: id, Game: "arena", MaxPlayers: 4, CreatedAt: t0.Add(time.Duration(i) * time.Second)}
	}
	first := w.call("GET", "/v1/rooms?limit=2", nil)
	one := into[RoomList](first, 200)
	next := "/v1/rooms?limit=2&cursor=" + one.Next
	second := w.call("GET", next, nil)
	two := into[RoomList](second, 200)
	if got := append(ids(one), ids(two)...); strings.Join(got, " ") != "r0 r1 r2 r3" || two.Total != 5 {
		t.Errorf("%v", got)
	}
	tag := second.Header().Get("ETag")
	if tag == first.Header().Get("ETag") {
		t.Error("two pages have one tag")
	}
	w.call("GET", next, nil, "If-None-Match", tag).is(304)
	w.host.setPlayers("r0", 2, 4)
	w.advance(listingFor)
	w.call("GET", next, nil, "If-None-Match", tag).is(304) // what has changed is on another page
	w.call("GET", "/v1/rooms?limit=2", nil, "If-None-Match", first.Header().Get("ETag")).is(200)
}

// Walking through the pages shows every room that is there all the time exactly once, whatever comes and goes meanwhile, as long as
// what the order looks at stays.
func TestPagesShowEveryRoomOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.SampledFrom(slices.Sorted(maps.Keys(roomOrders))).Draw(t, "sort")
		room := func(i int, stays bool) RoomInfo {
			return RoomInfo{
				ID: fmt.Sprint(stays, i), Game: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "game"), MaxPlayers: 4,
				Players:   rapid.IntRange(0, 5).Draw(t, "players"),
				CreatedAt: t0.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "age")) * time.Second),
			}
		}
		var stay []RoomInfo
		for i := range rapid.IntRange(0, 20).Draw(t, "rooms") {
			stay = append(stay, room(i, true))
		}
		seen := map[string]int{}
		q := roomQuery{sort: order, limit: rapid.IntRange(1, 5).Draw(t, "limit")}
		for range 100 {
			list := slices.Clone(stay)
			for i := range rapid.IntRange(0, 3).Draw(t, "others") {
				list = append(list, room(i, false))
			}
			page, err := q.page(list)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Rooms {
				seen[r.ID]++
			}
			if q.cursor = page.Next; q.cursor == "" {
				break
			}
		}
		for _, r := range stay {
			if seen[r.ID] != 1 {
				t.Fatalf("room %+v was shown %d times", r, seen[r.ID])
			}
		}
	})
}

func FuzzRoomCursor(f *testing.F) {
	f.Add(RoomInfo{ID: "a", Game: "arena", CreatedAt: t0, Players: 1, MaxPlayers: 2}.cursor())
	f.Add("e30")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := readCursor(text)
		if err != nil {
			return
		}
		if again, err := readCursor(r.cursor()); err != nil || roomOrders[""](again, r) != 0 {
			t.Errorf("%q is %+v and then %+v, %v", text, r, again, err)
		}
	})
}

func TestManyDifferentListsAreNotKept(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Lists = limit.Rate{Burst: 4 * maxPages, Every: time.Second} })
	w.host.rooms["a"] = Room{ID: "a", Game: "arena", Name: "x1", CreatedAt: t0}
	for i := range 2 * maxPages {
		w.call("GET", "/v1/rooms?name="+url.QueryEscape(fmt.Sprint("x", i)), nil).is(200)
	}
	if now, err := w.lobby.listings.get(t.Context()); err != nil || len(now.pages) != maxPages || w.host.asked != 1 {
		t.Errorf("%d pages are kept, the directory was asked %d times, %v", len(now.pages), w.host.asked, err)
	}
}

func TestSearchesThatNobodyElseMakesAreLimitedByNetwork(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Lists = limit.Rate{Burst: 3, Every: time.Second} })
	search := func(i int) answer { return w.call("GET", fmt.Sprint("/v1/rooms?name=x", i), nil) }
	for i := range 3 {
		search(i).is(200)
	}
	search(3).refused(429, "too_many_requests")
	search(2).is(200) // it is there
	for range 10 {
		w.call("GET", "/v1/rooms", nil).is(200)
	}
	w.advance(time.Second)
	search(3).is(200)
	search(4).refused(429, "too_many_requests")
}

// The list as it is stays quick whatever others search for; what is made for one client alone is not compressed.
func TestThePlainListIsKeptBesideAnyNumberOfSearches(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Lists = limit.Rate{Burst: 4 * maxPages, Every: time.Second} })
	for i := range 40 {
		id := fmt.Sprint("room-", i)
		w.host.rooms[id] = Room{ID: id, Game: "arena", Name: "a name", CreatedAt: t0}
	}
	for i := range maxPages + 1 {
		w.call("GET", fmt.Sprint("/v1/rooms?name=x", i), nil).is(200)
	}
	w.call("GET", "/v1/rooms", nil).is(200)
	now, err := w.lobby.listings.get(t.Context())
	if err != nil || now.pages[plainQuery] == nil {
		t.Fatalf("the plain list is not kept (%v)", err)
	}
	kept, err := now.page(plainQuery, nil)
	alone, err2 := now.page(roomQuery{limit: 99}, func() error { return nil })
	if err != nil || err2 != nil || kept.gzip == nil || alone.gzip != nil {
		t.Errorf("compressed: kept %v, made for one %v (%v, %v)", kept.gzip != nil, alone.gzip != nil, err, err2)
	}
}

// Pages that creators have filled must not be kept without a bound.
func TestLargeListsAreNotKeptBeyondTheirBytes(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Lists = limit.Rate{Burst: 100, Every: time.Second} })
	text := strings.Repeat("x", 60)
	for i := range 200 {
		id := fmt.Sprint("room-", i)
		w.host.rooms[id] = Room{ID: id, Game: "arena", Name: text, CreatedAt: t0}
		w.lobby.notes.put(id, note{Metadata: map[string]string{"a": text + text, "b": text + text, "c": text + text}})
	}
	for i := range len(text) {
		w.call("GET", "/v1/rooms?limit=200&name="+text[i:], nil).is(200)
	}
	w.call("GET", "/v1/rooms?cursor=none", nil).refused(422, "bad_cursor")
	now, err := w.lobby.listings.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for q, encoded := range now.pages {
		answer, err := encoded()
		if err != nil || q.cursor != "" {
			t.Errorf("query %+v is kept with %v", q, err)
		}
		total += len(answer.Body)
	}
	if total != now.bytes || total > maxPageBytes || total < maxPageBytes/2 {
		t.Errorf("%d bytes are kept and %d counted, want nearly %d", total, now.bytes, maxPageBytes)
	}
}

func (p player) room(body obj) RoomInfo {
	p.t.Helper()
	return into[RoomInfo](p.call("POST", "/v1/rooms", body), 201)
}

func TestPrivateRoomIsJoinedByItsCode(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob := w.guest("Ann"), w.guest("Bob")
	r := ann.room(obj{"game": "arena", "private": true})
	if len(r.Code) != codeLength || len(w.list("").Rooms) != 0 {
		t.Fatalf("%+v, listed %d", r, len(w.list("").Rooms))
	}
	if j := into[Join](bob.call("POST", "/v1/rooms/join", obj{"code": " " + strings.ToLower(r.Code) + " "}), 200); j.RoomID != r.ID || j.URL == "" {
		t.Errorf("%+v", j)
	}
	bob.call("POST", "/v1/rooms/join", obj{"code": "AAAAAAAAAA"}).refused(404, "no_code")
	w.host.end(r.ID)
	bob.call("POST", "/v1/rooms/join", obj{"code": r.Code}).refused(404, "no_room")
	w.advance(ownGrace)
	w.list("")
	bob.call("POST", "/v1/rooms/join", obj{"code": r.Code}).refused(404, "no_code")
	if len(w.lobby.notes.rooms)+len(w.lobby.notes.codes) != 0 {
		t.Error("notes of a room that has ended are kept")
	}
}

func TestRoomWithAPasswordIsListedAndClosed(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob, eve := w.guest("Ann"), w.guest("Bob"), w.guest("Eve")
	r := ann.room(obj{"game": "arena", "name": "Club", "password": "open sesame"})
	if l := w.list(""); len(l.Rooms) != 1 || !l.Rooms[0].Locked || l.Rooms[0].Code != "" || l.Rooms[0].Private {
		t.Errorf("%+v", l)
	}
	path := "/v1/rooms/" + r.ID
	bob.call("POST", path+"/join", nil).refused(403, "wrong_password")
	bob.call("POST", path+"/spectate", obj{}).refused(403, "wrong_password")
	bob.call("POST", path+"/join", obj{"password": "open sesam"}).refused(403, "wrong_password")
	bob.call("POST", path+"/join", obj{"password": "open sesame"}).is(200)
	bob.call("POST", path+"/spectate", obj{"password": "open sesame"}).is(200)
	if j := into[Join](bob.call("POST", "/v1/quickjoin", obj{"game": "arena"}), 200); j.RoomID == r.ID {
		t.Error("quick join leads into a room with a password")
	}
	for range 10 {
		eve.call("POST", path+"/join", obj{"password": "x"}).refused(403, "wrong_password")
	}
	eve.call("POST", path+"/join", obj{"password": "open sesame"}).refused(429, "too_many_requests")
	both := ann.room(obj{"game": "arena", "private": true, "password": "x"})
	bob.call("POST", "/v1/rooms/join", obj{"code": both.Code}).refused(403, "wrong_password")
	bob.call("POST", "/v1/rooms/join", obj{"code": both.Code, "password": "x"}).is(200)
}

func TestRoomsSayWhatTheirMakersSay(t *testing.T) {
	w := newWorld(t, nil)
	ann := w.guest("Ann")
	r := ann.room(obj{"game": "arena", "mode": "ffa", "metadata": obj{"map": "ice", "level": "3"}})
	got := w.list("mode=ffa")
	if len(got.Rooms) != 1 || got.Rooms[0].Mode != "ffa" || got.Rooms[0].Metadata["map"] != "ice" || r.Metadata["level"] != "3" {
		t.Errorf("%+v", got)
	}
	many, much := obj{}, obj{}
	for i := range maxMetadata + 1 {
		many[fmt.Sprint(i)] = "x"
	}
	for i := range maxMetadataBytes/100 + 1 {
		much[fmt.Sprint(i)] = strings.Repeat("v", 100)
	}
	for name, body := range map[string]obj{
		"many": {"metadata": many}, "a long key": {"metadata": obj{strings.Repeat("k", 33): "x"}}, "an empty key": {"metadata": obj{"": "x"}},
		"much": {"metadata": much}, "a long value": {"metadata": obj{"k": strings.Repeat("v", 129)}}, "a line": {"metadata": obj{"k": "a\nb"}},
	} {
		body["game"] = "arena"
		if ann.call("POST", "/v1/rooms", body).refused(422, "invalid"); len(w.host.rooms) != 1 {
			t.Errorf("%s: %d rooms", name, len(w.host.rooms))
		}
	}
}
