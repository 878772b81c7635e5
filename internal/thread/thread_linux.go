package thread

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	// slice is the least that the kernel takes: who asks for a short slice gets it sooner (sched(7), sched_setattr(2)).
	slice = 100_000 // ns
	// least is the lowest rank, and the nicest.
	least = 19
)

func id() int { return unix.Gettid() }

func prompt() {
	const nanosecond = 1
	// Where a sandbox forbids the calls, the thread is as prompt as any other.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, nanosecond, 0, 0, 0)
	a, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return
	}
	a.Runtime = slice // and no other attribute: the operator may have chosen how nice the process is
	_ = unix.SchedSetAttr(0, a, 0)
}

func urgent() error {
	a := unix.SchedAttr{Policy: unix.SCHED_RR, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	if err := unix.SchedSetAttr(0, &a, 0); err != nil {
		return fmt.Errorf("no real-time priority: %w; give the process CAP_SYS_NICE, or a limit of at least 1 (ulimit -r, LimitRTPRIO)", err)
	}
	return nil
}

func ordinary(id int) {
	const zero = 20 // the system call gives 20 less the niceness: getpriority(2), "C library/kernel differences"
	n, err := unix.Getpriority(unix.PRIO_PROCESS, id)
	if err != nil {
		return // the thread is gone
	}
	// A thread may always be given less. Its niceness and the flag stay: to lower the one or to take back the other needs a right.
	a := unix.SchedAttr{Policy: unix.SCHED_NORMAL, Nice: int32(zero - n), Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	_ = unix.SchedSetAttr(id, &a, 0)
}

func nice() {
	// Linux has a niceness per thread, though POSIX says per process: setpriority(2), "C library/kernel differences". If a sandbox
	// forbids the call, the bound on workers still holds.
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), least)
}

func idleProcess() {
	// A thread starts as idle as the one that starts it: two rounds see those that were started during the first.
	for range 2 {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return // without /proc the process is as nice as the thread that has started it
		}
		for _, t := range tasks {
			if id, err := strconv.Atoi(t.Name()); err == nil {
				_ = unix.SchedSetAttr(id, &unix.SchedAttr{Policy: unix.SCHED_IDLE, Nice: least}, 0)
			}
		}
	}
}
