package skirmish

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGameOutsideThisRepository does what the README says: the game of docs/first-game becomes a module of its own, with its own main; the program
// is built, serves its page, and bots play it.
func TestGameOutsideThisRepository(t *testing.T) {
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("docs/first-game")); err != nil {
		t.Fatal(err)
	}
	// The modules this one needs, so that nothing has to be looked up; a game author's `go get` does the same.
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^(module|ignore|tool) .*$`).ReplaceAllString(string(mod), "")
	text = "module example.com/tag\n" + text +
		"\nrequire github.com/skirmish-dev/skirmish v0.0.0\n\nreplace github.com/skirmish-dev/skirmish => " + root + "\n"
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"go.mod": []byte(text), "go.sum": sum} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "tag")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}

	gen := exec.CommandContext(t.Context(), program, "gen", "--out", filepath.Join(dir, "web", "tag.js"))
	if out, err := gen.CombinedOutput(); err != nil {
		t.Fatalf("gen: %v\n%s", err, out)
	}
	c := startProgram(t, program, "--data", filepath.Join(dir, "data"), "--static", filepath.Join(dir, "web"))
	for path, says := range map[string]string{"/": "<canvas", "/main.js": "Room.join", "/tag.js": "export const tag", "/skirmish.js": "export", "/%2e%2e/main.go": "404"} {
		if _, _, body := get(t, c.url+path); !strings.Contains(body, says) {
			t.Errorf("%s does not have %q: %.100q", path, says, body)
		}
	}
	bots := exec.CommandContext(t.Context(), program, "bots", "--url", c.url, "--clients", "8", "--duration", "3s", "--json", "-")
	var errs bytes.Buffer
	bots.Stderr = &errs
	out, err := bots.Output()
	if err != nil {
		t.Fatalf("bots: %v\n%s", err, errs.String())
	}
	var report struct {
		Connected, Disconnects, Desyncs int
		Rate                            float64 `json:"snapshots_per_client_s"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if report.Connected != 8 || report.Disconnects != 0 || report.Desyncs != 0 || report.Rate < 20 {
		t.Errorf("8 bots at 30 Hz: %+v\n%s", report, errs.String())
	}
}

// TestReadmeShowsTheGameThatIsTested: the code in the README is docs/first-game, to the letter.
func TestReadmeShowsTheGameThatIsTested(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"docs/first-game/main.go", "docs/first-game/main_test.go", "docs/first-game/web/index.html", "docs/first-game/web/main.js"} {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(readme, code) {
			t.Errorf("README.md does not show %s as it is", file)
		}
	}
}
