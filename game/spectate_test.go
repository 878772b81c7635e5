package game

import (
	"errors"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
)

func (r *hostRig) watchSeat(room, account string) (string, error) {
	return r.Reserve(room, Seat{Account: account, Name: account, Spectator: true})
}

func TestSpectatorsHaveAPlaceLimitOfTheirOwn(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) {
		c.EmptyFor = time.Hour
		c.Games = []*Def{
			tinyDef("tiny", Config{TickRate: 50, MaxPlayers: 1, MaxSpectators: 2}, nil),
			tinyDef("closed", Config{TickRate: 50, MaxSpectators: -1}, nil),
		}
	})
	room := r.create(RoomOptions{Game: "tiny"}).ID
	eve, err := r.watchSeat(room, "eve")
	if err != nil {
		t.Fatal(err)
	}
	eves := r.play(eve)
	if _, err := r.watchSeat(room, "fay"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.watchSeat(room, "gus"); !errors.Is(err, ErrRoomFull) {
		t.Errorf("a third spectator of two: %v, want ErrRoomFull", err)
	}
	if info := r.Rooms()[0]; info.Players != 0 || info.Spectators != 2 {
		t.Errorf("%d players and %d spectators are listed, want 0 and 2", info.Players, info.Spectators)
	}
	r.play(r.seat(room, "ann")) // its place is free
	if _, err := r.Reserve(room, Seat{Account: "ben", Name: "ben"}); !errors.Is(err, ErrRoomFull) {
		t.Errorf("a second player of one: %v, want ErrRoomFull", err)
	}
	eves.quit()
	eventually(t, "the spectator's place", func() bool { _, err := r.watchSeat(room, "gus"); return err == nil })
	closed := r.create(RoomOptions{Game: "closed"}).ID
	if _, err := r.watchSeat(closed, "eve"); !errors.Is(err, ErrUnwatched) {
		t.Errorf("watching a game that is not watched: %v, want ErrUnwatched", err)
	}
	unwatched := r.create(RoomOptions{Game: "tiny", Unwatched: true}).ID
	if _, err := r.watchSeat(unwatched, "eve"); !errors.Is(err, ErrUnwatched) {
		t.Errorf("watching a room whose maker does not want it: %v, want ErrUnwatched", err)
	}
}

// Who watches may see what players do not.
func TestPlayerGetsNoSeatToWatchItsOwnRoom(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	room, other := r.create(RoomOptions{Game: "tiny"}).ID, r.create(RoomOptions{Game: "tiny"}).ID
	ann := r.play(r.seat(room, "ann"))
	if _, err := r.watchSeat(room, "ann"); !errors.Is(err, ErrPlaysHere) {
		t.Errorf("a seat to watch the room one plays in: %v, want ErrPlaysHere", err)
	}
	if _, err := r.watchSeat(other, "ann"); err != nil {
		t.Errorf("a seat to watch another room: %v", err)
	}
	ann.quit()
	eventually(t, "the player's place", func() bool { _, err := r.watchSeat(room, "ann"); return err == nil })
}

// A server that is watched for months must not remember everybody who ever watched.
func TestHostForgetsSpectatorsThatLeft(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	room := r.create(RoomOptions{Game: "tiny"}).ID
	seat, err := r.watchSeat(room, "eve")
	if err != nil {
		t.Fatal(err)
	}
	r.play(seat).quit()
	eventually(t, "the host's lists to be empty", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.sitting)+len(r.resumable)+len(r.seats)+len(r.seatIDs)+r.rooms[room].watching == 0
	})
}

func TestRoomWithSpectatorsAloneEnds(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = 20 * time.Millisecond })
	room := r.create(RoomOptions{Game: "tiny"}).ID
	seat, err := r.watchSeat(room, "eve")
	if err != nil {
		t.Fatal(err)
	}
	ann := r.play(r.seat(room, "ann"))
	eve := r.play(seat)
	ann.quit()
	if code := eve.code(t); code != 4005 {
		t.Errorf("the spectator was closed with %d, want 4005", code)
	}
}

// The role is in the signed token too: a seat to watch never becomes one to play.
func TestSeatToWatchDoesNotPlay(t *testing.T) {
	r := newHostRig(t, nil)
	room := r.create(RoomOptions{Game: "tiny"}).ID
	if _, err := r.watchSeat(room, "eve"); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	id, epoch := r.seatIDs["eve"], r.rooms[room].epoch
	r.mu.Unlock()
	forged, _, err := r.signer.Seat(token.Seat{
		Room: room, Epoch: epoch, Player: "eve", Name: "eve", Node: r.node, ID: id, Role: token.RolePlayer,
	})
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := r.get(forged); status != 401 {
		t.Errorf("a token of another role with the id of the reservation: %d, want 401", status)
	}
}
