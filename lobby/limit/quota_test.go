package limit

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What a Quota says is what comes: so many events are given at once and then none, and the bucket is full when it says so.
func TestQuotaSaysWhatIsGivenNext(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		now := t0
		every := time.Duration(rapid.IntRange(1, 5000).Draw(r, "every")) * time.Millisecond
		s, err := New[string](Config{
			Name: "n", PerKey: Rate{Burst: rapid.IntRange(1, 20).Draw(r, "burst"), Every: every}, Clock: func() time.Time { return now },
		})
		if err != nil {
			r.Fatal(err)
		}
		var told Quota
		ctx := Tell(context.Background(), func(q Quota) { told = q })
		for range rapid.IntRange(1, 40).Draw(r, "asked") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(r, "pause")) * time.Millisecond)
			wait, ok := s.Ask(ctx, "k")
			if !ok && (told.Left != 0 || told.Reset != wait) {
				r.Fatalf("refused for %s, told %+v", wait, told)
			}
		}
		if wait, ok := s.Ask(ctx, "k"); !ok {
			now = now.Add(wait)
			if _, ok = s.Ask(ctx, "k"); !ok {
				r.Fatalf("refused again after %s", wait)
			}
		}
		last := told
		if given, _ := takeN(s, "k", 100); given != last.Left {
			r.Fatalf("%d were given, told %+v", given, last)
		}
		now = now.Add(time.Duration(last.Left)*every + last.Reset)
		if given, _ := takeN(s, "k", 100); given != last.Rate.Burst {
			r.Fatalf("%d were given of a bucket that was to be full, told %+v", given, last)
		}
	})
}

func TestQuotaOfARefusalByTheCommonBucketHasNothingLeft(t *testing.T) {
	s, _ := newSet(t, Config{Name: "n", PerKey: Rate{10, time.Second}, Total: Rate{1, time.Minute}})
	takeN(s, "a", 1)
	var told []Quota
	s.Ask(Tell(t.Context(), func(q Quota) { told = append(told, q) }), "b")
	if len(told) != 1 || told[0].Left != 0 || told[0].Reset != time.Minute {
		t.Errorf("told %+v", told)
	}
}

func TestNamelessSetsTellNothing(t *testing.T) {
	s, _ := newSet(t, Config{PerKey: Rate{10, time.Second}})
	s.Ask(Tell(t.Context(), func(q Quota) { t.Errorf("told %+v", q) }), "a")
	if wait, ok := s.Ask(t.Context(), "a"); !ok { // nobody listens
		t.Error(wait)
	}
}
