package thread

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// onThread runs f on a thread of its own, which ends with it.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(done)
		f()
	}()
	<-done
}

func attributes(t *testing.T, id int) *unix.SchedAttr {
	t.Helper()
	a, err := unix.SchedGetAttr(id, 0)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPromptThreadHasExactTimersAndIsOrdinary(t *testing.T) {
	onThread(func() {
		Prompt()
		if a := attributes(t, 0); a.Policy != unix.SCHED_NORMAL {
			t.Errorf("the thread is %+v", a)
		}
		slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		if err != nil || slack != 1 {
			t.Errorf("its timers may be %d ns late (%v)", slack, err)
		}
	})
}

func TestPromptThreadStaysAsNiceAsItWas(t *testing.T) {
	onThread(func() {
		const nicer = 12 // a thread may always become that
		if err := unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), nicer); err != nil {
			t.Fatal(err)
		}
		Prompt()
		if a := attributes(t, 0); a.Nice != nicer {
			t.Errorf("its niceness was %d and is %d", nicer, a.Nice)
		}
	})
}

func TestUrgentThreadHasRealTimePriorityOrSaysWhatIsMissing(t *testing.T) {
	onThread(func() {
		if err := Urgent(); err != nil {
			if !strings.Contains(err.Error(), "CAP_SYS_NICE") {
				t.Errorf("the error does not say what to do: %v", err)
			}
			if a := attributes(t, 0); a.Policy != unix.SCHED_NORMAL {
				t.Errorf("it failed and the thread is %+v", a)
			}
			return
		}
		if a := attributes(t, 0); a.Policy != unix.SCHED_RR || a.Priority != 1 {
			t.Errorf("the thread is %+v", a)
		}
		child := exec.Command("sleep", "60") // started by this thread
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if a := attributes(t, child.Process.Pid); a.Policy != unix.SCHED_NORMAL {
			t.Errorf("a process started by an urgent thread is %+v", a)
		}
		_ = child.Process.Kill()
		_ = child.Wait()

		me, took := ID(), make(chan struct{})
		go func() { Ordinary(me); close(took) }()
		<-took
		if a := attributes(t, 0); a.Policy != unix.SCHED_NORMAL {
			t.Errorf("after Ordinary the thread is %+v", a)
		}
	})
}

// TestOrdinaryNeedsNoRight: a process that has a limit for real-time priorities, and no right, must get rid of the priority too.
func TestOrdinaryNeedsNoRight(t *testing.T) {
	onThread(func() {
		const nicer = 7
		if err := unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), nicer); err != nil {
			t.Fatal(err)
		}
		if Urgent() != nil {
			return // the other test says that it explains itself
		}
		dropRight(t)
		Ordinary(ID())
		if a := attributes(t, 0); a.Policy != unix.SCHED_NORMAL || a.Nice != nicer {
			t.Errorf("after Ordinary the thread is %+v, want niceness %d", a, nicer)
		}
	})
}

// dropRight takes CAP_SYS_NICE from the calling thread for good.
func dropRight(t *testing.T) {
	t.Helper()
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&head, &sets[0]); err != nil {
		t.Fatal(err)
	}
	sets[0].Effective &^= 1 << unix.CAP_SYS_NICE
	if err := unix.Capset(&head, &sets[0]); err != nil {
		t.Fatal(err)
	}
}

func TestNiceThreadStaysOne(t *testing.T) {
	onThread(func() {
		Nice()
		if a := attributes(t, 0); a.Nice != 19 || a.Policy != unix.SCHED_NORMAL {
			t.Errorf("the thread is %+v", a)
		}
	})
}
