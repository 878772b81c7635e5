package lobby

import (
	"slices"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

// Clients that only use tickets never list rooms, and nothing tells the lobby that a match is over.
func TestNotesOfEndedMatchesAreForgottenThoughNobodyListsRooms(t *testing.T) {
	w := newWorld(t, nil)
	order := match.Order{
		Mode: match.DefaultMode("draughts", 2), Teams: 2, Players: []match.Placed{{Player: "ann", Team: 1}, {Player: "bob", Team: 2}},
	}
	stays, err := w.lobby.queue.newRoom(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 * ownSweep {
		room, err := w.lobby.queue.newRoom(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		w.host.end(room)
		w.advance(time.Second)
		if n := len(w.lobby.notes.rooms); n > ownSweep {
			t.Fatalf("%d notes, and one match runs", n)
		}
	}
	if _, known := w.lobby.notes.of(stays); !known {
		t.Error("the note of the match that runs is forgotten")
	}
}

// Each of a team's places that is given away is that of one player who is not there.
func TestPlaceThatIsGivenAwayIsThatOfOnePlayer(t *testing.T) {
	at := func(player string, team int, role string) match.Placed {
		return match.Placed{Player: player, Team: team, Role: role}
	}
	duo := [][]string{{"", ""}, {"", ""}}
	roles := [][]string{{"tank", "scout"}, {"tank", "scout"}}
	for _, c := range []struct {
		name    string
		places  [][]string
		players []match.Placed
		seated  []string
		come    []match.Placed
		want    []match.Placed
	}{
		{"both are away and one place is filled: the one who came last may come back", duo,
			[]match.Placed{at("ann", 1, ""), at("bob", 1, ""), at("eve", 2, "")}, nil, []match.Placed{at("cat", 1, "")},
			[]match.Placed{at("bob", 1, ""), at("eve", 2, ""), at("cat", 1, "")}},
		{"who is there stays", duo,
			[]match.Placed{at("ann", 1, ""), at("bob", 1, "")}, []string{"ann"}, []match.Placed{at("cat", 1, "")},
			[]match.Placed{at("ann", 1, ""), at("cat", 1, "")}},
		{"a party of two does not take its own places", duo,
			[]match.Placed{at("ann", 1, ""), at("bob", 1, "")}, nil, []match.Placed{at("cat", 1, ""), at("dan", 1, "")},
			[]match.Placed{at("cat", 1, ""), at("dan", 1, "")}},
		{"another role is another place", roles,
			[]match.Placed{at("ann", 1, "tank"), at("bob", 1, "scout"), at("eve", 2, "tank")}, nil, []match.Placed{at("cat", 1, "tank")},
			[]match.Placed{at("bob", 1, "scout"), at("eve", 2, "tank"), at("cat", 1, "tank")}},
		{"a place that nobody had is nobody's to lose", duo,
			[]match.Placed{at("ann", 1, "")}, nil, []match.Placed{at("cat", 1, "")},
			[]match.Placed{at("ann", 1, ""), at("cat", 1, "")}},
	} {
		is := note{Match: &madeMatch{Places: c.places, Players: c.players}}
		before := slices.Clone(c.players)
		for _, p := range c.come {
			is = is.letIn(p, c.seated)
		}
		if !slices.Equal(is.Match.Players, c.want) {
			t.Errorf("%s: %v, want %v", c.name, is.Match.Players, c.want)
		}
		if !slices.Equal(c.players, before) {
			t.Errorf("%s: the note of before has changed", c.name)
		}
	}
}

// A ticket may outlive what is known of its room: then its player waits for another room and not for the end of the claim time. A note that
// cannot be read is of more use to who can than one that says only who came last.
func TestTicketOfARoomWithoutALegibleMatchWaitsAgain(t *testing.T) {
	for _, kept := range []string{"", `{"v":2,"match":{"mode":"draughts"}}`} {
		dir := t.TempDir()
		w := newWorldIn(t, dir, nil)
		ann, bob := w.guest("Ann"), w.guest("Bob")
		var at [2]match.Ticket
		for i, p := range []player{ann, bob} {
			p.ticket("draughts", 201)
			var err error
			if at[i], err = w.lobby.queue.Open(p.PlayerID); err != nil {
				t.Fatal(err)
			}
		}
		for at[0].State == match.Queued {
			var err error
			if at[0], err = w.lobby.queue.Wait(t.Context(), at[0].ID, ann.PlayerID, match.Until{At: 25 * time.Second}); err != nil {
				t.Fatal(err)
			}
		}
		room := at[0].Room
		if err := w.host.Note(t.Context(), room, []byte(kept)); err != nil {
			t.Fatal(err)
		}
		w.lobby.notes = newNotes(w.clock) // as after a restart
		if got := ann.get(at[0].ID); got.State != "queued" || got.URL != "" {
			t.Errorf("note %q: %+v, want it queued", kept, got)
		}
		if r, err := w.host.Room(t.Context(), room); err != nil || string(r.Note) != kept {
			t.Errorf("the room keeps %q, %v; want %q", r.Note, err, kept)
		}
	}
}

// What rooms keep is read by later versions: its words change with noteVersion alone.
func TestNoteIsKeptUnderItsOwnWords(t *testing.T) {
	is := note{Private: true, Match: &madeMatch{Mode: "duo", Places: [][]string{{"tank"}}, Players: []match.Placed{{Player: "ann", Team: 1, Role: "tank"}}}}
	text, err := is.encode()
	const want = `{"v":1,"private":true,"match":{"mode":"duo","skill":0,"places":[["tank"]],"players":[{"player":"ann","team":1,"role":"tank"}]}}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
	if got := noteIn(Room{Note: text}); got.unread() || !slices.Equal(got.Match.Players, is.Match.Players) {
		t.Errorf("read as %+v", got)
	}
}
