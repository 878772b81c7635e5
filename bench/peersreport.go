//go:build linux

package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// median is the search with the median of what was carried, and the zero value before the first one.
func (c compared) median() found {
	if len(c.Searches) == 0 {
		return found{}
	}
	return median(c.Searches, func(f found) float64 { return float64(f.Carried) })
}

// relate fills in how many times as many clients Skirmish, packed, carries than each of the others of its scenario.
func relate(list []compared) {
	for i := range list {
		row := &list[i]
		ours := slices.IndexFunc(list, func(c compared) bool { return c.Scenario == row.Scenario && c.Name == "Skirmish, packed" })
		if ours < 0 || ours == i || len(row.Searches) == 0 || len(list[ours].Searches) == 0 {
			continue
		}
		if len(row.Searches) != len(list[ours].Searches) { // no rounds to go together
			row.Times = []float64{times(list[ours].median(), row.median())}
			continue
		}
		for k, theirs := range row.Searches {
			row.Times = append(row.Times, times(list[ours].Searches[k], theirs))
		}
	}
}

func times(ours, theirs found) float64 { return round(float64(ours.Carried) / float64(theirs.Carried)) }

// MedianTimes is the median of Times, 0 if there are none.
func (c compared) MedianTimes() float64 {
	if len(c.Times) == 0 {
		return 0
	}
	return median(c.Times, func(v float64) float64 { return v })
}

// Most is the most clients that were carried, as the median of the searches.
func (c compared) Most() int { return c.median().Carried }

// Each is what the searches found, one after the other, each marked with what its limit was if that was not the server alone.
func (c compared) Each() string {
	var list []string
	for _, f := range c.Searches {
		list = append(list, fmt.Sprint(f.Carried)+f.limit().mark())
	}
	return strings.Join(list, " ")
}

// Ratio is Times for people: the median, and from which to which it was.
func (c compared) Ratio() string {
	switch len(c.Times) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%.2f x", c.Times[0])
	}
	return fmt.Sprintf("%.2f x (%.2f to %.2f)", c.MedianTimes(), slices.Min(c.Times), slices.Max(c.Times))
}

// Largest is the run with most clients that was carried.
func (c compared) Largest() result {
	if len(c.Searches) > 0 {
		return c.median().at()
	}
	return c.Few
}

// waited is for which part of the time, in percent, a run's server could not have its processor, in the worst run of those that were
// carried. Above a few the machine was not its own, and the row means little.
func (c compared) waited() (worst float64) {
	for _, r := range c.Runs {
		worst = max(worst, r.Detail.ServerWaited)
	}
	for _, f := range c.Searches {
		worst = max(worst, f.at().Detail.ServerWaited)
	}
	return worst
}

// verdicts hold the bars against the ratios.
func (c comparison) verdicts() (list []verdict) {
	for _, s := range c.Servers {
		if s.Bar > 0 && len(s.Times) > 0 {
			list = append(list, verdict{
				Scenario: s.Scenario, Name: "clients, by those of " + s.Name, Value: s.MedianTimes(), Values: s.Times, Unit: "x",
				Bar: fmt.Sprintf(">= %g", s.Bar), Pass: s.MedianTimes() >= s.Bar,
			})
		}
	}
	return list
}

// legend says how the columns of the most clients are to be read.
const legend = "Most clients: the median of the searches. Ours by that: the median of the ratios of searches made one after the other, and " +
	"from which to which they were. With more, +: the load's processor was full and the server's was not, so that it carries more; ~: both " +
	"were full, so that it may carry more; ?: neither was, so that something else was in the way; no mark: the server's was full."

// print writes the table for people.
func (c comparison) print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\n%s, Node %s, %s; each server on one processor, the load on the others\n\n", c.Machine, c.Node, c.Mode)
	fmt.Fprintln(t, "scenario\tserver\tmost clients\tof each search\tours by that\tCPU us there\tat 400\tbytes\tRSS KB per client\twaited %")
	for _, s := range c.Servers {
		most, there := "-", "-"
		if len(s.Searches) > 0 {
			most, there = fmt.Sprint(s.Most()), fmt.Sprintf("%.1f", s.Largest().CPUPerSnapshot)
		}
		fmt.Fprintf(t, "%s\t%s %s\t%s\t%s\t%s\t%s\t%.1f\t%.0f\t%.1f\t%.0f\t%s\n", s.Scenario, s.Name, s.Version, most,
			cmp.Or(s.Each(), "-"), cmp.Or(s.Ratio(), "-"), there, s.Few.CPUPerSnapshot, s.Largest().BytesPerSnapshot,
			s.Largest().RSSPerClient, s.waited(), s.Error)
	}
	fmt.Fprintf(t, "\n%s\n", legend)
	fmt.Fprintln(t, "\nwhat the others do not do")
	for _, s := range c.Servers {
		if s.Lacks != "" {
			fmt.Fprintf(t, "%s\t%s\n", s.Name, s.Lacks)
		}
	}
	return t.Flush()
}

// write writes the report as JSON and as a page, named by the day.
func (c comparison) write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	raw, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	name := filepath.Join(folder, "peers-"+c.Date.Format(time.DateOnly))
	page, err := os.Create(name + ".html")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	err = errors.Join(c.writePage(page), page.Close(), os.WriteFile(name+".json", append(raw, '\n'), 0o644))
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	fmt.Printf("Written: %s.html and %s.json\n", name, name)
	return nil
}
