package pgtest

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestServerCanBeStoppedAndStarted(t *testing.T) {
	s := Start(t)
	socket := filepath.Join(s.dir, ".s.PGSQL.5432")
	answers := func() bool {
		c, err := net.Dial("unix", socket)
		if err == nil {
			err = c.Close()
		}
		return err == nil
	}
	first, second := s.URL(t), s.URL(t)
	if first == second || !answers() {
		t.Errorf("%s and %s, answers=%t", first, second, answers())
	}
	s.Stop(t)
	if answers() {
		t.Error("a stopped server answers")
	}
	s.Restart(t)
	if !answers() {
		t.Error("a server that was started again does not answer")
	}
	if err := s.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}
