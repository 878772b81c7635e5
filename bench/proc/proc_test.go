//go:build linux

package proc

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestCPUCountsWhatThisProcessUses(t *testing.T) {
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		now, err := CPU(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if now-before >= 3*clockTick {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("ten seconds of work count as %v", now-before)
		}
	}
}

func TestRSSIsThatOfARealProcess(t *testing.T) {
	n, err := RSS(os.Getpid())
	if err != nil || n < 1<<20 || n > 1<<40 {
		t.Errorf("RSS is %d, %v", n, err)
	}
	if _, err := RSS(-1); err == nil {
		t.Error("a process that there is not has a size")
	}
}

func TestStartedProcessIsTiedToItsProcessor(t *testing.T) {
	all, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd := exec.Command("cat", "/proc/self/status")
	cmd.Stdout = &out
	one := Of(all.First())
	if err := StartOn(one, cmd.Start); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(out.String(), "Cpus_allowed_list:")
	if got := strings.Fields(list)[0]; len(strings.Split(got, ",")) != 1 || strings.Contains(got, "-") {
		t.Errorf("the process may run on %s", got)
	}
	if after, err := Allowed(); err != nil || after != all {
		t.Errorf("this process may use %b afterwards, want %b (%v)", after, all, err)
	}
}
