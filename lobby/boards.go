package lobby

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	boardFor  = 5 * time.Second // an answer is used for this long
	boardMost = 512             // answers kept
)

// boards keeps answers that cost a walk through a board. What many ask for at once is made once, and answers are few: when there are
// too many the old ones go, and all of them if none is old.
type boards struct {
	clock func() time.Time

	mu   sync.Mutex
	kept map[string]*boardAnswer
}

// boardAnswer is one answer; ready is closed when it is there.
type boardAnswer struct {
	taken  time.Time
	ready  chan struct{}
	answer cacheable
	err    error
}

func newBoards(clock func() time.Time) *boards {
	return &boards{clock: clock, kept: map[string]*boardAnswer{}}
}

// get returns the answer for key, made by build when there is none that is new. An error is for those that waited for it; the next
// one builds again.
func (b *boards) get(ctx context.Context, key string, build func(context.Context) (cacheable, error)) (cacheable, error) {
	now := b.clock()
	b.mu.Lock()
	a := b.kept[key]
	mine := a == nil || a.old(now)
	if mine {
		b.makeRoom(now)
		a = &boardAnswer{taken: now, ready: make(chan struct{})}
		b.kept[key] = a
	}
	b.mu.Unlock()
	if !mine {
		select {
		case <-a.ready:
			return a.answer, a.err
		case <-ctx.Done():
			return cacheable{}, ctx.Err()
		}
	}
	a.err = errBoard // for the others, should build panic
	defer b.done(key, a)
	// It is finished even if the one who asked first has gone: others wait for it. The store bounds its time.
	a.answer, a.err = build(context.WithoutCancel(ctx))
	return a.answer, a.err
}

var errBoard = errors.New("lobby: an answer could not be made")

// done lets go those who wait. What has failed is not kept.
func (b *boards) done(key string, a *boardAnswer) {
	close(a.ready)
	if a.err == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept[key] == a {
		delete(b.kept, key)
	}
}

func (a *boardAnswer) old(now time.Time) bool {
	age := now.Sub(a.taken)
	return age < 0 || age >= boardFor // negative: the clock was set back
}

func (b *boards) makeRoom(now time.Time) {
	if len(b.kept) < boardMost {
		return
	}
	for key, a := range b.kept {
		if a.old(now) {
			delete(b.kept, key)
		}
	}
	if len(b.kept) >= boardMost {
		clear(b.kept)
	}
}
