package skirmish

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// What the environment says of the Go runtime stands, in the server and in the process that hashes for it.
func TestEnvironmentSetsTheRuntime(t *testing.T) {
	const limit = 1 << 40
	procs, gc, memory := runtime.GOMAXPROCS(0), debug.SetGCPercent(100), debug.SetMemoryLimit(limit)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(procs)
		debug.SetGCPercent(gc)
		debug.SetMemoryLimit(memory)
	})
	state := func() (procs, gc int, memory int64) {
		gc = debug.SetGCPercent(100)
		debug.SetGCPercent(gc)
		return runtime.GOMAXPROCS(0), gc, debug.SetMemoryLimit(-1)
	}

	t.Setenv("GOMAXPROCS", "1")
	t.Setenv("GOGC", "100")
	t.Setenv("GOMEMLIMIT", "1TiB")
	runtime.GOMAXPROCS(1)
	tuneRuntime()
	limitHashMemory()
	if procs, gc, memory := state(); procs != 1 || gc != 100 || memory != limit {
		t.Errorf("%d processors, GOGC %d and a limit of %d bytes; the environment says 1, 100 and %d", procs, gc, memory, int64(limit))
	}

	t.Setenv("GOMAXPROCS", "")
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	tuneRuntime()
	if procs, gc, memory := state(); procs != 2 || gc != 25 || memory != limit {
		t.Errorf("%d processors, GOGC %d and a limit of %d bytes; want 2, 25 and no limit of the server's own", procs, gc, memory)
	}
	limitHashMemory()
	if _, _, memory := state(); memory > 1<<32 {
		t.Errorf("the process that hashes may hold %d bytes", memory)
	}
}
