//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Modes of the comparison with other servers.
const (
	peersQuick = "quick" // 400 clients, once each
	peersShort = "short" // and the most: the median of three searches for those on which a bar hangs, one to a fifth for the others
	peersFull  = "full"  // three longer searches for all
)

// compared is one server with what came of it.
type compared struct {
	Scenario string  `json:"scenario"`
	Name     string  `json:"name"`
	Version  string  `json:"version,omitempty"`
	Command  string  `json:"command"`
	Lacks    string  `json:"lacks,omitempty"`
	Error    string  `json:"error,omitempty"`
	Bar      float64 `json:"bar,omitempty"` // how many times as many clients Skirmish, packed, should carry

	Few      result   `json:"at_400"` // or as many as came in
	Runs     []result `json:"runs"`   // of it
	Searches []found  `json:"searches"`
	// Times is how many times as many clients Skirmish, packed, carries, search by search: those of the same round go together.
	Times []float64 `json:"skirmish_carries_times_as_many,omitempty"`
}

// comparison is what the comparison leaves behind.
type comparison struct {
	Date    time.Time  `json:"date"`
	Machine string     `json:"machine"`
	Node    string     `json:"node"`
	Mode    string     `json:"mode"`
	Servers []compared `json:"servers"`
}

// compare measures ours and the others with the same load, prints the table and writes the report.
func (b *bench) compare(ctx context.Context) error {
	last, err := lastReport(b.cfg.out)
	if err != nil {
		return err
	}
	c := comparison{Date: time.Now().UTC(), Machine: machine(), Node: nodeVersion(ctx), Mode: b.cfg.peers}
	b.tune()
	var turns []turn
	var rows []*compared
	for _, name := range []string{"arena100", "crowd"} {
		list, err := b.contestants(ctx, name)
		if err != nil {
			return err
		}
		for _, one := range list {
			one.before = last.most(one.row.Scenario, one.row.Name)
			rows = append(rows, one.row)
		}
		turns = append(turns, schedule(list)...)
	}
	if err := b.play(ctx, turns); err != nil {
		return err
	}
	for _, row := range rows {
		c.Servers = append(c.Servers, *row)
	}
	relate(c.Servers)
	if err := c.print(os.Stdout); err != nil {
		return err
	}
	verdicts := c.verdicts()
	printVerdicts(os.Stdout, verdicts)
	if err := errors.Join(b.writeJSON(c), c.write(b.cfg.out)); err != nil {
		return err
	}
	return b.checked(verdicts)
}

// contestants are ours and the others of a scenario.
func (b *bench) contestants(ctx context.Context, scenario string) (list []*contestant, err error) {
	codecs := []string{"packed", "plain"}
	if scenario == "crowd" {
		codecs = codecs[:1]
	}
	for _, codec := range codecs {
		if !b.wanted("Skirmish, " + codec) {
			continue
		}
		own := *b
		own.cfg.codec = codec
		list = append(list, own.contestant(compared{
			Scenario: scenario, Name: "Skirmish, " + codec,
			Command: fmt.Sprintf("go run ./bench --scenario %s --rooms auto --codec %s", scenario, codec),
		}, codec == "packed"))
	}
	for _, p := range peers(scenario) {
		if !b.wanted(p.name) {
			continue
		}
		row := compared{Scenario: scenario, Name: p.name, Command: p.byHand(b.cfg), Lacks: p.lacks, Bar: p.bar}
		row.Version, err = p.prepare(ctx, b.cfg, b.dir)
		if errors.Is(err, errLeftOut) {
			row.Error = err.Error()
		} else if err != nil {
			return nil, err
		}
		other := *b
		other.peer = &p
		list = append(list, other.contestant(row, p.bar > 0))
	}
	return list, nil
}

// contestant is the server that b measures.
func (b *bench) contestant(row compared, barred bool) *contestant {
	s := find(row.Scenario)
	c := &contestant{row: &row, part: fine, unit: s.unit(), rate: s.rate(), searches: searches}
	switch {
	case b.cfg.peers == peersQuick:
		c.searches = 0
	case b.cfg.peers == peersShort && !barred:
		c.searches, c.part = 1, 5
	}
	c.repeat = func(ctx context.Context) ([]result, error) { return b.repeat(ctx, s, s.sized(few)) }
	c.try = func(ctx context.Context, n int) (trial, error) { return b.fair(ctx, s, n) }
	longer := *b
	longer.cfg.duration = 2 * b.cfg.duration
	c.verify = func(ctx context.Context, n int) (trial, error) { return longer.fair(ctx, s, n) }
	return c
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

// tune sets how long and how often it is measured. The floor is for another question.
func (b *bench) tune() {
	b.floor = ""
	if b.cfg.peers != peersFull {
		b.cfg.runs, b.cfg.duration, b.cfg.settle = 1, 5*time.Second, 4*time.Second
	} else {
		b.cfg.runs, b.cfg.duration = 3, 10*time.Second
	}
}

func nodeVersion(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return "no Node"
	}
	return strings.TrimSpace(string(out))
}
