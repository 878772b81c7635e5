package product

import (
	"os/exec"
	"testing"
)

// TestWhatIsDeliveredIsMeasured builds the program and takes each figure once. What it comes to depends on the machine and is not judged.
func TestWhatIsDeliveredIsMeasured(t *testing.T) {
	p, err := Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := p.Bytes(); err != nil || n < 10<<20 {
		t.Errorf("the program has %d bytes: %v", n, err)
	}
	if s, err := p.ColdStart(t.Context(), (*exec.Cmd).Start); err != nil || s.ListeningMS <= 0 || s.SeatedMS < s.ListeningMS || s.PlayingMS < s.SeatedMS {
		t.Errorf("a cold start of %+v: %v", s, err)
	}
	if m, err := p.MatchPass(t.Context(), 2000, (*exec.Cmd).Start); err != nil || len(m.AllMS) == 0 {
		t.Errorf("a pass of %+v: %v", m, err)
	}
	if s, err := p.SDK(t.Context()); err != nil || s.CoreKiB < 1 || s.PredictionKiB <= s.CoreKiB {
		t.Errorf("an SDK of %+v: %v", s, err)
	}
}

func TestProgramThatIsNoneIsAnError(t *testing.T) {
	none := Program{Path: t.TempDir() + "/skirmish", Module: t.TempDir()}
	if _, err := none.Bytes(); err == nil {
		t.Error("a program that is not there has a size")
	}
	if _, err := none.ColdStart(t.Context(), (*exec.Cmd).Start); err == nil {
		t.Error("a program that is not there starts")
	}
	if _, err := none.MatchPass(t.Context(), 10, (*exec.Cmd).Start); err == nil {
		t.Error("a program that is not there matches")
	}
	if _, err := none.SDK(t.Context()); err == nil {
		t.Error("an SDK that is not there has a size")
	}
	if _, err := (Program{Path: "/bin/true"}).MatchPass(t.Context(), 10, (*exec.Cmd).Start); err == nil {
		t.Error("a program that says nothing matches")
	}
}
