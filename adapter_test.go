package skirmish

import (
	"errors"
	"fmt"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby"
)

// Rooms that players make for themselves must not keep the others from playing.
func TestRoomsOfPlayersLeaveATenthForMatches(t *testing.T) {
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
	defer func() {
		if err := host.Drain(t.Context(), 0); err != nil {
			t.Error(err)
		}
	}()
	a := allocator{host}
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
