//go:build linux

package proc

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// child runs a line of shell, with its group killed at the end whatever it does.
func child(t *testing.T, script string) *Child {
	t.Helper()
	all, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	c, err := StartChild(exec.Command("sh", "-c", script), all)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func gone(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }

func TestChildSaysItsLineAndEndsWhenItIsAsked(t *testing.T) {
	c := child(t, `trap 'exit 0' TERM; echo here it is; echo more; while :; do sleep 0.01; done`)
	if c.Line != "here it is" || gone(c.PID) {
		t.Errorf("it says %q", c.Line)
	}
	if c.Stop(time.Minute); !gone(c.PID) {
		t.Error("it is there after it was stopped")
	}
	c.Stop(time.Minute) // once more is once too often, and harmless
}

func TestChildThatDoesNotEndIsKilled(t *testing.T) {
	for _, patience := range []time.Duration{0, time.Millisecond} {
		c := child(t, `trap '' TERM; echo here; while :; do sleep 0.01; done`)
		if c.Stop(patience); !gone(c.PID) {
			t.Errorf("with %v of patience it is there after it was stopped", patience)
		}
	}
}

func TestChildWithoutALineIsAnErrorAndGone(t *testing.T) {
	all, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "printf half")
	if _, err := StartChild(cmd, all); err == nil || !strings.Contains(err.Error(), `"half"`) {
		t.Errorf("it is %v", err)
	}
	if !gone(cmd.Process.Pid) {
		t.Error("it is there")
	}
	if _, err := StartChild(exec.Command("/no/such/program"), all); err == nil {
		t.Error("a program that there is not has started")
	}
}
