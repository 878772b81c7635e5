//go:build linux

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The page that has the short set's table, and where the names in it begin.
const (
	performance = "../docs/performance.md"
	moduleRoot  = ".."
)

// TestPageHasTheTableOfItsResult: docs/performance.md has what the result says that it names, all of it, and says why of what is missed.
func TestPageHasTheTableOfItsResult(t *testing.T) {
	text, err := os.ReadFile(performance)
	if err != nil {
		t.Fatal(err)
	}
	head, name, tail, err := splitPage(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := readResult(filepath.Join(moduleRoot, name), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.verdicts()) < 20 {
		t.Errorf("%s has %d figures only", name, len(r.verdicts()))
	}
	if want := head + tableOf + name + tableBy + "\n\n" + r.markdown() + "\n" + tableEnd + tail; want != string(text) {
		t.Errorf("the table in %s is not that of %s: go run ./bench --markdown %s --page docs/performance.md", performance, name, name)
	}
	for _, key := range r.unexplained(string(text)) {
		t.Errorf("%s misses its bar in %s, and %s does not say why: write a line that begins with - **%s**", key, name, performance, key)
	}
}

// told is a report with a figure that is met, one that is missed and a part that failed.
func told() report {
	return report{Machine: "a | machine", Seconds: 120, Commit: "abc1234", Parts: []reported{
		{Title: "Starting", Verdicts: []verdict{coldStartBar.against([]float64{100, 420, 450})}},
		{Title: "What is delivered", Verdicts: []verdict{coreBar.against([]float64{7}), predictBar.against([]float64{14.7})}},
		failed("Others", "--scenario peers", errNothing),
		{Title: "One | line", Verdicts: []verdict{{Scenario: "storm", Name: "gaps", Value: 50, Bar: "<= 0", From: "there.json"}}},
	}}
}

func TestTableHasEveryFigureAndByHowMuchItMisses(t *testing.T) {
	text := told().markdown()
	for _, line := range []string{
		"on a | machine: 1 of 4 figures meet their bars, 3 miss them; 1 of 4 parts failed and have no figures; it took 2.0 minutes.",
		"| Starting | coldstart: start of the process to first accepted player | 420.00 ms | <= 300 | 100.00, 420.00, 450.00 | **missed** by 40.0 % |\n",
		"| What is delivered | size: SDK core, gzip | 7.00 KiB | <= 8 |  | met |\n",
		"|  | size: SDK core with prediction, gzip | 14.70 KiB | <= 14 |  | **missed** by 5.0 % |\n",
		"| Others | peers: it runs | " + errNothing.Error() + " | yes |  | **missed** |\n",
		`| One \| line | storm: gaps | 50.00 | <= 0 |  | **missed** by 50, in there.json |` + "\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
	few := verdict{Value: 19, Bar: ">= 20"}
	if many := (verdict{Value: 4.7, Bar: "<= 1"}); many.By() != "by 4.7 times" || few.By() != "by 5.0 %" {
		t.Errorf("%s, %s", many.By(), few.By())
	}
}

func TestMissesThatThePageDoesNotExplainAreNamed(t *testing.T) {
	page := "\n- **storm: gaps**: somebody else.\n- **size: SDK core, gzip**: it is met.\nIn the text: **peers: it runs**."
	want := []string{coldStartBar.against([]float64{1}).Key(), predictBar.against([]float64{1}).Key(), "peers: it runs"}
	if got := told().unexplained(page); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTableGoesIntoAPageInPlaceOfTheOneBefore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	const before, after = "# Title\n\n", "\n\nThe rest.\n"
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(before + tableOf + "old.json" + tableBy + "\nwhat was there\n" + tableEnd + after)
	for range 2 { // the second time changes nothing
		if err := intoPage(file, "bench/results/new.json.gz", told()); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if want := before + tableOf + "bench/results/new.json.gz" + tableBy + "\n\n" + told().markdown() + "\n" + tableEnd + after; string(text) != want {
			t.Errorf("the page is\n%s\nwant\n%s", text, want)
		}
	}
	for _, none := range []string{"", before, tableOf + "x", tableOf + "x" + tableBy, tableOf + "x\ny" + tableBy + tableEnd, tableEnd} {
		write(none)
		if err := intoPage(file, "new.json", told()); err == nil {
			t.Errorf("a table is put into %q", none)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != none {
			t.Errorf("%q became %q: %v", none, text, err)
		}
	}
}

func TestResultIsReadAsItWasWritten(t *testing.T) {
	for _, name := range []string{"r.json", "r.json.gz"} {
		file := filepath.Join(t.TempDir(), name)
		if err := writeResult(file, told()); err != nil {
			t.Fatal(err)
		}
		var r report
		if err := readResult(file, &r); err != nil || r.markdown() != told().markdown() {
			t.Errorf("%s: %v\n%s", name, err, r.markdown())
		}
	}
	broken := filepath.Join(t.TempDir(), "r.json.gz")
	if err := os.WriteFile(broken, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{broken, filepath.Join(t.TempDir(), "none.json")} {
		if err := readResult(file, new(report)); err == nil {
			t.Errorf("%s is read", file)
		}
	}
}
