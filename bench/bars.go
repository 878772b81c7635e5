//go:build linux

package main

import (
	"fmt"
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
}

// bars are those of docs/performance.md that one machine and this program can show.
var bars = []bar{
	{"arena100", "bytes per snapshot, packed", "B", 260, 0, func(r result) float64 { return r.BytesPerSnapshot }, 0},
	{"arena100", "bytes per snapshot, plain", "B", 360, 0, func(r result) float64 { return r.BytesPerSnapshot }, 0},
	{"arena100", "CPU per snapshot against the C floor", "x", 1.5, 0, result.floorRatio, 0},
	{"arena100", "allocations per tick", "", 0.5, 0, func(r result) float64 { return r.AllocsPerTick }, 0},
	{"arena100", "tick lateness p99", "ms", 1, 0, func(r result) float64 { return r.LatenessMS.P99 }, 85},
	{"arena100", "drift", "ticks", 0.5, 0, func(r result) float64 { return r.Detail.DriftTicks }, 0},
	{"arena100", "input to effect p50", "ms", 27, 0, func(r result) float64 { return r.InputToEffectMS.P50 }, 85},
	{"arena100", "input to effect p99", "ms", 52, 0, func(r result) float64 { return r.InputToEffectMS.P99 }, 85},
	{"arena100", "ticks per second, slowest client", "Hz", 0, 19, func(r result) float64 { return r.HzMin }, 0},
	{"crowd", "ticks per second, slowest client", "Hz", 0, 19, func(r result) float64 { return r.HzMin }, 0},
	{"crowd", "allocations per tick", "", 0.5, 0, func(r result) float64 { return r.AllocsPerTick }, 0},
	{"duel", "ticks per second, slowest client", "Hz", 0, 126, func(r result) float64 { return r.HzMin }, 0},
	{"idle", "RSS per idle connection", "KB", 2, 0, func(r result) float64 { return r.Detail.RSSSlope }, 0},
	{"stall", "ticks missed by those who read", "per s", 0.1, 0, func(r result) float64 { return max(0, 20-r.HzMin) }, 0},
	{"storm", "ticks missed by those who play", "per s", 0.1, 0, func(r result) float64 { return max(0, 20-r.HzMin) }, 0},
	{"storm", "joins that failed", "", 0, 0, func(r result) float64 { return float64(r.Detail.Failed) }, 0},
}

func (r result) floorRatio() float64 {
	if r.FloorUS == 0 {
		return 0
	}
	return round(r.CPUPerSnapshot / r.FloorUS)
}

// concerns reports whether a result of the bar's scenario has what the bar is about.
func (b bar) concerns(r result) bool {
	switch {
	case strings.HasSuffix(b.name, "packed"):
		return r.Detail.Codec == "packed"
	case strings.HasSuffix(b.name, "plain"):
		return r.Detail.Codec == "plain"
	case strings.HasSuffix(b.name, "floor"):
		return r.FloorUS > 0 && r.Clients >= 2000
	case b.below > 0:
		return r.Detail.ServerCPU <= b.below
	}
	return true
}

// verdict is a bar held against a result.
type verdict struct {
	Scenario string  `json:"scenario"`
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Bar      string  `json:"bar"`
	Unit     string  `json:"unit,omitempty"`
	Pass     bool    `json:"pass"`
}

// judge holds the bars of its scenario against a result.
func judge(r result) (list []verdict) {
	for _, b := range bars {
		if b.scenario != r.Scenario || !b.concerns(r) {
			continue
		}
		v := verdict{Scenario: r.Scenario, Name: b.name, Value: b.value(r), Unit: b.unit}
		if b.least > 0 {
			v.Bar, v.Pass = fmt.Sprintf(">= %g", b.least), v.Value >= b.least
		} else {
			v.Bar, v.Pass = fmt.Sprintf("<= %g", b.most), v.Value <= b.most
		}
		// An input that never had an effect leaves nothing to measure, and is no quick one.
		v.Pass = v.Pass && (!strings.HasPrefix(b.name, "input to effect") || v.Value > 0)
		list = append(list, v)
	}
	return list
}
