package store

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

func ticket(id string, accounts ...string) Ticket {
	t := Ticket{ID: id, Mode: "duel", Shared: json.RawMessage(`{"latency_ms":{"eu":20}}`), QueuedAt: t0, Expires: t0.Add(time.Minute)}
	for i, a := range accounts {
		t.Members = append(t.Members, TicketMember{Account: a, Skill: 25.5 + float64(i), Roles: json.RawMessage(`["tank"]`)})
	}
	return t
}

// matchedTicket is the same ticket with a place for each account.
func matchedTicket(id string, accounts ...string) Ticket {
	t := ticket(id, accounts...)
	t.Expires, t.TicketPlace = t0.Add(time.Hour), TicketPlace{Room: "room", Region: "eu", Team: 2, Lineup: json.RawMessage(`[{"player_id":"b"}]`)}
	for i := range accounts {
		t.Roles = append(t.Roles, []string{"tank", "healer"}[i])
	}
	return t
}

func roomOf(t Ticket) TicketRoom { return TicketRoom{t.ID, t.Expires, t.TicketPlace} }

func TestTicketsAreReadBackAsTheyWerePut(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		for _, id := range []string{"a", "b", "c"} {
			addGuest(t, s, id, t0)
		}
		is := func(want ...Ticket) {
			t.Helper()
			got, err := s.Tickets(t.Context())
			if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("got %+v, %v\nwant %+v", got, err, want)
			}
		}
		put := func(k Ticket) {
			t.Helper()
			if err := s.PutTicket(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
		is()
		late, party := ticket("late", "c"), ticket("party", "b", "a")
		late.QueuedAt = t0.Add(time.Second)
		party.Party = "p"
		put(late)
		put(party)
		is(party, late)
		put(party) // in place of itself
		is(party, late)
		waits := party
		party.Expires, party.TicketPlace = matchedTicket("party", "b", "a").Expires, matchedTicket("party", "b", "a").TicketPlace
		move := func() {
			t.Helper()
			if err := s.MoveTickets(t.Context(), []TicketRoom{{"nosuch", t0, party.TicketPlace}, roomOf(party)}); err != nil {
				t.Fatal(err)
			}
		}
		move()
		is(party, late)
		if err := s.MoveTickets(t.Context(), []TicketRoom{roomOf(waits)}); err != nil {
			t.Fatal(err)
		}
		is(waits, late)
		put(party) // whole, with its place
		is(party, late)
		next := ticket("next", "a")
		put(next) // in place of the party's, both its rows
		is(next, late)
		move() // the party's is gone, and takes no place again
		is(next, late)
		if err := s.DropTickets(t.Context(), []string{"next", "nosuch"}); err != nil {
			t.Fatal(err)
		}
		is(late)
		put(party)
		if err := s.Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		is(late)
	})
}
