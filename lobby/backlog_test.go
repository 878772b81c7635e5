package lobby

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/spool"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// base is a database that can be stopped. What it applies is in the order in which it was applied, repeats left out.
type base struct {
	refuses string // this match, whatever else it does

	mu      sync.Mutex
	fail    error
	tries   int
	applied []string
}

// stop makes every call fail with err, from now on; nil starts it again.
func (b *base) stop(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = err
}

// was is how often it was asked, and what it has applied.
func (b *base) was() (tries int, applied []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tries, slices.Clone(b.applied)
}

func (b *base) apply(_ context.Context, r Result) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries++
	if b.fail != nil {
		return b.fail
	}
	if r.MatchID == b.refuses {
		return errors.New("there is something in it")
	}
	if !slices.Contains(b.applied, r.MatchID) {
		b.applied = append(b.applied, r.MatchID)
	}
	return nil
}

func (b *base) open(t *testing.T, path string) *backlog {
	t.Helper()
	l, err := openBacklog(path, b.apply, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func keeps(t *testing.T, b *backlog, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := b.record(t.Context(), Result{MatchID: id, Payload: json.RawMessage("1")}); err != nil {
			t.Fatal(err)
		}
	}
}

func closes(t *testing.T, b *backlog) {
	t.Helper()
	if err := b.close(); err != nil {
		t.Error(err)
	}
}

var stopped = fmt.Errorf("%w: stopped", store.ErrUnavailable)

func TestResultsThatWaitAreAppliedInOrderWhenTheDatabaseIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &base{}
		l := db.open(t, filepath.Join(t.TempDir(), "results"))
		defer closes(t, l)
		keeps(t, l, "a")
		db.stop(stopped)
		keeps(t, l, "b", "c", "d")
		if _, applied := db.was(); l.len() != 3 || len(applied) != 1 {
			t.Errorf("%d wait, %v are applied", l.len(), applied)
		}
		<-time.After(10 * time.Minute)
		if tries, _ := db.was(); l.len() != 3 || tries > 80 {
			t.Errorf("after ten minutes %d wait, and the database was asked %d times", l.len(), tries)
		}
		db.stop(nil)
		<-time.After(backlogPause)
		synctest.Wait()
		before, applied := db.was()
		if !slices.Equal(applied, []string{"a", "b", "c", "d"}) || l.len() != 0 {
			t.Errorf("%v are applied, %d wait", applied, l.len())
		}
		keeps(t, l, "e")
		if tries, applied := db.was(); tries != before+1 || len(applied) != 5 {
			t.Errorf("afterwards: %v with %d tries", applied, tries-before)
		}
	})
}

// A database that hangs is asked once, not by each result for seconds: the caller's time ends the call, and the result is kept.
func TestResultsAreKeptWhenTheDatabaseHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "results")
		hangs := func(ctx context.Context, _ Result) error { <-ctx.Done(); return ctx.Err() }
		l, err := openBacklog(path, hangs, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		defer closes(t, l)
		began := time.Now()
		for _, id := range []string{"a", "b", "c"} {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if err := l.record(ctx, Result{MatchID: id}); err != nil {
				t.Error(err)
			}
			cancel()
		}
		if took := time.Since(began); took != 5*time.Second || l.len() != 3 {
			t.Errorf("%d are kept after %v", l.len(), took)
		}
	})
}

func TestResultsThatWaitOutliveTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "results")
		db := &base{fail: stopped}
		l := db.open(t, path)
		keeps(t, l, "a", "b")
		closes(t, l) // the file is as it was when b was kept: closing writes nothing
		file := read(t, path)
		db.stop(nil)
		l = db.open(t, path)
		synctest.Wait()
		if _, applied := db.was(); !slices.Equal(applied, []string{"a", "b"}) || l.len() != 0 {
			t.Errorf("%v are applied, %d wait", applied, l.len())
		}
		closes(t, l)
		if strings.Contains(read(t, path), "MatchID") {
			t.Error("what was applied is still in the file")
		}
		// A process that is killed before it has emptied the file leaves it for the next.
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		l = db.open(t, path)
		synctest.Wait()
		if _, applied := db.was(); l.len() != 0 || len(applied) != 2 {
			t.Errorf("%v are applied, %d wait", applied, l.len())
		}
		closes(t, l)
	})
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestAResultThatTheFileDoesNotTakeIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &base{fail: stopped}
		l := db.open(t, filepath.Join(t.TempDir(), "results"))
		defer closes(t, l)
		big := Result{MatchID: "big", Payload: json.RawMessage(`"` + strings.Repeat("x", 60<<10) + `"`)}
		var err error
		kept := 0
		for err == nil {
			if err = l.record(t.Context(), big); err == nil {
				kept++
			}
		}
		if !errors.Is(err, spool.ErrFull) || !errors.Is(err, store.ErrUnavailable) || kept < backlogBytes/(64<<10) || l.len() != kept {
			t.Errorf("after %d, of which %d wait: %v", kept, l.len(), err)
		}
	})
}

func TestAResultThatTheDatabaseRefusesHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &base{fail: stopped, refuses: "odd"}
		l := db.open(t, filepath.Join(t.TempDir(), "results"))
		defer closes(t, l)
		keeps(t, l, "odd", "a", "b")
		db.stop(nil)
		<-time.After(time.Minute)
		if _, applied := db.was(); !slices.Equal(applied, []string{"a", "b"}) || l.len() != 1 {
			t.Errorf("%v are applied, %d wait", applied, l.len())
		}
		<-time.After(10 * time.Minute)
		if l.len() != 0 {
			t.Error("it is never given up")
		}
	})
}

// A real database that somebody else writes to for too long, and a real lobby: players are told, and rated, once.
func TestRecordResultKeepsWhatTheDatabaseDoesNotTake(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "results")
	keys, err := token.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	lobby := func(t *testing.T) *world {
		return worldOn(t, dir, keys, func(c *Config) { c.ResultsFile = file })
	}
	var ann Session
	var kept string
	t.Run("the database is busy", func(t *testing.T) {
		w := lobby(t)
		winner, loser := w.seated("Ann"), w.seated("Ben")
		ann = winner.Session
		other, err := sql.Open("sqlite", filepath.Join(dir, "skirmish.db")+"?_txlock=immediate")
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		tx, err := other.Begin()
		if err != nil {
			t.Fatal(err)
		}
		w.record(duel("m1", winner, loser))
		if n := w.lobby.ResultsWaiting(); n != 1 {
			t.Errorf("%d results wait", n)
		}
		kept = read(t, file)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	})
	for _, when := range []string{"it is there", "the process was killed before it has emptied the file"} {
		if err := os.WriteFile(file, []byte(kept), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Run(when, func(t *testing.T) {
			w := lobby(t)
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for w.lobby.ResultsWaiting() > 0 {
				<-tick.C
			}
			if got := w.profile(player{w, ann}).Ratings; len(got) != 1 || got[0].Wins != 1 || got[0].Matches != 1 {
				t.Errorf("ratings %+v", got)
			}
		})
	}
}
