package matchsim

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

// Config of a simulation.
type Config struct {
	Rules    *match.Rules
	Arrivals []Arrival     // in the order of At
	Every    time.Duration // between passes; zero means one second
}

// Quality is what came of the tickets.
type Quality struct {
	Tickets int     `json:"tickets"`
	Matched int     `json:"matched"`
	Expired int     `json:"expired"` // waited until Rules.Wait was over
	Matches int     `json:"matches"`
	Minutes float64 `json:"minutes"` // of virtual time
	// WaitS is how long tickets waited that were matched; Spread the distance between the lowest and the highest ticket of a match;
	// Gap that between the means of its strongest and its weakest team; LatencyMS that of each ticket to the region of its match.
	WaitS     Percentiles `json:"wait_s"`
	Spread    Percentiles `json:"skill_spread"`
	Gap       Percentiles `json:"team_gap"`
	LatencyMS Percentiles `json:"latency_ms"`
	// Reasons that tickets waited for, in passes: how often a pass left a ticket for each.
	Reasons map[string]int `json:"reasons"`
}

// Percentiles of a set of numbers; all are zero for an empty one.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func percentiles(of []float64) Percentiles {
	if len(of) == 0 {
		return Percentiles{}
	}
	slices.Sort(of)
	at := func(p float64) float64 {
		return math.Round(of[int(p*float64(len(of)-1))]*1000) / 1000
	}
	return Percentiles{P50: at(.5), P90: at(.9), P99: at(.99), Max: at(1)}
}

// simulation is a run in progress.
type simulation struct {
	cfg     Config
	start   time.Time
	waiting []match.Waiting
	quality Quality
	matcher match.Matcher

	waits, spreads, gaps, latencies []float64
}

// Simulate runs the arrivals through passes until nobody waits any more.
func Simulate(cfg Config) (Quality, error) {
	if cfg.Rules == nil || cfg.Every < 0 {
		return Quality{}, fmt.Errorf("matchsim: rules are missing, or passes every %v", cfg.Every)
	}
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	s := &simulation{cfg: cfg, start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s.quality.Tickets, s.quality.Reasons = len(cfg.Arrivals), map[string]int{}
	patience := time.Duration(cfg.Rules.Wait) * time.Second
	if patience == 0 {
		patience = match.DefaultWait
	}
	now := s.start
	for next := 0; next < len(cfg.Arrivals) || len(s.waiting) > 0; {
		if len(s.waiting) == 0 { // nothing happens until the next one comes
			if at := s.start.Add(seconds(cfg.Arrivals[next].At)); at.After(now) {
				now = now.Add((at.Sub(now) + cfg.Every - 1).Truncate(cfg.Every))
			}
		}
		for ; next < len(cfg.Arrivals) && !s.start.Add(seconds(cfg.Arrivals[next].At)).After(now); next++ {
			s.waiting = append(s.waiting, cfg.Arrivals[next].waiting(s.start))
		}
		s.pass(now, patience)
		now = now.Add(cfg.Every)
	}
	s.quality.Minutes = math.Round(now.Sub(s.start).Minutes()*100) / 100
	s.quality.WaitS, s.quality.Spread = percentiles(s.waits), percentiles(s.spreads)
	s.quality.Gap, s.quality.LatencyMS = percentiles(s.gaps), percentiles(s.latencies)
	return s.quality, nil
}

func (s *simulation) pass(now time.Time, patience time.Duration) {
	out := s.matcher.Pass(s.cfg.Rules, s.waiting, nil, now)
	for i := range out.Matches {
		s.note(&out.Matches[i], now)
	}
	left := s.waiting[:0]
	for i, reason := range out.Reasons {
		switch w := s.waiting[i]; {
		case reason.Cause == match.NotWaiting:
		case now.Sub(w.Since) >= patience:
			s.quality.Expired++
		default:
			s.quality.Reasons[reason.Cause.String()]++
			left = append(left, w)
		}
	}
	clear(s.waiting[len(left):])
	s.waiting = left
}

func (s *simulation) note(m *match.Match, now time.Time) {
	s.quality.Matches++
	s.quality.Matched += len(m.Places)
	lo, hi := math.Inf(1), math.Inf(-1)
	sum, count := make([]float64, m.Teams), make([]int, m.Teams)
	for _, p := range m.Places {
		w := &s.waiting[p.Ticket]
		s.waits = append(s.waits, now.Sub(w.Since).Seconds())
		lo, hi = min(lo, w.Skill()), max(hi, w.Skill())
		sum[p.Team] += w.Skill() * float64(len(w.Members))
		count[p.Team] += len(w.Members)
		if m.Region != "" {
			s.latencies = append(s.latencies, float64(w.Latency[m.Region]))
		}
	}
	for team := range sum {
		sum[team] /= float64(count[team])
	}
	s.spreads = append(s.spreads, hi-lo)
	s.gaps = append(s.gaps, slices.Max(sum)-slices.Min(sum))
}
