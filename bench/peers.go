//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Modes of the comparison with other servers.
const (
	peersQuick = "quick" // one run each with 400 clients
	peersShort = "short" // one run each, the search to a fifth
	peersFull  = "full"  // medians of three, the search to a twentieth
)

// few is the smaller of the two sizes at which servers are compared; the other is the most that each carries.
const few = 400

// compared is one server with what came of it.
type compared struct {
	Scenario string `json:"scenario"`
	Name     string `json:"name"`
	Version  string `json:"version,omitempty"`
	Command  string `json:"command"`
	Lacks    string `json:"lacks,omitempty"`
	Error    string `json:"error,omitempty"`

	Few  result   `json:"at_400"`  // or as many as came in
	Most result   `json:"at_most"` // clients: the most that it carries
	Runs []result `json:"runs"`
	// Times is how many times as many clients Skirmish, packed, carries. Zero: not known.
	Times float64 `json:"skirmish_carries_times_as_many,omitempty"`
}

// comparison is what the comparison leaves behind.
type comparison struct {
	Date    time.Time  `json:"date"`
	Machine string     `json:"machine"`
	Node    string     `json:"node"`
	Mode    string     `json:"mode"`
	Servers []compared `json:"servers"`
}

// compare measures ours and the others with the same load, one after the other, prints the table and writes the report.
func (b *bench) compare(ctx context.Context) error {
	c := comparison{Date: time.Now().UTC(), Machine: machine(), Node: nodeVersion(ctx), Mode: b.cfg.peers}
	b.tune()
	for _, name := range []string{"arena100", "crowd"} {
		s := find(name)
		first := len(c.Servers)
		for _, codec := range []string{"packed", "plain"} {
			if name == "crowd" && codec == "plain" || !b.wanted("Skirmish, "+codec) {
				continue
			}
			own := *b
			own.cfg.codec = codec
			row := compared{
				Scenario: name, Name: "Skirmish, " + codec,
				Command: fmt.Sprintf("go run ./bench --scenario %s --rooms auto --codec %s", name, codec),
			}
			c.Servers = append(c.Servers, own.contend(ctx, s, row))
		}
		for _, p := range peers(name) {
			if !b.wanted(p.name) {
				continue
			}
			row := compared{Scenario: name, Name: p.name, Command: p.byHand(b.cfg), Lacks: p.lacks}
			version, err := p.prepare(ctx, b.cfg, b.dir)
			if err != nil {
				return err
			}
			row.Version = version
			other := *b
			other.peer = &p
			c.Servers = append(c.Servers, other.contend(ctx, s, row))
		}
		relate(c.Servers[first:])
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.print(os.Stdout); err != nil {
		return err
	}
	if err := b.writeJSON(c); err != nil {
		return err
	}
	return c.write(b.cfg.out)
}

// wanted reports whether a server is among those that --only names.
func (b *bench) wanted(name string) bool {
	if b.cfg.only == "" {
		return true
	}
	return slices.ContainsFunc(strings.Split(b.cfg.only, ","), func(part string) bool {
		return strings.Contains(strings.ToLower(name), strings.ToLower(strings.TrimSpace(part)))
	})
}

// tune sets how long and how often it is measured.
func (b *bench) tune() {
	if b.cfg.peers != peersFull {
		b.cfg.runs, b.cfg.duration, b.cfg.settle, b.cfg.fine = 1, 5*time.Second, 2*time.Second, 5
	} else {
		b.cfg.runs, b.cfg.duration, b.cfg.fine = 3, 10*time.Second, 20
	}
}

// contend measures one server with few clients, and with the most that it carries.
func (b *bench) contend(ctx context.Context, s scenario, row compared) compared {
	b.say("\n== %s: %s %s\n   %s", row.Scenario, row.Name, row.Version, row.Command)
	runs, err := b.repeat(ctx, s, s.sized(few))
	if err == nil {
		row.Few, row.Runs = runs[0], runs[1:]
	}
	if err == nil && b.cfg.peers != peersQuick {
		own := *b
		own.cfg.auto = true
		own.cfg.clients = likely(row.Few, s.rate())
		if runs, err = own.confirmed(ctx, s); err == nil {
			row.Most, row.Runs = runs[0], append(row.Runs, runs[1:]...)
			if !row.Most.holds(s.rate()) {
				row.Most.Clients = 0
				err = errors.New("what a short try carried the full runs did not")
			}
		}
	}
	if err != nil {
		row.Error = err.Error()
		b.say("   failed: %v", err)
	}
	return row
}

// likely is with how many clients a search begins: snapshots cost less when there are more of them at once.
func likely(r result, rate int) int {
	if r.CPUPerSnapshot <= 0 {
		return few
	}
	return max(step, int(1e6/(r.CPUPerSnapshot*float64(rate)))/step*step)
}

// relate fills in how many times as many clients Skirmish, packed, carries than each of the others, which the list begins with.
func relate(list []compared) {
	if len(list) == 0 || list[0].Name != "Skirmish, packed" {
		return
	}
	for i := range list {
		if n := list[i].Most.Clients; n > 0 {
			list[i].Times = round(float64(list[0].Most.Clients) / float64(n))
		}
	}
}

func nodeVersion(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return "no Node"
	}
	return strings.TrimSpace(string(out))
}

// print writes the table for people.
func (c comparison) print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\n%s, Node %s, %s; each server on one processor, the load on the others\n\n", c.Machine, c.Node, c.Mode)
	fmt.Fprintln(t, "scenario\tserver\tmost clients\tours by that\tCPU us there\tat 400\tbytes\tRSS KB per client\twaited %")
	for _, s := range c.Servers {
		most, times, there := "-", "-", "-"
		if s.Most.Clients > 0 {
			most, there = fmt.Sprint(s.Most.Clients), fmt.Sprintf("%.1f", s.Most.CPUPerSnapshot)
		}
		if s.Times > 0 {
			times = fmt.Sprintf("%.2f x", s.Times)
		}
		fmt.Fprintf(t, "%s\t%s %s\t%s\t%s\t%s\t%.1f\t%.0f\t%.1f\t%.0f\t%s\n", s.Scenario, s.Name, s.Version, most, times, there,
			s.Few.CPUPerSnapshot, s.Largest().BytesPerSnapshot, s.Largest().RSSPerClient, s.waited(), s.Error)
	}
	fmt.Fprintln(t, "\nwhat the others do not do")
	for _, s := range c.Servers {
		if s.Lacks != "" {
			fmt.Fprintf(t, "%s\t%s\n", s.Name, s.Lacks)
		}
	}
	return t.Flush()
}

// Largest is the run with most clients that was carried.
func (c compared) Largest() result {
	if c.Most.Clients > 0 {
		return c.Most
	}
	return c.Few
}

// waited is for which part of the time, in percent, a run's server could not have its processor, in the worst run. Above a few the
// machine was not its own, and the row means little.
func (c compared) waited() (worst float64) {
	for _, r := range c.Runs {
		worst = max(worst, r.Detail.ServerWaited)
	}
	return worst
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
