package lobby

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/lobby/spool"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

const (
	backlogBytes = 4 << 20         // of the file: some thousand results
	backlogTry   = 5 * time.Second // for applying one
	backlogTries = 20              // of a result that the database refuses for reasons of its own
	backlogPause = 10 * time.Second
)

// backlog is the results that wait for the database, in a file, so that they outlive the process. Applying a result twice changes nothing,
// so that it needs to note only that it has applied all of them.
type backlog struct {
	file  *spool.File
	apply func(context.Context, Result) error // RecordResult without a backlog
	log   *zap.Logger
	wake  chan struct{} // holds one when there is work for run
	stop  context.CancelFunc
	ended sync.WaitGroup

	mu      sync.Mutex
	waiting []Result // the oldest first; all of them are in the file
}

// openBacklog reads the results that an earlier process has left, and begins to apply them.
func openBacklog(path string, apply func(context.Context, Result) error, log *zap.Logger) (*backlog, error) {
	file, found, err := spool.Open(path, backlogBytes)
	if err != nil {
		return nil, fmt.Errorf("results that wait for the database: %w; the folder must be writable", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	b := &backlog{file: file, apply: apply, log: log, wake: make(chan struct{}, 1), stop: stop}
	for _, entry := range found.Entries {
		var r Result
		if err := json.Unmarshal(entry, &r); err != nil {
			log.Error("a match result that waited for the database cannot be read", zap.String("file", path), zap.ByteString("result", entry), zap.Error(err))
			continue
		}
		b.waiting = append(b.waiting, r)
	}
	if found.Torn {
		log.Warn("the file of match results that wait for the database ends with one that was not written whole", zap.String("file", path))
	}
	if len(b.waiting) > 0 {
		log.Info("match results of an earlier run are applied", zap.Int("results", len(b.waiting)))
	}
	b.kick()
	b.ended.Go(func() { b.run(ctx) })
	return b, nil
}

// close ends the tries. What waits stays in the file.
func (b *backlog) close() error {
	b.stop()
	b.ended.Wait()
	return b.file.Close()
}

// len is how many results wait.
func (b *backlog) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

// record applies a result, or keeps it until that can be done. While others wait it is kept at once: asking a database that does not
// answer takes seconds, in which the result would be nowhere but in memory. Errors: those of apply, and when the file takes no more.
func (b *backlog) record(ctx context.Context, r Result) error {
	refused := store.ErrUnavailable
	if b.len() == 0 {
		if refused = b.apply(ctx, r); !errors.Is(refused, store.ErrUnavailable) && ctx.Err() == nil || refused == nil {
			return refused
		}
	}
	entry, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("lobby: result %s: %w", r.MatchID, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.file.Append(entry); err != nil {
		return fmt.Errorf("lobby: result %s: %w: %w", r.MatchID, refused, err)
	}
	b.waiting = append(b.waiting, r)
	b.log.Warn("a match result waits for the database", zap.String("match", r.MatchID), zap.Int("waiting", len(b.waiting)), zap.Error(refused))
	b.kick()
	return nil
}

func (b *backlog) kick() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// run applies what waits, the oldest first, until ctx is done.
func (b *backlog) run(ctx context.Context) {
	tries := map[string]int{}
	pause := backlogPause / 64
	for {
		if b.len() == 0 {
			select {
			case <-b.wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		if b.first(ctx, tries) {
			pause = backlogPause / 64
			continue
		}
		timer := time.NewTimer(pause)
		pause = min(2*pause, backlogPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// first tries to apply the oldest result, and reports whether it is done with. One that the database refuses though it is there goes to
// the end, so that it holds up no other, and is given up at last.
func (b *backlog) first(ctx context.Context, tries map[string]int) bool {
	b.mu.Lock()
	r := b.waiting[0]
	b.mu.Unlock()
	limited, cancel := context.WithTimeout(ctx, backlogTry)
	err := b.apply(limited, r)
	cancel()
	switch {
	case err == nil:
		b.log.Info("a match result that waited is applied", zap.String("match", r.MatchID))
	case errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil:
		return false
	default:
		if tries[r.MatchID]++; !errors.Is(err, ErrResult) && tries[r.MatchID] < backlogTries {
			b.mu.Lock()
			b.waiting = append(b.waiting[1:], r)
			b.mu.Unlock()
			return false
		}
		b.log.Error("a match result is lost: it cannot be applied", zap.Any("result", r), zap.Error(err))
	}
	delete(tries, r.MatchID)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting = slices.Delete(b.waiting, 0, 1); len(b.waiting) > 0 {
		return true
	}
	if err := b.file.Clear(); err != nil {
		b.log.Error("the file of match results that wait for the database cannot be emptied; they are applied again, which changes nothing", zap.Error(err))
	}
	return true
}
