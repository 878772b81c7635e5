package game

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	resultsWaiting = 256              // when full, rooms keep their result, stay and offer it again
	resultTries    = 10 * time.Minute // then the result is logged and given up
)

// ErrPermanent is for HostConfig.OnResult: an error that wraps it says that trying again is of no use.
var ErrPermanent = errors.New("game: the result cannot be stored")

// resultQueue carries match results from the rooms to HostConfig.OnResult, which may block on a database: no tick waits for it.
type resultQueue struct {
	// Static after construction.
	store func(ctx context.Context, id string, r MatchResult) error
	log   *zap.Logger
	stop  chan struct{} // closed: no retries any more
	done  chan struct{}

	mu      sync.Mutex
	changed *sync.Cond    // waiting or last
	waiting []MatchResult // the oldest first
	all     bool          // takes more than resultsWaiting
	last    bool          // none comes any more
}

func newResultQueue(store func(context.Context, string, MatchResult) error, log *zap.Logger) *resultQueue {
	q := &resultQueue{store: store, log: log, stop: make(chan struct{}), done: make(chan struct{})}
	q.changed = sync.NewCond(&q.mu)
	go q.run()
	return q
}

// offer takes a result and reports whether there was room. It never blocks.
func (q *resultQueue) offer(r MatchResult) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= resultsWaiting && !q.all {
		return false
	}
	q.waiting = append(q.waiting, r)
	q.changed.Signal()
	return true
}

// takeAll has every result taken from now on. Call it when no room is made any more: each that is left has one at most, and they all
// end at once, too soon to wait for a place.
func (q *resultQueue) takeAll() {
	q.mu.Lock()
	q.all = true
	q.mu.Unlock()
}

// close stores what waits, each with one try, and returns.
func (q *resultQueue) close() {
	close(q.stop)
	q.mu.Lock()
	q.last = true
	q.changed.Signal()
	q.mu.Unlock()
	<-q.done
}

func (q *resultQueue) run() {
	defer close(q.done)
	for r, ok := q.next(); ok; r, ok = q.next() {
		q.keep(r)
	}
}

// next waits for a result, and reports false when none comes any more.
func (q *resultQueue) next() (r MatchResult, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.last {
		q.changed.Wait()
	}
	if len(q.waiting) == 0 {
		return MatchResult{}, false
	}
	r, q.waiting = q.waiting[0], q.waiting[1:]
	return r, true
}

// keep stores one result, trying again while the store fails. The room's id is the match's: a room has one result, and
// storing it twice is harmless.
func (q *resultQueue) keep(r MatchResult) {
	log := q.log.With(zap.String("match", r.Room), zap.String("game", r.Game), zap.Any("standings", r.Standings))
	if q.store == nil {
		log.Info("match finished")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), resultTries)
	defer cancel()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		try, done := context.WithTimeout(ctx, 5*time.Second)
		err := q.store(try, r.Room, r)
		done()
		switch {
		case err == nil:
			return
		case errors.Is(err, ErrPermanent):
			log.Error("a match result is lost: it cannot be stored", zap.Error(err))
			return
		}
		log.Warn("a match result could not be stored", zap.Error(err), zap.Duration("next_try", wait))
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-q.stop:
			timer.Stop()
			log.Error("a match result is lost: the server stops")
			return
		case <-ctx.Done():
			timer.Stop()
			log.Error("a match result is lost: the store has failed for too long")
			return
		}
	}
}
