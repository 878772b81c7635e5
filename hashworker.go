package skirmish

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/lobby/auth/password"
)

// hashCmd computes password hashes for a server: argon2 takes 19 MiB for each and computes on goroutines of its own, which in the
// server's process would make ticks late (docs/adr/0005).
type hashCmd struct{}

// Run answers until the server closes standard input, or is gone. An interrupt from the terminal is for the server.
func (hashCmd) Run(_ []*game.Def, io stdio) error {
	limitHashMemory()
	return password.Serve(os.Stdin, io.out)
}

// limitHashMemory has the garbage of one hash collected before the next takes as much again, unless the environment sets a limit.
// What the games hold from their start comes on top.
func limitHashMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	const oneHash = 24 << 20
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetMemoryLimit(int64(m.Sys-m.HeapReleased) + oneHash)
}

// hashCommand is this program, as hash-worker.
func hashCommand() []string {
	self, err := os.Executable()
	switch {
	case runtime.GOOS == "linux":
		self = "/proc/self/exe" // also when the file was replaced since
	case err != nil:
		return nil
	}
	return []string{self, "hash-worker"}
}
