package lobby

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
)

// killed is a lobby that is killed and started again on what it has left behind, while its rooms run on elsewhere. Players move to it with
// player.world.
func (w *world) killed(dir string, change func(*Config)) *world {
	w.t.Helper()
	left := filepath.Join(w.t.TempDir(), "left")
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
		w.t.Fatal(err)
	}
	again := worldOn(w.t, left, w.keys, func(c *Config) {
		if change != nil {
			change(c)
		}
		c.Allocator, c.Directory = w.host, w.host
	})
	again.host = w.host
	again.advance(w.clock().Sub(t0))
	return again
}

func newWorldIn(t *testing.T, dir string, change func(*Config)) *world {
	t.Helper()
	keys, err := token.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	return worldOn(t, dir, keys, change)
}

// Once everybody has come, no ticket says any more whose the room is.
func TestRoomOfAMatchStaysItsPlayersOverARestart(t *testing.T) {
	dir := t.TempDir()
	w := newWorldIn(t, dir, nil)
	ann, bob, eve := w.guest("Ann"), w.guest("Bob"), w.guest("Eve")
	a, b := ann.ticket("draughts", 201).ID, bob.ticket("draughts", 201).ID
	room := ann.left(a).RoomID
	bob.left(b)
	w.advance(2 * time.Minute) // the tickets are over
	for range 2 {              // what the first restart has read the second one reads again
		w = w.killed(dir, nil)
		ann.world, bob.world, eve.world = w, w, w
		eve.call("POST", "/v1/rooms/"+room+"/join", nil).refused(404, "no_room")
		eve.call("POST", "/v1/rooms/"+room+"/spectate", nil).refused(403, "not_watched")
		into[RoomList](eve.call("GET", "/v1/rooms", nil), 200)
		eve.call("POST", "/v1/rooms/"+room+"/join", nil).refused(404, "no_room")
		into[Join](bob.call("POST", "/v1/rooms/"+room+"/join", nil), 200)
		if got := w.host.seated[len(w.host.seated)-1]; got.ID != bob.PlayerID || got.Team != 2 {
			t.Errorf("Bob comes back as %+v, want his place in team 2", got)
		}
	}
}

// A lobby that was started after its rooms fills them, and whose place it has given away does not come back after the next restart either.
func TestBackfillFillsRoomsFromBeforeARestart(t *testing.T) {
	dir := t.TempDir()
	duo := withMode(t, `{"mode":"duo","game":"arena","rules":{"teams":2,"size":1,"backfill":true,
		"attributes":[{"name":"map","match":"common","values":["ice","sand"]}]}}`)
	w := newWorldIn(t, dir, duo)
	queue := func(p player, of string) string {
		return into[Ticket](p.call("POST", "/v1/tickets", obj{"mode": "duo", "attributes": obj{"map": []string{of}}}), 201).ID
	}
	ann, bob, cat, dan := w.guest("Ann"), w.guest("Bob"), w.guest("Cat"), w.guest("Dan")
	a, b := queue(ann, "ice"), queue(bob, "ice")
	room, bobs := ann.left(a).RoomID, bob.left(b)
	w.host.seat(room, 64, TakenPlace{Team: bobs.Team})
	w.host.holds(room, bob.PlayerID) // Ann has gone

	w = w.killed(dir, duo)
	ann.world, bob.world, cat.world, dan.world = w, w, w, w
	w.advance(time.Minute)                                            // the kill may have come before it was stored that Ann and Bob have their places: then these are theirs for a while
	into[Join](ann.call("POST", "/v1/rooms/"+room+"/join", nil), 200) // her place is free still
	sand := queue(dan, "sand")
	got := cat.left(queue(cat, "ice"))
	if got.RoomID != room || got.Team == bobs.Team || got.URL == "" {
		t.Fatalf("Cat got %+v, want Ann's place in %s", got, room)
	}
	if got := dan.get(sand); got.State != "queued" {
		t.Errorf("Dan, who wants another map: %+v", got)
	}
	ann.call("POST", "/v1/rooms/"+room+"/join", nil).refused(404, "no_room")

	w = w.killed(dir, duo)
	ann.world, bob.world, cat.world = w, w, w
	ann.call("POST", "/v1/rooms/"+room+"/join", nil).refused(404, "no_room")
	into[Join](cat.call("POST", "/v1/rooms/"+room+"/join", nil), 200)
	into[Join](bob.call("POST", "/v1/rooms/"+room+"/join", nil), 200)
}

// After a restart with other rules nobody is sent to a place that the room does not have: the room would refuse, and the ticket come back to it
// for ever.
func TestBackfillLeavesRoomsOfOtherRulesAlone(t *testing.T) {
	dir := t.TempDir()
	w := newWorldIn(t, dir, withMode(t, `{"mode":"duo","game":"arena","rules":{"teams":2,"size":1,"backfill":true,
		"roles":[{"name":"tank","count":1}]}}`))
	ann, bob, cat := w.guest("Ann"), w.guest("Bob"), w.guest("Cat")
	a, b := ann.ticket("arena", 201).ID, bob.ticket("arena", 201).ID
	room := ann.left(a).RoomID
	bob.left(b)
	w.host.seat(room, 64)
	w = w.killed(dir, withMode(t, `{"mode":"duo","game":"arena","rules":{"teams":2,"size":1,"backfill":true}}`))
	cat.world = w
	id := cat.ticket("arena", 201).ID
	dan := w.guest("Dan")
	dan.ticket("arena", 201)
	if got := cat.left(id); got.RoomID == room || got.State != "matched" {
		t.Errorf("Cat got %+v, want a match in another room than %s", got, room)
	}
}

// What its creator has said of a room holds as long as it runs: code, password, metadata, and who finds it.
func TestRoomsOfPlayersKeepTheirDoorsOverARestart(t *testing.T) {
	dir := t.TempDir()
	w := newWorldIn(t, dir, nil)
	ann := w.guest("Ann")
	private := into[RoomInfo](ann.call("POST", "/v1/rooms", obj{"game": "arena", "private": true}), 201)
	locked := into[RoomInfo](ann.call("POST", "/v1/rooms",
		obj{"game": "arena", "password": "sesame", "mode": "ffa", "metadata": obj{"map": "ice"}}), 201)
	list := into[RoomList](ann.call("GET", "/v1/rooms", nil), 200)
	w = w.killed(dir, nil)
	bob := w.guest("Bob")
	bob.call("POST", "/v1/rooms/"+locked.ID+"/join", nil).refused(403, "wrong_password")
	bob.call("POST", "/v1/rooms/"+locked.ID+"/spectate", obj{"password": "open"}).refused(403, "wrong_password")
	into[Join](bob.call("POST", "/v1/rooms/"+locked.ID+"/join", obj{"password": "sesame"}), 200)
	if j := into[Join](bob.call("POST", "/v1/rooms/join", obj{"code": private.Code}), 200); j.RoomID != private.ID {
		t.Errorf("the code leads to %s, want %s", j.RoomID, private.ID)
	}
	after := into[RoomList](bob.call("GET", "/v1/rooms", nil), 200)
	if len(after.Rooms) != 1 || after.Rooms[0].ID != locked.ID || !after.Rooms[0].Locked || after.Rooms[0].Metadata["map"] != "ice" ||
		len(list.Rooms) != 1 || after.Rooms[0].Mode != list.Rooms[0].Mode {
		t.Errorf("listed %+v, before %+v", after.Rooms, list.Rooms)
	}
}

// A note of another version may be that of a match.
func TestRoomWhoseNoteCannotBeReadIsNobodys(t *testing.T) {
	w := newWorld(t, nil)
	ann := w.guest("Ann")
	for _, text := range []string{"{", `{"match":7}`, "\x00", "{}", `{"v":2}`, `{"v":1,"rule":"friends"}`} {
		room, err := w.host.Create(t.Context(), CreateRoom{Game: "arena", Note: []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
		ann.call("POST", "/v1/rooms/"+room.ID+"/join", nil).refused(404, "no_room")
	}
	w.advance(2 * listingFor)
	if list := into[RoomList](ann.call("GET", "/v1/rooms", nil), 200); len(list.Rooms) != 0 {
		t.Errorf("listed: %+v", list.Rooms)
	}
}

// While the game side does not take the note, nobody is let in who would be a stranger after a restart; then the same ticket leads in.
func TestPlayerIsLetInOnceTheRoomHasNotedIt(t *testing.T) {
	w := newWorld(t, withMode(t, `{"mode":"duo","game":"arena","rules":{"teams":2,"size":1,"backfill":true}}`))
	ann, bob, cat := w.guest("Ann"), w.guest("Bob"), w.guest("Cat")
	a, b := ann.ticket("arena", 201).ID, bob.ticket("arena", 201).ID
	room, bobs := ann.left(a).RoomID, bob.left(b)
	w.host.seat(room, 64, TakenPlace{Team: bobs.Team})
	w.host.holds(room, bob.PlayerID)
	w.host.deafen(true)
	id := cat.ticket("arena", 201).ID
	for { // the match is made by another goroutine
		a := cat.call("GET", "/v1/tickets/"+id+"?wait=25", nil)
		if a.Code == 503 {
			a.refused(503, "busy")
			break
		}
		a.is(200)
	}
	w.host.deafen(false)
	if got := cat.left(id); got.RoomID != room || got.URL == "" {
		t.Errorf("%+v, want a place in %s", got, room)
	}
	if i := slices.IndexFunc(w.host.seated, func(p Player) bool { return p.ID == cat.PlayerID }); i != len(w.host.seated)-1 {
		t.Errorf("places for %+v, want Cat's once and last", w.host.seated)
	}
}
