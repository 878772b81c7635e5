//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
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

// shortSet takes about fifteen minutes. Three runs where a bar hangs on times that drift; one where a run is long or what it shows does not
// drift: bytes, memory.
var shortSet = []part{
	{"Fifty and fifty, 2000 clients", "--scenario arena100 --clients 2000 --runs 3 --duration 10s"},
	{"The same with the codec plain", "--scenario arena100 --clients 2000 --runs 1 --duration 10s --codec plain"},
	{"The most clients on one processor", "--scenario arena100 --rooms auto --runs 1 --duration 10s"},
	{"Four fifths of that, for a minute", fourFifths + "--scenario arena100 --runs 1 --duration 60s --floor=false"},
	{"One world of 1000 and 1000", "--scenario crowd --clients 1000 --runs 3 --duration 10s"},
	{"Ten rooms of ten at 128 Hz", "--scenario duel --runs 3 --duration 10s --settle 3s"},
	{"15 000 who watch", "--scenario idle --runs 1 --duration 5s --settle 10s"},
	{"Three in ten do not read", "--scenario stall --runs 3 --duration 10s --settle 4s"},
	{"5000 come at once", "--scenario storm --runs 3 --settle 3s"},
	{"A hundred sign-ins a second", "--scenario flood --runs 1 --duration 20s --settle 5s"},
	{"From nothing to the first player", "--scenario coldstart --runs 10"},
	{"Matchmaking", "--scenario match --runs 3"},
	{"What is delivered", "--scenario size"},
	{"A state over each channel", "--scenario seed"},
	{"Other servers", "--scenario peers"},
}

// fourFifths marks the part whose size follows from the part before it.
const fourFifths = "@80% "

// reported is a part with what came of it.
type reported struct {
	Title    string    `json:"title"`
	Command  string    `json:"command"`
	Error    string    `json:"error,omitempty"`
	Median   result    `json:"median,omitzero"`
	Runs     []result  `json:"runs,omitempty"`
	Figures  any       `json:"figures,omitempty"` // of a part without runs
	Text     string    `json:"text,omitempty"`    // the same for people
	Verdicts []verdict `json:"verdicts"`
}

// report is what the short set leaves behind.
type report struct {
	Date    time.Time  `json:"date"`
	Machine string     `json:"machine"`
	Commit  string     `json:"commit,omitempty"`
	Seconds float64    `json:"seconds,omitempty"` // that it took
	Parts   []reported `json:"parts"`
}

// verdicts are those of all parts.
func (r report) verdicts() (list []verdict) {
	for _, p := range r.Parts {
		list = append(list, p.Verdicts...)
	}
	return list
}

// suite runs the short set, prints its table and writes its report. A part that fails does not keep the others from running, and one that
// is stopped leaves the table of those before it.
func (b *bench) suite(ctx context.Context) error {
	r := report{Date: time.Now().UTC(), Machine: machine(), Commit: commit(ctx)}
	most := 0
	for i, p := range shortSet {
		args, fits := b.sized(p.args, most)
		b.say("\n== %d of %d, after %.1f minutes: %s\n   go run ./bench %s", i+1, len(shortSet), time.Since(r.Date).Minutes(), p.title, args)
		done := failed(p.title, args, errNothing)
		if fits {
			done = b.part(ctx, p.title, args)
		}
		if ctx.Err() != nil {
			break
		}
		if done.Error != "" {
			b.say("   failed: %s", done.Error)
		} else if strings.Contains(args, "auto") {
			most = done.Median.Clients
		}
		r.Parts = append(r.Parts, done)
	}
	r.Seconds = round(time.Since(r.Date).Seconds())
	fmt.Println()
	printVerdicts(os.Stdout, r.verdicts())
	fmt.Printf("\nThe most clients of arena100 on one processor here: %d\n", most)
	fmt.Println(r.summary())
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stopped in part %d of %d, nothing is written: %w", len(r.Parts)+1, len(shortSet), err)
	}
	name, err := b.writeReport(r)
	if err != nil {
		return err
	}
	if b.cfg.page != "" {
		if err := intoPage(b.cfg.page, name, r); err != nil {
			return err
		}
	}
	return b.checked(r.verdicts())
}

// sized completes the flags of a part: most is how many clients the search before it has found, and without any a part that goes by
// that does not fit.
func (b *bench) sized(args string, most int) (string, bool) {
	args, byMost := strings.CutPrefix(args, fourFifths)
	if byMost {
		unit := find("arena100").unit()
		args += fmt.Sprintf(" --clients %d", max(unit, most*4/5/unit*unit))
	}
	if cfg, err := parse(strings.Fields(args)); err == nil && !isApart(cfg.scenario) {
		args = strings.TrimSpace(args + " " + strings.Join(b.cfg.passed, " "))
	}
	return args, !byMost || most > 0
}

// summary is the last line: how many figures meet their bars, and which parts have none.
func (r report) summary() string {
	met, missed, failed := 0, 0, 0
	for _, p := range r.Parts {
		if p.Error != "" {
			failed++
			continue
		}
		for _, v := range p.Verdicts {
			if v.Pass {
				met++
			} else {
				missed++
			}
		}
	}
	s := fmt.Sprintf("%d of %d figures meet their bars, %d miss them", met, met+missed, missed)
	if failed > 0 {
		s += fmt.Sprintf("; %d of %d parts failed and have no figures", failed, len(r.Parts))
	}
	if r.Seconds > 0 {
		s += fmt.Sprintf("; it took %.1f minutes", r.Seconds/60)
	}
	return s
}

// failed is a part without figures.
func failed(title, args string, err error) reported {
	name := "the part"
	if cfg, err := parse(strings.Fields(args)); err == nil {
		name = cfg.scenario
	}
	return reported{
		Title: title, Command: "go run ./bench " + args, Error: err.Error(), Verdicts: []verdict{{Scenario: name, Name: "it runs", Bar: itRuns}},
	}
}

// part runs one piece.
func (b *bench) part(ctx context.Context, title, args string) reported {
	p := reported{Title: title, Command: "go run ./bench " + args}
	cfg, err := parse(strings.Fields(args))
	if err != nil {
		return failed(title, args, err)
	}
	own := *b
	own.cfg = cfg
	own.cfg.out = b.cfg.out
	if a, ok := findApart(cfg.scenario); ok {
		f, err := a.measure(ctx, &own)
		if err != nil {
			return failed(title, args, err)
		}
		p.Figures, p.Text, p.Verdicts = f.data, f.text, f.verdicts
		return p
	}
	if !cfg.floor {
		own.floor = ""
	}
	if p.Runs, err = own.runs(ctx, cfg.find()); err != nil {
		return failed(title, args, err)
	}
	p.Median, p.Runs = p.Runs[0], p.Runs[1:]
	p.Verdicts = judge(p.Runs)
	return p
}

// writeReport writes the report as JSON and as a page, named by the day, and returns the name of the JSON. One that goes into the
// documents has a name of its own, so that the next one does not change what they rest on.
func (b *bench) writeReport(r report) (string, error) {
	base, kind := filepath.Join(b.cfg.out, r.Date.Format(time.DateOnly)), ".json"
	if b.cfg.page != "" {
		base, kind = base+"-make-bench", ".json.gz"
	}
	if err := os.MkdirAll(b.cfg.out, 0o755); err != nil {
		return "", fmt.Errorf("write the report: %w", err)
	}
	page, err := os.Create(base + ".html")
	if err != nil {
		return "", fmt.Errorf("write the report: %w", err)
	}
	if err := errors.Join(r.writePage(page), page.Close(), writeResult(base+kind, r)); err != nil {
		return "", fmt.Errorf("write the report: %w", err)
	}
	fmt.Printf("Written: %s.html and %s\n", base, base+kind)
	return base + kind, nil
}

// commit is what was measured, with -dirty where files are not as they were committed; empty: git does not say.
func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
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
