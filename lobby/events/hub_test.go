package events

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newHub(t interface{ Fatal(...any) }, cfg Config) *Hub {
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func subscribe(t testing.TB, h *Hub, account, cursor string) *Reader {
	t.Helper()
	r, err := h.Subscribe(account, cursor)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func publish(t testing.TB, h *Hub, account string, payloads ...any) {
	t.Helper()
	for _, p := range payloads {
		if err := h.Publish(account, "test", p); err != nil {
			t.Fatal(err)
		}
	}
}

// next reads what is there without waiting, as "kind data".
func next(t testing.TB, r *Reader) (said []string, cursor string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	events, err := r.Next(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, e := range events {
		said = append(said, e.Kind+" "+string(e.Data))
	}
	return said, r.Cursor()
}

func TestReaderGoesOnWhereItStopped(t *testing.T) {
	h := newHub(t, Config{})
	r := subscribe(t, h, "ann", "")
	publish(t, h, "ann", 1, 2)
	publish(t, h, "bob", "not for ann")
	said, cursor := next(t, r)
	if want := []string{"test 1", "test 2"}; !reflect.DeepEqual(said, want) {
		t.Fatalf("got %q, want %q", said, want)
	}
	r.Close()
	publish(t, h, "ann", 3)
	again := subscribe(t, h, "ann", cursor)
	if said, _ := next(t, again); !reflect.DeepEqual(said, []string{"test 3"}) {
		t.Errorf("after coming back: %q, want 3 alone", said)
	}
}

func TestWhoMissedEventsIsToldToStartOver(t *testing.T) {
	h := newHub(t, Config{Ring: 3, Bytes: 1000})
	r := subscribe(t, h, "ann", "")
	start := r.Cursor()
	overwritten := func(name, cursor string) {
		t.Helper()
		r := subscribe(t, h, "ann", cursor)
		defer r.Close()
		said, now := next(t, r)
		if !reflect.DeepEqual(said, []string{StartOver + " null"}) {
			t.Errorf("%s: got %q, want to start over", name, said)
		}
		publish(t, h, "ann", "after")
		if said, _ := next(t, r); !reflect.DeepEqual(said, []string{`test "after"`}) {
			t.Errorf("%s: after %s: got %q", name, now, said)
		}
	}
	publish(t, h, "ann", 1, 2, 3, 4)
	overwritten("more events than are kept", start)
	overwritten("another process", "abc-1")
	overwritten("no cursor", "hello")
	overwritten("a cursor of the future", h.cursor(h.seq+1))
	publish(t, h, "ann", strings.Repeat("x", 600), strings.Repeat("y", 600))
	overwritten("more bytes than are kept", h.cursor(h.seq-2))
	if said, _ := next(t, r); !reflect.DeepEqual(said, []string{StartOver + " null"}) {
		t.Errorf("a reader that is slow: got %q", said)
	}
}

func TestForgottenAccountStartsOver(t *testing.T) {
	now := time.Unix(0, 0)
	h := newHub(t, Config{Keep: time.Minute, Clock: func() time.Time { return now }})
	r := subscribe(t, h, "ann", "")
	publish(t, h, "ann", 1)
	r.Close()
	cursor := r.Cursor()
	now = now.Add(2 * time.Minute)
	publish(t, h, "bob", 1)
	if h.accounts["ann"] != nil {
		t.Fatal("ann's events are kept for longer than Keep")
	}
	if said, _ := next(t, subscribe(t, h, "ann", cursor)); !reflect.DeepEqual(said, []string{StartOver + " null"}) {
		t.Errorf("got %q, want to start over", said)
	}
}

func TestAccountsAreBounded(t *testing.T) {
	h := newHub(t, Config{Accounts: 10})
	reader := subscribe(t, h, "reader", "")
	for i := range 1000 {
		publish(t, h, fmt.Sprint(i), i)
		next(t, reader) // in use, never the oldest
		if len(h.accounts) > 11 {
			t.Fatalf("%d accounts", len(h.accounts))
		}
	}
	publish(t, h, "reader", "hello")
	if said, _ := next(t, reader); len(said) != 1 {
		t.Errorf("the account in use got %q", said)
	}
}

func TestOldestReaderGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, Config{Readers: 2})
		oldest := subscribe(t, h, "ann", "")
		ended := make(chan error, 1)
		go func() {
			_, err := oldest.Next(context.Background())
			ended <- err
		}()
		synctest.Wait()
		subscribe(t, h, "ann", "")
		subscribe(t, h, "bob", "")
		newest := subscribe(t, h, "ann", "")
		if err := <-ended; !errors.Is(err, ErrReplaced) {
			t.Errorf("oldest: %v", err)
		}
		publish(t, h, "ann", 1)
		if said, _ := next(t, newest); len(said) != 1 {
			t.Errorf("newest got %q", said)
		}
	})
}

func TestWaitingReadersAreEnded(t *testing.T) {
	ends := func(name string, want error, end func(*Hub)) {
		synctest.Test(t, func(t *testing.T) {
			h := newHub(t, Config{})
			r := subscribe(t, h, "ann", "")
			ended := make(chan error, 1)
			go func() {
				_, err := r.Next(context.Background())
				ended <- err
			}()
			synctest.Wait()
			end(h)
			if err := <-ended; !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
			r.Close()
		})
	}
	ends("signed out", ErrEnded, func(h *Hub) { h.End("ann") })
	ends("shutting down", ErrClosed, func(h *Hub) { h.Close() })
}

func TestClosedHubTakesNothing(t *testing.T) {
	h := newHub(t, Config{})
	h.Close()
	if _, err := h.Subscribe("ann", ""); !errors.Is(err, ErrClosed) {
		t.Errorf("Subscribe: %v", err)
	}
	if err := h.Publish("ann", "test", 1); !errors.Is(err, ErrClosed) {
		t.Errorf("Publish: %v", err)
	}
}

func TestPayloadMustFit(t *testing.T) {
	h := newHub(t, Config{Bytes: 100})
	if err := h.Publish("ann", "test", strings.Repeat("x", 100)); err == nil {
		t.Error("a payload larger than what is kept is taken")
	}
	if err := h.Publish("ann", "test", func() {}); err == nil {
		t.Error("a payload that is no JSON is taken")
	}
}

// Whatever a client does, stopping and coming back, it reads each event once and in order, or is told to start over.
func TestNothingIsLostOrReadTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHub(t, Config{Ring: rapid.IntRange(1, 8).Draw(t, "ring")})
		said := 0 // events of ann so far; the n-th says n
		r, err := h.Subscribe("ann", "")
		if err != nil {
			t.Fatal(err)
		}
		heard, cursor := 0, r.Cursor() // ann knows everything up to heard
		stopped, cancel := context.WithCancel(context.Background())
		cancel()
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0, 1:
				said++
				if err := h.Publish("ann", "test", said); err != nil {
					t.Fatal(err)
				}
			case 2:
				if err := h.Publish("bob", "test", -1); err != nil {
					t.Fatal(err)
				}
			case 3:
				r.Close()
				if r, err = h.Subscribe("ann", cursor); err != nil {
					t.Fatal(err)
				}
			case 4:
				events, _ := r.Next(stopped)
				for _, e := range events {
					if e.Kind == StartOver {
						if said-heard <= h.cfg.Ring {
							t.Fatalf("told to start over at %d of %d with %d kept", heard, said, h.cfg.Ring)
						}
						heard = said
					} else if heard++; string(e.Data) != fmt.Sprint(heard) {
						t.Fatalf("read %s, want %d", e.Data, heard)
					}
					cursor = e.Cursor
				}
				if heard != said {
					t.Fatalf("read up to %d of %d", heard, said)
				}
			}
		}
	})
}

func TestHubIsConcurrentSafe(t *testing.T) {
	h := newHub(t, Config{Ring: 10_000, Bytes: 1 << 20})
	const publishers, each = 4, 200
	var wg sync.WaitGroup
	r := subscribe(t, h, "ann", "")
	for range publishers {
		wg.Go(func() {
			for i := range each {
				publish(t, h, "ann", i)
			}
		})
	}
	for range 3 {
		wg.Go(func() {
			other := subscribe(t, h, "ann", "")
			defer other.Close()
			next(t, other)
		})
	}
	heard := 0
	for heard < publishers*each {
		events, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		heard += len(events)
	}
	wg.Wait()
}
