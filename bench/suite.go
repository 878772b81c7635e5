//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// part is one piece of the short set.
type part struct {
	title string
	args  string // as on the command line
}

// shortSet takes about fourteen minutes. Three runs where a bar hangs on times that drift; one where a run is long or what it shows does not
// drift: bytes, memory.
var shortSet = []part{
	{"Fifty and fifty, 2000 clients", "--scenario arena100 --clients 2000 --runs 3 --duration 10s"},
	{"The same with the codec plain", "--scenario arena100 --clients 2000 --runs 1 --duration 10s --codec plain"},
	{"The most clients on one processor", "--scenario arena100 --rooms auto --runs 1 --duration 10s"},
	{"Four fifths of that, for a minute", fourFifths + "--scenario arena100 --runs 1 --duration 60s --floor=false"},
	{"One world of 1000 and 1000", "--scenario crowd --clients 1000 --runs 3 --duration 10s"},
	{"Ten rooms of ten at 128 Hz", "--scenario duel --runs 3 --duration 10s --settle 3s"},
	{"15 000 who watch", "--scenario idle --runs 1 --duration 5s --settle 10s"},
	{"Three in ten do not read", "--scenario stall --runs 3 --duration 15s --settle 4s"},
	{"5000 come at once", "--scenario storm --runs 3 --settle 3s"},
}

// fourFifths marks the part whose size follows from the part before it.
const fourFifths = "@80% "

// reported is a part with what came of it.
type reported struct {
	Title    string    `json:"title"`
	Command  string    `json:"command"`
	Error    string    `json:"error,omitempty"`
	Median   result    `json:"median"`
	Runs     []result  `json:"runs"`
	Verdicts []verdict `json:"verdicts"`
}

// report is what the short set leaves behind.
type report struct {
	Date    time.Time  `json:"date"`
	Machine string     `json:"machine"`
	Parts   []reported `json:"parts"`
}

// suite runs the short set, prints its table and writes its report. A part that fails does not keep the others from running.
func (b *bench) suite(ctx context.Context) error {
	r := report{Date: time.Now().UTC(), Machine: machine()}
	var all []verdict
	most := 0
	for i, p := range shortSet {
		args := strings.TrimPrefix(p.args, fourFifths)
		if p.args != args {
			if most == 0 {
				continue
			}
			unit := find("arena100").unit()
			args += fmt.Sprintf(" --clients %d", max(unit, most*4/5/unit*unit))
		}
		args = strings.TrimSpace(args + " " + strings.Join(b.cfg.passed, " "))
		b.say("\n== %d of %d: %s\n   go run ./bench %s", i+1, len(shortSet), p.title, args)
		done := b.part(ctx, p.title, args)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if done.Error != "" {
			b.say("   failed: %s", done.Error)
		} else if strings.Contains(args, "auto") {
			most = done.Median.Clients
		}
		r.Parts = append(r.Parts, done)
		all = append(all, done.Verdicts...)
	}
	fmt.Println()
	printVerdicts(os.Stdout, all)
	fmt.Printf("\nThe most clients of arena100 on one processor here: %d\n", most)
	if err := b.writeReport(r); err != nil {
		return err
	}
	return b.checked(all)
}

// part runs one piece.
func (b *bench) part(ctx context.Context, title, args string) reported {
	p := reported{Title: title, Command: "go run ./bench " + args}
	cfg, err := parse(strings.Fields(args))
	if err == nil {
		own := *b
		own.cfg = cfg
		if !cfg.floor {
			own.floor = ""
		}
		p.Runs, err = own.runs(ctx, cfg.find())
	}
	if err != nil {
		p.Error = err.Error()
		p.Verdicts = []verdict{{Scenario: cfg.scenario, Name: "it runs", Bar: "yes"}}
		return p
	}
	p.Median, p.Runs = p.Runs[0], p.Runs[1:]
	p.Verdicts = judge(p.Runs)
	return p
}

// writeReport writes the report as JSON and as a page, named by the day.
func (b *bench) writeReport(r report) error {
	if err := os.MkdirAll(b.cfg.out, 0o755); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	raw, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	name := filepath.Join(b.cfg.out, r.Date.Format(time.DateOnly))
	page, err := os.Create(name + ".html")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	err = errors.Join(r.writePage(page), page.Close(), os.WriteFile(name+".json", append(raw, '\n'), 0o644))
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	fmt.Printf("Written: %s.html and %s.json\n", name, name)
	return nil
}

// machine is what the figures were taken on.
func machine() string {
	model := "unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	kernel := "unknown kernel"
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = "Linux " + strings.TrimSpace(string(b))
	}
	return fmt.Sprintf("%s, %d processors, %s, %s", model, runtime.NumCPU(), kernel, runtime.Version())
}
