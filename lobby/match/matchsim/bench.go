package matchsim

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

// FullRules has a bit of everything that a rule set can ask for: two teams of five with three roles, skill, balance, latency to four
// regions, two attributes and three steps. It is what a pass is measured with when no rules are given.
const FullRules = `{
	"teams": 2, "size": 5,
	"roles": [{"name": "tank", "count": 1}, {"name": "healer", "count": 1}, {"name": "damage", "count": 3}],
	"skill": 6, "balance": 4,
	"regions": ["eu", "us-east", "us-west", "asia"], "latency_ms": 80,
	"attributes": [
		{"name": "map", "match": "common", "values": ["ice", "lava", "town", "wood"]},
		{"name": "input", "match": "equal", "values": ["pad", "mouse"]}
	],
	"widen": [
		{"after_s": 15, "skill": 9, "latency_ms": 100},
		{"after_s": 45, "skill": 14, "balance": 6, "latency_ms": 150},
		{"after_s": 90, "skill": 25, "balance": 10, "latency_ms": 210}
	]
}`

// Bench is what one pass over waiting tickets costs.
type Bench struct {
	Tickets int       `json:"tickets"`
	Players int       `json:"players"`
	Runs    int       `json:"runs"`
	PassMS  float64   `json:"pass_ms"`     // the median of the runs
	AllMS   []float64 `json:"all_pass_ms"` // every run, in order
	Matches int       `json:"matches"`
	Matched int       `json:"matched"` // tickets
	Allocs  uint64    `json:"allocs"`  // of one pass
	Bytes   uint64    `json:"bytes"`   // allocated by one pass
}

// BenchConfig says what to measure.
type BenchConfig struct {
	Rules    *match.Rules // required
	Arrivals []Arrival    // required; when they come does not count
	// Waited is how long the newest ticket has waited; zero means not at all. The others have waited for up to 120 s more, evenly, so
	// that all widening steps take part.
	Waited time.Duration
	Runs   int              // zero means 5
	Clock  func() time.Time // required; time.Now outside of tests
}

// Measure runs a pass over all tickets at once, several times, on the goroutine of the caller and by one match.Matcher, as a queue does.
func Measure(cfg BenchConfig) (Bench, error) {
	if cfg.Runs == 0 {
		cfg.Runs = 5
	}
	if cfg.Rules == nil || cfg.Clock == nil || cfg.Runs < 0 || len(cfg.Arrivals) == 0 {
		return Bench{}, fmt.Errorf("matchsim: %d runs over %d tickets, want at least 1, rules and a clock", cfg.Runs, len(cfg.Arrivals))
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	n := len(cfg.Arrivals)
	b := Bench{Tickets: n, Runs: cfg.Runs}
	waiting := make([]match.Waiting, n)
	for i := range waiting {
		waiting[i] = cfg.Arrivals[i].waiting(now)
		waiting[i].Since = now.Add(-cfg.Waited - 120*time.Second*time.Duration(n-i)/time.Duration(n))
		if err := cfg.Rules.Check(&waiting[i]); err != nil {
			return Bench{}, err
		}
		b.Players += len(waiting[i].Members)
	}
	runtime.GC() // what making the tickets has left is no pass's to collect
	var matcher match.Matcher
	for range cfg.Runs {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := cfg.Clock()
		out := matcher.Pass(cfg.Rules, waiting, nil, now)
		b.AllMS = append(b.AllMS, float64(cfg.Clock().Sub(begin))/float64(time.Millisecond))
		runtime.ReadMemStats(&after)
		b.Allocs, b.Bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
		b.Matches, b.Matched = len(out.Matches), 0
		for _, m := range out.Matches {
			b.Matched += len(m.Places)
		}
	}
	b.PassMS = slices.Sorted(slices.Values(b.AllMS))[cfg.Runs/2]
	return b, nil
}
