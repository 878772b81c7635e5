package game

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/netcode"
	netclient "github.com/skirmish-dev/skirmish/netcode/client"
)

// Of any number of attempts with one seat exactly one gets a WebSocket.
func TestSeatIsUsedOnce(t *testing.T) {
	r := newHostRig(t, nil)
	seat := r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ann")
	const tries = 50
	var wg sync.WaitGroup
	start, conns, errs := make(chan struct{}), make(chan *netclient.Conn, tries), make(chan error, tries)
	for range tries {
		wg.Go(func() {
			<-start
			if c, err := r.dial(seat, netclient.ConnOptions{}); err != nil {
				errs <- err
			} else {
				conns <- c
			}
		})
	}
	close(start)
	wg.Wait()
	if len(conns) != 1 {
		t.Errorf("%d of %d attempts with one seat were let in", len(conns), tries)
	}
	for range len(errs) {
		if err := <-errs; !strings.Contains(err.Error(), "401") {
			t.Errorf("an attempt ended with %v, want 401", err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range len(conns) {
		if err := (<-conns).Run(ctx); err != nil {
			t.Error(err)
		}
	}
}

func TestBadSeatIsRefusedBeforeTheUpgrade(t *testing.T) {
	r := newHostRig(t, nil)
	room := r.create(RoomOptions{Game: "tiny"}).ID
	r.seat(room, "eve")
	r.mu.Lock()
	reserved := r.seatIDs["eve"]
	r.mu.Unlock()
	sign := func(s token.Seat) string {
		s.Player, s.Name, s.ExpiresAt = "eve", "eve", r.now().Add(20*time.Second)
		text, _, err := r.signer.Seat(s)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	access, _, err := r.signer.Access("eve", "s", 0)
	if err != nil {
		t.Fatal(err)
	}
	replaced := r.seat(room, "twice")
	r.seat(room, "twice")
	other := newHostRig(t, nil)
	foreign := other.seat(other.create(RoomOptions{Game: "tiny"}).ID, "eve")
	expired := r.seat(room, "late")
	tampered := []byte(r.seat(room, "changed"))
	tampered[len(tampered)-10] ^= 1

	for _, c := range []struct {
		name, seat string
		status     int
	}{
		{"no seat", "", 401},
		{"garbage", "abc.def.ghi", 401},
		{"an access token", access, 401},
		{"one of another key", foreign, 401},
		{"a changed one", string(tampered), 401},
		{"one of an earlier boot", sign(token.Seat{Room: room, Epoch: 1, Node: "earlier", ID: reserved}), 401},
		{"one that was never reserved", sign(token.Seat{Room: room, Epoch: 1, Node: r.node}), 401},
		{"one that a newer one replaced", replaced, 401},
		{"one of another room of that id", sign(token.Seat{Room: room, Epoch: 2, Node: r.node, ID: reserved}), 403},
		{"one of a room that is gone", sign(token.Seat{Room: "gone", Epoch: 1, Node: r.node}), 403},
	} {
		if status, h := r.get(c.seat); status != c.status || h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d with %s, want %d as a problem", c.name, status, h.Get("Content-Type"), c.status)
		}
		if conn, err := r.dial(c.seat, netclient.ConnOptions{}); err == nil {
			t.Errorf("%s: let in: %v", c.name, conn)
		}
	}
	r.ahead.Store(int64(token.MaxSeatTTL))
	if status, _ := r.get(expired); status != 401 {
		t.Errorf("an expired one: %d, want 401", status)
	}
}

// A seat carries what matchmaking has given the player, and so does the next one, when the player sits down anew.
func TestSeatSaysTheTeamAndTheRole(t *testing.T) {
	told := make(chan struct{}, 2)
	ids := map[PlayerID]bool{} // of the loop's goroutine
	r := newHostRig(t, func(c *HostConfig) {
		c.Games = []*Def{tinyDef("tiny", Config{TickRate: 50, MaxPlayers: 4}, func(t *Tick) {
			for p := range t.Players() {
				if p.Team() == 2 && p.Role() == "tank" && p.Name == "Ann" && !ids[p.ID] {
					ids[p.ID] = true
					told <- struct{}{}
				}
			}
		})}
	})
	room := r.create(RoomOptions{Game: "tiny", Region: "eu"})
	if room.Region != "eu" {
		t.Errorf("the room is in %q, want eu", room.Region)
	}
	taken := func(want ...TakenPlace) func() bool {
		return func() bool { return slices.Equal(r.Rooms()[0].Taken, want) && r.Rooms()[0].Players == len(want) }
	}
	var ann *guest
	for range 2 {
		text, err := r.Reserve(room.ID, Seat{Account: "ann", Name: "Ann", Team: 2, Role: "tank"})
		if err != nil {
			t.Fatal(err)
		}
		if ann == nil && !taken(TakenPlace{2, "tank"})() {
			t.Errorf("with a seat for the tank of team 2 the room's list of places is %v", r.Rooms()[0].Taken)
		}
		ann = r.play(text)
		within(t, "a player of the second team", told)
		eventually(t, "one place to be taken", taken(TakenPlace{2, "tank"}))
	}
	ann.quit()
	eventually(t, "the place to be free", taken())
}

func TestPlacesAreCountedWithThoseOnTheirWay(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) {
		c.EmptyFor = time.Hour
		// The clock jumps, which makes ann silent for too long: nobody is to be kept.
		c.Games = []*Def{tinyDef("tiny", Config{TickRate: 50, MaxPlayers: 4, Grace: -1}, nil)}
	})
	room := r.create(RoomOptions{Game: "tiny"}).ID
	ann := r.play(r.seat(room, "ann"))
	for _, who := range []string{"ben", "cat", "dan"} {
		r.seat(room, who)
	}
	if _, err := r.Reserve(room, Seat{Account: "eve", Name: "eve"}); !errors.Is(err, ErrRoomFull) {
		t.Fatalf("a fifth of four places: %v", err)
	}
	r.seat(room, "dan") // again: its own place
	if n := r.Rooms()[0].Players; n != 4 {
		t.Errorf("%d players in the list, want 4", n)
	}
	r.ahead.Store(int64(token.MaxSeatTTL)) // ben, cat and dan have not come
	for _, who := range []string{"eve", "fay", "gus"} {
		r.seat(room, who)
	}
	if _, err := r.Reserve(room, Seat{Account: "hal", Name: "hal"}); !errors.Is(err, ErrRoomFull) {
		t.Errorf("a fifth of four places after three have expired: %v", err)
	}
	ann.quit()
	eventually(t, "ann's place", func() bool { return r.Rooms()[0].Players == 3 })
	r.seat(room, "hal")
}

func TestHandshakeThatFailsGivesThePlaceBack(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	room := r.create(RoomOptions{Game: "tiny"}).ID
	status, _ := r.get(r.seat(room, "ann"))
	if status/100 != 4 || status == http.StatusUnauthorized {
		t.Fatalf("a GET that wants no WebSocket was answered %d", status)
	}
	if n := r.Rooms()[0].Players; n != 0 {
		t.Errorf("%d players after a handshake that failed, want 0", n)
	}
}

func TestQuickJoinPicksTheFullestPublicRoom(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Hour })
	empty, fuller := r.create(RoomOptions{Game: "tiny"}).ID, r.create(RoomOptions{Game: "tiny"}).ID
	private := r.create(RoomOptions{Game: "tiny", Private: true}).ID
	r.seat(fuller, "ann")
	for _, who := range []string{"ben", "cat"} {
		r.seat(private, who)
	}
	rooms := map[string]int{}
	for _, who := range []string{"dan", "eve", "fay", "gus", "hal", "ian", "jim", "kay"} {
		id, _, err := r.QuickJoin("tiny", Seat{Account: who, Name: who})
		if err != nil {
			t.Fatal(err)
		}
		rooms[id]++
	}
	if rooms[fuller] != 3 || rooms[empty] != 4 || rooms[private] != 0 || len(rooms) != 3 {
		t.Errorf("QuickJoin chose %v; want 3 in %s, 4 in %s and one in a new room", rooms, fuller, empty)
	}
	if _, _, err := r.QuickJoin("chess", Seat{Account: "ann"}); !errors.Is(err, ErrUnknownGame) {
		t.Errorf("QuickJoin of an unknown game: %v", err)
	}
}

func TestRoomsAreLimited(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.MaxRooms = 2 })
	r.create(RoomOptions{Game: "tiny"})
	r.create(RoomOptions{Game: "tiny"})
	if _, err := r.Create(RoomOptions{Game: "tiny"}); !errors.Is(err, ErrTooMany) {
		t.Errorf("a third of two rooms: %v", err)
	}
}

func TestEmptyRoomIsDisposed(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = 30 * time.Millisecond })
	room := r.create(RoomOptions{Game: "tiny"}).ID
	seat := r.seat(room, "ann")
	ann := r.play(seat)
	ann.quit()
	eventually(t, "the room to go", func() bool { return len(r.Rooms()) == 0 })
	if _, err := r.Reserve(room, Seat{Account: "ben", Name: "ben"}); !errors.Is(err, ErrNoRoom) {
		t.Errorf("a seat in a room that is gone: %v", err)
	}
}

func TestRoomWaitsForWhoeverHasASeat(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) {
		c.EmptyFor = time.Millisecond
		c.Games = []*Def{tinyDef("tiny", Config{TickRate: 50, MaxPlayers: 4, RunEmpty: true}, nil)}
	})
	id, seat, err := r.QuickJoin("tiny", Seat{Account: "ann", Name: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	ticks := r.Metrics().Ticks.Load()
	eventually(t, "some ticks", func() bool { return r.Metrics().Ticks.Load() > ticks+10 })
	if len(r.Rooms()) != 1 || r.Rooms()[0].ID != id {
		t.Fatal("the room has gone while somebody is on the way to it")
	}
	r.play(seat)
}

func TestNewestSeatWinsAcrossRooms(t *testing.T) {
	r := newHostRig(t, nil)
	first := r.play(r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ann"))
	second := r.play(r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ann"))
	if code := first.code(t); code != netcode.CloseReplaced {
		t.Errorf("the older socket was closed with %d, want %d", code, netcode.CloseReplaced)
	}
	select {
	case err := <-second.ended:
		t.Errorf("the newer socket ended: %v", err)
	default:
	}
}

// TestAccountSitsInOneRoomAtATime: also when both sockets come between two ticks.
func TestAccountSitsInOneRoomAtATime(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.Games = []*Def{tinyDef("tiny", Config{TickRate: 2, MaxPlayers: 4}, nil)} })
	first, second := r.create(RoomOptions{Game: "tiny"}).ID, r.create(RoomOptions{Game: "tiny"}).ID
	old, err := r.dial(r.seat(first, "eve"), netclient.ConnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{ended: make(chan error, 1)}
	go func() { g.ended <- old.Run(t.Context()) }()
	r.play(r.seat(second, "eve"))
	if code := g.code(t); code != netcode.CloseReplaced {
		t.Errorf("the older socket ended with %d, want %d", code, netcode.CloseReplaced)
	}
}

// TestSeatClaimedLaterIsTheNewest, also when the handshake of the one before takes longer.
func TestSeatClaimedLaterIsTheNewest(t *testing.T) {
	r := newHostRig(t, nil)
	claim := func() (*hosted, *Seat) {
		_, token, err := r.QuickJoin("tiny", Seat{Account: "eve", Name: "eve"})
		if err != nil {
			t.Fatal(err)
		}
		room, seat, err := r.enter(token)
		if err != nil {
			t.Fatal(err)
		}
		return room, seat
	}
	r.create(RoomOptions{Game: "tiny"})
	room, first := claim()
	_, second := claim()
	r.sit(room, second)
	r.sit(room, first)
	if r.current(first) || !r.current(second) {
		t.Errorf("the seat claimed first is current: %v, the one claimed then: %v", r.current(first), r.current(second))
	}
	r.left(room, first)
	if !r.current(second) {
		t.Error("the account's seat is not current any more once the other is given back")
	}
	r.left(room, second)
}

// TestFailedHandshakeForgetsNothing: a seat that is used up by a request that is no WebSocket leaves the account where it plays.
func TestFailedHandshakeForgetsNothing(t *testing.T) {
	r := newHostRig(t, nil)
	first, second := r.create(RoomOptions{Game: "tiny"}).ID, r.create(RoomOptions{Game: "tiny"}).ID
	old := r.play(r.seat(first, "eve"))
	if status, _ := r.get(r.seat(first, "eve")); status != http.StatusUpgradeRequired {
		t.Fatalf("a plain GET of a seat is answered with %d", status)
	}
	r.play(r.seat(second, "eve"))
	if code := old.code(t); code != netcode.CloseReplaced {
		t.Errorf("the older socket ended with %d, want %d", code, netcode.CloseReplaced)
	}
}

// TestPlayerComesBackToAFullRoom: its own dead socket, not yet noticed, does not keep it out.
func TestPlayerComesBackToAFullRoom(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.Games = []*Def{tinyDef("tiny", Config{TickRate: 50, MaxPlayers: 2}, nil)} })
	room := r.create(RoomOptions{Game: "tiny"}).ID
	old := r.play(r.seat(room, "ann"))
	r.play(r.seat(room, "ben"))
	if _, err := r.Reserve(room, Seat{Account: "cid", Name: "cid"}); !errors.Is(err, ErrRoomFull) {
		t.Fatalf("a third player: %v", err)
	}
	r.play(r.seat(room, "ann"))
	if code := old.code(t); code != netcode.CloseReplaced {
		t.Errorf("the older socket ended with %d, want %d", code, netcode.CloseReplaced)
	}
}

func TestDrainTellsEverybodyToComeBack(t *testing.T) {
	r := newHostRig(t, nil)
	room := r.create(RoomOptions{Game: "tiny"}).ID
	unused := r.seat(room, "late")
	ann, ben := r.play(r.seat(room, "ann")), r.play(r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ben"))
	r.drain()
	for _, g := range []*guest{ann, ben} {
		if code := g.code(t); code != netcode.CloseGoingDown {
			t.Errorf("closed with %d, want %d", code, netcode.CloseGoingDown)
		}
	}
	if status, h := r.get(unused); status != http.StatusServiceUnavailable || h.Get("Retry-After") == "" {
		t.Errorf("the door answers %d with Retry-After %q", status, h.Get("Retry-After"))
	}
	if _, err := r.Create(RoomOptions{Game: "tiny"}); !errors.Is(err, ErrDraining) {
		t.Errorf("a new room: %v", err)
	}
	if len(r.Rooms()) != 0 {
		t.Errorf("%d rooms are left", len(r.Rooms()))
	}
	if err := r.Drain(t.Context(), 0); err != nil { // a second time: it has ended already
		t.Errorf("draining again: %v", err)
	}
}

func TestPanicOfOneGameLeavesTheOtherRooms(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) {
		c.Loops = 1
		c.Games = append(c.Games, tinyDef("bomb", Config{TickRate: 50}, func(t *Tick) {
			for range t.Players() {
				panic("boom")
			}
		}))
	})
	ann := r.play(r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ann"))
	bomb := r.create(RoomOptions{Game: "bomb"}).ID
	conn, err := r.dial(r.seat(bomb, "ben"), netclient.ConnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var closed *netclient.CloseError
	if err := conn.Run(context.Background()); !errors.As(err, &closed) || closed.Code != netcode.CloseRoomError {
		t.Errorf("the player of the room that panicked was told %v", err)
	}
	ticks := r.Metrics().Ticks.Load()
	eventually(t, "the other room to go on", func() bool { return r.Metrics().Ticks.Load() > ticks+5 })
	eventually(t, "the room to be let go", func() bool { return len(r.Rooms()) == 1 })
	select {
	case err := <-ann.ended:
		t.Errorf("the other player's connection ended: %v", err)
	default:
	}
}

func TestResultIsStoredAgainAfterAnError(t *testing.T) {
	stored := make(chan MatchResult, 10)
	tries := 0
	r := newHostRig(t, func(c *HostConfig) {
		c.Games = []*Def{tinyDef("short", Config{TickRate: 50}, func(t *Tick) {
			for p := range t.Players() {
				t.Finish(Result{Standings: []Standing{{Player: p, Rank: 1}}})
			}
		})}
		c.OnResult = func(_ context.Context, id string, m MatchResult) error {
			if tries++; tries == 1 {
				return errors.New("the disk is full")
			}
			if id != m.Room {
				return nil
			}
			stored <- m
			return nil
		}
	})
	r.play(r.seat(r.create(RoomOptions{Game: "short"}).ID, "ann"))
	select {
	case m := <-stored:
		if len(m.Standings) != 1 || m.Standings[0].Account != "ann" || m.Game != "short" {
			t.Errorf("stored %+v", m)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the result was not stored")
	}
	r.drain()
	if len(stored) != 0 {
		t.Error("the result was stored twice")
	}
}

func TestHostConfigSaysWhatIsMissing(t *testing.T) {
	keys, err := token.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := token.NewSigner(token.Config{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := token.NewVerifier(token.Config{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	d := tinyDef("tiny", Config{}, nil)
	good := HostConfig{Games: []*Def{d}, Signer: signer, Verifier: verifier}
	if err := good.Validate(); err != nil {
		t.Errorf("a good config: %v", err)
	}
	for want, change := range map[string]func(*HostConfig){
		"at least one game":           func(c *HostConfig) { c.Games = nil },
		"Signer":                      func(c *HostConfig) { c.Signer = nil },
		"Verifier":                    func(c *HostConfig) { c.Verifier = nil },
		"cannot be negative":          func(c *HostConfig) { c.MaxRooms = -1 },
		"SeatTTL":                     func(c *HostConfig) { c.SeatTTL = time.Minute },
		`two games are called "tiny"`: func(c *HostConfig) { c.Games = []*Def{d, d} },
		"upgrade timeout":             func(c *HostConfig) { c.Upgrade.Timeout = -1 },
	} {
		c := good
		change(&c)
		if _, err := NewHost(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}
