package game

import (
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowDef is a game whose constructor does what hold says, from the third time on: Define makes two.
func slowDef(hold func()) *Def {
	made := 0
	var mu sync.Mutex
	return Define("slow", Config{TickRate: 50, MaxPlayers: 4}, func(b *Builder) Game[NoInput] {
		mu.Lock()
		made++
		run := made > 2
		mu.Unlock()
		if run {
			hold()
		}
		g := &tiny{}
		Replicate(b, "row", &g.rows)
		return g
	})
}

func TestGameThatIsMadeSlowlyStopsNobodyElse(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	def := slowDef(func() { begun <- struct{}{}; <-release })
	r := newHostRig(t, func(c *HostConfig) { c.Games, c.MaxRooms, c.Loops = append(c.Games, def), 3, 1 })
	ann := r.create(RoomOptions{Game: "tiny"}).ID
	r.play(r.seat(ann, "ann"))
	made, quick := make(chan error, 1), make(chan error, 1)
	go func() { _, err := r.Create(RoomOptions{Game: "slow"}); made <- err }()
	within(t, "the constructor", begun)
	go func() { _, _, err := r.QuickJoin("slow", Seat{Account: "eve", Name: "eve"}); quick <- err }()
	within(t, "the other constructor", begun)

	others := make(chan struct{})
	go func() {
		defer close(others)
		r.Rooms()
		r.play(r.seat(ann, "ben"))
		if _, _, err := r.QuickJoin("tiny", Seat{Account: "cid", Name: "cid"}); err != nil {
			t.Errorf("a place in a room that runs: %v", err)
		}
		if _, err := r.Create(RoomOptions{Game: "tiny"}); !errors.Is(err, ErrTooMany) {
			t.Errorf("a fourth room of three, two of which are being made: %v", err)
		}
		ticks := r.Metrics().Ticks.Load()
		eventually(t, "ticks of the room that runs", func() bool { return r.Metrics().Ticks.Load() > ticks+3 })
	}()
	within(t, "what others do meanwhile", others)
	close(release)
	for _, c := range []chan error{made, quick} {
		if err := <-c; err != nil {
			t.Error(err)
		}
	}
	if n := len(r.Rooms()); n != 3 {
		t.Errorf("%d rooms, want 3", n)
	}
}

// Who asks for any room at the same moment comes together in one, however long it takes to make.
func TestQuickJoinsAtOnceShareOneRoom(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) {
		c.Games = []*Def{slowDef(runtime.Gosched)}
		c.EmptyFor = time.Hour
	})
	rooms := make(chan string, 4)
	var wg sync.WaitGroup
	for _, who := range []string{"ann", "ben", "cid", "dan"} {
		wg.Go(func() {
			id, _, err := r.QuickJoin("slow", Seat{Account: who, Name: who})
			if err != nil {
				t.Error(err)
			}
			rooms <- id
		})
	}
	wg.Wait()
	for range 4 {
		if id := <-rooms; id != r.Rooms()[0].ID {
			t.Errorf("one sits in %s, another in %s", id, r.Rooms()[0].ID)
		}
	}
}

func TestRoomThatIsMadeWhileTheHostDrainsIsNot(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	r := newHostRig(t, func(c *HostConfig) { c.Games = []*Def{slowDef(func() { begun <- struct{}{}; <-release })} })
	made := make(chan error, 1)
	go func() { _, err := r.Create(RoomOptions{Game: "slow"}); made <- err }()
	within(t, "the constructor", begun)
	r.drain()
	close(release)
	if err := <-made; !errors.Is(err, ErrDraining) || len(r.Rooms()) != 0 {
		t.Errorf("it was made: %v, %d rooms", err, len(r.Rooms()))
	}
}

// A room that cannot be made counts no more.
func TestGameThatPanicsWhenMadeLeavesNothing(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.Games, c.MaxRooms = []*Def{slowDef(func() { panic("boom") })}, 1 })
	for range 3 {
		if _, err := r.Create(RoomOptions{Game: "slow"}); err == nil || !strings.Contains(err.Error(), "boom") {
			t.Fatalf("it was made: %v", err)
		}
	}
	if _, err := r.Create(RoomOptions{Game: "slow", Options: json.RawMessage(`{}`)}); errors.Is(err, ErrTooMany) {
		t.Error("rooms that could not be made count as some")
	}
}
