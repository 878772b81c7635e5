package lobby

import (
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
