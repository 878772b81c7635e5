package lobby

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/match"
)

func (p player) ticket(game string, status int) Ticket {
	p.t.Helper()
	return into[Ticket](p.call("POST", "/v1/tickets", obj{"game": game}), status)
}

func (p player) get(id string) Ticket {
	p.t.Helper()
	return into[Ticket](p.call("GET", "/v1/tickets/"+id, nil), 200)
}

// left waits until a ticket is not queued any more.
func (p player) left(id string) Ticket {
	p.t.Helper()
	return into[Ticket](p.call("GET", "/v1/tickets/"+id+"?wait=25", nil), 200)
}

// withMode adds a mode of draughts to a lobby.
func withMode(t *testing.T, text string) func(*Config) {
	t.Helper()
	m, err := match.ParseMode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return func(c *Config) { c.Modes = append(c.Modes, m) }
}

func TestTwoTicketsMakeAMatch(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob := w.guest("Ann"), w.guest("Bob")
	a := ann.ticket("draughts", 201)
	if a.State != "queued" || a.Position != 1 || a.URL != "" || a.RoomID != "" || !a.ExpiresAt.Equal(t0.Add(10*time.Minute)) {
		t.Errorf("queued %+v", a)
	}
	b := bob.left(bob.ticket("draughts", 201).ID)
	if b.State != "matched" || b.RoomID != "room-1" || !strings.Contains(b.URL, "/v1/play?seat=") ||
		!b.ExpiresAt.Equal(t0.Add(30*time.Second)) {
		t.Errorf("matched %+v", b)
	}
	a = ann.left(a.ID)
	if a.State != "matched" || a.RoomID != "room-1" || a.URL == b.URL || a.Position != 0 || a.Team == b.Team || a.Team < 1 {
		t.Errorf("matched %+v", a)
	}
	if again := ann.get(a.ID); again.URL == a.URL || again.URL == "" {
		t.Errorf("the URL is not fresh: %s", again.URL)
	}
	if r := w.host.rooms["room-1"]; !r.Private || r.Game != "draughts" || w.host.modes[0] != "draughts" {
		t.Errorf("the match's room %+v of %v", r, w.host.modes)
	}
	if list := into[RoomList](w.call("GET", "/v1/rooms", nil), 200); len(list.Rooms) != 0 {
		t.Errorf("the match's room is listed: %+v", list)
	}
}

func TestReadyCheckOverREST(t *testing.T) {
	w := newWorld(t, withMode(t, `{"mode":"ranked","game":"draughts","rules":{"teams":2,"size":1,"ready_s":20}}`))
	ann, bob, eve := w.guest("Ann"), w.guest("Bob"), w.guest("Eve")
	a := into[Ticket](ann.call("POST", "/v1/tickets", `{"mode":"ranked"}`), 201)
	ann.call("POST", "/v1/tickets/"+a.ID+"/accept", nil).refused(409, "not_asked")
	b := into[Ticket](bob.call("POST", "/v1/tickets", `{"game":"draughts"}`), 201)
	a = ann.left(a.ID)
	if a.State != "ready" || *a.Ready != (TicketReady{Players: 2}) || !a.ExpiresAt.Equal(t0.Add(20*time.Second)) {
		t.Fatalf("%+v", a)
	}
	eve.call("POST", "/v1/tickets/"+a.ID+"/accept", nil).refused(404, "no_ticket")
	eve.call("POST", "/v1/tickets/"+a.ID+"/decline", nil).refused(404, "no_ticket")
	a = into[Ticket](ann.call("POST", "/v1/tickets/"+a.ID+"/accept", nil), 200)
	if a.State != "ready" || *a.Ready != (TicketReady{true, 1, 2}) {
		t.Errorf("%+v", a)
	}
	since := fmt.Sprintf("/v1/tickets/%s?wait=25&since=%d", a.ID, a.Version)
	into[Ticket](bob.call("POST", "/v1/tickets/"+b.ID+"/accept", nil), 200)
	for a = into[Ticket](ann.call("GET", since, nil), 200); a.State == "ready"; {
		a = into[Ticket](ann.call("GET", fmt.Sprintf("/v1/tickets/%s?wait=25&since=%d", a.ID, a.Version), nil), 200)
	}
	if a.State != "matched" || a.URL == "" {
		t.Errorf("%+v", a)
	}
}

// What a match was made of reaches the game side with each seat, and each player's client with the ticket: also by the ways that a player
// of a match comes back to its room.
func TestMatchTellsTeamsRolesAndRegion(t *testing.T) {
	w := newWorld(t, withMode(t, `{"mode": "duo", "game": "draughts", "rules": {"teams": 2, "size": 1, "regions": ["eu"], "latency_ms": 80,
		"roles": [{"name": "scout", "count": 1}]}}`))
	queue := func(p player) Ticket {
		return into[Ticket](p.call("POST", "/v1/tickets", obj{"mode": "duo", "latency_ms": obj{"eu": 20}}), 201)
	}
	ann, bob := w.guest("Ann"), w.guest("Bob")
	a, b := queue(ann), queue(bob)
	a, b = ann.left(a.ID), bob.left(b.ID)
	want := []TicketPlace{{ann.PlayerID, 1, "scout"}, {bob.PlayerID, 2, "scout"}}
	if a.Team != 1 || b.Team != 2 || a.Region != "eu" || !slices.Equal(a.Lineup, want) || !slices.Equal(b.Lineup, want) {
		t.Errorf("matched %+v and %+v, want the lineup %v", a, b, want)
	}
	into[Join](bob.call("POST", "/v1/rooms/"+b.RoomID+"/join", nil), 200)
	seats := []Player{{ann.PlayerID, "Ann", 1, "scout"}, {bob.PlayerID, "Bob", 2, "scout"}, {bob.PlayerID, "Bob", 2, "scout"}}
	if places := w.host.places[0]; !maps.Equal(places, map[TakenPlace]int{{1, "scout"}: 1, {2, "scout"}: 1}) {
		t.Errorf("a room with the places %v, want one scout a team", places)
	}
	if w.host.regions[0] != "eu" || !slices.Equal(w.host.seated, seats) {
		t.Errorf("a room in %v, seats for %+v, want %+v in eu", w.host.regions, w.host.seated, seats)
	}
}

func TestTicketSaysWhyItWaitsAndEventsDoToo(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob := w.guest("Ann"), w.guest("Bob")
	begin := into[EventList](ann.call("GET", "/v1/events?wait=0", nil), 200)
	a := ann.ticket("draughts", 201)
	list := into[EventList](ann.call("GET", "/v1/events?wait=25&since="+begin.Cursor, nil), 200)
	var told Ticket
	if err := json.Unmarshal(list.Events[0].Data, &told); err != nil || list.Events[0].Kind != "ticket" {
		t.Fatalf("%+v, %v", list, err)
	}
	if told.ID != a.ID || told.Reason == nil || told.Reason.Cause != "players" || told.Reason.Found != 1 || told.Reason.Needed != 2 {
		t.Errorf("told %+v of %+v", told.Reason, told)
	}
	bob.ticket("draughts", 201)
	for told.State == "queued" {
		list = into[EventList](ann.call("GET", "/v1/events?wait=25&since="+list.Cursor, nil), 200)
		if err := json.Unmarshal(list.Events[0].Data, &told); err != nil {
			t.Fatal(err)
		}
	}
	if told.State != "matched" || told.URL != "" || told.RoomID == "" {
		t.Errorf("told %+v", told)
	}
}

func TestTicketsOutliveARestart(t *testing.T) {
	keys, err := token.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	dir, left := t.TempDir(), filepath.Join(t.TempDir(), "left")
	w := worldOn(t, dir, keys, nil)
	ann := w.guest("Ann")
	a := ann.ticket("draughts", 201)
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil { // what a kill leaves behind
		t.Fatal(err)
	}
	again := worldOn(t, left, keys, nil)
	again.advance(time.Minute)
	ann.world = again
	got := ann.get(a.ID)
	if got.State != "queued" || !got.CreatedAt.Equal(a.CreatedAt) {
		t.Fatalf("%+v", got)
	}
	again.guest("Bob").ticket("draughts", 201)
	if got = ann.left(a.ID); got.State != "matched" || got.URL == "" {
		t.Errorf("%+v", got)
	}
}

// The lobby is killed between the match and the join, while the room runs on elsewhere: what it tells the players and the game afterwards is
// what it told before, and the room is still nobody else's.
func TestMatchOutlivesARestartBeforeItIsJoined(t *testing.T) {
	keys, err := token.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	dir, left := t.TempDir(), filepath.Join(t.TempDir(), "left")
	duo := withMode(t, `{"mode": "duo", "game": "draughts", "rules": {"teams": 2, "size": 1, "regions": ["eu"], "latency_ms": 80,
		"roles": [{"name": "scout", "count": 1}]}}`)
	w := worldOn(t, dir, keys, duo)
	ann, bob, eve := w.guest("Ann"), w.guest("Bob"), w.guest("Eve")
	since := into[EventList](bob.call("GET", "/v1/events?wait=0", nil), 200).Cursor
	var tickets []Ticket
	for _, p := range []player{ann, bob} {
		tickets = append(tickets, into[Ticket](p.call("POST", "/v1/tickets", obj{"mode": "duo", "latency_ms": obj{"eu": 20}}), 201))
	}
	var told Ticket
	for told.State != "matched" { // from then on it is stored
		list := into[EventList](bob.call("GET", "/v1/events?wait=25&since="+since, nil), 200)
		since = list.Cursor
		for _, e := range list.Events {
			if err := json.Unmarshal(e.Data, &told); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil { // what a kill leaves behind
		t.Fatal(err)
	}
	again := worldOn(t, left, keys, func(c *Config) {
		duo(c)
		c.Allocator, c.Directory = w.host, w.host
	})
	ann.world, bob.world, eve.world = again, again, again
	eve.call("POST", "/v1/rooms/"+told.RoomID+"/join", nil).refused(404, "no_room")
	want := []TicketPlace{{ann.PlayerID, 1, "scout"}, {bob.PlayerID, 2, "scout"}}
	for i, p := range []player{bob, ann} {
		got := p.get(tickets[1-i].ID)
		if got.State != "matched" || got.RoomID != told.RoomID || got.URL == "" || got.Region != "eu" || got.Team != 2-i || got.Role != "scout" ||
			!slices.Equal(got.Lineup, want) {
			t.Errorf("%+v, want team %d and the lineup %v", got, 2-i, want)
		}
	}
	if seats := []Player{{bob.PlayerID, "Bob", 2, "scout"}, {ann.PlayerID, "Ann", 1, "scout"}}; !slices.Equal(w.host.seated, seats) {
		t.Errorf("seats for %+v, want %+v", w.host.seated, seats)
	}
}

func TestModesAreListedAndChecked(t *testing.T) {
	text := `{"mode":"pairs","game":"arena","ranked":true,"rules":{"teams":2,"size":2,"ready_s":10,"regions":["eu"],"latency_ms":80,
		"roles":[{"name":"tank","count":1},{"name":"scout","count":1}],"attributes":[{"name":"map","match":"common","values":["ice"]}]}}`
	w := newWorld(t, withMode(t, text))
	c := into[ServerConfig](w.call("GET", "/v1/config", nil), 200)
	want := []ModeInfo{
		{Name: "pairs", Game: "arena", Ranked: true, Teams: Range{2, 2}, TeamSize: Range{2, 2}, Roles: []string{"tank", "scout"},
			Regions: []string{"eu"}, Attributes: []AttributeInfo{{"map", []string{"ice"}}}, ReadyS: 10},
		{Name: "draughts", Game: "draughts", Ranked: true, Teams: Range{2, 2}, TeamSize: Range{1, 1}, Roles: []string{}, Regions: []string{},
			Attributes: []AttributeInfo{}},
	}
	if !reflect.DeepEqual(c.Modes, want) {
		t.Errorf("modes %+v, want %+v", c.Modes, want)
	}
	p := w.guest("Ann")
	p.call("POST", "/v1/tickets", `{"mode":"pairs"}`).refused(422, "bad_ticket")
	p.call("POST", "/v1/tickets", `{"mode":"nosuch"}`).refused(404, "unknown_mode")
	p.call("POST", "/v1/tickets", `{"mode":"pairs","game":"draughts"}`).refused(404, "unknown_mode")
	good := `{"mode":"pairs","roles":["tank"],"latency_ms":{"eu":30},"attributes":{"map":["ice"]}}`
	p.call("POST", "/v1/tickets", good).is(201)
	p.call("POST", "/v1/tickets", good).is(200)
	p.call("POST", "/v1/tickets", `{"mode":"draughts"}`).refused(409, "already_queued")
}

func TestBackfillSendsPlayersToRunningRooms(t *testing.T) {
	w := newWorld(t, withMode(t, `{"mode":"ffa","game":"arena","rules":{"teams":{"min":2,"max":3},"size":1,"backfill":true}}`))
	ann, bob, cat := w.guest("Ann"), w.guest("Bob"), w.guest("Cat")
	a, b := ann.ticket("arena", 201), bob.ticket("arena", 201)
	ann.left(a.ID)
	bob.left(b.ID)
	w.host.seat("room-1", 3, TakenPlace{Team: 2}) // one of the two has gone
	if c := cat.left(cat.ticket("arena", 201).ID); c.State != "matched" || c.RoomID != "room-1" {
		t.Errorf("%+v", c)
	}
}

// Who watches sees more of an opponent than a player does.
func TestMatchIsWatchedOnlyInModesThatSaySo(t *testing.T) {
	w := newWorld(t, nil)
	open := newWorld(t, withMode(t, `{"mode":"show","game":"draughts","watched":true,"rules":{"teams":2,"size":1}}`))
	for _, w := range []*world{w, open} {
		ann, bob, eve := w.guest("Ann"), w.guest("Bob"), w.guest("Eve")
		id := ann.ticket("draughts", 201).ID
		bob.ticket("draughts", 201)
		room := ann.left(id).RoomID
		answer := eve.call("POST", "/v1/rooms/"+room+"/spectate", nil)
		if w == open {
			into[Join](answer, 200)
			continue
		}
		answer.refused(403, "not_watched")
	}
}

// Whoever could come back to a place that somebody else was given would make a team larger than the others. It counts from the promise on,
// before the newcomer has asked for the way in; and who may join stays as few as there are places, whoever comes and goes.
func TestLeaverWhosePlaceWasGivenAwayMayNotComeBack(t *testing.T) {
	w := newWorld(t, withMode(t, `{"mode":"duo","game":"arena","rules":{"teams":2,"size":1,"backfill":true}}`))
	ann, bob := w.guest("Ann"), w.guest("Bob")
	last, lasts := ann, ann.ticket("arena", 201).ID
	bobs := bob.left(bob.ticket("arena", 201).ID)
	ann.left(lasts)
	room := bobs.RoomID
	for _, name := range []string{"Cat", "Dan", "Eve", "Fay"} {
		w.host.seat(room, 64, TakenPlace{Team: bobs.Team})
		w.host.holds(room, bob.PlayerID)
		into[Join](last.call("POST", "/v1/rooms/"+room+"/join", nil), 200) // the place is free still
		next := w.guest(name)
		cursor := into[EventList](next.call("GET", "/v1/events?wait=0", nil), 200).Cursor
		nexts := next.ticket("arena", 201).ID
		for told := (Ticket{State: "queued"}); told.State != "matched"; {
			list := into[EventList](next.call("GET", "/v1/events?wait=25&since="+cursor, nil), 200)
			cursor = list.Cursor
			if err := json.Unmarshal(list.Events[len(list.Events)-1].Data, &told); err != nil {
				t.Fatal(err)
			}
		}
		last.call("POST", "/v1/rooms/"+room+"/join", nil).refused(404, "no_room")
		got := next.left(nexts)
		if got.RoomID != room || got.URL == "" || got.Team == bobs.Team {
			t.Fatalf("%s got %+v, want the other team of %s", name, got, room)
		}
		if old := last.get(lasts); old.URL != "" || old.State != "expired" {
			t.Errorf("the ticket of who has lost the place: %+v", old)
		}
		last.call("POST", "/v1/rooms/"+room+"/join", nil).refused(404, "no_room")
		into[Join](bob.call("POST", "/v1/rooms/"+room+"/join", nil), 200)
		if is, _ := w.lobby.notes.of(room); len(is.Match.Players) != 2 {
			t.Errorf("%d may join a match of two", len(is.Match.Players))
		}
		last, lasts = next, nexts
	}
}

// A running match that has lost the scout of its second team gets a scout for that team, and who would be something else waits.
func TestBackfillGivesTheTeamAndTheRoleThatAreFree(t *testing.T) {
	w := newWorld(t, withMode(t, `{"mode": "duo", "game": "arena", "rules": {"teams": 2, "size": 2, "backfill": true,
		"roles": [{"name": "tank", "count": 1}, {"name": "scout", "count": 1}]}}`))
	queue := func(name string, roles ...string) (player, string) {
		p := w.guest(name)
		return p, into[Ticket](p.call("POST", "/v1/tickets", obj{"mode": "duo", "roles": roles}), 201).ID
	}
	players, tickets := [4]player{}, [4]string{}
	for i := range players {
		players[i], tickets[i] = queue(fmt.Sprint("Player ", i))
	}
	for i, p := range players {
		if got := p.left(tickets[i]); got.State != "matched" || got.RoomID != "room-1" {
			t.Fatalf("%+v", got)
		}
	}
	w.host.seat("room-1", 4, TakenPlace{1, "tank"}, TakenPlace{1, "scout"}, TakenPlace{2, "tank"})
	eve, eves := queue("Eve", "tank")
	fay, fays := queue("Fay", "scout")
	if got := fay.left(fays); got.RoomID != "room-1" || got.Team != 2 || got.Role != "scout" {
		t.Errorf("%+v, want the scout of team 2 in room-1", got)
	}
	if got := eve.get(eves); got.State != "queued" {
		t.Errorf("%+v, want it queued: there is no place for a tank", got)
	}
}

func TestAskingTwiceGivesTheSameTicket(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	first := p.ticket("draughts", 201)
	if second := p.ticket("draughts", 200); second.ID != first.ID || second.State != "queued" {
		t.Errorf("second %+v", second)
	}
}

func TestTicketIsItsPlayersOnly(t *testing.T) {
	w := newWorld(t, nil)
	ann, eve := w.guest("Ann"), w.guest("Eve")
	id := ann.ticket("draughts", 201).ID
	eve.call("GET", "/v1/tickets/"+id, nil).refused(404, "no_ticket")
	eve.call("GET", "/v1/tickets/"+id+"?wait=25", nil).refused(404, "no_ticket")
	eve.call("DELETE", "/v1/tickets/"+id, nil).refused(404, "no_ticket")
	known, unknown := eve.call("GET", "/v1/tickets/"+id, nil), eve.call("GET", "/v1/tickets/nosuchticket", nil)
	if known.Body.String() != unknown.Body.String() {
		t.Error("the answer tells which tickets exist")
	}
	if got := ann.get(id); got.State != "queued" {
		t.Errorf("ticket %+v", got)
	}
	w.guest("Bob").ticket("draughts", 201)
	ann.left(id)
	eve.call("GET", "/v1/tickets/"+id, nil).refused(404, "no_ticket")
}

// Whoever could take the place of an opponent could choose who wins.
func TestRoomOfAMatchTakesItsPlayersOnly(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob, eve := w.guest("Ann"), w.guest("Bob"), w.guest("Eve")
	id := ann.ticket("draughts", 201).ID
	bob.ticket("draughts", 201)
	room := ann.left(id).RoomID
	if room == "" {
		t.Fatal("no match")
	}
	eve.call("POST", "/v1/rooms/"+room+"/join", nil).refused(404, "no_room")
	if j := into[Join](bob.call("POST", "/v1/rooms/"+room+"/join", nil), 200); j.RoomID != room {
		t.Errorf("one of the match got %+v", j)
	}
}

func TestCancelledTicket(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	id := p.ticket("draughts", 201).ID
	a := p.call("DELETE", "/v1/tickets/"+id, nil)
	if a.is(204); a.Body.Len() != 0 {
		t.Errorf("body %s", a.Body)
	}
	if got := p.get(id); got.State != "cancelled" || got.Position != 0 {
		t.Errorf("ticket %+v", got)
	}
	p.call("DELETE", "/v1/tickets/"+id, nil).is(204)
	if got := w.guest("Bob").ticket("draughts", 201); got.State != "queued" {
		t.Error("matched with a player who left")
	}
}

func TestTicketExpires(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	id := p.ticket("draughts", 201).ID
	w.advance(10 * time.Minute)
	if got := p.get(id); got.State != "expired" {
		t.Errorf("ticket %+v", got)
	}
	w.advance(20 * time.Second)
	p.ticket("draughts", 201)
}

func TestUnclaimedMatchExpires(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob := w.guest("Ann"), w.guest("Bob")
	id := ann.ticket("draughts", 201).ID
	bob.left(bob.ticket("draughts", 201).ID)
	w.advance(30 * time.Second)
	if got := ann.get(id); got.State != "expired" || got.URL != "" {
		t.Errorf("ticket %+v", got)
	}
}

func TestTicketOfAnEndedRoomIsQueuedAgain(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob := w.guest("Ann"), w.guest("Bob")
	a := ann.ticket("draughts", 201)
	bob.left(bob.ticket("draughts", 201).ID)
	w.host.end("room-1")
	if got := ann.get(a.ID); got.State != "queued" || got.URL != "" || got.RoomID != "" || !got.CreatedAt.Equal(a.CreatedAt) {
		t.Errorf("ticket %+v", got)
	}
	w.guest("Cat").ticket("draughts", 201)
	if got := ann.left(a.ID); got.State != "matched" || got.RoomID != "room-2" {
		t.Errorf("ticket %+v", got)
	}
}

func TestBusyServerKeepsTheTicketQueued(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob := w.guest("Ann"), w.guest("Bob")
	id := ann.ticket("draughts", 201).ID
	w.host.setFail(ErrBusy)
	if got := bob.ticket("draughts", 201); got.State != "queued" || got.Position != 2 {
		t.Errorf("ticket %+v", got)
	}
	w.host.setFail(nil)
	w.advance(time.Second)
	if got := ann.left(id); got.State != "matched" {
		t.Errorf("ticket %+v", got)
	}
}

func TestTicketNeedsAGameWithMatches(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	p.call("POST", "/v1/tickets", `{"game":"arena"}`).refused(422, "no_matchmaking")
	p.call("POST", "/v1/tickets", `{"game":"chess"}`).refused(404, "unknown_game")
	p.call("POST", "/v1/tickets", `{}`).refused(422, "invalid")
}

// One player's waits must not use up those of all. What is too many is answered as things stand.
func TestWaitsOfAnAccountAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		ann := w.guest("Ann")
		path := "/v1/tickets/" + ann.ticket("draughts", 201).ID + "?wait=25"
		var polls sync.WaitGroup
		for range waitsOfAccount {
			polls.Go(func() { into[Ticket](ann.call("GET", path, nil), 200) })
		}
		synctest.Wait()
		start := time.Now()
		if got := into[Ticket](ann.call("GET", path, nil), 200); got.State != "queued" || time.Since(start) != 0 {
			t.Errorf("one too many is answered %q after %s, want queued at once", got.State, time.Since(start))
		}
		polls.Wait()
		if waited := time.Since(start); waited != 25*time.Second {
			t.Errorf("the others waited %s", waited)
		}
		start = time.Now()
		into[Ticket](ann.call("GET", path, nil), 200)
		if waited := time.Since(start); waited != 25*time.Second || len(w.lobby.waiting.of) != 0 {
			t.Errorf("the next one waited %s; %v are counted", waited, w.lobby.waiting.of)
		}
	})
}

func TestTicketsAreBounded(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Tickets = 1 })
	w.guest("Ann").ticket("draughts", 201)
	a := w.guest("Bob").call("POST", "/v1/tickets", `{"game":"draughts"}`)
	a.refused(503, "too_many_tickets")
	if a.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// The waiting request is answered by the other player's, not by a timer: with the lobby's clock standing still it could not be.
func TestLongPollAnswersWhenMatched(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob := w.guest("Ann"), w.guest("Bob")
	id := ann.ticket("draughts", 201).ID
	got := make(chan Ticket)
	go func() {
		var out Ticket
		a := ann.call("GET", "/v1/tickets/"+id+"?wait=25", nil)
		if a.Code == 200 {
			out = into[Ticket](a, 200)
		}
		got <- out
	}()
	bob.ticket("draughts", 201)
	if out := <-got; out.State != "matched" || out.URL == "" {
		t.Errorf("ticket %+v", out)
	}
}

func TestCloseEndsLongPolls(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	id := p.ticket("draughts", 201).ID
	got := make(chan answer)
	go func() { got <- p.call("GET", "/v1/tickets/"+id+"?wait=25", nil) }()
	w.lobby.Close()
	if a := <-got; a.Code != 200 {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	w.guest("Bob").call("POST", "/v1/tickets", `{"game":"draughts"}`).refused(503, "draining")
}

func TestConfigIsChecked(t *testing.T) {
	w := newWorld(t, nil)
	good := Config{Store: w.store, Keys: w.keys, Allocator: w.host, Directory: w.host, ListenAddr: "127.0.0.1:8080", Protocol: 1}
	if l, err := New(good); err == nil {
		l.Close()
	} else {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"store":     func(c *Config) { c.Store = nil },
		"keys":      func(c *Config) { c.Keys = nil },
		"allocator": func(c *Config) { c.Allocator = nil },
		"directory": func(c *Config) { c.Directory = nil },
		"protocol":  func(c *Config) { c.Protocol = 0 },
		"address":   func(c *Config) { c.ListenAddr = "8080" },
		"scheme":    func(c *Config) { c.PublicURL = "ws://play.example" },
		"path":      func(c *Config) { c.PublicURL = "https://play.example/game" },
		"no host":   func(c *Config) { c.PublicURL = "https://" },
		"rooms":     func(c *Config) { c.Limits.RoomsPerAccount = -1 },
		"tickets":   func(c *Config) { c.Limits.Tickets = -1 },
		"mode":      func(c *Config) { c.Modes = []match.Mode{match.DefaultMode("chess", 2)} },
		"modes":     func(c *Config) { c.Modes = []match.Mode{match.DefaultMode("arena", 2), match.DefaultMode("arena", 3)} },
		"matches":   func(c *Config) { c.Modes = []match.Mode{match.DefaultMode("draughts", 3)} },
	} {
		bad := good
		change(&bad)
		if _, err := New(bad); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(fmt.Sprint(err), ":") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewTicketSaysWhereItIs(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	first := p.call("POST", "/v1/tickets", `{"game":"draughts"}`)
	where := first.Header().Get("Location")
	if id := into[Ticket](first, 201).ID; where != "/v1/tickets/"+id {
		t.Errorf("Location %q of ticket %s", where, id)
	}
	p.call("GET", where, nil).is(200)
	again := p.call("POST", "/v1/tickets", `{"game":"draughts"}`)
	again.is(200)
	if got := again.Header().Get("Location"); got != "" {
		t.Errorf("Location %q of a ticket that there was", got)
	}
	q := w.guest("Ben")
	made := q.call("POST", "/v1/tickets", `{"game":"draughts"}`, "Idempotency-Key", "k2")
	if repeated := q.call("POST", "/v1/tickets", `{"game":"draughts"}`, "Idempotency-Key", "k2"); repeated.Code != 201 ||
		repeated.Header().Get("Location") != made.Header().Get("Location") || made.Header().Get("Location") == "" {
		t.Errorf("%d, Location %q and again %q", repeated.Code, made.Header().Get("Location"), repeated.Header().Get("Location"))
	}
}
