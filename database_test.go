package skirmish

import (
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/internal/pgtest"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// duel is a match of draughts that two play over real sockets, until one resigns.
type duel struct {
	room     string
	players  [2]account
	ended    [2]chan error
	resign   chan struct{} // close it: the first player resigns at its next snapshot
	finished chan struct{} // the room has answered that
}

func playDuel(t *testing.T, url string) *duel {
	t.Helper()
	d := &duel{resign: make(chan struct{}), finished: make(chan struct{})}
	var place seat
	for i := range d.players {
		a := &d.players[i]
		if code := post(t, url+"/v1/auth/guest", "", map[string]string{"name": "Ann", "transport": "body"}, a); code != 200 {
			t.Fatalf("guest: %d", code)
		}
		path, body := "/v1/quickjoin", map[string]string{"game": "draughts"}
		if i == 1 {
			path, body = "/v1/rooms/"+place.RoomID+"/join", map[string]string{}
		}
		if code := post(t, url+path, a.AccessToken, body, &place); code != 200 {
			t.Fatalf("seat: %d", code)
		}
		d.room = place.RoomID
		var conn *client.Conn
		ready, seen, resigned := make(chan struct{}), 0, false
		opt := client.Options{Check: true, OnReply: func(msg.Reply) { close(d.finished) }, OnSnapshot: func() {
			if seen++; seen == 2 {
				close(ready)
			}
			select {
			case <-d.resign:
				if i == 0 && !resigned {
					_, err := conn.Call("resign", nil)
					resigned = err == nil
				}
			default:
			}
		}}
		var err error
		conn, err = client.Dial(t.Context(), place.URL, client.ConnOptions{Options: opt})
		if err != nil {
			t.Fatal(err)
		}
		d.ended[i] = make(chan error, 1)
		go func() { d.ended[i] <- conn.Run(t.Context()) }()
		within(t, 10*time.Second, "first snapshots", ready)
	}
	return d
}

// finish lets the first player resign, and fails if the room did not notice or a player has lost it.
func (d *duel) finish(t *testing.T) {
	t.Helper()
	close(d.resign)
	within(t, 10*time.Second, "the answer of the room", d.finished)
	for i, c := range d.ended {
		select {
		case err := <-c:
			t.Errorf("player %d lost its room with the database: %v", i, err)
		default:
		}
	}
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(20 * time.Second); !yes(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// tick is the tick of a room, as operators see it.
func tick(t *testing.T, admin, room string) uint32 {
	t.Helper()
	_, _, text := get(t, "http://"+admin+"/rooms")
	var list struct {
		Rooms []struct {
			ID   string `json:"id"`
			Tick uint32 `json:"tick"`
		} `json:"rooms"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, r := range list.Rooms {
		if r.ID == room {
			return r.Tick
		}
	}
	t.Fatalf("there is no room %s in %s", room, text)
	return 0
}

// stored says whether a match is stored.
func stored(t *testing.T, url, match string) bool {
	t.Helper()
	code, _, text := get(t, url+"/v1/matches/"+match)
	var m struct {
		ID string `json:"id"`
	}
	if code == 200 && (json.Unmarshal([]byte(text), &m) != nil || m.ID != match) {
		t.Errorf("match %s: %s", match, text)
	}
	return code == 200
}

// The database is stopped while two play, one resigns, the database is started: the result is stored, and the room has not
// noticed anything.
func TestAResultWaitsForTheDatabase(t *testing.T) {
	db := pgtest.Start(t)
	s := serveHere(t, Config{DatabaseURL: db.URL(t)})
	d := playDuel(t, s.url)
	db.Stop(t)
	if code := post(t, s.url+"/v1/auth/guest", "", map[string]string{"name": "Ben", "transport": "body"}, nil); code != http.StatusServiceUnavailable {
		t.Errorf("a guest without a database: %d, want 503", code)
	}
	ticket := map[string]string{"game": "draughts"}
	if code := post(t, s.url+"/v1/tickets", d.players[0].AccessToken, ticket, nil); code != http.StatusServiceUnavailable {
		t.Errorf("a ticket without a database: %d, want 503", code)
	}
	if code, header, text := get(t, s.url+"/v1/matches/"+d.room); code != 503 || header.Get("Retry-After") != "5" ||
		!strings.Contains(text, "database_unavailable") || header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("a match without a database: %d, %v, %s", code, header, text)
	}
	if code, _, _ := get(t, s.url+"/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d, want 503", code)
	}
	before := tick(t, s.adminAddr, d.room)
	eventually(t, "the room ticks on", func() bool { return tick(t, s.adminAddr, d.room) > before+2 })
	d.finish(t)
	db.Restart(t)
	eventually(t, "the result is stored", func() bool { return stored(t, s.url, d.room) })
	if code := post(t, s.url+"/v1/tickets", d.players[0].AccessToken, ticket, nil); code != http.StatusCreated {
		t.Errorf("a ticket when the database is back: %d, want 201: the refused one has left nothing", code)
	}
}

// The database is stopped, a match ends, and then the server is killed: the next server on the folder stores the result, once.
func TestAResultThatWaitsOutlivesTheServer(t *testing.T) {
	db := pgtest.Start(t)
	args := []string{"serve", "--db", db.URL(t), "--data", t.TempDir()}
	first := start(t, args...)
	d := playDuel(t, first.url)
	db.Stop(t)
	d.finish(t)
	waiting := func(c *child, n string) func() bool {
		return func() bool {
			_, _, text := get(t, c.admin+"/metrics")
			return strings.Contains(text, "\nskirmish_results_waiting "+n+"\n")
		}
	}
	eventually(t, "the result waits in its file", waiting(first, "1"))
	if err := first.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = first.cmd.Wait() // it was killed
	db.Restart(t)
	for range 2 { // the second finds an empty file
		next := start(t, args...)
		eventually(t, "the result is stored", func() bool { return stored(t, next.url, d.room) })
		eventually(t, "no result waits", waiting(next, "0"))
		_, _, text := get(t, next.url+"/v1/matches?player="+d.players[1].PlayerID)
		if n := strings.Count(text, `"id":"`+d.room+`"`); n != 1 {
			t.Errorf("the match is %d times in the history: %s", n, text)
		}
		if err := next.cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = next.cmd.Wait()
	}
}
