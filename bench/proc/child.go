//go:build linux

package proc

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Child is a process that this one has started. Stop it.
type Child struct {
	PID int
	// Line is the first one that it has printed, without its end: what is measured says there where it listens.
	Line string

	cmd   *exec.Cmd
	ended chan struct{}
}

// StartChild starts cmd on the processors of a set and waits for its first line. What it prints after that is thrown away; its standard
// error is this process's. A process that ends without a line is an error, and is gone.
func StartChild(cmd *exec.Cmd, on Set) (*Child, error) {
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = StartOn(on, cmd.Start)
	}
	if err != nil {
		return nil, fmt.Errorf("proc: start %s: %w", cmd.Path, err)
	}
	c := &Child{PID: cmd.Process.Pid, cmd: cmd, ended: make(chan struct{})}
	printed := bufio.NewReader(out)
	line, err := printed.ReadString('\n')
	go func() {
		defer close(c.ended)
		_, _ = io.Copy(io.Discard, printed) // until it ends, or its output does
		_ = cmd.Wait()                      // how it ends is for who stops it
	}()
	c.Line = strings.TrimSpace(line)
	if err != nil {
		c.Stop(0)
		return nil, fmt.Errorf("proc: %s does not say where it listens: %q: %w", cmd.Path, c.Line, err)
	}
	return c, nil
}

// Stop asks it to end and waits until it has; one that takes longer than patience is killed, and with no patience at once.
func (c *Child) Stop(patience time.Duration) {
	if patience > 0 {
		_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		select {
		case <-c.ended:
			return
		case <-time.After(patience):
		}
	}
	_ = c.cmd.Process.Kill()
	<-c.ended
}
