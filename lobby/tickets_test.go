package lobby

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func (p player) ticket(game string, status int) Ticket {
	p.t.Helper()
	return into[Ticket](p.call("POST", "/v1/tickets", obj{"game": game}), status)
}

func (p player) get(id string) Ticket {
	p.t.Helper()
	return into[Ticket](p.call("GET", "/v1/tickets/"+id, nil), 200)
}

func TestTwoTicketsMakeAMatch(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob := w.guest("Ann"), w.guest("Bob")
	a := ann.ticket("draughts", 201)
	if a.State != "queued" || a.Position != 1 || a.URL != "" || a.RoomID != "" || !a.ExpiresAt.Equal(t0.Add(10*time.Minute)) {
		t.Errorf("queued %+v", a)
	}
	b := bob.ticket("draughts", 201)
	if b.State != "matched" || b.RoomID != "room-1" || !strings.Contains(b.URL, "/v1/play?seat=") ||
		!b.ExpiresAt.Equal(t0.Add(30*time.Second)) {
		t.Errorf("matched %+v", b)
	}
	a = ann.get(a.ID)
	if a.State != "matched" || a.RoomID != "room-1" || a.URL == b.URL || a.Position != 0 {
		t.Errorf("matched %+v", a)
	}
	if again := ann.get(a.ID); again.URL == a.URL || again.URL == "" {
		t.Errorf("the URL is not fresh: %s", again.URL)
	}
	if r := w.host.rooms["room-1"]; !r.Private || r.Game != "draughts" {
		t.Errorf("the match's room %+v", r)
	}
	if list := into[RoomList](w.call("GET", "/v1/rooms", nil), 200); len(list.Rooms) != 0 {
		t.Errorf("the match's room is listed: %+v", list)
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
	eve.call("GET", "/v1/tickets/"+id, nil).refused(404, "no_ticket")
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
	bob.ticket("draughts", 201)
	w.advance(30 * time.Second)
	if got := ann.get(id); got.State != "expired" || got.URL != "" {
		t.Errorf("ticket %+v", got)
	}
}

func TestTicketOfAnEndedRoomExpires(t *testing.T) {
	w := newWorld(t, nil)
	ann, bob := w.guest("Ann"), w.guest("Bob")
	id := ann.ticket("draughts", 201).ID
	bob.ticket("draughts", 201)
	delete(w.host.rooms, "room-1")
	if got := ann.get(id); got.State != "expired" || got.URL != "" || got.RoomID != "" {
		t.Errorf("ticket %+v", got)
	}
	ann.ticket("draughts", 201)
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
	if got := ann.get(id); got.State != "matched" {
		t.Errorf("ticket %+v", got)
	}
}

func TestTicketNeedsAGameWithMatches(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	p.call("POST", "/v1/tickets", `{"game":"arena"}`).refused(422, "no_matchmaking")
	p.call("POST", "/v1/tickets", `{"game":"chess"}`).refused(404, "unknown_game")
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
