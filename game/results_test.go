package game

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// storing runs results through a queue whose store answers as fail says, and tells which were stored and how long it took.
func storing(t *testing.T, fail func(id string, try int) error, rooms ...string) (stored []string, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tries := map[string]int{}
		start := time.Now()
		q := newResultQueue(func(_ context.Context, id string, _ MatchResult) error {
			tries[id]++
			if err := fail(id, tries[id]); err != nil {
				return err
			}
			stored, took = append(stored, id), time.Since(start)
			return nil
		}, zap.NewNop())
		for _, id := range rooms {
			if !q.offer(MatchResult{Room: id}) {
				t.Errorf("%s was not taken", id)
			}
		}
		<-time.After(20 * time.Minute)
		q.close()
	})
	return stored, took
}

func TestResultIsTriedUntilItIsStored(t *testing.T) {
	stored, took := storing(t, func(_ string, try int) error {
		if try < 8 {
			return errors.New("the database is down")
		}
		return nil
	}, "a")
	if !slices.Equal(stored, []string{"a"}) || took > time.Minute {
		t.Errorf("stored %v after %v", stored, took)
	}
}

func TestResultThatCannotBeStoredHoldsUpNothing(t *testing.T) {
	stored, took := storing(t, func(id string, _ int) error {
		if id == "bad" {
			return fmt.Errorf("%w: too big", ErrPermanent)
		}
		return nil
	}, "bad", "good")
	if !slices.Equal(stored, []string{"good"}) || took != 0 {
		t.Errorf("stored %v after %v, want the good one at once", stored, took)
	}
}

func TestResultsAreGivenUpAfterTenMinutes(t *testing.T) {
	stored, took := storing(t, func(id string, _ int) error {
		if id == "a" {
			return errors.New("no luck")
		}
		return nil
	}, "a", "b")
	if !slices.Equal(stored, []string{"b"}) || took < resultTries || took > resultTries+20*time.Second {
		t.Errorf("stored %v after %v", stored, took)
	}
}

func TestResultQueueIsBounded(t *testing.T) {
	block := make(chan struct{})
	q := newResultQueue(func(context.Context, string, MatchResult) error { <-block; return nil }, zap.NewNop())
	taken := 0
	for range resultsWaiting + 10 {
		if q.offer(MatchResult{}) {
			taken++
		}
	}
	if taken < resultsWaiting || taken > resultsWaiting+1 { // one may be in the store's hands
		t.Errorf("%d results were taken, %d fit", taken, resultsWaiting)
	}
	close(block)
	q.close()
}

// shortLived has a result when its room is closed, or in its first tick if it fails in its second.
type shortLived struct{ fails bool }

func (g *shortLived) Join(*Player)  {}
func (g *shortLived) Leave(*Player) {}
func (g *shortLived) Close(t *Tick) { t.Finish(Result{}) }

func (g *shortLived) Tick(t *Tick, _ Inputs[NoInput]) {
	if !g.fails {
		return
	}
	if t.N > 1 {
		panic("the second tick")
	}
	t.Finish(Result{})
}

func shortLivedDef(fails bool) *Def {
	return Define("shortlived", Config{TickRate: 1, RunEmpty: true}, func(*Builder) Game[NoInput] { return &shortLived{fails} })
}

// resultStore notes which results it is given. Its Host must have drained, or wait, when it is looked at.
type resultStore struct {
	open   <-chan struct{} // nothing is stored before it is closed
	takes  time.Duration   // for each
	answer error
	stored map[string]int // times, by room
}

func (s *resultStore) keep(_ context.Context, id string, _ MatchResult) error {
	<-s.open
	<-time.After(s.takes)
	s.stored[id]++
	return s.answer
}

// expect fails the test unless each of the rooms has been stored once.
func (s *resultStore) expect(t *testing.T, rooms int) {
	t.Helper()
	once := 0
	for _, n := range s.stored {
		if n == 1 {
			once++
		}
	}
	if once != rooms || len(s.stored) != rooms {
		t.Errorf("%d results are stored, %d of them once; want those of %d rooms", len(s.stored), once, rooms)
	}
}

func TestDrainStoresTheResultOfEveryRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		close(open)
		store := &resultStore{open: open, takes: 100 * time.Millisecond, stored: map[string]int{}}
		h := virtualHostWith(t, HostConfig{HangAfter: time.Hour, OnResult: store.keep}, shortLivedDef(false))
		const rooms = 2*resultsWaiting + 88
		makeRooms(t, h, rooms)
		pass(2 * time.Second)
		if err := h.Drain(context.Background(), time.Second); err != nil {
			t.Fatal(err)
		}
		store.expect(t, rooms)
	})
}

// A room that held its end back would wait here for ever, and its result would not even be in the log.
func TestDrainEndsWhenNoResultCanBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		close(open)
		store := &resultStore{open: open, answer: errors.New("the disk is full"), stored: map[string]int{}}
		log, lines := observer.New(zap.ErrorLevel)
		h := virtualHostWith(t, HostConfig{HangAfter: time.Hour, OnResult: store.keep, Log: zap.New(log)}, shortLivedDef(false))
		const rooms = 2*resultsWaiting + 88
		makeRooms(t, h, rooms)
		pass(2 * time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := h.Drain(ctx, time.Second); err != nil {
			t.Fatal(err)
		}
		if n := lines.FilterMessage("a match result is lost: the server stops").Len(); n != rooms || len(store.stored) != rooms {
			t.Errorf("of %d results %d were tried and %d are in the log", rooms, len(store.stored), n)
		}
	})
}

// While the store answers nothing, rooms whose results nobody takes stay, and count, however they end.
func TestRoomThatEndsKeepsItsResultUntilItIsTaken(t *testing.T) {
	const more = 10
	for name, fails := range map[string]bool{"nobody is there": false, "the game panics": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				open := make(chan struct{})
				store := &resultStore{open: open, stored: map[string]int{}}
				const rooms = resultsWaiting + more
				h := virtualHostWith(t, HostConfig{HangAfter: time.Hour, OnResult: store.keep, MaxRooms: rooms}, shortLivedDef(fails))
				h.cfg.EmptyFor = 10 * time.Second
				makeRooms(t, h, rooms)
				pass(time.Minute)
				if left := len(h.Rooms()); left < more-1 || left > more { // one may be in the store's hands
					t.Errorf("%d rooms are left, want the %d whose results were not taken", left, more)
				}
				close(open)
				pass(time.Minute)
				if left := len(h.Rooms()); left != 0 {
					t.Errorf("%d rooms are left when all results are stored", left)
				}
				store.expect(t, rooms)
			})
		})
	}
}

func makeRooms(t *testing.T, h *Host, n int) {
	t.Helper()
	for range n {
		open(t, h, h.Games()[0].Name())
	}
}
