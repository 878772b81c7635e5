package skirmish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby"
)

func newAllocator(t *testing.T) allocator {
	t.Helper()
	keys, err := token.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	signer, err1 := token.NewSigner(token.Config{Keys: keys})
	verifier, err2 := token.NewVerifier(token.Config{Keys: keys})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	host, err := game.NewHost(game.HostConfig{Games: testGames, Signer: signer, Verifier: verifier, MaxRooms: 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Drain(context.Background(), 0); err != nil {
			t.Error(err)
		}
	})
	return allocator{host}
}

// What matchmaking says of a room and of its players reaches the host, and comes back for backfill.
func TestMatchesKeepTheirRegionAndPlaces(t *testing.T) {
	a := newAllocator(t)
	places := map[lobby.TakenPlace]int{{Team: 2, Role: "tank"}: 1}
	room, err := a.Create(t.Context(), lobby.CreateRoom{Game: "draughts", Private: true, Region: "eu", Places: places})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Reserve(t.Context(), room.ID, lobby.Player{ID: "ann", Name: "Ann", Team: 2, Role: "tank"}); err != nil {
		t.Fatal(err)
	}
	rooms, err := a.Rooms(t.Context(), "draughts")
	want := []lobby.TakenPlace{{Team: 2, Role: "tank"}}
	if err != nil || len(rooms) != 1 || rooms[0].Region != "eu" || !slices.Equal(rooms[0].Taken, want) {
		t.Errorf("%+v, %v, want one in eu with %v", rooms, err, want)
	} else if !slices.Equal(rooms[0].Seated, []string{"ann"}) {
		t.Errorf("the place is of %v, want ann", rooms[0].Seated)
	}
	_, err = a.Reserve(t.Context(), room.ID, lobby.Player{ID: "bob", Name: "Bob", Team: 2, Role: "tank"})
	if !errors.Is(err, lobby.ErrRoomFull) {
		t.Errorf("a second tank of one: %v, want ErrRoomFull", err)
	}
}

// What the lobby knows of a room is with the room, from its first moment on, for a lobby that is started after it. It is the lobby's alone.
func TestRoomsKeepTheNotesOfTheLobby(t *testing.T) {
	a := newAllocator(t)
	room, err := a.Create(t.Context(), lobby.CreateRoom{Game: "draughts", Note: []byte("one")})
	if err != nil || string(room.Note) != "one" {
		t.Fatalf("%+v, %v", room, err)
	}
	if err := a.Note(t.Context(), room.ID, []byte("two")); err != nil {
		t.Fatal(err)
	}
	same, err := a.Room(t.Context(), room.ID)
	list, err2 := a.Rooms(t.Context(), "")
	if err := errors.Join(err, err2); err != nil || string(same.Note) != "two" || same.ID != room.ID || len(list) != 1 || string(list[0].Note) != "two" {
		t.Errorf("%+v and %+v, %v", same, list, err)
	}
	info, err := a.host.Room(room.ID)
	if text, err2 := json.Marshal(game.RoomStats{RoomInfo: info}); errors.Join(err, err2) != nil || strings.Contains(string(text), "Note") {
		t.Errorf("an operator is shown %s, %v", text, errors.Join(err, err2))
	}
	_, err = a.Room(t.Context(), "nosuch")
	if err2 := a.Note(t.Context(), "nosuch", nil); !errors.Is(err, lobby.ErrNoRoom) || !errors.Is(err2, lobby.ErrNoRoom) {
		t.Errorf("a room that there is not: %v, %v", err, err2)
	}
}

// Rooms that players make for themselves must not keep the others from playing.
func TestRoomsOfPlayersLeaveATenthForMatches(t *testing.T) {
	a := newAllocator(t)
	for i := range 18 {
		if _, err := a.Create(t.Context(), lobby.CreateRoom{Game: "draughts", Owner: "ann"}); err != nil {
			t.Fatalf("room %d: %v", i+1, err)
		}
	}
	if _, err := a.Create(t.Context(), lobby.CreateRoom{Game: "draughts", Owner: "bob"}); !errors.Is(err, lobby.ErrBusy) {
		t.Errorf("room 19, for a player: %v, want ErrBusy", err)
	}
	if _, err := a.Create(t.Context(), lobby.CreateRoom{Game: "draughts", Private: true}); err != nil {
		t.Errorf("room 19, for a match: %v", err)
	}
	if _, err := a.QuickJoin(t.Context(), "arena", lobby.Player{ID: "cid", Name: "Cid"}); err != nil {
		t.Errorf("room 20, by quick join: %v", err)
	}
	if _, err := a.Create(t.Context(), lobby.CreateRoom{Game: "draughts"}); !errors.Is(err, lobby.ErrBusy) {
		t.Errorf("room 21: %v, want ErrBusy", err)
	}
}

func TestOverloadOfTheHostIsOneOfTheLobby(t *testing.T) {
	if err := lobbyError(fmt.Errorf("room: %w", game.ErrOverloaded)); !errors.Is(err, lobby.ErrOverloaded) {
		t.Errorf("the lobby is told %v, and would answer 500", err)
	}
}
