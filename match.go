package skirmish

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/lobby/match"
	"github.com/skirmish-dev/skirmish/lobby/match/matchsim"
)

// readModes reads the modes that players queue for.
func (c Config) readModes() ([]match.Mode, error) {
	if c.ModesDir == "" {
		return nil, nil
	}
	switch st, err := os.Stat(c.ModesDir); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("--modes: there is no folder %s", c.ModesDir)
	case err == nil && !st.IsDir():
		return nil, fmt.Errorf("--modes: %s is a file; give the folder that it is in", c.ModesDir)
	}
	modes, err := match.ReadModes(os.DirFS(c.ModesDir))
	if err != nil {
		return nil, fmt.Errorf("--modes %s: %w", c.ModesDir, err)
	}
	// What no room can be made with is found here, and not by the players of the first match.
	for _, m := range modes {
		i := slices.IndexFunc(c.Games, func(d *game.Def) bool { return d.Name() == m.Game })
		if i < 0 {
			continue // the lobby says which games there are
		}
		var refused *game.OptionsError
		if err := c.Games[i].CheckOptions(m.Options); errors.As(err, &refused) {
			return nil, fmt.Errorf("--modes %s: %s: options do not fit the game %s: %s", c.ModesDir, m.File, m.Game, refused.Reason)
		} else if err != nil {
			return nil, fmt.Errorf("--modes %s: %s: options: %w", c.ModesDir, m.File, err)
		}
	}
	return modes, nil
}

type matchCmd struct {
	Simulate simulateCmd   `cmd:"" help:"Run tickets through a rule set in virtual time, and say how good the matches were."`
	Bench    matchBenchCmd `cmd:"" help:"Measure one pass over waiting tickets."`
}

// population is where the tickets of both commands come from.
type population struct {
	Rules   string  `placeholder:"FILE" help:"Rule set, as JSON: a file of --modes, or what is in its rules; without it one that uses everything is taken."`
	Tickets string  `required:"" placeholder:"FILE|N" help:"Recorded tickets, one JSON object a line, or how many to make up."`
	Seed    uint64  `default:"1" help:"Of the tickets that are made up."`
	Solo    float64 `default:"0.7" help:"Share of single players among them; the rest are parties."`
	JSON    string  `name:"json" placeholder:"FILE" help:"Write the report as JSON to a file, or to standard output with -."`
}

func (p *population) load(rate float64) (*match.Rules, []matchsim.Arrival, error) {
	blob := []byte(matchsim.FullRules)
	if p.Rules != "" {
		var err error
		if blob, err = os.ReadFile(p.Rules); err != nil {
			return nil, nil, startError{fmt.Errorf("read the rules: %w", err)}
		}
	}
	rules, err := parseRules(blob)
	if err != nil {
		return nil, nil, startError{fmt.Errorf("%s: %w", cmp.Or(p.Rules, "built-in rules"), err)}
	}
	var n int
	if _, err := fmt.Sscanf(p.Tickets+"\n", "%d\n", &n); err == nil {
		arrivals, err := matchsim.Generate(matchsim.Population{Rules: &rules, Tickets: n, Rate: rate, Seed: p.Seed, Solo: p.Solo})
		if err != nil {
			return nil, nil, startError{err}
		}
		return &rules, arrivals, nil
	}
	f, err := os.Open(p.Tickets)
	if err != nil {
		return nil, nil, startError{fmt.Errorf("read the tickets: %w; give a file or a number", err)}
	}
	defer f.Close()
	arrivals, err := matchsim.Read(f, &rules)
	if err != nil {
		return nil, nil, startError{fmt.Errorf("%s: %w", p.Tickets, err)}
	}
	if len(arrivals) == 0 {
		return nil, nil, startError{fmt.Errorf("%s has no tickets", p.Tickets)}
	}
	return &rules, arrivals, nil
}

// parseRules reads rules, alone or in a file of --modes.
func parseRules(blob []byte) (match.Rules, error) {
	var file struct {
		Mode  *json.RawMessage `json:"mode"`
		Rules *json.RawMessage `json:"rules"`
	}
	if json.Unmarshal(blob, &file) != nil || file.Mode == nil && file.Rules == nil {
		return match.ParseRules(blob)
	}
	m, err := match.ParseMode(blob)
	return m.Rules, err
}

// report writes the JSON where it was asked for; with - nothing else goes to standard output.
func (p *population) report(value any, table func(*tabwriter.Writer), io stdio) error {
	if p.JSON != "-" {
		w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
		table(w)
		if err := w.Flush(); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	if p.JSON == "" {
		return nil
	}
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	return write(p.JSON, append(raw, '\n'), io)
}

type simulateCmd struct {
	population `embed:""`
	Rate       float64       `default:"10" help:"Tickets a second that come, of those made up."`
	Every      time.Duration `default:"1s" help:"Time between passes."`
}

// Run simulates and prints what came of the tickets.
func (c *simulateCmd) Run(_ []*game.Def, io stdio) error {
	if c.Every <= 0 || c.Rate <= 0 {
		return startError{errors.New("--every and --rate must be over 0")}
	}
	rules, arrivals, err := c.load(c.Rate)
	if err != nil {
		return err
	}
	q, err := matchsim.Simulate(matchsim.Config{Rules: rules, Arrivals: arrivals, Every: c.Every})
	if err != nil {
		return startError{err}
	}
	return c.report(q, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "tickets\t%d in %.1f min\n", q.Tickets, q.Minutes)
		fmt.Fprintf(w, "matched\t%d in %d matches\n", q.Matched, q.Matches)
		fmt.Fprintf(w, "expired\t%d\n\n\tp50\tp90\tp99\tmost\n", q.Expired)
		for _, row := range []struct {
			name string
			of   matchsim.Percentiles
		}{{"wait, s", q.WaitS}, {"skill spread", q.Spread}, {"gap of teams", q.Gap}, {"latency, ms", q.LatencyMS}} {
			fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.2f\n", row.name, row.of.P50, row.of.P90, row.of.P99, row.of.Max)
		}
	}, io)
}

type matchBenchCmd struct {
	population `embed:""`
	Shape      string `placeholder:"NAME" help:"Of the load: ${match_shapes}. --tickets then is a number, and the rules are the shape's."`
	Runs       int    `default:"5" help:"Passes to measure; the median counts."`
}

// shapeNames are the loads that a pass can be measured with, for the help.
func shapeNames() string {
	var names []string
	for _, s := range matchsim.Shapes() {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// config is what to measure, without a clock.
func (c *matchBenchCmd) config() (matchsim.BenchConfig, error) {
	if c.Shape == "" {
		rules, arrivals, err := c.load(0)
		return matchsim.BenchConfig{Rules: rules, Arrivals: arrivals}, err
	}
	n, err := strconv.Atoi(c.Tickets)
	if err != nil || c.Rules != "" {
		return matchsim.BenchConfig{}, startError{errors.New("--shape makes its tickets up, by its own rules: give a number as --tickets, and no --rules")}
	}
	cfg, err := matchsim.Load(c.Shape, n, c.Seed)
	if err != nil {
		return matchsim.BenchConfig{}, startError{err}
	}
	return cfg, nil
}

// Run measures and prints the cost of a pass.
func (c *matchBenchCmd) Run(_ []*game.Def, io stdio) error {
	if c.Runs < 1 {
		return startError{errors.New("--runs must be over 0")}
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	cfg.Runs, cfg.Clock = c.Runs, time.Now
	b, err := matchsim.Measure(cfg)
	if err != nil {
		return startError{err}
	}
	return c.report(b, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "tickets\t%d with %d players\n", b.Tickets, b.Players)
		fmt.Fprintf(w, "matched\t%d in %d matches\n", b.Matched, b.Matches)
		fmt.Fprintf(w, "one pass\t%.1f ms (median of %d, the longest %.1f)\n", b.PassMS, b.Runs, slices.Max(b.AllMS))
		fmt.Fprintf(w, "allocations\t%d, %d KiB\n", b.Allocs, b.Bytes>>10)
	}, io)
}
