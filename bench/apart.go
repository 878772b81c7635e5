//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/skirmish-dev/skirmish/bench/proc"
	"github.com/skirmish-dev/skirmish/bench/product"
	"github.com/skirmish-dev/skirmish/bench/seed"
)

// apart is a scenario that loads no server of games: its figures are its own.
type apart struct {
	name    string
	measure func(context.Context, *bench) (figures, error)
}

// figures are what came of it.
type figures struct {
	data     any    // as JSON
	text     string // for people
	verdicts []verdict
}

var aparts = []apart{
	{"coldstart", coldStart}, {"match", matchPass}, {"size", sizes}, {seedScenario, channels}, {"peers", lastPeers},
}

const seedScenario = "seed"

func findApart(name string) (apart, bool) {
	i := slices.IndexFunc(aparts, func(a apart) bool { return a.name == name })
	if i < 0 {
		return apart{}, false
	}
	return aparts[i], true
}

func isApart(name string) bool {
	_, ok := findApart(name)
	return ok
}

// Bars of what is measured apart. Those of sizes are of docs/performance.md, as the others.
var (
	coldStartBar = bar{scenario: "coldstart", name: "start of the process to first accepted player", unit: "ms", most: 300}
	matchBar     = bar{scenario: "match", name: "a pass over 100 000 tickets, full rules", unit: "ms", most: 200}
	coreBar      = bar{scenario: "size", name: "SDK core, gzip", unit: "KiB", most: 8}
	predictBar   = bar{scenario: "size", name: "SDK core with prediction, gzip", unit: "KiB", most: 14}
	programBar   = bar{scenario: "size", name: "program without symbols", unit: "MB", most: 24}
)

// channelBar is about one workload of the scenario seed.
func channelBar(workload string) bar {
	return bar{scenario: seedScenario, name: workload + ": bytes of WebSocket deltas, by those of the next channel", unit: "x", most: 1}
}

// alone measures one of them.
func (b *bench) alone(ctx context.Context, a apart) error {
	f, err := a.measure(ctx, b)
	if err != nil {
		return err
	}
	text := os.Stdout
	if b.cfg.json == "-" {
		text = os.Stderr // or the JSON would not be alone
	}
	if _, err := fmt.Fprintln(text, f.text); err != nil {
		return err
	}
	printVerdicts(os.Stderr, f.verdicts)
	if err := b.writeJSON(f.data); err != nil {
		return err
	}
	return b.checked(f.verdicts)
}

// program builds what is delivered, once.
func (b *bench) program(ctx context.Context) (product.Program, error) {
	if b.built.Path == "" {
		b.say("  building cmd/skirmish")
		p, err := product.Build(ctx, b.dir)
		if err != nil {
			return p, err
		}
		*b.built = p
	}
	return *b.built, nil
}

// coldStart starts servers one after the other. Each may use all processors, as it does where nothing is measured.
func coldStart(ctx context.Context, b *bench) (figures, error) {
	p, err := b.program(ctx)
	if err != nil {
		return figures{}, err
	}
	var starts []product.ColdStart
	var playing []float64
	for range b.cfg.runs {
		s, err := p.ColdStart(ctx, on(b.all))
		if err != nil {
			return figures{}, err
		}
		starts, playing = append(starts, s), append(playing, s.PlayingMS)
	}
	middle := func(of func(product.ColdStart) float64) float64 { return of(median(starts, of)) }
	text := fmt.Sprintf("%d starts on an empty folder: listening after %.0f ms, the seat after %.0f, the first snapshot after %.0f (medians; %.0f to %.0f)",
		len(starts), middle(func(s product.ColdStart) float64 { return s.ListeningMS }),
		middle(func(s product.ColdStart) float64 { return s.SeatedMS }), middle(func(s product.ColdStart) float64 { return s.PlayingMS }),
		slices.Min(playing), slices.Max(playing))
	b.say("  %s", text)
	return figures{starts, text, []verdict{coldStartBar.against(playing)}}, nil
}

// on starts processes on a set of processors.
func on(s proc.Set) func(*exec.Cmd) error {
	return func(cmd *exec.Cmd) error { return proc.StartOn(s, cmd.Start) }
}

// matchPass measures the matchmaker on the server's processor.
func matchPass(ctx context.Context, b *bench) (figures, error) {
	const tickets = 100_000
	p, err := b.program(ctx)
	if err != nil {
		return figures{}, err
	}
	var passes []product.MatchPass
	var took []float64
	var text strings.Builder
	for range b.cfg.runs {
		m, err := p.MatchPass(ctx, tickets, on(b.server))
		if err != nil {
			return figures{}, err
		}
		passes, took = append(passes, m), append(took, m.PassMS)
		fmt.Fprintf(&text, "one pass over %d tickets of %d players: %.1f ms (median of %d), %d tickets matched\n", m.Tickets, m.Players, m.PassMS,
			len(m.AllMS), m.Matched)
	}
	b.say("  %s", text.String())
	return figures{passes, text.String(), []verdict{matchBar.against(took)}}, nil
}

// delivered is what the sizes are as JSON.
type delivered struct {
	Program int64       `json:"program_bytes"`
	SDK     product.SDK `json:"sdk"`
}

// sizes measures what players and operators load.
func sizes(ctx context.Context, b *bench) (figures, error) {
	p, err := b.program(ctx)
	if err != nil {
		return figures{}, err
	}
	var d delivered
	if d.Program, err = p.Bytes(); err != nil {
		return figures{}, err
	}
	if d.SDK, err = p.SDK(ctx); err != nil {
		return figures{}, err
	}
	const mega = 1e6
	text := fmt.Sprintf("cmd/skirmish without symbols: %.1f MB; the SDK's core: %.2f KiB gzipped, with prediction %.2f", float64(d.Program)/mega,
		d.SDK.CoreKiB, d.SDK.PredictionKiB)
	b.say("  %s", text)
	return figures{d, text, []verdict{
		coreBar.against([]float64{d.SDK.CoreKiB}), predictBar.against([]float64{d.SDK.PredictionKiB}),
		programBar.against([]float64{float64(d.Program) / mega}),
	}}, nil
}

// channels counts what a state that changes costs over each channel that a browser has.
func channels(ctx context.Context, b *bench) (figures, error) {
	r, err := seed.Run(ctx, seed.Config{})
	if err != nil {
		return figures{}, err
	}
	var text strings.Builder
	if err := r.Print(&text); err != nil {
		return figures{}, err
	}
	f := figures{data: r, text: text.String()}
	for _, w := range r.Workloads {
		f.verdicts = append(f.verdicts, channelBar(w.Name).against([]float64{round(w.DeltasByNext())}))
	}
	return f, nil
}
