package game

import (
	"net/http"
	"testing"
	"time"

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
