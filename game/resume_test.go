package game

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/netcode"
	netclient "github.com/skirmish-dev/skirmish/netcode/client"
)

// line is a client whose network a test can cut.
type line struct {
	*netclient.Conn
	r     *hostRig
	in    chan struct{} // closed at the first snapshot of the connection
	ended chan error    // what Run returned

	leave context.CancelFunc

	mu    sync.Mutex
	cable *cable
}

// cable is a network connection that can be snapped: its client is cut off, and the server does not hear of it yet.
type cable struct {
	net.Conn
	snapped atomic.Bool
}

func (c *cable) Write(b []byte) (int, error) {
	if c.snapped.Load() {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

func (c *cable) Close() error {
	if c.snapped.Load() {
		return nil
	}
	return c.Conn.Close()
}

// line dials a seat and plays until the network is cut.
func (r *hostRig) line(seat string) *line {
	r.t.Helper()
	l := &line{r: r}
	conn, err := r.dial(seat, netclient.ConnOptions{
		NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			l.cable = &cable{Conn: nc}
			return l.cable, nil
		},
		Options: netclient.Options{Check: true, OnSnapshot: func() {
			select {
			case <-l.in:
			default:
				close(l.in)
			}
		}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	l.Conn = conn
	l.run()
	return l
}

func (l *line) run() {
	l.r.t.Helper()
	l.in, l.ended = make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	l.r.t.Cleanup(cancel)
	l.leave = cancel
	ended := l.ended
	go func() { ended <- l.Run(ctx) }()
	within(l.r.t, "the first snapshot", l.in)
}

// cut breaks the connection without a close frame, and waits until the client has seen it.
func (l *line) cut() {
	l.r.t.Helper()
	if err := l.snap().Conn.Close(); err != nil {
		l.r.t.Fatal(err)
	}
}

// snap cuts the client off and waits until it has seen it. The server has not, until the cable's Conn is closed.
func (l *line) snap() *cable {
	l.r.t.Helper()
	l.mu.Lock()
	c := l.cable
	l.mu.Unlock()
	c.snapped.Store(true)
	l.end()
	return c
}

// end waits for the end of Run and returns the close code.
func (l *line) end() uint16 {
	l.r.t.Helper()
	select {
	case err := <-l.ended:
		var closed *netclient.CloseError
		if !errors.As(err, &closed) {
			l.r.t.Fatalf("the connection ended with %v", err)
		}
		return closed.Code
	case <-time.After(10 * time.Second):
		l.r.t.Fatal("the connection has not ended")
		return 0
	}
}

// resumeSeat is the seat that the client would dial. Its connection must have ended.
func (l *line) resumeSeat() string {
	l.r.t.Helper()
	seat, ok := l.Core.Resume()
	if !ok {
		l.r.t.Fatal("no resume seat")
	}
	return seat
}

func (r *hostRig) players(room string) int {
	for _, info := range r.Rooms() {
		if info.ID == room {
			return info.Players
		}
	}
	return -1
}

// status is how a dial was refused, 101 if it was not, 0 for anything else.
func status(err error) int {
	var refused *netclient.RefusedError
	switch {
	case err == nil:
		return 101
	case errors.As(err, &refused):
		return refused.Status
	}
	return 0
}

func TestResumeKeepsThePlayerAndItsPlace(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) { c.EmptyFor = time.Millisecond })
	room := r.create(RoomOptions{Game: "tiny"}).ID
	ann := r.line(r.seat(room, "ann"))
	id := ann.Player
	for range 3 {
		ann.cut()
		if n := r.players(room); n != 1 {
			t.Errorf("%d places are counted while the player is away, want 1", n)
		}
		if err := ann.Resume(context.Background()); err != nil {
			t.Fatal(err)
		}
		ann.run()
		if ann.Player != id {
			t.Errorf("resumed as player %d, was %d", ann.Player, id)
		}
		eventually(t, "the old place to be given back", func() bool { return r.players(room) == 1 })
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.resumable) != 1 || r.newest("ann", false).resumes != nil {
		t.Errorf("%d connections can be resumed, want one that remembers no other", len(r.resumable))
	}
}

func TestPlaceOfAnAwayPlayerIsNotGivenToOthers(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) {
		c.Games = []*Def{tinyDef("tiny", Config{TickRate: 50, MaxPlayers: 1, Grace: 5 * time.Second}, nil)}
	})
	room := r.create(RoomOptions{Game: "tiny"}).ID
	ann := r.line(r.seat(room, "ann"))
	ann.cut()
	if _, err := r.Reserve(room, Seat{Account: "ben", Name: "ben"}); !errors.Is(err, ErrRoomFull) {
		t.Errorf("a seat for somebody else: %v, want ErrRoomFull", err)
	}
	if other, _, err := r.QuickJoin("tiny", Seat{Account: "ben", Name: "ben"}); err != nil || other == room {
		t.Errorf("quick join led into %q: %v", other, err)
	}
	if _, err := r.Reserve(room, Seat{Account: "ann", Name: "ann"}); err != nil {
		t.Errorf("a new seat for who is away: %v", err)
	}
	eventually(t, "the grace time to end", func() bool {
		r.ahead.Add(int64(time.Second)) // again and again: the server may not have seen the cut yet
		_, err := r.Reserve(room, Seat{Account: "ben", Name: "ben"})
		return err == nil
	})
}

// Of any number of attempts with the resume seats of one connection exactly one gets a WebSocket.
func TestResumeSeatIsUsedOnce(t *testing.T) {
	r := newHostRig(t, nil)
	ann := r.line(r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ann"))
	ann.cut()
	seat := ann.resumeSeat()
	const tries = 30
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
		t.Errorf("%d of %d attempts with one resume seat were let in", len(conns), tries)
	}
	for range len(errs) {
		if err := <-errs; status(err) != 401 {
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

func TestUsedResumeSeatOpensNothingLater(t *testing.T) {
	r := newHostRig(t, nil)
	ann := r.line(r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ann"))
	ann.cut()
	used := ann.resumeSeat()
	if err := ann.Resume(context.Background()); err != nil {
		t.Fatal(err)
	}
	ann.run()
	if status, _ := r.get(used); status != 401 {
		t.Errorf("while its player plays: %d, want 401", status)
	}
	ann.cut()
	if status, _ := r.get(used); status != 401 {
		t.Errorf("when its player is away again: %d, want 401", status)
	}
}

// A socket that comes to nothing has used nothing up: on a bad network the first dial may well be lost.
func TestResumeSeatIsGoodAgainWhenItsSocketNeverJoined(t *testing.T) {
	r := newHostRig(t, nil)
	ann := r.line(r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ann"))
	ann.cut()
	seat := ann.resumeSeat()
	if status, _ := r.get(seat); status == 401 || status == 101 { // a GET that is no handshake
		t.Fatalf("without an upgrade: %d", status)
	}
	var mute net.Conn
	_, err := r.dial(seat, netclient.ConnOptions{NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		var err error
		mute, err = new(net.Dialer).DialContext(ctx, network, addr)
		return mute, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := r.get(seat); status != 401 {
		t.Errorf("while a socket is on its way to the place: %d, want 401", status)
	}
	if err := mute.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the seat to be good again", func() bool { return ann.Resume(context.Background()) == nil })
	ann.run()
}

func TestBadResumeSeatIsRefusedBeforeTheUpgrade(t *testing.T) {
	r := newHostRig(t, nil)
	room := r.create(RoomOptions{Game: "tiny"}).ID
	ann := r.line(r.seat(room, "ann"))
	next := r.create(RoomOptions{Game: "tiny"}).ID
	r.mu.Lock()
	session, epoch, elsewhere := r.newest("ann", false).session, r.rooms[room].epoch, r.rooms[next].epoch
	r.mu.Unlock()
	other := newHostRig(t, nil)
	stranger := other.line(other.seat(other.create(RoomOptions{Game: "tiny"}).ID, "ann"))
	stranger.cut()
	good := token.Resume{Epoch: epoch, Session: session}
	sign := func(change func(*token.Resume)) string {
		t.Helper()
		claims := good
		claims.ExpiresAt = r.now().Add(time.Minute)
		change(&claims)
		text, err := r.resumes.Append(nil, claims)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	asFirst, _, err := r.signer.Seat(token.Seat{Room: room, Epoch: epoch, Player: "ann", Name: "ann", Node: r.node})
	if err != nil {
		t.Fatal(err)
	}
	earlier, err := token.NewResumes(r.now).Append(nil, token.Resume{Epoch: epoch, Session: session, ExpiresAt: r.now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	tampered := []byte(sign(func(*token.Resume) {}))
	tampered[len(tampered)-10] ^= 1
	for _, c := range []struct {
		name, seat string
		status     int
	}{
		{"one of another server", stranger.resumeSeat(), 401},
		{"a changed one", string(tampered), 401},
		{"one of an earlier boot", string(earlier), 401},
		{"one of a connection in another room", sign(func(c *token.Resume) { c.Epoch = elsewhere }), 401},
		{"one of a connection that never was", sign(func(c *token.Resume) { c.Session = 1 << 40 }), 401},
		{"a first seat that nobody reserved", asFirst, 401},
		{"one of a room that is gone", sign(func(c *token.Resume) { c.Epoch = 1 << 40 }), 403},
	} {
		if status, h := r.get(c.seat); status != c.status || h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d with %s, want %d as a problem", c.name, status, h.Get("Content-Type"), c.status)
		}
	}
	ann.cut()
	if err := ann.Resume(context.Background()); err != nil {
		t.Errorf("the right one after all that: %v", err)
	}
	ann.run()
}

// Rooms are not kept beyond the process: its resume seats open nothing at the next one, and a seat of the lobby makes a new player.
func TestResumeSeatOfAServerThatWasRestartedIsRefused(t *testing.T) {
	before := newHostRig(t, nil)
	room := before.create(RoomOptions{Game: "tiny"}).ID
	ann := before.line(before.seat(room, "ann"))
	before.drain()
	if code := ann.end(); code != netcode.CloseGoingDown {
		t.Errorf("closed with %d", code)
	}

	after := newHostRig(t, nil)
	room = after.create(RoomOptions{Game: "tiny"}).ID
	if _, err := after.dial(ann.resumeSeat(), netclient.ConnOptions{}); status(err) != 401 {
		t.Errorf("the seat of the server before: %v, want status 401", err)
	}
	if n := after.players(room); n != 0 {
		t.Errorf("%d players", n)
	}
	after.line(after.seat(room, "ann"))
	if n := after.players(room); n != 1 {
		t.Errorf("with a seat of the lobby %d players", n)
	}
}

func TestExpiredResumeSeatIsRefused(t *testing.T) {
	r := newHostRig(t, nil)
	ann := r.line(r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ann"))
	ann.cut()
	seat := ann.resumeSeat()
	eventually(t, "the seat to be refused", func() bool {
		r.ahead.Add(int64(time.Second)) // again and again: the server may not have seen the cut yet
		status, _ := r.get(seat)
		return status == 401 || status == 403
	})
	if ahead := time.Duration(r.ahead.Load()); ahead < 20*time.Second {
		t.Errorf("refused after %v, within the grace time", ahead)
	}
	r.ahead.Store(int64(time.Minute))
	if _, err := r.resumes.Open(seat); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("the seat is still valid after a minute: %v", err)
	}
	r.expectNothingKept()
}

// expectNothingKept fails the test unless the Host forgets, before long, all who have played.
func (r *hostRig) expectNothingKept() {
	r.t.Helper()
	eventually(r.t, "everything to be forgotten", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.resumable) == 0 && len(r.sitting) == 0
	})
}

func TestResumeAfterTheRoomEndedIsRefused(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) {
		c.Games = append(c.Games, tinyDef("bomb", Config{TickRate: 50}, func(t *Tick) {
			if t.N > 20 {
				panic("boom")
			}
		}))
	})
	ann := r.line(r.seat(r.create(RoomOptions{Game: "bomb"}).ID, "ann"))
	if code := ann.end(); code != netcode.CloseRoomError {
		t.Fatalf("closed with %d, want %d", code, netcode.CloseRoomError)
	}
	eventually(t, "the room to be let go", func() bool { return len(r.Rooms()) == 0 })
	if err := ann.Resume(context.Background()); status(err) != 403 {
		t.Errorf("resuming in a room that is gone: %v, want 403", err)
	}
	r.expectNothingKept()
}

func TestResumeWhileDrainingIsRefused(t *testing.T) {
	r := newHostRig(t, nil)
	ann := r.line(r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ann"))
	ann.cut()
	r.drain()
	if err := ann.Resume(context.Background()); status(err) != 503 {
		t.Errorf("got %v, want 503", err)
	}
}

func TestSeatInAnotherRoomEndsThePlaceOfAnAwayPlayer(t *testing.T) {
	r := newHostRig(t, nil)
	first := r.create(RoomOptions{Game: "tiny"}).ID
	ann := r.line(r.seat(first, "ann"))
	ann.cut()
	r.play(r.seat(r.create(RoomOptions{Game: "tiny"}).ID, "ann"))
	eventually(t, "the old place to be free", func() bool { return r.players(first) <= 0 })
	if err := ann.Resume(context.Background()); status(err) != 401 && status(err) != 403 {
		t.Errorf("resuming there: %v, want 401", err)
	}
}

func TestFirstSeatInTheSameRoomReplacesAnAwayPlayer(t *testing.T) {
	r := newHostRig(t, nil)
	room := r.create(RoomOptions{Game: "tiny"}).ID
	ann := r.line(r.seat(room, "ann"))
	ann.cut()
	again := r.line(r.seat(room, "ann"))
	if again.Player == ann.Player {
		t.Errorf("a first seat made no new player")
	}
	eventually(t, "the old place to be free", func() bool { return r.players(room) == 1 })
	if err := ann.Resume(context.Background()); status(err) != 401 {
		t.Errorf("resuming the replaced player: %v, want 401", err)
	}
}

// The old socket may end at any moment of a resume: before its handshake, in it, after its JOIN.
func TestResumeRacesTheEndOfTheOldSocket(t *testing.T) {
	r := newHostRig(t, nil)
	room := r.create(RoomOptions{Game: "tiny"}).ID
	ann := r.line(r.seat(room, "ann"))
	id := ann.Player
	for range 30 {
		old := ann.snap()
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := old.Conn.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := ann.Resume(context.Background()); err != nil {
			t.Fatal(err)
		}
		ann.run()
		wg.Wait()
		if ann.Player != id {
			t.Fatalf("resumed as player %d, was %d", ann.Player, id)
		}
	}
	eventually(t, "the old places to be given back", func() bool { return r.players(room) == 1 })
	ann.leave()
	eventually(t, "the place to be free", func() bool { return r.players(room) <= 0 })
	r.expectNothingKept()
}
