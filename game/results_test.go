package game

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
)

// storing runs results through a queue whose store answers as fail says, and tells which were stored and how long it took.
func storing(t *testing.T, fail func(id string, try int) error, rooms ...string) (stored []string, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tries := map[string]int{}
		start := time.Now()
		q := newResultQueue(func(_ context.Context, id string, _ MatchResult) error {
			tries[id]++
			if err := fail(id, tries[id]); err != nil {
				return err
			}
			stored, took = append(stored, id), time.Since(start)
			return nil
		}, zap.NewNop())
		for _, id := range rooms {
			if !q.offer(MatchResult{Room: id}) {
				t.Errorf("%s was not taken", id)
			}
		}
		<-time.After(20 * time.Minute)
		q.close()
	})
	return stored, took
}

func TestResultIsTriedUntilItIsStored(t *testing.T) {
	stored, took := storing(t, func(_ string, try int) error {
		if try < 8 {
			return errors.New("the database is down")
		}
		return nil
	}, "a")
	if !slices.Equal(stored, []string{"a"}) || took > time.Minute {
		t.Errorf("stored %v after %v", stored, took)
	}
}

func TestResultThatCannotBeStoredHoldsUpNothing(t *testing.T) {
	stored, took := storing(t, func(id string, _ int) error {
		if id == "bad" {
			return fmt.Errorf("%w: too big", ErrPermanent)
		}
		return nil
	}, "bad", "good")
	if !slices.Equal(stored, []string{"good"}) || took != 0 {
		t.Errorf("stored %v after %v, want the good one at once", stored, took)
	}
}

func TestResultsAreGivenUpAfterTenMinutes(t *testing.T) {
	stored, took := storing(t, func(id string, _ int) error {
		if id == "a" {
			return errors.New("no luck")
		}
		return nil
	}, "a", "b")
	if !slices.Equal(stored, []string{"b"}) || took < resultTries || took > resultTries+20*time.Second {
		t.Errorf("stored %v after %v", stored, took)
	}
}

func TestResultQueueIsBounded(t *testing.T) {
	block := make(chan struct{})
	q := newResultQueue(func(context.Context, string, MatchResult) error { <-block; return nil }, zap.NewNop())
	taken := 0
	for range resultsWaiting + 10 {
		if q.offer(MatchResult{}) {
			taken++
		}
	}
	if taken < resultsWaiting || taken > resultsWaiting+1 { // one may be in the store's hands
		t.Errorf("%d results were taken, %d fit", taken, resultsWaiting)
	}
	close(block)
	q.close()
}
