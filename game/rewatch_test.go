package game

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// watchers is how many the room list says watch a room.
func (r *hostRig) watchers(room string) int {
	for _, info := range r.Rooms() {
		if info.ID == room {
			return info.Spectators
		}
	}
	return -1
}

// watch dials a seat to watch.
func (r *hostRig) watch(room, account string) *line {
	r.t.Helper()
	seat, err := r.watchSeat(room, account)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.line(seat)
}

func TestSpectatorResumesWithoutTheLobby(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	room := r.create(RoomOptions{Game: "tiny"}).ID
	eve := r.watch(room, "eve")
	for range 3 {
		eve.cut()
		if n := r.watchers(room); n != 1 {
			t.Errorf("%d places are counted while the spectator is away, want 1", n)
		}
		if err := eve.Resume(context.Background()); err != nil {
			t.Fatal(err)
		}
		eve.run()
		eventually(t, "the old place to be given back", func() bool { return r.watchers(room) == 1 })
	}
	eve.leave()
	eventually(t, "the place to be free", func() bool { return r.watchers(room) == 0 })
	r.expectNothingKept()
}

func TestResumeSeatOfASpectatorIsUsedOnceAndMakesNoPlayer(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	room := r.create(RoomOptions{Game: "tiny"}).ID
	eve := r.watch(room, "eve")
	eve.cut()
	used := eve.resumeSeat()
	if err := eve.Resume(context.Background()); err != nil {
		t.Fatal(err)
	}
	eve.run()
	if status, _ := r.get(used); status != 401 {
		t.Errorf("a resume seat that was used: %d, want 401", status)
	}
	if eve.Player != 0 || r.players(room) != 0 {
		t.Errorf("it has become player %d of %d", eve.Player, r.players(room))
	}
}

func TestPlaceOfAnAwaySpectatorIsGivenBackAfterTheGrace(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) {
		c.EmptyFor = time.Hour
		c.Games = []*Def{tinyDef("tiny", Config{TickRate: 50, MaxSpectators: 1, Grace: 5 * time.Second}, nil)}
	})
	room := r.create(RoomOptions{Game: "tiny"}).ID
	eve := r.watch(room, "eve")
	eve.cut()
	if _, err := r.watchSeat(room, "fay"); !errors.Is(err, ErrRoomFull) {
		t.Errorf("a seat for somebody else: %v, want ErrRoomFull", err)
	}
	eventually(t, "the grace time to end", func() bool {
		r.ahead.Add(int64(time.Second))
		_, err := r.watchSeat(room, "fay")
		return err == nil
	})
	if err := eve.Resume(context.Background()); status(err) != 401 {
		t.Errorf("resuming after the grace: %v, want 401", err)
	}
}

func TestNewSeatOfASpectatorReplacesTheOneItHad(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	first, second := r.create(RoomOptions{Game: "tiny"}).ID, r.create(RoomOptions{Game: "tiny"}).ID
	away, open := r.watch(first, "eve"), r.watch(second, "eve")
	if code := away.end(); code != 4003 {
		t.Errorf("the older socket was closed with %d, want 4003", code)
	}
	eventually(t, "the older place to be free", func() bool { return r.watchers(first) == 0 })
	open.cut()
	again := r.watch(second, "eve")
	eventually(t, "the lost place to be free", func() bool { return r.watchers(second) == 1 })
	if err := open.Resume(context.Background()); status(err) != 401 {
		t.Errorf("resuming what was replaced: %v, want 401", err)
	}
	again.leave()
}

// Who plays in one room may look into another, and come back there after a loss.
func TestWatchingAnotherRoomDoesNotEndPlaying(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	mine, other := r.create(RoomOptions{Game: "tiny"}).ID, r.create(RoomOptions{Game: "tiny"}).ID
	plays := r.line(r.seat(mine, "ann"))
	id := plays.Player
	watches := r.watch(other, "ann")
	watches.cut()
	if err := watches.Resume(context.Background()); err != nil {
		t.Fatal(err)
	}
	watches.run()
	plays.cut()
	if err := plays.Resume(context.Background()); err != nil {
		t.Fatalf("the player has lost its place by watching elsewhere: %v", err)
	}
	plays.run()
	if plays.Player != id || r.players(mine) != 1 || r.watchers(other) != 1 {
		t.Errorf("player %d was %d; %d play, %d watch", plays.Player, id, r.players(mine), r.watchers(other))
	}
	if third := r.line(r.seat(other, "ann")); third.Player == 0 {
		t.Error("it cannot play where it watches")
	}
	if code := plays.end(); code != 4003 {
		t.Errorf("a second seat to play left the first open: it ended with %d", code)
	}
	if r.watchers(other) != 1 {
		t.Error("a seat to play has ended the watching")
	}
}

// The old socket may end at any moment of a resume.
func TestSpectatorResumeRacesTheEndOfTheOldSocket(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	room := r.create(RoomOptions{Game: "tiny"}).ID
	eve := r.watch(room, "eve")
	for range 30 {
		old := eve.snap()
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := old.Conn.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := eve.Resume(context.Background()); err != nil {
			t.Fatal(err)
		}
		eve.run()
		wg.Wait()
	}
	eventually(t, "the old places to be given back", func() bool { return r.watchers(room) == 1 })
	eve.leave()
	eventually(t, "the place to be free", func() bool { return r.watchers(room) == 0 })
	r.expectNothingKept()
}
