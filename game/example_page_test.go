package game_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/concepts/seam.md names every Example of this package, and none that is not there.
func TestPageOfTheSeamKnowsEveryExample(t *testing.T) {
	page, err := os.ReadFile("../docs/concepts/seam.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Example\w*)\(\)`).FindAllSubmatch(code, -1) {
			there[string(m[1])] = true
		}
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`(Example\\w*)`").FindAllSubmatch(page, -1) {
		name := string(m[1])
		if named[name] = true; !there[name] {
			t.Errorf("the page names %s, which is not there", name)
		}
	}
	for name := range there {
		if !named[name] {
			t.Errorf("the page does not name %s", name)
		}
	}
}

// Each row of the page has names of the seam, games of this repository that have each of these names in their files, and an Example.
func TestPageOfTheSeamNamesGamesThatUseIt(t *testing.T) {
	page, err := os.ReadFile("../docs/concepts/seam.md")
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"arena", "crowd", "dig", "draughts"}
	sources := map[string]string{}
	for _, game := range all {
		files, err := filepath.Glob(game + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			code, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources[game] += string(code)
		}
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !strings.Contains(cells[2], "`") {
			continue
		}
		rows++
		if !strings.Contains(cells[4], "`Example") {
			t.Errorf("no Example: %s", line)
		}
		var users []string
		for _, game := range all {
			if regexp.MustCompile(`\b(` + game + `|all)\b`).MatchString(cells[3]) {
				users = append(users, game)
			}
		}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1) {
			used := false
			for _, game := range users {
				used = used || usesOf(name[1]).MatchString(sources[game])
			}
			if !used {
				t.Errorf("%q uses no %s: %s", users, name[1], line)
			}
		}
	}
	if rows < 30 {
		t.Errorf("%d rows were read", rows)
	}
}

// usesOf matches what a game's file has that uses a name of the seam: a method as such, an option of a tag in one, the rest by its package.
func usesOf(name string) *regexp.Regexp {
	switch _, method, is := strings.Cut(name, "."); {
	case name == "Everyone":
		return regexp.MustCompile(`game\.Replicate\(b, "\w+", &[\w.]+\)`) // what a table is without an option
	case name == "[N]T":
		return regexp.MustCompile("\\[\\w+\\][\\w.]+ +`net:")
	case name == strings.ToLower(name):
		return regexp.MustCompile("`net:\"[^\"]*\\b" + name + "\\b")
	case is && (strings.HasPrefix(name, "Config.")):
		return regexp.MustCompile(`\b` + method + `:`)
	case is:
		return regexp.MustCompile(`\.` + method + `\(`)
	}
	return regexp.MustCompile(`\bgame\.` + name + `\b`)
}
