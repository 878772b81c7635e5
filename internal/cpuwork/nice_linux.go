package cpuwork

import "syscall"

// beNice lets the calling thread run only when no other wants its processor. Linux has a niceness per thread, though POSIX says per
// process: setpriority(2), "C library/kernel differences".
func beNice() {
	const lowest = 19
	// It cannot fail for a thread of our own and a lower priority; if a sandbox forbids the call, the bound on workers still holds.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), lowest)
}
