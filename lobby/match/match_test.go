package match

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// hall is a queue for draughts (two players) and trio (three) with a clock, and rooms that fail on demand.
type hall struct {
	*Queue
	mu    sync.Mutex
	now   time.Time
	rooms int
	fail  error
	hook  func() // runs while a room is made
}

func newHall(t testing.TB, change func(*Config)) *hall {
	t.Helper()
	h := &hall{now: t0}
	ids := 0
	cfg := Config{
		Sizes: map[string]int{"draughts": 2, "trio": 3},
		NewID: func() string { ids++; return fmt.Sprintf("t%d", ids) },
		NewRoom: func(ctx context.Context, game string) (string, error) {
			if err := ctx.Err(); err != nil {
				return "", err
			}
			if h.hook != nil {
				h.hook()
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.fail != nil {
				return "", h.fail
			}
			h.rooms++
			return fmt.Sprintf("%s-%d", game, h.rooms), nil
		},
		Clock: func() time.Time { return h.now },
	}
	if change != nil {
		change(&cfg)
	}
	q, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.Queue = q
	return h
}

func (h *hall) add(t *testing.T, player, game string) Ticket {
	t.Helper()
	got, fresh, err := h.Add(t.Context(), player, game)
	if err != nil || !fresh {
		t.Fatalf("%s: fresh=%t, %v", player, fresh, err)
	}
	return got
}

func (h *hall) expect(t *testing.T, id, player string, s State, position int, room string) {
	t.Helper()
	got, err := h.Get(t.Context(), id, player)
	if err != nil || got.State != s || got.Position != position || got.Room != room {
		t.Fatalf("ticket %s is %q at %d in %q, %v; want %q at %d in %q",
			id, got.State, got.Position, got.Room, err, s, position, room)
	}
}

func TestTwoPlayersAreMatchedInOrder(t *testing.T) {
	h := newHall(t, nil)
	a := h.add(t, "ann", "draughts")
	h.expect(t, a.ID, "ann", Queued, 1, "")
	b := h.add(t, "bob", "draughts")
	c := h.add(t, "cat", "draughts")
	h.expect(t, a.ID, "ann", Matched, 0, "draughts-1")
	h.expect(t, b.ID, "bob", Matched, 0, "draughts-1")
	h.expect(t, c.ID, "cat", Queued, 1, "")
	if b.State != Matched || b.Room != "draughts-1" || !b.ExpiresAt.Equal(t0.Add(30*time.Second)) {
		t.Errorf("the ticket that completes a match: %+v", b)
	}
}

func TestGamesQueueApart(t *testing.T) {
	h := newHall(t, nil)
	a := h.add(t, "ann", "draughts")
	b := h.add(t, "bob", "trio")
	h.add(t, "ann", "trio")
	h.expect(t, a.ID, "ann", Queued, 1, "")
	h.expect(t, b.ID, "bob", Queued, 1, "")
	if _, _, err := h.Add(t.Context(), "ann", "arena"); !errors.Is(err, ErrNoMatch) {
		t.Errorf("a game without matches: %v", err)
	}
}

func TestPlayerHasOneOpenTicketPerGame(t *testing.T) {
	h := newHall(t, nil)
	a := h.add(t, "ann", "draughts")
	again, fresh, err := h.Add(t.Context(), "ann", "draughts")
	if err != nil || fresh || again.ID != a.ID || again.State != Queued {
		t.Fatalf("second ticket: %+v, fresh=%t, %v", again, fresh, err)
	}
	if h.rooms != 0 {
		t.Fatal("a player was matched with themselves")
	}
}

func TestTicketOfSomeoneElseDoesNotExist(t *testing.T) {
	h := newHall(t, nil)
	a := h.add(t, "ann", "draughts")
	_, err1 := h.Get(t.Context(), a.ID, "eve")
	_, err2 := h.Cancel(a.ID, "eve")
	_, err3 := h.Wait(t.Context(), a.ID, "eve", time.Second)
	_, err4 := h.Lost(a.ID, "eve")
	for i, err := range []error{err1, err2, err3, err4, h.Claim(a.ID, "eve")} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("call %d: %v, want ErrNotFound", i, err)
		}
	}
	h.expect(t, a.ID, "ann", Queued, 1, "")
}

func TestCancelledTicketLeavesTheLine(t *testing.T) {
	h := newHall(t, nil)
	a := h.add(t, "ann", "trio")
	b := h.add(t, "bob", "trio")
	if got, err := h.Cancel(a.ID, "ann"); err != nil || got.State != Cancelled {
		t.Fatal(got, err)
	}
	h.expect(t, b.ID, "bob", Queued, 1, "")
	h.expect(t, a.ID, "ann", Cancelled, 0, "")
	h.add(t, "ann", "trio")
	h.now = h.now.Add(keepFinal)
	if _, err := h.Get(t.Context(), a.ID, "ann"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a minute later: %v, want ErrNotFound", err)
	}
}

func TestQueueingAndCancellingInTurnDoesNotFillTheQueue(t *testing.T) {
	h := newHall(t, func(c *Config) { c.Tickets = 2 })
	for range 10 {
		if _, err := h.Cancel(h.add(t, "eve", "draughts").ID, "eve"); err != nil {
			t.Fatal(err)
		}
	}
	h.add(t, "ann", "draughts")
}

// Leaving must not be what makes the match: the partner would sit alone.
func TestCancelDoesNotMatch(t *testing.T) {
	h := newHall(t, nil)
	h.fail = errors.New("busy")
	h.add(t, "ann", "draughts")
	b := h.add(t, "bob", "draughts")
	h.fail = nil
	h.now = h.now.Add(retryAfter)
	if got, err := h.Cancel(b.ID, "bob"); err != nil || got.State != Cancelled || h.rooms != 0 {
		t.Errorf("%+v, %v; %d rooms made", got, err, h.rooms)
	}
}

func TestQueuedTicketExpires(t *testing.T) {
	h := newHall(t, nil)
	a := h.add(t, "ann", "draughts")
	h.now = h.now.Add(10*time.Minute - 1)
	h.expect(t, a.ID, "ann", Queued, 1, "")
	h.now = h.now.Add(1)
	h.add(t, "bob", "draughts")
	h.expect(t, a.ID, "ann", Expired, 0, "")
	if h.rooms != 0 {
		t.Error("an expired ticket was matched")
	}
}

func TestUnclaimedMatchExpires(t *testing.T) {
	h := newHall(t, nil)
	a, b := h.add(t, "ann", "draughts"), h.add(t, "bob", "draughts")
	if err := h.Claim(b.ID, "bob"); err != nil {
		t.Fatal(err)
	}
	h.now = h.now.Add(30 * time.Second)
	h.expect(t, a.ID, "ann", Expired, 0, "")
	if _, err := h.Get(t.Context(), b.ID, "bob"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the claimed one: %v, want ErrNotFound", err)
	}
	h.add(t, "ann", "draughts")
}

func TestClaimedTicketFreesThePlayerAndStaysReadable(t *testing.T) {
	h := newHall(t, nil)
	a := h.add(t, "ann", "draughts")
	h.add(t, "bob", "draughts")
	if err := h.Claim(a.ID, "ann"); err != nil {
		t.Fatal(err)
	}
	h.expect(t, a.ID, "ann", Matched, 0, "draughts-1")
	h.add(t, "ann", "draughts")
}

func TestLostRoomEndsTheTicket(t *testing.T) {
	h := newHall(t, nil)
	a := h.add(t, "ann", "draughts")
	h.add(t, "bob", "draughts")
	if got, err := h.Lost(a.ID, "ann"); err != nil || got.State != Expired || got.Room != "" {
		t.Fatal(got, err)
	}
}

func TestFailedRoomKeepsTheOrderAndIsTriedAgain(t *testing.T) {
	h := newHall(t, nil)
	h.fail = errors.New("busy")
	a, b := h.add(t, "ann", "draughts"), h.add(t, "bob", "draughts")
	c := h.add(t, "cat", "draughts")
	h.expect(t, a.ID, "ann", Queued, 1, "")
	h.expect(t, b.ID, "bob", Queued, 2, "")
	h.expect(t, c.ID, "cat", Queued, 3, "")
	h.fail = nil
	h.expect(t, c.ID, "cat", Queued, 3, "") // not at once: a busy server is left alone
	h.now = h.now.Add(retryAfter)
	h.expect(t, c.ID, "cat", Queued, 1, "")
	h.expect(t, a.ID, "ann", Matched, 0, "draughts-1")
}

func TestCancelWhileTheRoomIsMade(t *testing.T) {
	h := newHall(t, nil)
	a := h.add(t, "ann", "draughts")
	h.hook = func() {
		h.expect(t, a.ID, "ann", Queued, 1, "")
		if _, err := h.Cancel(a.ID, "ann"); err != nil {
			t.Error(err)
		}
	}
	b := h.add(t, "bob", "draughts")
	h.hook = nil
	h.expect(t, a.ID, "ann", Cancelled, 0, "")
	h.expect(t, b.ID, "bob", Queued, 1, "")
	c := h.add(t, "cat", "draughts")
	if c.State != Matched {
		t.Errorf("the next player: %+v", c)
	}
}

func TestClientThatHangsUpDoesNotFailTheMatch(t *testing.T) {
	h := newHall(t, nil)
	a := h.add(t, "ann", "draughts")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, _, err := h.Add(ctx, "bob", "draughts"); err != nil || got.State != Matched {
		t.Fatal(got, err)
	}
	h.expect(t, a.ID, "ann", Matched, 0, "draughts-1")
}

func TestTicketsAreBounded(t *testing.T) {
	h := newHall(t, func(c *Config) { c.Tickets = 2 })
	h.add(t, "ann", "draughts")
	h.add(t, "bob", "trio")
	var full *FullError
	if _, _, err := h.Add(t.Context(), "cat", "trio"); !errors.As(err, &full) || full.RetryAfter <= 0 {
		t.Fatalf("got %v, want a FullError", err)
	}
	h.now = h.now.Add(10 * time.Minute)
	h.Get(t.Context(), "", "") // expires them
	h.now = h.now.Add(keepFinal)
	h.add(t, "cat", "trio")
}

func TestWaitReturnsWhenMatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(c *Config) { c.Clock = time.Now })
		a := h.add(t, "ann", "draughts")
		got := make(chan Ticket)
		go func() {
			w, err := h.Wait(t.Context(), a.ID, "ann", 25*time.Second)
			if err != nil {
				t.Error(err)
			}
			got <- w
		}()
		synctest.Wait()
		began := time.Now()
		h.add(t, "bob", "draughts")
		if w := <-got; w.State != Matched || time.Since(began) != 0 {
			t.Errorf("%+v after %s", w, time.Since(began))
		}
	})
}

func TestWaitEnds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		end    func(h *hall, cancel func())
		want   time.Duration
		state  State
	}{
		"in time":            {want: 25 * time.Second, state: Queued},
		"when expired":       {change: func(c *Config) { c.Wait = 7 * time.Second }, want: 7 * time.Second, state: Expired},
		"when client leaves": {end: func(_ *hall, cancel func()) { cancel() }, state: Queued},
		"when closed":        {end: func(h *hall, _ func()) { h.Close() }, state: Queued},
		"when too many wait": {change: func(c *Config) { c.Waiters = 1 }, want: 0, state: Queued, end: func(h *hall, cancel func()) {
			got, err := h.Wait(context.Background(), "t1", "ann", time.Minute)
			if err != nil || got.State != Queued {
				panic(fmt.Sprint(got, err))
			}
			cancel()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHall(t, func(cfg *Config) {
					cfg.Clock = time.Now
					if c.change != nil {
						c.change(cfg)
					}
				})
				a := h.add(t, "ann", "draughts")
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				began := time.Now()
				if c.end != nil {
					go func() {
						synctest.Wait()
						c.end(h, cancel)
					}()
				}
				got, err := h.Wait(ctx, a.ID, "ann", 25*time.Second)
				if err != nil || got.State != c.state || time.Since(began) != c.want {
					t.Errorf("%+v, %v after %s; want %s after %s", got, err, time.Since(began), c.state, c.want)
				}
			})
		})
	}
}

func TestWaiterTriesAgainAfterAFailedRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(c *Config) { c.Clock = time.Now })
		h.fail = errors.New("busy")
		a := h.add(t, "ann", "draughts")
		h.add(t, "bob", "draughts")
		h.fail = nil
		began := time.Now()
		got, err := h.Wait(t.Context(), a.ID, "ann", 25*time.Second)
		if err != nil || got.State != Matched || time.Since(began) != retryAfter {
			t.Errorf("%+v, %v after %s", got, err, time.Since(began))
		}
	})
}

func TestClosedQueueTakesNoTicket(t *testing.T) {
	h := newHall(t, nil)
	h.Close()
	h.Close()
	if _, _, err := h.Add(t.Context(), "ann", "draughts"); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// Whatever players do in whatever order: a room gets exactly its players, all different, nobody waits while enough do, and
// those in line stand in the order in which they came.
func TestQueueKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		h := newHall(t, nil)
		type mine struct{ id, player, game string }
		var all []mine
		seated := map[string][]string{}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			player := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(r, "player")
			game := rapid.SampledFrom([]string{"draughts", "trio"}).Draw(r, "game")
			switch rapid.IntRange(0, 5).Draw(r, "op") {
			case 0, 1, 2:
				got, fresh, err := h.Add(context.Background(), player, game)
				if err != nil {
					r.Fatal(err)
				}
				if fresh {
					all = append(all, mine{got.ID, player, game})
				}
			case 3:
				if len(all) > 0 {
					m := rapid.SampledFrom(all).Draw(r, "ticket")
					h.Cancel(m.id, m.player)
				}
			case 4:
				h.now = h.now.Add(time.Duration(rapid.IntRange(0, 400).Draw(r, "seconds")) * time.Second)
			case 5:
				h.fail = map[bool]error{true: errors.New("busy")}[rapid.Bool().Draw(r, "busy")]
			}
			queued := map[string][]int{}
			for _, m := range all {
				got, err := h.Get(context.Background(), m.id, m.player)
				if errors.Is(err, ErrNotFound) {
					continue
				}
				switch {
				case err != nil:
					r.Fatal(err)
				case got.State == Queued:
					queued[m.game] = append(queued[m.game], got.Position)
				case got.State == Matched && !slices.Contains(seated[got.Room], m.player):
					seated[got.Room] = append(seated[got.Room], m.player)
				}
			}
			for game, positions := range queued {
				if h.fail == nil && !h.now.Before(h.lines[game].retryAt) && len(positions) >= h.cfg.Sizes[game] {
					// The reads above may have made matches; nobody may be left over after them.
					if n := len(h.lines[game].waiting); n >= h.cfg.Sizes[game] {
						r.Fatalf("%d wait for %s", n, game)
					}
				} else if !slices.IsSorted(positions) {
					r.Fatalf("positions in %s: %v", game, positions)
				}
			}
			for room, players := range seated {
				if size := h.cfg.Sizes[room[:slices.Index([]byte(room), '-')]]; len(players) > size {
					r.Fatalf("room %s has %v, want %d", room, players, size)
				}
			}
			if len(h.latest) != len(h.tickets) {
				r.Fatalf("%d tickets are held for %d players and games", len(h.tickets), len(h.latest))
			}
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	room := func(context.Context, string) (string, error) { return "", nil }
	id := func() string { return "" }
	for _, cfg := range []Config{
		{}, {NewRoom: room}, {NewRoom: room, NewID: id, Sizes: map[string]int{"x": 1}}, {NewRoom: room, NewID: id, Tickets: -1},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}
