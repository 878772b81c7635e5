//go:build linux

package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// bar is what a figure should be.
type bar struct {
	scenario string
	name     string
	unit     string
	most     float64 // it should not be over that,
	least    float64 // or not under that, if most is 0
	value    func(result) float64
	below    float64 // it holds for servers that use at most so much of their processor, in percent; 0: for all
	every    bool    // it holds in every run, and not for their median
}

// bars are those of docs/performance.md that one machine and this program can show.
var bars = []bar{
	{
		scenario: "arena100", name: "bytes per snapshot, packed", unit: "B", most: 260,
		value: func(r result) float64 { return r.BytesPerSnapshot },
	},
	{
		scenario: "arena100", name: "bytes per snapshot, plain", unit: "B", most: 360,
		value: func(r result) float64 { return r.BytesPerSnapshot },
	},
	{scenario: "arena100", name: "CPU per snapshot against the C floor", unit: "x", most: 1.5, value: result.floorRatio},
	{scenario: "arena100", name: "transport alone against the C floor", unit: "x", most: 1.3, value: result.transportRatio},
	{
		scenario: "arena100", name: "allocations per tick", most: 0.5,
		value: func(r result) float64 { return r.AllocsPerTick },
	},
	{
		scenario: "arena100", name: "tick lateness p99", unit: "ms", most: 1, below: 85,
		value: func(r result) float64 { return r.LatenessMS.P99 },
	},
	{
		scenario: "arena100", name: "drift", unit: "ticks", most: 0.5, every: true,
		value: func(r result) float64 { return r.Detail.DriftTicks },
	},
	{
		scenario: "arena100", name: "input to effect p50", unit: "ms", most: 27, below: 85,
		value: func(r result) float64 { return r.InputToEffectMS.P50 },
	},
	{
		scenario: "arena100", name: "input to effect p99", unit: "ms", most: 52, below: 85,
		value: func(r result) float64 { return r.InputToEffectMS.P99 },
	},
	{
		scenario: "arena100", name: "ticks per second, slowest client", unit: "Hz", least: 19,
		value: func(r result) float64 { return r.HzMin },
	},
	{
		scenario: "crowd", name: "ticks per second, slowest client", unit: "Hz", least: 19,
		value: func(r result) float64 { return r.HzMin },
	},
	{
		scenario: "crowd", name: "allocations per tick", most: 0.5,
		value: func(r result) float64 { return r.AllocsPerTick },
	},
	{
		scenario: "duel", name: "ticks per second, slowest client", unit: "Hz", least: 126,
		value: func(r result) float64 { return r.HzMin },
	},
	{
		scenario: "idle", name: "RSS per idle connection", unit: "KB", most: 2,
		value: func(r result) float64 { return r.Detail.RSSSlope },
	},
	{
		scenario: "stall", name: "ticks missing in the end to those who read", unit: "per s", most: 0.1,
		value: func(r result) float64 { return max(0, 20-r.HzMin) },
	},
	{
		scenario: "stall", name: "gaps over 1.5 ticks of those who read", most: 0,
		value: func(r result) float64 { return r.Detail.TicksMissed },
	},
	{
		scenario: "storm", name: "ticks missing in the end to those who play", unit: "per s", most: 0.1,
		value: func(r result) float64 { return max(0, 20-r.HzMin) },
	},
	{
		scenario: "storm", name: "gaps over 1.5 ticks of those who play", most: 0,
		value: func(r result) float64 { return r.Detail.TicksMissed },
	},
	{
		scenario: "storm", name: "joins that failed", most: 0, every: true,
		value: func(r result) float64 { return float64(r.Detail.Failed) },
	},
	{
		scenario: "flood", name: "tick lateness p99 beside sign-ins", unit: "ms", most: 1, below: 85,
		value: func(r result) float64 { return r.LatenessMS.P99 },
	},
	{
		scenario: "flood", name: "gaps over 1.5 ticks beside sign-ins", most: 0, below: 85,
		value: func(r result) float64 { return r.Detail.TicksMissed },
	},
	{
		scenario: "flood", name: "sign-ins that were not answered, or amiss", most: 0, every: true,
		value: func(r result) float64 { return float64(r.Detail.Flood.Amiss) },
	},
}

func (r result) floorRatio() float64 {
	if r.FloorUS == 0 {
		return 0
	}
	return round(r.CPUPerSnapshot / r.FloorUS)
}

// transportRatio is the floor's ratio of the transport with nothing above it; 0: it did not run.
func (r result) transportRatio() float64 {
	if r.FloorUS == 0 {
		return 0
	}
	return round(r.Detail.TransportUS / r.FloorUS)
}

// concerns reports whether a result of the bar's scenario has what the bar is about.
func (b bar) concerns(r result) bool {
	switch {
	case strings.HasSuffix(b.name, "packed"):
		return r.Detail.Codec == "packed"
	case strings.HasSuffix(b.name, "plain"):
		return r.Detail.Codec == "plain"
	case strings.HasPrefix(b.name, "transport"):
		return r.transportRatio() > 0 && r.Clients >= besideClients
	case strings.HasSuffix(b.name, "floor"):
		return r.FloorUS > 0 && r.Clients >= besideClients
	case b.below > 0:
		return r.Detail.ServerCPU <= b.below
	}
	return true
}

// verdict is a bar held against the runs of a scenario.
type verdict struct {
	Scenario string    `json:"scenario"`
	Name     string    `json:"name"`
	Value    float64   `json:"value"`            // the median of the runs, or the worst of them where the bar is for every run
	Values   []float64 `json:"values,omitempty"` // of each run
	Bar      string    `json:"bar"`
	Unit     string    `json:"unit,omitempty"`
	Pass     bool      `json:"pass"`
	From     string    `json:"from,omitempty"` // the result that has it, where it was not measured in the same run
}

// Key is the verdict's name among all.
func (v verdict) Key() string { return v.Scenario + ": " + v.Name }

// Figure is the value for people. A part that failed has none.
func (v verdict) Figure() string {
	if len(v.Values) == 0 && v.Bar == itRuns {
		return "no"
	}
	return strings.TrimSpace(fmt.Sprintf("%.2f %s", v.Value, v.Unit))
}

// itRuns is the bar of a part that failed.
const itRuns = "yes"

// By says by how much a bar is missed: as percent of it, as how many times it the figure is, or what there is where there should be nothing.
func (v verdict) By() string {
	var sign string
	var limit float64
	if n, err := fmt.Sscanf(v.Bar, "%s %g", &sign, &limit); n < 2 || err != nil {
		return "" // a part that did not run
	}
	if limit == 0 {
		return strings.TrimSpace(fmt.Sprintf("by %.4g %s", v.Value, v.Unit))
	}
	if v.Value >= 2*limit {
		return fmt.Sprintf("by %.1f times", v.Value/limit)
	}
	return fmt.Sprintf("by %.1f %%", 100*math.Abs(v.Value-limit)/limit)
}

// Of says for people what the value is taken of, if there was more than one run.
func (v verdict) Of() string {
	if len(v.Values) < 2 {
		return ""
	}
	var list []string
	for _, one := range v.Values {
		list = append(list, fmt.Sprintf("%.2f", one))
	}
	return "of " + strings.Join(list, ", ")
}

// judge holds the bars of their scenario against runs.
func judge(runs []result) (list []verdict) {
	for _, b := range bars {
		var values []float64
		for _, r := range runs {
			if b.scenario == r.Scenario && b.concerns(r) {
				values = append(values, b.value(r))
			}
		}
		if len(values) > 0 {
			list = append(list, b.against(values))
		}
	}
	return list
}

// against holds the bar against the figure of each run, of which there is at least one.
func (b bar) against(values []float64) verdict {
	v := verdict{Scenario: b.scenario, Name: b.name, Unit: b.unit, Values: values}
	v.Value = median(values, func(v float64) float64 { return v })
	if b.every {
		v.Value = slices.Max(values)
	}
	if b.least > 0 {
		v.Bar, v.Pass = fmt.Sprintf(">= %g", b.least), v.Value >= b.least
	} else {
		v.Bar, v.Pass = fmt.Sprintf("<= %g", b.most), v.Value <= b.most
	}
	// An input that never had an effect leaves nothing to measure, and is no quick one.
	v.Pass = v.Pass && (!strings.HasPrefix(b.name, "input to effect") || v.Value > 0)
	return v
}
