package lobby

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRoomListIsBuiltOncePerSecond(t *testing.T) {
	w := newWorld(t, nil)
	w.host.rooms["a"] = Room{ID: "a", Game: "arena", CreatedAt: t0}
	for second := range 3 {
		for i := range 100 {
			w.call("GET", []string{"/v1/rooms", "/v1/rooms?game=arena", "/v1/rooms?game=draughts"}[i%3], nil).is(200)
		}
		w.call("GET", "/v1/rooms?game=chess", nil).refused(404, "unknown_game")
		if w.host.asked != second+1 {
			t.Fatalf("second %d: the directory was asked %d times, want %d", second, w.host.asked, second+1)
		}
		w.advance(listingFor)
	}
}

func TestRefusedCreationsAskForTheRoomsOncePerSecond(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.RoomsPerAccount = 1 })
	o := &w.lobby.owners
	c := CreateRoom{Game: "arena", Owner: "ann"}
	if _, err := o.create(t.Context(), c, netip.Prefix{}, w.host); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		var p *Problem
		if _, err := o.create(t.Context(), c, netip.Prefix{}, w.host); !errors.As(err, &p) || p.Status != 429 {
			t.Fatalf("%v, want 429", err)
		}
	}
	if w.host.asked > 1 {
		t.Errorf("the directory was asked %d times, want at most once", w.host.asked)
	}
}

func TestBurstOfListRequestsBuildsTheListOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &fakeHost{rooms: map[string]Room{}}
		open := make(chan struct{})
		h.wait = func() { <-open }
		l := newListings(h, newNotes(time.Now), time.Now)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := l.get(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // one is asking, the others wait for it
		gone, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			if _, err := l.get(gone); !errors.Is(err, context.Canceled) {
				t.Errorf("a client that has gone: %v", err)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(open)
		wg.Wait()
		if h.asked != 1 {
			t.Errorf("the directory was asked %d times, want once", h.asked)
		}
	})
}

func TestClockSetBackMakesANewList(t *testing.T) {
	w := newWorld(t, nil)
	w.call("GET", "/v1/rooms", nil).is(200)
	w.advance(-time.Hour)
	w.call("GET", "/v1/rooms", nil).is(200)
	if w.host.asked != 2 {
		t.Errorf("the directory was asked %d times, want 2", w.host.asked)
	}
}
