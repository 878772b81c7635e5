package skirmish

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func runMatch(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), append([]string{"match"}, args...), nil, stdio{&o, &e})
	return code, o.String(), e.String()
}

func TestMatchBenchReportsAPass(t *testing.T) {
	code, out, _ := runMatch(t, "bench", "--tickets", "500", "--runs", "1", "--json", "-")
	var got struct {
		PassMS  float64 `json:"pass_ms"`
		Matched int     `json:"matched"`
		Allocs  uint64  `json:"allocs"`
	}
	if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil || got.PassMS <= 0 || got.Matched < 100 || got.Allocs == 0 {
		t.Errorf("exit %d, %v, %+v:\n%s", code, err, got, out)
	}
}

func TestMatchSimulateReadsRulesAndTickets(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rules := file("rules.json", `{"teams": 2, "size": 1, "skill": 5, "wait_s": 60}`)
	tickets := file("tickets.jsonl", `{"at": 0, "members": [{"skill": 20}]}
{"at": 3, "members": [{"skill": 22}]}
{"at": 4, "members": [{"skill": 40}]}
`)
	code, out, _ := runMatch(t, "simulate", "--rules", rules, "--tickets", tickets)
	if code != 0 || !strings.Contains(out, "2 in 1 matches") || !strings.Contains(out, "expired") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	refuses := func(want string, args ...string) {
		t.Helper()
		if code, _, err := runMatch(t, args...); code != 2 || !strings.Contains(err, want) {
			t.Errorf("%v: exit %d, %q, want 2 and %q", args, code, err, want)
		}
	}
	refuses("give a file or a number", "simulate", "--tickets", filepath.Join(dir, "none"))
	refuses("skil", "simulate", "--tickets", tickets, "--rules", file("typo.json", `{"teams": 2, "size": 1, "skil": 5}`))
	refuses("line 1", "simulate", "--tickets", file("bad.jsonl", `{"at": 0}`), "--rules", rules)
	refuses("no tickets", "simulate", "--tickets", file("empty.jsonl", ``), "--rules", rules)
	refuses("--runs", "bench", "--tickets", "5", "--runs", "0")
}

func TestModesAreReadFromTheirFolder(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("duel.json", `{"mode": "duel", "game": "arena", "rules": {"teams": 2, "size": 1}}`)
	modes, err := Config{ModesDir: dir}.readModes()
	if err != nil || len(modes) != 1 || modes[0].Name != "duel" {
		t.Errorf("%+v, %v", modes, err)
	}
	put("broken.json", `{"mode": "broken"}`)
	if _, err := (Config{ModesDir: dir}).readModes(); err == nil || !strings.Contains(err.Error(), "--modes") || !strings.Contains(err.Error(), "broken.json") {
		t.Errorf("a mode without a game: %v", err)
	}
	if modes, err := (Config{}).readModes(); err != nil || modes != nil {
		t.Errorf("no folder: %v, %v", modes, err)
	}
}
