package game

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// workRoom is a room whose Tick is f.
func workRoom(t *testing.T, f func(*Tick)) *Room {
	t.Helper()
	r, err := NewRoom(RoomConfig{Def: tinyDef("work", Config{TickRate: 10, RunEmpty: true}, f), Transport: conn.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWorkIsDeliveredInATickAfterItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		var at uint32
		r := workRoom(t, func(tick *Tick) {
			if tick.N != 1 {
				return
			}
			err := Go(tick, func(context.Context) (int, error) {
				<-time.After(time.Minute)
				return 7, nil
			}, func(tick *Tick, v int, err error) { got, at = append(got, v), tick.N })
			if err != nil {
				t.Error(err)
			}
		})
		for range 3 {
			r.Step(time.Now())
		}
		if len(got) != 0 {
			t.Fatal("something was delivered before it was done")
		}
		<-time.After(2 * time.Minute)
		synctest.Wait()
		r.Step(time.Now())
		r.Step(time.Now())
		if len(got) != 1 || got[0] != 7 || at != 4 {
			t.Errorf("delivered %v in tick %d, want 7 once in tick 4", got, at)
		}
	})
}

// The bubble of synctest fails when a goroutine is left.
func TestWorkEndsWithItsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := 0
		r := workRoom(t, func(tick *Tick) {
			for range 3 {
				Go(tick, func(ctx context.Context) (struct{}, error) {
					<-ctx.Done()
					return struct{}{}, ctx.Err()
				}, func(*Tick, struct{}, error) { ended++ })
			}
		})
		r.Step(time.Now())
		r.End(netcode.CloseOver, "over", 0)
		synctest.Wait()
		r.Step(time.Now())
		if ended != 0 {
			t.Errorf("%d results were delivered to a game that has ended", ended)
		}
	})
}

func TestWorkEndsWithARoomThatCrashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := workRoom(t, func(tick *Tick) {
			Go(tick, func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, nil
			}, func(*Tick, int, error) {})
			panic("the game is wrong")
		})
		r.Step(time.Now())
		if !r.Ended() {
			t.Error("the room goes on")
		}
	})
}

func TestWorkIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, delivered, free := 0, 0, make(chan struct{})
		r := workRoom(t, func(tick *Tick) {
			for range 2 * MaxWork {
				err := Go(tick, func(context.Context) (int, error) { <-free; return 0, nil }, func(*Tick, int, error) { delivered++ })
				if err == nil {
					begun++
				} else if !errors.Is(err, ErrBusy) {
					t.Error(err)
				}
			}
		})
		r.Step(time.Now())
		r.Step(time.Now())
		if begun != MaxWork {
			t.Errorf("%d pieces of work are under way, at most %d may", begun, MaxWork)
		}
		close(free)
		synctest.Wait()
		r.Step(time.Now())
		if delivered != MaxWork || begun != 2*MaxWork {
			t.Errorf("when all was done %d were delivered and %d begun anew", delivered, begun-MaxWork)
		}
		synctest.Wait()
		r.End(netcode.CloseOver, "over", 0)
	})
}

func TestPanicOfWorkIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got error
		r := workRoom(t, func(tick *Tick) {
			if tick.N == 1 {
				Go(tick, func(context.Context) (int, error) { panic("divided by zero") }, func(_ *Tick, _ int, err error) { got = err })
			}
		})
		r.Step(time.Now())
		synctest.Wait()
		r.Step(time.Now())
		if got == nil || !strings.Contains(got.Error(), "divided by zero") || r.Ended() {
			t.Errorf("delivered %v, room ended: %v", got, r.Ended())
		}
	})
}

func TestWorkThatCannotBeginIsNotCounted(t *testing.T) {
	full, busy := true, 0
	r, err := NewRoom(RoomConfig{
		Def: tinyDef("work", Config{TickRate: 10, RunEmpty: true}, func(tick *Tick) {
			for range 2 * MaxWork {
				if Go(tick, func(context.Context) (int, error) { return 0, nil }, func(*Tick, int, error) {}) != nil {
					busy++
				}
			}
		}),
		Transport: conn.NewMemory(),
		Background: func(work func()) error {
			if full {
				return errors.New("full")
			}
			work()
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Step(time.Now())
	full = false
	r.Step(time.Now())
	if busy != 2*MaxWork+MaxWork {
		t.Errorf("the game was told %d times that all are busy, want %d while none could begin and %d later", busy, 2*MaxWork, MaxWork)
	}
	r.End(netcode.CloseOver, "over", 0)
}
