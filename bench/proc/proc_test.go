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

// A processor is busy while this process, tied to it, works, and all its times together are the time that passes.
func TestProcessorTimesAddUp(t *testing.T) {
	all, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	cpu := all.First()
	before, err := Processor(cpu)
	if err != nil {
		t.Fatal(err)
	}
	const span = 300 * time.Millisecond
	start := time.Now()
	done := make(chan struct{})
	err = StartOn(Of(cpu), func() error {
		for time.Since(start) < span {
		}
		close(done)
		return nil
	})
	<-done
	after, err2 := Processor(cpu)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	d, passed := after.Sub(before), time.Since(start)
	if d.Busy+d.Steal < span/2 || d.Sum() < passed/2 || d.Sum() > 2*passed {
		t.Errorf("in %v of work the processor's times were %+v", passed, d)
	}
	if _, err := Processor(1000); err == nil {
		t.Error("a processor that there is not has times")
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
