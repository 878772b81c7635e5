//go:build linux

package main

import (
	"cmp"
	"math"
	"slices"

	"github.com/skirmish-dev/skirmish/bench/hist"
	"github.com/skirmish-dev/skirmish/bench/load"
)

// quantiles are milliseconds.
type quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// result is what one run has shown.
type result struct {
	Scenario         string    `json:"scenario"`
	Rooms            int       `json:"rooms"`
	Clients          int       `json:"clients"`
	HzMin            float64   `json:"hz_min"`  // snapshots per second of the client that had fewest
	HzMean           float64   `json:"hz_mean"` // over all clients
	GapMS            quantiles `json:"gap_ms"`
	InputToEffectMS  quantiles `json:"input_to_effect_ms"`
	BytesPerSnapshot float64   `json:"bytes_per_snapshot"`
	CPUPerSnapshot   float64   `json:"cpu_us_per_snapshot"` // all that the server's process uses
	FloorUS          float64   `json:"floor_us"`            // the same of bench/floor; 0: it did not run
	AllocsPerTick    float64   `json:"allocs_per_tick"`     // of the whole process, less those of reading the metrics
	RSSPerClient     float64   `json:"rss_kb_per_client"`
	LatenessMS       quantiles `json:"lateness_ms"`
	BotsCPU          float64   `json:"bots_cpu_pct"` // of one processor

	Detail detail `json:"detail"`
}

// detail is what helps to judge a result.
type detail struct {
	Codec          string     `json:"codec"`
	Resume         bool       `json:"resume"`                         // there are resume seats
	ServerCPU      float64    `json:"server_cpu_pct"`                 // of one processor
	ServerWaited   float64    `json:"server_waited_pct"`              // of the time, for its processor: above a few, the machine was not its own
	Processor      *shares    `json:"server_processor_pct,omitempty"` // what the server's processor did; nil: it had more than one
	TicksPerS      float64    `json:"ticks_per_s"`                    // over all rooms
	TicksDropped   float64    `json:"ticks_dropped"`
	Skipped        float64    `json:"snapshots_skipped"`
	InputsLate     float64    `json:"inputs_late_pct"`
	DriftTicks     float64    `json:"drift_ticks"`
	Lost           int        `json:"clients_lost"`
	MessageBytes   float64    `json:"bytes_per_message"` // of what a client says, without the frame's header
	GapMaxMS       float64    `json:"gap_max_ms"`        // the longest of any client
	TicksMissed    float64    `json:"ticks_missed"`      // of all clients: gaps over one and a half periods
	Limit          limit      `json:"limit"`             // whose processor was full
	BotsWereLimit  bool       `json:"bots_were_the_limit"`
	BotsLagMS      quantiles  `json:"bots_lag_ms"`
	JoinS          float64    `json:"join_s,omitempty"` // until the last one played
	Failed         int        `json:"joins_failed,omitempty"`
	Flood          *flooded   `json:"flood,omitempty"` // nil: nobody signed in meanwhile
	Stalled        int        `json:"stalled,omitempty"`
	RSSSlope       float64    `json:"rss_kb_per_idle_connection,omitempty"`
	Seconds        float64    `json:"measured_s"`
	FloorHz        float64    `json:"floor_hz,omitempty"`
	TransportUS    float64    `json:"transport_us,omitempty"` // per snapshot, of bench/alone; 0: it did not run
	TransportHz    float64    `json:"transport_hz,omitempty"`
	Gaps           []hist.Bar `json:"gaps,omitempty"`
	InputToEffects []hist.Bar `json:"input_to_effects,omitempty"`
}

// maskedHeader is the frame's header of what a client says, in bytes: all of it is short.
const maskedHeader = 6

// shares are parts of a processor's time, in percent. What is not the server's is the machine's: at four fifths of a processor each
// millisecond that somebody else has makes the ticks of the next five late.
type shares struct {
	Server float64 `json:"server"` // its process
	Others float64 `json:"others"` // other programs
	IRQ    float64 `json:"irq"`    // interrupts and packets, which are nobody's in /proc
	Steal  float64 `json:"steal"`  // taken by the machine that this one runs on
	Idle   float64 `json:"idle"`
}

// botsLimit is the generator's lateness, in milliseconds, beyond which it is what a run shows, unless the server's processor was full.
const botsLimit = 10

// limit is what keeps a run from carrying more: whose processor was full.
type limit string

// The limits. When it was neither's, a run that did not carry its load shows something else, such as what else the machine did.
const (
	limitNone   limit = "neither"
	limitServer limit = "server"
	limitLoad   limit = "load"
	limitBoth   limit = "both"
)

// full is the share of a processor, in percent, from which on it counts as full: a mean over seconds in which not every moment is the same.
const full = 90

// limitOf is the limit of a server and a load that used so many percent of a processor each.
func limitOf(server, load float64) limit {
	switch {
	case server >= full && load >= full:
		return limitBoth
	case server >= full:
		return limitServer
	case load >= full:
		return limitLoad
	}
	return limitNone
}

// mark is the limit beside a number of clients.
func (l limit) mark() string {
	switch l {
	case limitLoad:
		return "+"
	case limitBoth:
		return "~"
	case limitNone:
		return "?"
	}
	return ""
}

// take fills in what the clients saw.
func (r *result) take(w load.Window) {
	r.HzMin, r.HzMean = round(w.HzMin), round(w.HzMean)
	r.GapMS, r.InputToEffectMS = quantilesOf(w.Gap), quantilesOf(w.Effect)
	if w.Snapshots > 0 {
		r.BytesPerSnapshot = round(float64(w.SnapshotBytes) / float64(w.Snapshots))
	}
	if w.Messages > 0 {
		r.Detail.MessageBytes = round(float64(w.MessageBytes)/float64(w.Messages) - maskedHeader)
	}
	r.Detail.GapMaxMS, r.Detail.TicksMissed = round(w.Gap.MaxMS()), float64(w.Missed)
	r.BotsCPU = round(100 * w.CPU)
	r.Detail.DriftTicks, r.Detail.Lost = round(w.Drift), w.Lost
	r.Detail.BotsLagMS = quantilesOf(w.Lag)
	r.Detail.Seconds = round(w.Elapsed.Seconds())
	r.Detail.Gaps, r.Detail.InputToEffects = w.Gap.Bars(), w.Effect.Bars()
}

// count fills in what the server has counted meanwhile.
func (r *result) count(m metrics, w load.Window) {
	r.LatenessMS = quantiles{round(m.quantileMS(lateness, 0.50)), round(m.quantileMS(lateness, 0.99))}
	r.Detail.TicksPerS = round(m["skirmish_ticks_total"] / w.Elapsed.Seconds())
	r.Detail.TicksDropped, r.Detail.Skipped = m["skirmish_ticks_dropped_total"], m["skirmish_snapshots_skipped_total"]
	in, late := m["skirmish_inputs_total"], m["skirmish_inputs_late_total"]
	if in+late > 0 {
		r.Detail.InputsLate = round(100 * late / (in + late))
	}
}

const lateness = "skirmish_tick_lateness_seconds"

// holds reports whether the load was carried, as the comparison with other servers has it.
func (r *result) holds(rate int) bool {
	return r.HzMin >= 0.95*float64(rate) && r.GapMS.P99 < 2000/float64(rate) && r.Detail.TicksDropped == 0 && r.Detail.Lost == 0
}

// median is the one in the middle of a list that is not empty, by a figure of each.
func median[T any](list []T, figure func(T) float64) T {
	sorted := slices.SortedFunc(slices.Values(list), func(x, y T) int { return cmp.Compare(figure(x), figure(y)) })
	return sorted[len(sorted)/2]
}

func quantilesOf(h *hist.Histogram) quantiles { return quantiles{round(h.MS(50)), round(h.MS(99))} }

func round(v float64) float64 { return math.Round(v*1000) / 1000 }
