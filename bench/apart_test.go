//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestShortSetHasARowForEveryFigureThatIsPromised: what docs/performance.md promises of the server is in the table of make bench.
func TestShortSetHasARowForEveryFigureThatIsPromised(t *testing.T) {
	rows := []string{coldStartBar.name, matchBar.name, coreBar.name, predictBar.name}
	for _, b := range bars {
		rows = append(rows, b.scenario+": "+b.name)
	}
	for _, want := range []string{
		"arena100: bytes per snapshot, packed", "arena100: bytes per snapshot, plain", "arena100: CPU per snapshot against the C floor",
		"arena100: transport alone against the C floor", "arena100: allocations per tick", "crowd: allocations per tick",
		"idle: RSS per idle connection", "arena100: tick lateness p99", "arena100: drift", "arena100: input to effect p50",
		"arena100: input to effect p99", "stall: gaps over 1.5 ticks of those who read", "storm: gaps over 1.5 ticks of those who play",
		"flood: tick lateness p99 beside sign-ins",
	} {
		if !slices.Contains(rows, want) {
			t.Errorf("there is no bar %q", want)
		}
	}
	for _, name := range scenarioNames() {
		if !slices.ContainsFunc(shortSet, func(p part) bool {
			cfg, err := parse(strings.Fields(strings.TrimPrefix(p.args, fourFifths)))
			return err == nil && cfg.scenario == name
		}) {
			t.Errorf("the short set does not run %s", name)
		}
	}
}

// TestNewestComparisonHasTheRatiosToOtherServers reads the one that is committed.
func TestNewestComparisonHasTheRatiosToOtherServers(t *testing.T) {
	f, err := lastPeers(t.Context(), &bench{cfg: config{out: "results"}})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, v := range f.verdicts {
		keys = append(keys, v.Key())
		if v.From == "" || v.Bar == "" || v.Value <= 0 {
			t.Errorf("%+v lacks something", v)
		}
	}
	for _, want := range []string{"arena100: clients, by those of Colyseus, float32", "crowd: clients, by those of Colyseus, StateView"} {
		if !slices.Contains(keys, want) {
			t.Errorf("%q has no %q", keys, want)
		}
	}
	if _, err := lastPeers(t.Context(), &bench{cfg: config{out: t.TempDir()}}); err == nil || !strings.Contains(err.Error(), "make peers") {
		t.Errorf("no comparison at all: %v", err)
	}
}

func TestPartThatFailsIsAMissAndKeepsItsNeighbours(t *testing.T) {
	b := &bench{cfg: config{out: t.TempDir()}}
	p := b.part(t.Context(), "Other servers", "--scenario peers")
	if p.Error == "" || len(p.Verdicts) != 1 || p.Verdicts[0].Pass || p.Verdicts[0].Key() != "peers: it runs" {
		t.Errorf("%+v", p)
	}
	b.cfg.out = "results"
	if p := b.part(t.Context(), "Other servers", "--scenario peers"); p.Error != "" || len(p.Verdicts) == 0 || p.Text == "" {
		t.Errorf("%+v", p)
	}
	if p := b.part(t.Context(), "No such thing", "--scenario chess"); p.Error == "" || p.Verdicts[0].Pass {
		t.Errorf("%+v", p)
	}
}

func TestPartThatGoesByTheLargestLoadNeedsOne(t *testing.T) {
	b := &bench{cfg: config{passed: []string{"--transport", "portable"}}}
	if args, fits := b.sized(fourFifths+"--scenario arena100", 3350); !fits || args != "--scenario arena100 --clients 2650 --transport portable" {
		t.Errorf("%q, %v", args, fits)
	}
	if args, fits := b.sized(fourFifths+"--scenario arena100", 0); fits {
		t.Errorf("%q runs without a load", args)
	}
	if args, fits := b.sized("--scenario match --runs 3", 0); !fits || args != "--scenario match --runs 3" {
		t.Errorf("%q, %v: no game is played", args, fits)
	}
}

func TestResultsForThePageHaveANameOfTheirOwn(t *testing.T) {
	b := &bench{cfg: config{out: t.TempDir()}}
	r := told()
	r.Date = time.Date(2026, 11, 24, 21, 0, 0, 0, time.UTC)
	plain, err := b.writeReport(r)
	if err != nil || !strings.HasSuffix(plain, "/2026-11-24.json") {
		t.Errorf("%s: %v", plain, err)
	}
	b.cfg.page = "docs/performance.md"
	if name, err := b.writeReport(r); err != nil || !strings.HasSuffix(name, "/2026-11-24-make-bench.json.gz") {
		t.Errorf("%s: %v", name, err)
	}
}
