package game_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode"
)

// expectClosed fails the test unless c was closed with code, for a reason that has the text.
func expectClosed(t *testing.T, c *gametest.Client, code uint16, text string) {
	t.Helper()
	got, reason, closed := c.Closed()
	if !closed || got != code || !strings.Contains(reason, text) {
		t.Errorf("%s: closed: %v with %d %q, want %d %q", c.Name, closed, got, reason, code, text)
	}
}

func expectOpen(t *testing.T, c *gametest.Client) {
	t.Helper()
	if code, reason, closed := c.Closed(); closed {
		t.Errorf("%s was closed with %d %q", c.Name, code, reason)
	}
}

// rowOf is the row that c's own player has, as c sees it.
func rowOf(c *gametest.Client) probeRow {
	return gametest.Find(c, "row", func(r probeRow) bool { return r.Owner == c.ID() }).Value
}

func TestPlayerIdsCountUpAndAreNotUsedAgain(t *testing.T) {
	w := gametest.New(t, probeDef(probe{}), gametest.Options{})
	ann := w.Join("ann")
	w.Step(1)
	w.Leave(ann)
	w.Step(1)
	ben, cat := w.Join("ben"), w.Join("cat")
	w.Step(1)
	if ann.ID() != 1 || ben.ID() != 2 || cat.ID() != 3 {
		t.Errorf("ids %d, %d, %d, want 1, 2, 3", ann.ID(), ben.ID(), cat.ID())
	}
	if n := len(gametest.Rows[probeRow](ben, "row")); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
}

func TestKickedPlayerIsToldWhyAndLeavesOnce(t *testing.T) {
	left := map[string]int{}
	w := gametest.New(t, probeDef(probe{
		leave: func(p *game.Player) { left[p.Name]++ },
		tick: func(_ *probe, tk *game.Tick, _ game.Inputs[probeInput]) {
			for p := range tk.Players() {
				if tk.N == 3 && p.Name != "ben" {
					p.Kick("too slow, " + p.Name)
				}
			}
		},
	}), gametest.Options{})
	ann, ben, cat := w.Join("ann"), w.Join("ben"), w.Join("cat")
	w.Step(5)
	expectClosed(t, ann, netcode.CloseKicked, "too slow, ann")
	expectClosed(t, cat, netcode.CloseKicked, "too slow, cat")
	expectOpen(t, ben)
	if left["ann"] != 1 || left["cat"] != 1 || left["ben"] != 0 {
		t.Errorf("Leave was called %v times", left)
	}
	if n := len(gametest.Rows[probeRow](ben, "row")); n != 1 {
		t.Errorf("%d rows after the kick, want 1", n)
	}
}

func TestAdmitRefusalIsToldInTheGamesWords(t *testing.T) {
	joined := 0
	w := gametest.New(t, probeDef(probe{
		admit: func(p *game.Player) error {
			if p.Name == "eve" {
				return errors.New("no eves here")
			}
			return nil
		},
		join: func(*game.Player) { joined++ },
	}), gametest.Options{})
	ann, eve := w.Join("ann"), w.Join("eve")
	w.Step(3)
	expectClosed(t, eve, netcode.CloseKicked, "no eves here")
	expectOpen(t, ann)
	if joined != 1 || ann.NameOf(2) != "" {
		t.Errorf("%d players joined, the refused one is called %q in the table", joined, ann.NameOf(2))
	}
}

func TestNewestConnectionOfAnAccountWins(t *testing.T) {
	var calls []string
	w := gametest.New(t, probeDef(probe{
		join:  func(p *game.Player) { calls = append(calls, fmt.Sprint("join ", p.ID)) },
		leave: func(p *game.Player) { calls = append(calls, fmt.Sprint("leave ", p.ID)) },
	}), gametest.Options{})
	first := w.Join("ann")
	w.Step(2)
	second := w.Join("ann")
	w.Step(2)
	expectClosed(t, first, netcode.CloseReplaced, "joined from elsewhere")
	expectOpen(t, second)
	if want := []string{"join 1", "leave 1", "join 2"}; !slices.Equal(calls, want) {
		t.Errorf("the game was told %v, want %v", calls, want)
	}
}

func TestFinishReportsOnceAndClosesAfterTheLinger(t *testing.T) {
	closed := 0
	w := gametest.New(t, probeDef(probe{
		tick: func(_ *probe, tk *game.Tick, _ game.Inputs[probeInput]) {
			if tk.N < 4 {
				return
			}
			var r game.Result
			for p := range tk.Players() {
				r.Standings = append(r.Standings, game.Standing{Player: p, Rank: int(p.ID), Score: int64(tk.N)})
			}
			r.Standings[1].Team, r.Standings[1].Played = 2, 0.25
			tk.Finish(r)
		},
		close: func() { closed++ },
	}), gametest.Options{Linger: time.Second})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(5)
	late := w.Join("cat")
	w.Step(1)
	expectClosed(t, late, netcode.CloseOver, "the match is over")
	expectOpen(t, ann)
	w.StepFor(time.Second)
	expectClosed(t, ann, netcode.CloseOver, "the match is over")
	expectClosed(t, ben, netcode.CloseOver, "the match is over")
	want := []game.AccountStanding{{Account: "ann", Name: "ann", Rank: 1, Score: 4, Played: 1}, {Account: "ben", Name: "ben", Rank: 2, Score: 4, Team: 2, Played: 0.25}}
	if r := w.Results(); len(r) != 1 || r[0].Tick != 4 || !slices.Equal(r[0].Standings, want) {
		t.Errorf("results %+v, want one of tick 4 with %+v", r, want)
	}
	if !w.Ended() || closed != 1 {
		t.Errorf("ended: %v, Close called %d times", w.Ended(), closed)
	}
}

func TestResultThatNobodyTakesIsOfferedAgain(t *testing.T) {
	def := probeDefWith(game.Config{RunEmpty: true}, probe{tick: func(_ *probe, tk *game.Tick, _ game.Inputs[probeInput]) { tk.Finish(game.Result{}) }})
	offers, r := 0, newRig(def)
	room, err := game.NewRoom(game.RoomConfig{
		Def: def, Transport: r.memory, Now: r.memory.Now, Linger: time.Nanosecond,
		OnResult: func(game.MatchResult) bool {
			offers++
			return offers == 3
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.room = room
	r.step(2)
	if room.Ended() {
		t.Error("the room has ended with its result not taken")
	}
	r.step(3)
	if offers != 3 || !room.Ended() {
		t.Errorf("%d offers, ended: %v; want 3, true", offers, room.Ended())
	}
}

// A panic in any of the game's methods ends that room, and no other.
func TestPanicEndsOnlyItsRoom(t *testing.T) {
	boom := func() { panic("boom") }
	for name, p := range map[string]probe{
		"Open":  {open: func(*probe, *game.Tick) { boom() }},
		"Admit": {admit: func(*game.Player) error { boom(); return nil }},
		"Join":  {join: func(*game.Player) { boom() }},
		"Tick":  {tick: func(_ *probe, tk *game.Tick, _ game.Inputs[probeInput]) { boom() }},
		"Call":  {call: func(*game.Player, string) error { boom(); return nil }},
		"Emit":  {tick: func(*probe, *game.Tick, game.Inputs[probeInput]) { new(game.Event[beep]).Emit(beep{}) }},
		"Leave": {leave: func(p *game.Player) {
			if p.Name == "ben" {
				boom()
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			bad, good := newRig(probeDef(p)), newRig(probeDef(probe{}))
			ann, ben, cat := bad.join("ann"), bad.join("ben"), good.join("cat")
			ann.Send([]byte{0x94, 2, 1, 0, 0x91, 0xa1, 'x'})
			bad.step(1)
			good.step(1)
			ben.Close(1000, "")
			bad.step(2)
			good.step(2)
			if !bad.room.Ended() || bad.metrics.Crashes.Load() != 1 {
				t.Errorf("ended: %v after %d crashes", bad.room.Ended(), bad.metrics.Crashes.Load())
			}
			if err := closedWith(ann, netcode.CloseRoomError); err != nil {
				t.Error(err)
			}
			if _, reason, _ := ann.CloseInfo(); reason != "the game failed in this room; see the server's log" {
				t.Errorf("ann is told %q", reason)
			}
			if _, _, closed := cat.CloseInfo(); closed || good.room.Ended() || good.room.Seated() != 1 {
				t.Error("the other room was hurt")
			}
			if bad.step(1); !bad.room.Drained() {
				t.Error("sockets are left")
			}
		})
	}
}

func TestPanicWhileTheRoomEndsChangesNothing(t *testing.T) {
	r := newRig(probeDef(probe{leave: func(*game.Player) { panic("boom") }, close: func() { panic("boom") }}))
	ann := r.join("ann")
	r.step(2)
	r.room.End(netcode.CloseGoingDown, "bye", time.Second)
	if err := closedWith(ann, netcode.CloseGoingDown); err != nil {
		t.Error(err)
	}
	if r.step(1); !r.room.Drained() {
		t.Error("sockets are left")
	}
}

func TestEndTellsTheGameOfEveryPlayer(t *testing.T) {
	var calls []string
	r := newRig(probeDef(probe{
		leave: func(p *game.Player) { calls = append(calls, p.Name) },
		close: func() { calls = append(calls, "close") },
	}))
	r.join("ann")
	r.join("ben")
	r.step(2)
	r.room.End(netcode.CloseGoingDown, "bye", time.Second)
	r.room.End(netcode.CloseGoingDown, "bye", time.Second)
	if want := []string{"ann", "ben", "close"}; !slices.Equal(calls, want) || r.room.Seated() != 0 {
		t.Errorf("the game was told %v, want %v; %d seated", calls, want, r.room.Seated())
	}
}

func TestStalledClientIsSkippedAndCatchesUp(t *testing.T) {
	for _, ticks := range []int{1, 2, 7, 8, 9, 31, 32, 33, 100} {
		w := gametest.New(t, probeDef(probe{tick: func(p *probe, tk *game.Tick, _ game.Inputs[probeInput]) {
			if tk.N%4 == 0 {
				p.beeps.Emit(beep{tk.N})
			}
		}}), gametest.Options{})
		ann, ben := w.Join("ann"), w.Join("ben")
		ann.SetInput(probeInput{Dir: 1})
		w.Step(10)
		before := ben.Snapshots()
		ben.Stall(true)
		w.Step(ticks)
		if ben.Snapshots() != before {
			t.Errorf("a stalled client took %d snapshots", ben.Snapshots()-before)
		}
		ben.Stall(false)
		w.Step(1) // compares the states
		if got := ben.Snapshots() - before; got != 1 {
			t.Errorf("after %d stalled ticks it took %d snapshots at once, want 1: nothing is queued", ticks, got)
		}
		w.Step(10)
		for i, e := range gametest.Events[beep](ben, "beep") {
			if want := uint32(4 * (i + 1)); e.Value.N != want || e.Tick != want {
				t.Fatalf("after %d stalled ticks: beep %d is %+v, want one of tick %d", ticks, i, e, want)
			}
		}
		if rowOf(ann).Moved == 0 {
			t.Error("nothing moved in this test")
		}
	}
}

func TestClientThatTakesNothingForTooLongIsClosed(t *testing.T) {
	w := gametest.New(t, probeDef(probe{}), gametest.Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	ben.Stall(true)
	w.StepFor(netcode.BehindTimeout)
	expectOpen(t, ben)
	w.Step(2)
	expectOpen(t, ann)
	if _, _, closed := ben.Closed(); !closed {
		t.Error("a client that has taken nothing for 10 s is still there")
	}
}

func TestEventsBeyondTheLogCloseTheClient(t *testing.T) {
	w := gametest.New(t, probeDef(probe{tick: func(p *probe, tk *game.Tick, _ game.Inputs[probeInput]) {
		for i := range 100 {
			p.beeps.Emit(beep{uint32(i)})
		}
	}}), gametest.Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	ben.Stall(true)
	w.Step(40)
	expectOpen(t, ann)
	if _, _, closed := ben.Closed(); !closed {
		t.Error("a client with 4000 events outstanding is still there")
	}
}

// Whoever comes and goes, everybody who listens knows everybody's name, though ids of names are used again.
func TestNamesAreRightThroughAnyComingAndGoing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := gametest.New(t, probeDefWith(game.Config{TickRate: probeRate, MaxPlayers: 25}, probe{}), gametest.Options{})
		var there []*gametest.Client
		stalled := map[*gametest.Client]bool{}
		for n := range 25 {
			if rapid.Bool().Draw(rt, "join") {
				there = append(there, w.Join(fmt.Sprint("player ", n)))
			}
			if len(there) > 0 {
				i := rapid.IntRange(0, len(there)-1).Draw(rt, "who")
				switch c := there[i]; rapid.IntRange(0, 3).Draw(rt, "what") {
				case 0:
					w.Leave(c)
					there = slices.Delete(there, i, i+1)
				case 1:
					stalled[c] = !stalled[c]
					c.Stall(stalled[c])
				}
			}
			w.Step(rapid.IntRange(1, 3).Draw(rt, "ticks"))
			for _, c := range there {
				for _, other := range there {
					if got := c.NameOf(other.ID()); !stalled[c] && other.ID() != 0 && got != other.Name {
						rt.Fatalf("%s calls %s %q", c.Name, other.Name, got)
					}
				}
			}
		}
	})
}

func TestCallIsAnsweredByTheGame(t *testing.T) {
	w := gametest.New(t, probeDef(probe{call: func(_ *game.Player, text string) error {
		if text == "no" {
			return errors.New("certainly not")
		}
		return nil
	}}), gametest.Options{})
	ann := w.Join("ann")
	w.Step(1)
	yes, no := ann.Call("call", probeCall{"yes"}), ann.Call("call", probeCall{"no"})
	if !errors.Is(yes.Err(), gametest.ErrPending) {
		t.Errorf("before the step: %v", yes.Err())
	}
	w.Step(1)
	if yes.Err() != nil || no.Err() == nil || no.Err().Error() != "certainly not" {
		t.Errorf("answers %v, %v", yes.Err(), no.Err())
	}
}

func TestCallsBeyondTheBudgetAreAnsweredAndDoNothing(t *testing.T) {
	calls := 0
	w := gametest.New(t, probeDef(probe{call: func(*game.Player, string) error { calls++; return nil }}), gametest.Options{})
	ann := w.Join("ann")
	w.Step(1)
	var replies []*gametest.Reply
	for range netcode.CallBurst + 3 {
		replies = append(replies, ann.Call("call", probeCall{"x"}))
	}
	w.Step(1)
	if calls != netcode.CallBurst {
		t.Errorf("%d calls reached the game, want %d", calls, netcode.CallBurst)
	}
	if err := replies[netcode.CallBurst].Err(); err == nil || !strings.Contains(err.Error(), "too many calls") {
		t.Errorf("the call beyond the budget was answered %v", err)
	}
	expectOpen(t, ann)
}
