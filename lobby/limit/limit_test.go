package limit

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

func newSet(t *testing.T, cfg Config) (*Set[string], *time.Time) {
	t.Helper()
	now := t0
	cfg.Clock = func() time.Time { return now }
	s, err := New[string](cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, &now
}

func takeN(s *Set[string], key string, n int) (taken int, wait time.Duration) {
	for range n {
		w, ok := s.Take(key)
		if !ok {
			return taken, w
		}
		taken++
	}
	return taken, 0
}

func TestBucketGivesItsBurstThenItsRate(t *testing.T) {
	s, now := newSet(t, Config{PerKey: Rate{Burst: 200, Every: time.Second}})
	if n, wait := takeN(s, "school", 300); n != 200 || wait != time.Second {
		t.Fatalf("took %d, wait %s; want 200 and 1s", n, wait)
	}
	if n, _ := takeN(s, "other", 1); n != 1 {
		t.Error("another key pays for it")
	}
	*now = now.Add(999 * time.Millisecond)
	if n, wait := takeN(s, "school", 1); n != 0 || wait != time.Millisecond {
		t.Errorf("after 999 ms: took %d, wait %s", n, wait)
	}
	*now = now.Add(time.Millisecond)
	if n, _ := takeN(s, "school", 2); n != 1 {
		t.Errorf("after 1 s: took %d, want 1", n)
	}
	*now = now.Add(time.Hour)
	if n, _ := takeN(s, "school", 300); n != 200 {
		t.Errorf("after an hour: took %d, want the burst", n)
	}
}

func TestCommonBucketBoundsAllKeys(t *testing.T) {
	s, _ := newSet(t, Config{PerKey: Rate{10, time.Second}, Total: Rate{15, time.Second}})
	a, _ := takeN(s, "a", 20)
	b, _ := takeN(s, "b", 20)
	if a != 10 || b != 5 {
		t.Fatalf("took %d and %d, want 10 and 5", a, b)
	}
}

func TestRefusedByTheCommonBucketCostsTheKeyNothing(t *testing.T) {
	s, now := newSet(t, Config{PerKey: Rate{2, time.Hour}, Total: Rate{1, time.Second}})
	takeN(s, "a", 1)
	takeN(s, "b", 1) // refused
	*now = now.Add(time.Second)
	takeN(s, "b", 1)
	*now = now.Add(time.Second)
	if n, _ := takeN(s, "b", 1); n != 1 {
		t.Fatal("a refused event was taken from the key's bucket")
	}
}

func TestKeysAreBounded(t *testing.T) {
	s, now := newSet(t, Config{PerKey: Rate{2, time.Second}, Keys: 10})
	for i := range 1000 {
		takeN(s, fmt.Sprint(i), 1)
	}
	if len(s.full) != 10 {
		t.Fatalf("%d buckets held, want 10", len(s.full))
	}
	if n, _ := takeN(s, "3", 1); n != 1 {
		t.Error("a known key lost its bucket to newcomers")
	}
	if n, _ := takeN(s, "new", 1); n != 0 {
		t.Error("newcomers over the bound are not limited together")
	}
	*now = now.Add(time.Minute)
	for _, key := range []string{"new", "newer", "newest"} {
		if n, _ := takeN(s, key, 3); n != 2 {
			t.Errorf("%s took %d, want 2 once the old ones are full again", key, n)
		}
	}
	if len(s.full) != 3 {
		t.Errorf("%d buckets are held, want those of the three that came last", len(s.full))
	}
}

// Who has come once is not remembered for good: most of very many players ask for little.
func TestOnlyBusyKeysAreHeld(t *testing.T) {
	s, now := newSet(t, Config{PerKey: Rate{10, time.Second}})
	flood, _ := takeN(s, "flood", 10)
	for i := range 50_000 {
		*now = now.Add(time.Millisecond)
		if n, wait := takeN(s, fmt.Sprint(i), 1); n != 1 {
			t.Fatalf("player %d has to wait %s", i, wait)
		}
		n, _ := takeN(s, "flood", 1)
		flood += n
	}
	if n := len(s.full); n > 1010 { // a second has 1000
		t.Errorf("%d keys are held", n)
	}
	if flood > 10+50 {
		t.Errorf("who is busy was forgotten: it took %d in 50 s", flood)
	}
}

// A flood of newcomers while all keys are busy, or while all are free again, makes no call longer: each looks at a few keys and not at all of
// them. It is counted and not timed.
func TestNoNewcomerMakesTheOthersWait(t *testing.T) {
	const keys = 1 << 14
	s, now := newSet(t, Config{PerKey: Rate{2, time.Hour}, Keys: keys})
	for i := range keys {
		takeN(s, fmt.Sprint(i), 1)
	}
	is := reflect.ValueOf(s.full).Pointer()
	for i := range 1000 {
		s.overflow = time.Time{} // as if the shared bucket had a place for each of them
		before := slices.Clone(s.order[:1])
		takeN(s, fmt.Sprint("new", i), 1)
		if len(s.full) != keys || s.order[0] != before[0] || reflect.ValueOf(s.full).Pointer() != is {
			t.Fatalf("newcomer %d changed the keys that are busy", i)
		}
	}
	*now = now.Add(2 * time.Hour)
	for i := range 1000 {
		was := len(s.full)
		takeN(s, fmt.Sprint("newer", i), 1)
		if gone := was + 1 - len(s.full); gone > 8 {
			t.Fatalf("newcomer %d had %d keys looked at, want a few", i, gone)
		}
	}
	for i := range keys {
		takeN(s, fmt.Sprint("newest", i), 1)
		*now = now.Add(time.Minute)
	}
	if len(s.full) > 200 || len(s.order) != len(s.full) || cap(s.order) > keys/shrink {
		t.Errorf("after the flood %d keys are held, in order %d, with room for %d", len(s.full), len(s.order), cap(s.order))
	}
}

// Whatever comes when, the set answers as one that forgets nothing: a key that is forgotten too early would have its burst anew.
func TestForgettingChangesNoAnswer(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rate := Rate{Burst: rapid.IntRange(1, 4).Draw(r, "burst"), Every: time.Second}
		now := t0
		s, err := New[int](Config{PerKey: rate, Keys: 100, Clock: func() time.Time { return now }})
		if err != nil {
			r.Fatal(err)
		}
		all := map[int]time.Time{}
		for range rapid.IntRange(1, 200).Draw(r, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 1500).Draw(r, "gap, ms")) * time.Millisecond)
			key := rapid.IntRange(0, 30).Draw(r, "key")
			next, want := rate.take(all[key], now)
			all[key] = next
			if wait, ok := s.Take(key); wait != want || ok != (want == 0) {
				r.Fatalf("key %d waits %s, want %s", key, wait, want)
			}
			for i := range s.order {
				if i > 0 && s.order[i].full.Before(s.order[(i-1)/2].full) {
					r.Fatalf("the order is none: %v", s.order)
				}
			}
			if len(s.order) != len(s.full) {
				r.Fatalf("%d keys in order, %d held", len(s.order), len(s.full))
			}
		}
	})
}

// However events are spread, no window holds more than the burst and what the rate gives in it.
func TestNoWindowExceedsTheRate(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rate := Rate{Burst: rapid.IntRange(1, 5).Draw(r, "burst"), Every: time.Second}
		now := t0
		s, err := New[int](Config{PerKey: rate, Clock: func() time.Time { return now }})
		if err != nil {
			r.Fatal(err)
		}
		var taken []time.Time
		for _, ms := range rapid.SliceOfN(rapid.IntRange(0, 1500), 1, 60).Draw(r, "gaps") {
			now = now.Add(time.Duration(ms) * time.Millisecond)
			if _, ok := s.Take(0); ok {
				taken = append(taken, now)
			}
		}
		for i := range taken {
			for j := i; j < len(taken); j++ {
				if allowed := rate.Burst + int(taken[j].Sub(taken[i])/rate.Every); j-i+1 > allowed {
					r.Fatalf("%d events in %s, want at most %d", j-i+1, taken[j].Sub(taken[i]), allowed)
				}
			}
		}
	})
}

func TestNetworkIsWhatAHouseholdShares(t *testing.T) {
	for in, want := range map[string]string{
		"203.0.113.7":           "203.0.113.7/32",
		"::ffff:203.0.113.7":    "203.0.113.7/32",
		"2001:db8:1:2:3:4:5:6":  "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::":   "2001:db8:1:2::/64",
		"fe80::1%eth0":          "fe80::/64",
		"2001:db8:1:3:ffff::99": "2001:db8:1:3::/64",
	} {
		if got := Network(netip.MustParseAddr(in)).String(); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if Network(netip.Addr{}).IsValid() {
		t.Error("an unknown address has a network")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []Config{
		{}, {PerKey: Rate{1, 0}}, {PerKey: Rate{0, 1}}, {PerKey: Rate{1, 1}, Total: Rate{1, 0}}, {PerKey: Rate{1, 1}, Keys: -1},
	} {
		if _, err := New[int](cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}
