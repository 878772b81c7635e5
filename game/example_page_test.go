package game_test

import (
	"os"
	"path/filepath"
	"regexp"
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
