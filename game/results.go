package game

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

const (
	resultsWaiting = 256              // when full, rooms keep their result, stay open and offer it again
	resultTries    = 10 * time.Minute // then the result is logged and given up
)

// ErrPermanent is for HostConfig.OnResult: an error that wraps it says that trying again is of no use.
var ErrPermanent = errors.New("game: the result cannot be stored")

// resultQueue carries match results from the rooms to HostConfig.OnResult, which may block on a database: no tick waits for it.
type resultQueue struct {
	store   func(ctx context.Context, id string, r MatchResult) error
	log     *zap.Logger
	waiting chan MatchResult
	stop    chan struct{} // closed: no retries any more
	done    chan struct{}
}

func newResultQueue(store func(context.Context, string, MatchResult) error, log *zap.Logger) *resultQueue {
	q := &resultQueue{store: store, log: log, waiting: make(chan MatchResult, resultsWaiting), stop: make(chan struct{}), done: make(chan struct{})}
	go q.run()
	return q
}

// offer takes a result and reports whether there was room. It never blocks.
func (q *resultQueue) offer(r MatchResult) bool {
	select {
	case q.waiting <- r:
		return true
	default:
		return false
	}
}

// close stores what waits, each with one try, and returns.
func (q *resultQueue) close() {
	close(q.stop)
	close(q.waiting)
	<-q.done
}

func (q *resultQueue) run() {
	defer close(q.done)
	for r := range q.waiting {
		q.keep(r)
	}
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
