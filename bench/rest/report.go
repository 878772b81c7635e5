//go:build linux

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/skirmish-dev/skirmish/bench/hist"
)

// sample is what one run of a scenario has shown.
type sample struct {
	Scenario  string     `json:"scenario"`
	DB        string     `json:"db"`
	Run       int        `json:"run"`
	PerS      float64    `json:"per_s"`
	P50MS     float64    `json:"p50_ms"`
	P99MS     float64    `json:"p99_ms"`
	MaxMS     float64    `json:"max_ms"`
	N         int64      `json:"n"`
	Errors    int        `json:"errors"`         // always 0: with one there is no sample
	LoadPct   float64    `json:"load_cpu_pct"`   // of one processor; 0 where the load is in the process that is measured
	ServerPct float64    `json:"server_cpu_pct"` // likewise; PostgreSQL has what is left of it
	Bars      []hist.Bar `json:"bars,omitempty"`
}

// report is what is written.
type report struct {
	Command   string   `json:"command"`
	At        string   `json:"at"`
	Load      string   `json:"load_average"` // of the machine when it ended
	Clients   int      `json:"clients"`
	DurationS float64  `json:"duration_s"`
	Runs      int      `json:"runs"`
	Median    []sample `json:"median"`  // of each scenario and database, without bars
	Samples   []sample `json:"samples"` // all
}

// loadLimit is the share of its processor from which on the load may be what a rate shows.
const loadLimit = 90

func (r report) write(cfg config) error {
	r.Command = "go run ./bench/rest " + strings.Join(os.Args[1:], " ")
	r.At = time.Now().UTC().Format(time.RFC3339)
	if raw, err := os.ReadFile("/proc/loadavg"); err == nil {
		r.Load = strings.TrimSpace(string(raw))
	}
	r.Median = r.medians(cfg.dbs)
	full, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if cfg.out != "" {
		if err := os.MkdirAll(cfg.out, 0o755); err != nil {
			return err
		}
		name := strings.Join(append([]string{r.At[:len("2026-11-24")], "rest"}, cfg.only...), "-") + ".json"
		if err := os.WriteFile(filepath.Join(cfg.out, name), append(full, '\n'), 0o644); err != nil {
			return err
		}
	}
	if cfg.json == "-" {
		r.Samples = nil
		brief, err := json.MarshalIndent(r, "", " ")
		if err == nil {
			_, err = fmt.Println(string(brief))
		}
		return err
	}
	if cfg.json != "" {
		if err := os.WriteFile(cfg.json, append(full, '\n'), 0o644); err != nil {
			return err
		}
	}
	return r.table(os.Stdout, cfg.dbs)
}

// medians is of each scenario and database the run with the median rate.
func (r report) medians(dbs []string) []sample {
	var list []sample
	for _, s := range slices.Concat(scenarios, others) {
		for _, db := range dbs {
			of := slices.DeleteFunc(slices.Clone(r.Samples), func(o sample) bool { return o.Scenario != s.name || o.DB != db })
			if len(of) == 0 {
				continue
			}
			slices.SortFunc(of, func(a, b sample) int { return cmp.Compare(a.PerS, b.PerS) })
			m := of[len(of)/2]
			m.Bars = nil
			list = append(list, m)
		}
	}
	return list
}

func (r report) table(to io.Writer, dbs []string) error {
	fmt.Fprintf(to, "%d clients at once, %g s each, the run with the median rate of %d; no errors; load average %s\n\n", r.Clients, r.DurationS, r.Runs, r.Load)
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\t")
	for _, db := range dbs {
		fmt.Fprintf(w, "%s: 1/s\tp50 ms\tp99 ms\tserver\tload\t", db)
	}
	limited := false
	for _, s := range slices.Concat(scenarios, others) {
		row := ""
		for _, db := range dbs {
			i := slices.IndexFunc(r.Median, func(m sample) bool { return m.Scenario == s.name && m.DB == db })
			if i < 0 {
				continue
			}
			m := r.Median[i]
			limited = limited || m.LoadPct > loadLimit
			row += fmt.Sprintf("%.0f\t%.2f\t%.2f\t%.0f %%\t%.0f %%\t", m.PerS, m.P50MS, m.P99MS, m.ServerPct, m.LoadPct)
		}
		if row != "" {
			fmt.Fprintf(w, "\n%s\t%s", s.shows, row)
		}
	}
	fmt.Fprintln(w)
	if limited {
		fmt.Fprintf(w, "The load used over %d %% of its processor: where it did, the rate may be the load's.\n", loadLimit)
	}
	return w.Flush()
}

// coarse is a distribution in steps of a twentieth, which is what runs on one machine differ by.
func coarse(bars []hist.Bar) []hist.Bar {
	var list []hist.Bar
	begins := 0.0
	for _, b := range bars {
		if n := len(list); n > 0 && b.MS < 1.05*begins {
			list[n-1].MS, list[n-1].Count = b.MS, list[n-1].Count+b.Count
			continue
		}
		begins = b.MS
		list = append(list, b)
	}
	return list
}

func round(v float64) float64 { return math.Round(v*1000) / 1000 }
