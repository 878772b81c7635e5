//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/skirmish-dev/skirmish/bench/flood"
)

const (
	// floodLogins is how many sign-ins begin in a second: several times what a processor hashes that has nothing else to do.
	floodLogins = 100
	// floodFills is how long a flood runs before it is measured: until as many sign-ins wait for their hash as may.
	floodFills = 2 * time.Second
)

// flooded is what the same clients saw of the server before the flood, and what the flood was answered.
type flooded struct {
	Before  beforeFlood        `json:"before"`
	PerS    map[string]float64 `json:"logins_per_s"` // by the status of the answer
	TookMS  quantiles          `json:"login_ms"`     // of all that were answered
	LongMS  float64            `json:"login_max_ms"`
	BusyMS  quantiles          `json:"login_busy_ms"` // of those that got 503
	Amiss   int                `json:"logins_amiss"`  // without an answer, or with one that the attempt must not get
	Example []string           `json:"logins_amiss_first,omitempty"`
}

// beforeFlood is the half of the run without sign-ins, of the same length as the other.
type beforeFlood struct {
	LatenessMS   quantiles `json:"lateness_ms"`
	GapMS        quantiles `json:"gap_ms"`
	TicksMissed  float64   `json:"ticks_missed"`
	TicksDropped float64   `json:"ticks_dropped"`
	ServerCPU    float64   `json:"server_cpu_pct"`
}

// flood is a run of two halves: everybody plays, and then everybody plays while sign-ins with passwords come at several times the
// pace at which they are hashed on what the ticks leave of the server's processor. Its figures are those of the second half.
func (b *bench) flood(rc runContext, s scenario, n size) (result, error) {
	half := *b
	half.cfg.duration /= 2
	quiet := half
	quiet.cfg.profile = ""
	logins, err := flood.New(rc, flood.Config{URL: rc.server.url, Mail: filepath.Join(rc.server.dir, "mail"), Rate: b.cfg.logins})
	if err != nil {
		return result{}, err
	}
	defer logins.Close()
	before, err := quiet.steady(rc, s, n)
	if err != nil {
		return result{}, err
	}

	stopping, stop := context.WithCancel(rc)
	defer stop()
	started := time.Now()
	answered := make(chan *flood.Answers, 1)
	go func() { answered <- logins.Run(rc, stopping) }()
	if err := pause(rc, floodFills); err != nil {
		return result{}, err
	}
	r, err := half.observe(rc, s, n, rc.during(half.cfg.duration))
	stop()
	lasted := time.Since(started)
	rc.load.Close() // what still waits is hashed sooner without ticks
	answers := <-answered
	r.Detail.JoinS = before.Detail.JoinS
	r.Detail.Flood = floodedBy(answers, before, lasted)
	b.say("  before: late %.2f / %.2f ms (p50 / p99), %.0f gaps over 1.5 ticks, server %.0f %%", before.LatenessMS.P50, before.LatenessMS.P99,
		before.Detail.TicksMissed, before.Detail.ServerCPU)
	b.say("  sign-ins: %d in %.0f s, of which 200: %d, 401: %d, 429: %d, 503: %d, amiss: %d; the longest took %.1f s", answers.Attempts,
		lasted.Seconds(), answers.SignedIn, answers.Refused, answers.Throttled, answers.Busy, answers.Amiss, answers.Took.MaxMS()/1000)
	return r, errors.Join(err, rc.Err())
}

// floodedBy puts the answers of a flood that lasted so long beside the half before it.
func floodedBy(a *flood.Answers, before result, lasted time.Duration) *flooded {
	perS := map[string]float64{}
	for status, n := range map[int]int{200: a.SignedIn, 401: a.Refused, 429: a.Throttled, 503: a.Busy} {
		perS[fmt.Sprint(status)] = round(float64(n) / lasted.Seconds())
	}
	return &flooded{
		Before: beforeFlood{
			LatenessMS: before.LatenessMS, GapMS: before.GapMS, TicksMissed: before.Detail.TicksMissed,
			TicksDropped: before.Detail.TicksDropped, ServerCPU: before.Detail.ServerCPU,
		},
		PerS: perS, TookMS: quantilesOf(a.Took), LongMS: round(a.Took.MaxMS()), BusyMS: quantilesOf(a.Turned), Amiss: a.Amiss, Example: a.First,
	}
}
