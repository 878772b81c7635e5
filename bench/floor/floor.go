//go:build linux

// Package floor builds and starts src/floor.c, the least that a server of snapshots can do: what our server costs more than it, in the
// same run, is what our server costs. The bench command calls it; it imports bench/proc and nothing else of this module. Linux only.
package floor

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/skirmish-dev/skirmish/bench/proc"
)

//go:embed src/floor.c
var source []byte

// ErrNoCompiler says that there is no cc.
var ErrNoCompiler = errors.New("floor: there is no C compiler: install one (cc), or leave the comparison out with --floor=false")

// Build compiles it into dir and returns the program's path.
func Build(dir string) (string, error) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		return "", ErrNoCompiler
	}
	in, out := filepath.Join(dir, "floor.c"), filepath.Join(dir, "floor")
	if err := os.WriteFile(in, source, 0o600); err != nil {
		return "", fmt.Errorf("floor: %w", err)
	}
	if text, err := exec.Command(cc, "-O2", "-std=gnu11", "-Wall", "-Wextra", "-o", out, in).CombinedOutput(); err != nil {
		return "", fmt.Errorf("floor: %s: %w\n%s", cc, err, text)
	}
	return out, nil
}

// Work is what it does.
type Work struct {
	Groups  int // each with an epoll set
	Clients int // of each group
	Rate    int // ticks per second
	Bytes   int // of a frame's payload, 4..65535
}

// Process is the running program. Stop it.
type Process struct {
	Addr  string // to dial
	PID   int
	child *proc.Child
}

// Start runs the program that Build has made on the given processors.
func Start(program string, on proc.Set, w Work) (*Process, error) {
	cmd := exec.Command(program, strconv.Itoa(w.Groups), strconv.Itoa(w.Clients), strconv.Itoa(w.Rate), strconv.Itoa(w.Bytes))
	child, err := proc.StartChild(cmd, on)
	if err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	return &Process{Addr: net.JoinHostPort("127.0.0.1", child.Line), PID: child.PID, child: child}, nil
}

// Stop ends it.
func (p *Process) Stop() { p.child.Stop(0) } // it has nothing to put in order
