package game

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode"
)

func TestKickSendsAnAccountAwayFromEverywhere(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	one, two := r.create(RoomOptions{Game: "tiny"}).ID, r.create(RoomOptions{Game: "tiny"}).ID
	plays, bystander := r.play(r.seat(one, "ann")), r.play(r.seat(one, "ben"))
	watch, err := r.Reserve(two, Seat{Account: "cat", Name: "cat", Spectator: true})
	if err != nil {
		t.Fatal(err)
	}
	watches := r.play(watch)
	unused := r.seat(two, "ann")
	r.Kick("ann", "banned")
	r.Kick("cat", "banned")
	r.Kick("nobody", "banned")
	for name, g := range map[string]*guest{"player": plays, "spectator": watches} {
		if code := g.code(t); code != netcode.CloseKicked || netcode.MayReconnect(code) || netcode.MayResume(code) {
			t.Errorf("the %s was closed with %d, want %d", name, code, netcode.CloseKicked)
		}
	}
	if status, _ := r.get(unused); status != http.StatusUnauthorized {
		t.Errorf("the outstanding seat answers %d, want 401", status)
	}
	select {
	case err := <-bystander.ended:
		t.Errorf("somebody else was closed: %v", err)
	default:
	}
	eventually(t, "the places", func() bool {
		for _, info := range r.Rooms() {
			if info.ID == one && info.Players != 1 || info.ID == two && info.Players+info.Spectators != 0 {
				return false
			}
		}
		return true
	})
	r.play(r.seat(one, "ann")) // a later seat is good: Kick is no ban
}

// A sign-out in the middle of a handshake finds no socket yet; what comes of the handshake must not stay.
func TestKickReachesASocketOnItsWay(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	id := r.create(RoomOptions{Game: "tiny"}).ID
	room, seat, err := r.enter(r.seat(id, "ann"))
	if err != nil {
		t.Fatal(err)
	}
	r.Kick("ann", "banned")
	r.sit(room, seat)
	if r.current(seat) {
		t.Error("the socket may stay")
	}
	r.left(room, seat)
	if n := len(r.sitting); n != 0 {
		t.Errorf("%d accounts still sit somewhere", n)
	}
}

func TestKickTouchesTheRoomsOfTheAccountAlone(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	one, two := r.create(RoomOptions{Game: "tiny"}).ID, r.create(RoomOptions{Game: "tiny"}).ID
	room, seat, err := r.enter(r.seat(one, "ann"))
	other, bystander, err2 := r.enter(r.seat(two, "ben"))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	other.mu.Lock() // nobody can post to it
	done := make(chan struct{})
	go func() {
		r.Kick("ann", "banned")
		close(done)
	}()
	select {
	case <-done:
		other.mu.Unlock()
	case <-time.After(5 * time.Second):
		other.mu.Unlock()
		t.Error("the room of somebody else had to be waited for")
		<-done
	}
	r.left(room, seat)
	r.left(other, bystander)
}

// Seats are given back in any order, as sockets end.
func TestSeatsOfAnAccountAreFoundUntilTheyAreGivenBack(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	room := r.create(RoomOptions{Game: "tiny"}).ID
	rapid.Check(t, func(t *rapid.T) {
		clear(r.sitting)
		var held []*Seat
		r.mu.Lock()
		defer r.mu.Unlock()
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if len(held) == 0 || rapid.Bool().Draw(t, "take") {
				seat := &Seat{Account: rapid.SampledFrom([]string{"ann", "ben"}).Draw(t, "account")}
				r.enlist(r.rooms[room], seat)
				held = append(held, seat)
				continue
			}
			at := rapid.IntRange(0, len(held)-1).Draw(t, "gives back")
			r.delist(held[at])
			held = slices.Delete(held, at, at+1)
		}
		found := map[*Seat]bool{}
		for account, first := range r.sitting {
			for seat := first; seat != nil; seat = seat.next {
				if found[seat] || seat.Account != account {
					t.Fatalf("%s is found twice or under %s", seat.Account, account)
				}
				found[seat] = true
			}
		}
		for _, seat := range held {
			if !found[seat] {
				t.Fatal("a seat in use is not found")
			}
			r.delist(seat)
			delete(found, seat)
		}
		if len(found) != 0 {
			t.Fatalf("%d seats are found that were given back", len(found))
		}
		if len(r.sitting) != 0 {
			t.Fatalf("%d accounts are left", len(r.sitting))
		}
	})
}
