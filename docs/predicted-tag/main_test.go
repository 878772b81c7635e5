package main

import (
	"bytes"
	"os"
	"regexp"
	"testing"
)

// TestMoveIsItsTwins has the figures that the twin's test has too (predicted-tag.test.ts): where a runner is after 37 ticks.
func TestMoveIsItsTwins(t *testing.T) {
	for it, want := range map[bool][2]float32{false: {346.66663, 53.33332}, true: {371.3334, 28.666689}} {
		r := Runner{X: 100, Y: 300, It: it}
		for range 37 {
			move(&r, Input{DX: 1, DY: -1}, float32(1)/30)
		}
		if r.X != want[0] || r.Y != want[1] {
			t.Errorf("it is %v: %v, %v, want %v", it, r.X, r.Y, want)
		}
	}
}

func TestPageShowsTheStepThatIsTested(t *testing.T) {
	page, err := os.ReadFile("../concepts/prediction.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) == 0 {
		t.Fatal("docs/concepts/prediction.md shows no step")
	}
	for _, block := range blocks {
		if !bytes.Contains(code, block[1]) {
			t.Errorf("main.go does not have this:\n%s", block[1])
		}
	}
}
