package game

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"go.uber.org/zap"
)

// MaxWork is how many pieces of work a room may have under way: begun by Go and not delivered.
const MaxWork = 16

// ErrBusy is what Go says of a room that has MaxWork under way, or that ends, and when as much work of all rooms waits as may.
// Nothing was begun: ask again in a later tick, or do without.
var ErrBusy = errors.New("game: as much work is under way as may be")

const (
	hostWorkers = 4   // that run work of a Host's rooms
	hostWork    = 256 // pieces of work that wait for them
)

// Go runs work beside the room, for what is too slow for a tick, and calls deliver with what it has returned in a later tick,
// before the game's Tick. Work runs on a goroutine of its own: it must not touch anything of the game, and gets a context that is
// done when the room ends, after which nothing is delivered. A panic in it is delivered as an error. A server runs four pieces of
// work of its rooms at a time, on threads that give way to the ticks (on Linux): work that waits for something should bound its
// waiting, others wait for it.
//
// In which tick the result comes depends on the machine, so that a game with Go is not the same in two runs with the same inputs.
func Go[T any](t *Tick, work func(ctx context.Context) (T, error), deliver func(t *Tick, v T, err error)) error {
	b := &t.room.work
	if t.room.parting || t.room.ended.Load() || b.running == MaxWork {
		return ErrBusy
	}
	if b.ctx == nil {
		b.ctx, b.cancel = context.WithCancel(context.Background())
	}
	ctx, log, start := b.ctx, t.room.log, t.room.cfg.Background
	if start == nil {
		start = func(f func()) error { go f(); return nil }
	}
	b.running++
	err := start(func() {
		v, err := attempt(ctx, log, work)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.done = append(b.done, func(t *Tick) { deliver(t, v, err) })
	})
	if err != nil {
		b.running--
		return ErrBusy
	}
	return nil
}

// attempt is work with its panics as errors: one piece of work must not end the process.
func attempt[T any](ctx context.Context, log *zap.Logger, work func(context.Context) (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("work of a game panicked", zap.String("panic", fmt.Sprint(p)), zap.ByteString("stack", debug.Stack()))
			err = fmt.Errorf("game: the work panicked: %v", p)
		}
	}()
	return work(ctx)
}

// background is the work of one room.
type background struct {
	// Owned by the goroutine that steps the room.
	running int
	ctx     context.Context // nil: there was no work yet
	cancel  context.CancelFunc

	mu   sync.Mutex
	done []func(*Tick) // to be called in a tick, in the order in which the work was done
}

// deliver hands the game what was done since the last tick.
func (b *background) deliver(t *Tick) {
	b.mu.Lock()
	done := b.done
	b.done = nil
	b.mu.Unlock()
	b.running -= len(done)
	for _, f := range done {
		f(t)
	}
}

// stop ends the work: nobody waits for it any more.
func (b *background) stop() {
	if b.cancel != nil {
		b.cancel()
	}
}
