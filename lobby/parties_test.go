package lobby

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/limit"
)

const pairs = `{"mode":"pairs","game":"arena","rules":{"teams":2,"size":2,"regions":["eu","us"],"latency_ms":90,
	"roles":[{"name":"tank","count":1},{"name":"scout","count":1}]}}`

// friends makes a party of guests, the first of whom leads, and all but whom are ready.
func (w *world) friends(names ...string) (list []player) {
	w.t.Helper()
	var p Party
	for i, name := range names {
		g := w.guest(name)
		list = append(list, g)
		if i == 0 {
			p = into[Party](g.call("POST", "/v1/party", nil), 201)
			continue
		}
		into[Party](g.call("POST", "/v1/party/join", obj{"code": strings.ToLower(p.Code)}), 200)
		into[Party](g.call("POST", "/v1/party/ready", obj{"ready": true, "roles": []string{"scout"}, "latency_ms": obj{"eu": 70, "us": 60}}), 200)
	}
	return list
}

func TestFriendsQueueAndPlayTogether(t *testing.T) {
	w := newWorld(t, withMode(t, pairs))
	four := w.friends("Ann", "Amy")
	ann, amy := four[0], four[1]
	begin := into[EventList](amy.call("GET", "/v1/events?wait=0", nil), 200)
	body := obj{"mode": "pairs", "roles": []string{"tank"}, "latency_ms": obj{"eu": 20, "us": 85}}
	tk := into[Ticket](ann.call("POST", "/v1/tickets", body), 201)
	if !slices.Equal(tk.PlayerIDs, []string{ann.PlayerID, amy.PlayerID}) || tk.PartyID == "" {
		t.Fatalf("%+v", tk)
	}
	if p := into[Party](amy.call("GET", "/v1/party", nil), 200); p.TicketID != tk.ID || p.ID != tk.PartyID || p.LeaderID != ann.PlayerID {
		t.Errorf("%+v", p)
	}
	list := into[EventList](amy.call("GET", "/v1/events?wait=25&since="+begin.Cursor, nil), 200)
	if list.Events[0].Kind != "ticket" || !strings.Contains(string(list.Events[0].Data), tk.ID) {
		t.Errorf("amy was told %+v", list)
	}
	bob, cat := w.guest("Bob"), w.guest("Cat")
	for _, p := range []player{bob, cat} {
		into[Ticket](p.call("POST", "/v1/tickets", obj{"mode": "pairs", "latency_ms": obj{"eu": 50}}), 201)
	}
	a, b := ann.left(tk.ID), amy.left(tk.ID)
	if a.State != "matched" || a.Team != b.Team || a.RoomID != b.RoomID || a.Role != "tank" || b.Role != "scout" || a.Region != "eu" || a.URL == b.URL {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func TestOnlyALeaderOfAReadyPartyQueues(t *testing.T) {
	w := newWorld(t, withMode(t, pairs))
	f := w.friends("Ann", "Amy")
	body := obj{"mode": "pairs", "latency_ms": obj{"eu": 20}}
	f[1].call("POST", "/v1/tickets", body).refused(403, "not_leader")
	for _, long := range []obj{
		{"ready": true, "roles": []string{strings.Repeat("<", 65)}},
		{"ready": true, "latency_ms": obj{strings.Repeat("<", 65): 1}},
		{"ready": true, "latency_ms": obj{"eu": -1}},
	} {
		f[1].call("POST", "/v1/party/ready", long).refused(422, "invalid") // it goes to all of them in one event
	}
	f[1].call("POST", "/v1/party/ready", obj{"ready": false}).is(200)
	f[0].call("POST", "/v1/tickets", body).refused(409, "party_not_ready")
	f[1].call("POST", "/v1/party/ready", obj{"ready": true, "latency_ms": obj{"us": 20}}).is(200)
	f[0].call("POST", "/v1/tickets", body).refused(422, "bad_ticket") // no region where both can play
}

func TestLeavingEndsThePartysTicket(t *testing.T) {
	for name, leave := range map[string]func(f []player) answer{
		"leave":     func(f []player) answer { return f[1].call("DELETE", "/v1/party", nil) },
		"kick":      func(f []player) answer { return f[0].call("DELETE", "/v1/party/members/"+f[1].PlayerID, nil) },
		"not ready": func(f []player) answer { return f[1].call("POST", "/v1/party/ready", obj{"ready": false}) },
	} {
		w := newWorld(t, withMode(t, pairs))
		f := w.friends("Ann", "Amy")
		tk := into[Ticket](f[0].call("POST", "/v1/tickets", obj{"mode": "pairs", "latency_ms": obj{"eu": 20}}), 201)
		if a := leave(f); a.Code >= 300 {
			t.Fatalf("%s: %d %s", name, a.Code, a.Body)
		}
		for _, p := range f {
			if got := p.get(tk.ID); got.State != "cancelled" || got.Ended != "party" {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
}

func TestMembersAreToldOfTheParty(t *testing.T) {
	w := newWorld(t, nil)
	f := w.friends("Ann", "Amy")
	begin := into[EventList](f[1].call("GET", "/v1/events?wait=0", nil), 200)
	f[0].call("POST", "/v1/party/leader", obj{"player_id": f[1].PlayerID}).is(200)
	f[1].call("DELETE", "/v1/party/members/"+f[0].PlayerID, nil).is(200)
	f[1].call("DELETE", "/v1/party", nil).is(204)
	var leaders []string
	var last Party
	for _, e := range into[EventList](f[1].call("GET", "/v1/events?wait=0&since="+begin.Cursor, nil), 200).Events {
		last = Party{}
		if err := json.Unmarshal(e.Data, &last); err != nil || e.Kind != "party" {
			t.Fatalf("%+v, %v", e, err)
		}
		leaders = append(leaders, fmt.Sprint(last.LeaderID == f[1].PlayerID, len(last.Members)))
	}
	if want := []string{"true 2", "true 1", "true 0"}; !slices.Equal(leaders, want) || last.Code != "" {
		t.Errorf("told %v, want %v; the last was %+v", leaders, want, last)
	}
	f[1].call("GET", "/v1/party", nil).refused(404, "no_party")
}

func TestPartyIsItsMembersOnly(t *testing.T) {
	w := newWorld(t, nil)
	f := w.friends("Ann", "Amy")
	eve := w.guest("Eve")
	for _, p := range []player{eve} {
		p.call("GET", "/v1/party", nil).refused(404, "no_party")
		p.call("DELETE", "/v1/party", nil).refused(404, "no_party")
		p.call("POST", "/v1/party/ready", obj{"ready": true}).refused(404, "no_party")
		p.call("POST", "/v1/party/code", nil).refused(404, "no_party")
		p.call("POST", "/v1/party/leader", obj{"player_id": p.PlayerID}).refused(404, "no_party")
		p.call("DELETE", "/v1/party/members/"+f[0].PlayerID, nil).refused(404, "no_party")
	}
	eve.call("POST", "/v1/party", nil).is(201)
	eve.call("DELETE", "/v1/party/members/"+f[0].PlayerID, nil).refused(404, "no_member")
	eve.call("POST", "/v1/party/leader", obj{"player_id": f[0].PlayerID}).refused(404, "no_member")
	f[1].call("DELETE", "/v1/party/members/"+f[0].PlayerID, nil).refused(403, "not_leader")
	f[1].call("POST", "/v1/party/code", nil).refused(403, "not_leader")
	f[1].call("POST", "/v1/party/leader", obj{"player_id": f[1].PlayerID}).refused(403, "not_leader")
	if p := into[Party](f[0].call("GET", "/v1/party", nil), 200); len(p.Members) != 2 || p.LeaderID != f[0].PlayerID {
		t.Errorf("%+v", p)
	}
}

// Codes cannot be tried out: a player has ten attempts and then one in six seconds, and a network as many as twenty players.
func TestAttemptsAtCodesAreThrottled(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Account = limit.Rate{Burst: 1000, Every: time.Millisecond} })
	eve := w.guest("Eve")
	for range 10 {
		eve.call("POST", "/v1/party/join", obj{"code": "AAAAAAAAAA"}).refused(404, "no_code")
	}
	a := eve.call("POST", "/v1/party/join", obj{"code": "AAAAAAAAAA"})
	if a.refused(429, "too_many_requests"); a.Header().Get("Retry-After") != "6" {
		t.Errorf("Retry-After %q", a.Header().Get("Retry-After"))
	}
	refused := 0
	for i := range 30 {
		other := w.guest(fmt.Sprint("Eve", i))
		for range 10 {
			if other.call("POST", "/v1/party/join", obj{"code": "AAAAAAAAAA"}).Code == 429 {
				refused++
			}
		}
	}
	if refused != 110 {
		t.Errorf("of 300 attempts by 30 accounts of one network %d were refused, want 110", refused)
	}
	if code := into[Party](w.guest("Ann").call("POST", "/v1/party", nil), 201).Code; len(code) != 10 { // of 32 letters: 50 bits
		t.Errorf("code %q", code)
	}
}
