package client

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// helloWith is a HELLO of s with a resume seat, without the schema if short.
func (s *server) helloWith(seat string, player uint32, short bool) []byte {
	raw, hash, _ := s.s.Encode()
	if short {
		raw = nil
	}
	return s.enc.AppendHello(nil, msg.Hello{
		Protocol: msg.Version, SchemaHash: hash, Schema: raw, Player: player, TickRate: testRate, Tick: s.h.Tick(), ResumeSeat: seat,
	})
}

// newResumable is a world whose client has been given the resume seat "one", and has the events 1 and 2.
func newResumable(t *testing.T, opt Options) *world {
	w := &world{T: t, server: newServer(), core: NewCore(opt), now: time.Unix(1000, 0)}
	w.sent()
	w.receive(w.server.helloWith("one", 7, false))
	w.server.step(1)
	w.receive(w.server.full())
	w.receive(w.server.events(1, named(1, "ann"), said(1, 9, "hi")))
	return w
}

func TestClientWithoutResumeSeatCannotResume(t *testing.T) {
	w := newWorld(t, Options{})
	if seat, ok := w.core.Resume(); ok {
		t.Errorf("resumes with %q", seat)
	}
	w.receive(w.server.next()) // nothing has changed
}

func TestNewestResumeSeatCounts(t *testing.T) {
	w := newResumable(t, Options{})
	w.receive(msg.AppendSeat(nil, "two"))
	for range 2 { // a dial may fail
		if seat, ok := w.core.Resume(); !ok || seat != "two" {
			t.Errorf("resumes with %q, %v", seat, ok)
		}
	}
}

func TestResumedClientGoesOnWhereItWas(t *testing.T) {
	var heard []uint64
	w := newResumable(t, Options{OnEvent: func(e Event) { heard = append(heard, e.Seq) }, OnLost: func(from, to uint64) {
		t.Errorf("events %d to %d are said to be lost", from, to)
	}})
	w.core.Input()[0] = 1
	if _, err := w.core.Call("say", []uint32{1}, "never sent"); err != nil {
		t.Fatal(err)
	}
	w.core.Resume()
	joins := w.sentOf(msg.TypeJoin)
	if len(joins) != 1 || len(w.sent()) != 0 {
		t.Fatalf("%d JOINs, or more than that", len(joins))
	}
	j, err := msg.ReadJoin(joins[0])
	_, hash, _ := w.server.s.Encode()
	if err != nil || !j.HasLastEvent || j.LastEvent != 2 || !slices.Equal(j.SchemaHash, hash[:]) {
		t.Errorf("JOIN is %+v, %v", j, err)
	}
	w.receive(w.server.helloWith("three", 7, true))
	if w.core.Text(1) != "ann" {
		t.Error("the names are forgotten")
	}
	w.receive(w.server.events(3, said(1, 10, "again")))
	w.server.v = snapshot.View{}
	w.server.step(2)
	w.receive(w.server.full())
	w.now = w.now.Add(time.Second)
	for _, m := range w.sent() {
		if kind, err := msg.PeekType(m); err != nil || kind == msg.TypeCall || kind == msg.TypeJoin {
			t.Errorf("after HELLO it sends a message of type %d, %v", kind, err)
		}
	}
	if seat, _ := w.core.Resume(); seat != "three" || !slices.Equal(heard, []uint64{2, 3}) {
		t.Errorf("heard %v, then resumes with %q", heard, seat)
	}
}

func TestGapOfEventsIsALossOnlyRightAfterAResume(t *testing.T) {
	var lost [][2]uint64
	w := newResumable(t, Options{OnLost: func(from, to uint64) { lost = append(lost, [2]uint64{from, to}) }})
	if err := w.core.Receive(w.now, w.server.events(9, said(1, 1, ""))); !errors.Is(err, ErrProtocol) {
		t.Errorf("a gap without a resume: %v", err)
	}
	w.core.Resume()
	w.sent()
	w.receive(w.server.helloWith("two", 7, true))
	w.receive(w.server.events(9, named(1, "ben"), said(1, 1, "")))
	if !slices.Equal(lost, [][2]uint64{{3, 8}}) || w.core.Text(1) != "ben" {
		t.Errorf("lost %v, the name is %q", lost, w.core.Text(1))
	}
	if err := w.core.Receive(w.now, w.server.events(20, said(1, 1, ""))); !errors.Is(err, ErrProtocol) {
		t.Errorf("a second gap: %v", err)
	}
}

func TestEventsToldTwiceAfterAResumeAreRefused(t *testing.T) {
	w := newResumable(t, Options{})
	w.core.Resume()
	w.sent()
	w.receive(w.server.helloWith("two", 7, true))
	if err := w.core.Receive(w.now, w.server.events(2, said(1, 9, "hi"))); !errors.Is(err, ErrProtocol) {
		t.Errorf("event 2 again: %v", err)
	}
}

func TestResumedAsSomebodyElseIsRefused(t *testing.T) {
	w := newResumable(t, Options{})
	w.core.Resume()
	w.sent()
	if err := w.core.Receive(w.now, w.server.helloWith("two", 8, true)); !errors.Is(err, ErrProtocol) {
		t.Errorf("player 8 instead of 7: %v", err)
	}
}

func TestOnlyALostConnectionMayBeResumed(t *testing.T) {
	for code, want := range map[uint16]bool{
		1001: true, 1006: true, netcode.CloseBehind: true, netcode.CloseSilent: true,
		1000: false, netcode.CloseBadMessage: false, netcode.CloseKicked: false, netcode.CloseReplaced: false,
		netcode.CloseOver: false, netcode.CloseGoingDown: false, netcode.CloseRoomError: false, netcode.CloseNoPlace: false,
	} {
		e := &CloseError{Code: code}
		if got := e.MayResume(); got != want || got && !e.MayReconnect() {
			t.Errorf("%d: may resume: %v, may reconnect: %v", code, got, e.MayReconnect())
		}
	}
}
