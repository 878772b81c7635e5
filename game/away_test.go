package game_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// roamer is a client in a rig that goes from one connection to the next.
type roamer struct {
	*rig
	t     rapid.TB
	name  string
	conn  *conn.MemoryConn
	core  *client.Core
	heard []uint32     // beeps
	lost  [][2]uint64  // events, from..to
	seats []game.Seat  // that the room has made resume seats for
	left  []game.Seat  // that the room has given back
	other *client.Core // somebody who stays
	peer  *conn.MemoryConn
}

// newRoamer opens a room of def with one player who roams and one who stays.
func newRoamer(t rapid.TB, def *game.Def) *roamer {
	r := &roamer{rig: &rig{memory: conn.NewMemory(), now: time.Unix(1_000_000_000, 0)}, t: t, name: "ann"}
	r.memory.Now = func() time.Time { return r.now }
	var err error
	r.room, err = game.NewRoom(game.RoomConfig{
		Def: def, Transport: r.memory, ID: "rig", Now: r.memory.Now, Metrics: &r.metrics,
		ResumeSeat: func(dst []byte, s *game.Seat, p game.PlayerID) []byte {
			r.seats = append(r.seats, *s)
			return fmt.Append(dst, "seat of ", p)
		},
		Left: func(s *game.Seat) { r.left = append(r.left, *s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.core = client.NewCore(client.Options{
		Check:   true,
		OnEvent: func(e client.Event) { r.heard = append(r.heard, e.Words[0]) },
		OnLost:  func(from, to uint64) { r.lost = append(r.lost, [2]uint64{from, to}) },
	})
	r.conn = r.dial(r.name)
	r.other, r.peer = client.NewCore(client.Options{}), r.dial("ben")
	r.play(2)
	return r
}

// play runs ticks in which both clients say and take what there is.
func (r *roamer) play(ticks int) {
	for range ticks {
		r.core.Outgoing(r.now, r.conn.Send)
		r.other.Outgoing(r.now, r.peer.Send)
		r.step(1)
		r.take(r.core, r.conn, -1)
		r.take(r.other, r.peer, -1)
	}
}

// wait lets time pass without the roaming client.
func (r *roamer) wait(d time.Duration) {
	for range int(d / r.room.Period()) {
		r.other.Outgoing(r.now, r.peer.Send)
		r.step(1)
		r.take(r.other, r.peer, -1)
	}
}

// take gives a core the next n messages of its connection, or all.
func (r *roamer) take(core *client.Core, c *conn.MemoryConn, n int) {
	for ; n != 0; n-- {
		m, ok := c.Next()
		if !ok {
			return
		}
		if err := core.Receive(r.now, m); err != nil {
			r.t.Fatalf("tick %d: %v", r.room.Tick(), err)
		}
	}
}

// resume goes over to a new connection, without an end of the one before.
func (r *roamer) resume() {
	if seat, ok := r.core.Resume(); !ok || seat != fmt.Sprint("seat of ", r.core.Player) {
		r.t.Fatalf("the resume seat is %q", seat)
	}
	r.conn = r.memory.Dial(&game.Seat{Account: r.name, Name: r.name, Resume: game.PlayerID(r.core.Player)})
}

// awayProbe is a probe that writes down what it is told about the player 1.
func awayProbe(told *[]string, tick func(*probe, *game.Tick, game.Inputs[probeInput])) probe {
	note := func(what string) func(*game.Player) {
		return func(p *game.Player) {
			if p.ID == 1 {
				*told = append(*told, what)
			}
		}
	}
	return probe{join: note("join"), leave: note("leave"), drop: note("drop"), resume: note("resume"), tick: tick}
}

func TestLostPlayerStaysSeatedForTheGraceTime(t *testing.T) {
	for name, end := range map[string]struct {
		cut   func(*roamer)
		stays bool
	}{
		"a lost network":            {func(r *roamer) { r.conn.Leave() }, true},
		"a page that is reloaded":   {func(r *roamer) { r.conn.Close(1001, "") }, true},
		"a client out of step":      {func(r *roamer) { r.conn.Close(netcode.CloseBadMessage, "") }, true},
		"a client that leaves":      {func(r *roamer) { r.conn.Close(1000, "") }, false},
		"a bad message":             {func(r *roamer) { r.conn.Send([]byte{1}) }, false},
		"a message that is too big": {func(r *roamer) { r.conn.Send(make([]byte, 5000)) }, false},
		"the same account anew":     {func(r *roamer) { r.join("ann") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var told []string
			r := newRoamer(t, probeDef(awayProbe(&told, nil)))
			end.cut(r)
			r.step(2)
			if stays := slices.Equal(told, []string{"join", "drop"}); stays != end.stays {
				t.Fatalf("the game was told %v", told)
			}
			if !end.stays {
				if !slices.Equal(told, []string{"join", "leave"}) {
					t.Errorf("the game was told %v", told)
				}
				return
			}
			r.wait(20*time.Second - 2*r.room.Period())
			if r.room.Seated() != 2 || len(r.left) != 0 {
				t.Errorf("%d seated, left %+v before the grace time was over", r.room.Seated(), r.left)
			}
			r.wait(3 * r.room.Period())
			if !slices.Equal(told, []string{"join", "drop", "leave"}) || r.room.Seated() != 1 || len(r.left) != 1 {
				t.Errorf("after it the game was told %v; %d seated, left %+v", told, r.room.Seated(), r.left)
			}
		})
	}
}

func TestSilentClientKeepsItsPlace(t *testing.T) {
	var told []string
	r := newRoamer(t, probeDef(awayProbe(&told, nil)))
	r.wait(netcode.SilenceTimeout + 2*r.room.Period())
	if err := closedWith(r.conn, netcode.CloseSilent); err != nil || !slices.Equal(told, []string{"join", "drop"}) {
		t.Fatalf("the game was told %v; %v", told, err)
	}
	r.resume()
	r.play(2)
	if !slices.Equal(told, []string{"join", "drop", "resume"}) {
		t.Errorf("the game was told %v", told)
	}
}

func TestGameWithoutGraceLosesItsPlayerAtOnce(t *testing.T) {
	var told []string
	def := probeDefWith(game.Config{TickRate: probeRate, MaxPlayers: 8, Grace: -1}, awayProbe(&told, nil))
	r := newRoamer(t, def)
	r.conn.Leave()
	r.step(1)
	if !slices.Equal(told, []string{"join", "leave"}) || len(r.seats) != 0 {
		t.Errorf("the game was told %v, and %d resume seats were made", told, len(r.seats))
	}
}

func TestResumedPlayerGoesOnAsTheSame(t *testing.T) {
	var told []string
	var states []game.InputState
	r := newRoamer(t, probeDef(awayProbe(&told, func(_ *probe, tk *game.Tick, in game.Inputs[probeInput]) {
		_, s := in.Of(tk.Player(1))
		states = append(states, s)
	})))
	r.conn.Send(inputs(r.room.Tick()+1, 8, 1, true))
	r.play(2)
	before := states[len(states)-1]
	r.conn.Leave()
	r.step(3)
	if missing := states[len(states)-3:]; before != game.Fresh || slices.Max(missing) != game.Missing {
		t.Errorf("input was %v, and %v without a socket", before, missing)
	}
	id := r.core.Player
	r.resume()
	r.play(3)
	if r.core.Player != id || r.core.State.Tick() != r.room.Tick() || r.core.State.Hash() != r.room.StateHash() {
		t.Errorf("player %d at tick %d, was %d at %d", r.core.Player, r.core.State.Tick(), id, r.room.Tick())
	}
	if !slices.Equal(told, []string{"join", "drop", "resume"}) || r.room.Seated() != 2 {
		t.Errorf("the game was told %v; %d seated", told, r.room.Seated())
	}
	if len(r.left) != 1 || r.left[0].Resume != 0 {
		t.Errorf("given back: %+v, want the seat of the first socket", r.left)
	}
}

// The newest socket wins, and an old one that is still open is told so.
func TestResumeReplacesASocketThatIsStillOpen(t *testing.T) {
	var told []string
	r := newRoamer(t, probeDef(awayProbe(&told, nil)))
	old := r.conn
	r.resume()
	r.step(1)
	if _, _, closed := old.CloseInfo(); closed {
		t.Error("the old socket was closed before the new one has said JOIN")
	}
	r.play(1)
	if err := closedWith(old, netcode.CloseReplaced); err != nil {
		t.Error(err)
	}
	r.play(3)
	if !slices.Equal(told, []string{"join"}) || r.room.Seated() != 2 {
		t.Errorf("the game was told %v; %d seated", told, r.room.Seated())
	}
	if r.core.State.Hash() != r.room.StateHash() {
		t.Error("the client does not hold the state of the room")
	}
}

func TestResumeSeatWhosePlayerIsGoneIsClosed(t *testing.T) {
	for name, leave := range map[string]func(*roamer){
		"before":           func(r *roamer) { r.conn.Close(1000, ""); r.step(1); r.resume() },
		"in the same tick": func(r *roamer) { r.conn.Leave(); r.step(1); r.join("ann"); r.resume() },
		"when the grace time is over": func(r *roamer) {
			r.conn.Leave()
			r.step(1)
			r.wait(20 * time.Second)
			r.resume()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var told []string
			r := newRoamer(t, probeDef(awayProbe(&told, nil)))
			leave(r)
			r.core.Outgoing(r.now, r.conn.Send)
			r.step(1)
			if err := closedWith(r.conn, netcode.CloseNoPlace); err != nil {
				t.Error(err)
			}
			if told[len(told)-1] != "leave" || slices.Contains(told, "resume") {
				t.Errorf("the game was told %v", told)
			}
			r.step(1)
			if _, _, closed := r.peer.CloseInfo(); closed || r.metrics.Crashes.Load() != 0 {
				t.Error("the other player was hurt")
			}
		})
	}
}

func TestResumeClaimingEventsThatWereNotSentIsRefused(t *testing.T) {
	var told []string
	r := newRoamer(t, probeDef(awayProbe(&told, nil)))
	r.conn.Leave()
	r.step(1)
	liar := r.memory.Dial(&game.Seat{Account: "ann", Name: "ann", Resume: 1})
	liar.Send(msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: msg.OfferPlain, HasLastEvent: true, LastEvent: 1 << 40}))
	r.step(1)
	if err := closedWith(liar, netcode.CloseBadMessage); err != nil {
		t.Error(err)
	}
	first := r.dial("cat")
	first.Send(msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: msg.OfferPlain, HasLastEvent: true}))
	r.step(1)
	if err := closedWith(first, netcode.CloseBadMessage); err != nil {
		t.Errorf("last_event on a first seat: %v", err)
	}
	r.resume() // the place is still there
	r.play(2)
	if !slices.Equal(told, []string{"join", "drop", "resume"}) {
		t.Errorf("the game was told %v", told)
	}
}

// A client that comes back again and again has no more calls than one that stays.
func TestResumingGivesNoMoreCalls(t *testing.T) {
	calls := 0
	r := newRoamer(t, probeDef(probe{call: func(*game.Player, string) error { calls++; return nil }}))
	for range 5 {
		for range netcode.CallBurst {
			if _, err := r.core.Call("call", nil, "x"); err != nil {
				t.Fatal(err)
			}
		}
		r.play(1)
		r.conn.Leave()
		r.step(1)
		r.resume()
		r.play(1)
	}
	if most := netcode.CallBurst + int(r.now.Sub(time.Unix(1_000_000_000, 0)).Seconds()*netcode.CallsPerSecond); calls > most {
		t.Errorf("%d calls reached the game, at most %d may", calls, most)
	}
}

func TestResumeSeatsComeWithHelloAndEveryTenSeconds(t *testing.T) {
	r := newRoamer(t, probeDef(probe{}))
	mine := func() (n int) {
		for _, s := range r.seats {
			if s.Account == "ann" {
				n++
			}
		}
		return n
	}
	if mine() != 1 {
		t.Fatalf("%d seats were made at HELLO", mine())
	}
	start := r.now
	for r.now.Sub(start) < 60*time.Second {
		r.play(1)
	}
	if n := mine(); n < 7 || n > 8 {
		t.Errorf("%d resume seats in a minute, want HELLO's and one every 10 s", n)
	}
}

// Whatever is cut, and whenever: each event is told exactly once and in order, or is among those that are told to be lost.
func TestEventsAreToldExactlyOnceAcrossCuts(t *testing.T) {
	resumes, losses, compared := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		next, private := uint32(0), uint32(0)
		beeps := 0
		r := newRoamer(rt, probeDef(probe{tick: func(p *probe, tk *game.Tick, _ game.Inputs[probeInput]) {
			for range beeps {
				if next%3 == 0 {
					p.beeps.EmitTo(tk.Player(2), beep{next}) // not for the one that roams
					private++
				} else {
					p.beeps.Emit(beep{next})
				}
				next++
			}
		}}))
		for range rapid.IntRange(1, 6).Draw(rt, "cuts") {
			beeps = rapid.SampledFrom([]int{0, 1, 3, 200}).Draw(rt, "beeps per tick")
			r.play(rapid.IntRange(0, 12).Draw(rt, "ticks before"))
			// On the way when it breaks: taken by the transport, and never seen, or seen in part.
			r.core.Outgoing(r.now, r.conn.Send)
			if rapid.Bool().Draw(rt, "stalled") {
				r.conn.Stall(true)
			}
			r.step(rapid.IntRange(0, 3).Draw(rt, "ticks on the way"))
			r.take(r.core, r.conn, rapid.IntRange(0, 3).Draw(rt, "of them seen"))
			if rapid.Bool().Draw(rt, "the server sees the end") {
				r.conn.Leave()
			}
			if rapid.Bool().Draw(rt, "somebody comes") {
				r.join(fmt.Sprint("guest ", r.room.Tick()))
			}
			r.wait(time.Duration(rapid.IntRange(0, 20).Draw(rt, "ticks away")) * r.room.Period())
			r.resume()
			resumes++
			r.play(rapid.IntRange(1, 3).Draw(rt, "ticks after"))
		}
		beeps = 0
		r.play(20) // a burst uses up the budget: what comes behind it waits
		if code, _, closed := r.conn.CloseInfo(); closed && code == netcode.CloseBehind {
			// What had gathered and what came on top of it were more than a client may have unacknowledged.
			r.resume()
			r.play(20)
		}
		for i := 1; i < len(r.heard); i++ {
			if r.heard[i] <= r.heard[i-1] {
				rt.Fatalf("beep %d after beep %d", r.heard[i], r.heard[i-1])
			}
		}
		missing := int(next-private) - len(r.heard)
		var lost uint64
		for _, l := range r.lost {
			lost += l[1] - l[0] + 1
		}
		losses += len(r.lost)
		switch {
		case missing < 0 || uint64(missing) > lost:
			rt.Fatalf("%d of %d beeps are missing, and %d events were told to be lost", missing, next, lost)
		case len(r.lost) == 0 && missing > 0:
			rt.Fatalf("%d beeps are missing and no event was lost", missing)
		}
		if _, _, closed := r.peer.CloseInfo(); closed {
			return // the other one was told too much at once as well, and has not come back
		}
		for i := range r.core.State.Len(0) {
			mine, theirs := r.core.Text(r.core.State.At(0, i).Row[1]), r.other.Text(r.other.State.At(0, i).Row[1])
			compared++
			if mine == "" || mine != theirs {
				rt.Fatalf("player %d is called %q, by the other client %q", i, mine, theirs)
			}
		}
	})
	if resumes == 0 || losses == 0 || compared == 0 {
		t.Errorf("%d resumes, %d of them with losses, %d names compared: this test has tested nothing", resumes, losses, compared)
	}
}
