package skirmish

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources calls f with every file of the repository whose name ends with one of the endings; what is installed or built is left out.
func sources(t *testing.T, f func(path, text string), endings ...string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "dist"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(path, e) }) {
			return nil
		}
		text, err := os.ReadFile(path)
		f(path, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The table of SECURITY.md names a test for every rule, and each of them is there.
func TestSecurityRulesHaveTheirTests(t *testing.T) {
	page, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	there, titles := map[string]bool{}, ""
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	sources(t, func(path, text string) {
		if !strings.HasSuffix(path, "_test.go") {
			titles += text
			return
		}
		for _, m := range declared.FindAllStringSubmatch(text, -1) {
			there[m[1]] = true
		}
	}, "_test.go", ".test.ts")
	rows := regexp.MustCompile(`(?m)^\| (\d+) \| [^|]+ \| ([^|]+) \|$`).FindAllStringSubmatch(string(page), -1)
	for i, row := range rows {
		if row[1] != []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18"}[i] {
			t.Errorf("rule %s is in the place of the one with number %d", row[1], i+1)
		}
		tests := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[2], -1)
		if len(tests) == 0 {
			t.Errorf("rule %s names no test", row[1])
		}
		for _, m := range tests {
			if !there[m[1]] && !strings.Contains(titles, `"`+m[1]+`"`) {
				t.Errorf("rule %s names %s, which is nowhere", row[1], m[1])
			}
		}
	}
	if len(rows) != 18 {
		t.Errorf("%d rules, want 18", len(rows))
	}
}

// What a document says of another product can be run again: the page names the version, the day and the command, or leads to the page of
// figures, which does.
func TestDocumentsSayOfOtherProductsHowItWasMeasured(t *testing.T) {
	products := regexp.MustCompile(`(?i)\b(colyseus|nakama|photon|socket\.io|gorilla|gobwas|playfab|agones|geckos|lance\.gg|hathora|rivet)\b`)
	day, command := regexp.MustCompile(`20\d\d-\d\d-\d\d`), regexp.MustCompile(`make peers|make bench|go run \./bench`)
	said := 0
	sources(t, func(path, text string) {
		if path == "CHANGELOG.md" {
			return // says that there is a measurement, and of none what came out
		}
		for _, name := range products.FindAllString(text, -1) {
			said++
			if !command.MatchString(text) {
				t.Errorf("%s names %s, and no command that shows what it says", path, name)
			}
			if strings.Contains(text, "performance.md") {
				continue // which has the versions and the day
			}
			if !regexp.MustCompile(`(?i)`+regexp.QuoteMeta(name)+`[^\n]{0,60}?\d+\.\d+`).MatchString(text) || !day.MatchString(text) {
				t.Errorf("%s names %s without its version and the day, and not the page that has them", path, name)
			}
		}
	}, ".md")
	if said == 0 {
		t.Error("no document names another product: there is nothing to check")
	}
}
