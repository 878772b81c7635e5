package skirmish

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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

func TestMatchBenchMeasuresAShape(t *testing.T) {
	code, out, err := runMatch(t, "bench", "--tickets", "500", "--runs", "1", "--shape", "duels")
	if code != 0 || !strings.Contains(out, "500 in 250 matches") {
		t.Errorf("exit %d, %s\n%s", code, err, out)
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
	mode := file("mode.json", `{"mode": "duel", "game": "arena", "rules": {"teams": 2, "size": 1, "skill": 5, "wait_s": 60}}`)
	if code, same, err := runMatch(t, "simulate", "--rules", mode, "--tickets", tickets); code != 0 || same != out {
		t.Errorf("a mode with the same rules: exit %d, %s\n%s", code, err, same)
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
	refuses("mixed, crowd", "bench", "--tickets", "5", "--shape", "none")
	refuses("no --rules", "bench", "--tickets", tickets, "--shape", "crowd")
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
	cfg := Config{ModesDir: dir, Games: testGames}
	modes, err := cfg.readModes()
	if err != nil || len(modes) != 1 || modes[0].Name != "duel" {
		t.Errorf("%+v, %v", modes, err)
	}
	refuses := func(text string, want ...string) {
		t.Helper()
		put("odd.json", text)
		_, err := cfg.readModes()
		for _, want := range append(want, "--modes", "odd.json") {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q in it", text, err, want)
			}
		}
	}
	refuses(`{"mode": "odd"}`, "no game")
	const rules = `"rules": {"teams": 2, "size": 1}`
	refuses(`{"mode": "odd", "game": "arena", "options": {"rounds": 3}, `+rules+`}`, "options", "this game has none")
	refuses(`{"mode": "odd", "game": "draughts", "options": {"computers": true}, `+rules+`}`, "options", `unknown field "computers"`)
	put("odd.json", `{"mode": "odd", "game": "draughts", "options": {"computer": false}, `+rules+`}`)
	if modes, err := cfg.readModes(); err != nil || len(modes) != 2 || modes[1].File != "odd.json" {
		t.Errorf("options that fit: %+v, %v", modes, err)
	}
	if _, err := (Config{ModesDir: filepath.Join(dir, "none")}).readModes(); err == nil || !strings.Contains(err.Error(), "there is no folder "+filepath.Join(dir, "none")) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := (Config{ModesDir: filepath.Join(dir, "duel.json")}).readModes(); err == nil || !strings.Contains(err.Error(), "duel.json is a file") {
		t.Errorf("a file instead of its folder: %v", err)
	}
	if modes, err := (Config{}).readModes(); err != nil || modes != nil {
		t.Errorf("no folder: %v, %v", modes, err)
	}
}

// The modes that the guide shows are taken by the server with the games of this repository.
func TestModesOfTheGuideWorkWithTheDemo(t *testing.T) {
	guide, err := os.ReadFile("docs/matchmaking.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	n := 0
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(guide), -1) {
		if strings.Contains(block[1], `"mode"`) {
			n++
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(n, ".json")), []byte(block[1]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n < 2 {
		t.Fatalf("%d modes", n)
	}
	serveHere(t, Config{ModesDir: dir})
}

func TestModesThatNoRoomFitsStopTheStart(t *testing.T) {
	dir := t.TempDir()
	refuses := func(mode string, want ...string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "odd.json"), []byte(mode), 0o600); err != nil {
			t.Fatal(err)
		}
		code, said := 0, bytes.Buffer{}
		code = run(t.Context(), []string{"--modes", dir, "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"},
			testGames, stdio{&bytes.Buffer{}, &said})
		for _, want := range want {
			if code != 2 || !strings.Contains(said.String(), want) {
				t.Errorf("%s: exit %d, %q, want 2 and %q", mode, code, said.String(), want)
			}
		}
	}
	refuses(`{"mode": "odd", "game": "chess", "rules": {"teams": 2, "size": 1}}`, `odd.json: game is "chess"`, "arena, draughts")
	refuses(`{"mode": "odd", "game": "draughts", "rules": {"teams": 2, "size": 2}}`, "odd.json: rules.teams and rules.size", "4 players", "MaxPlayers")
}
