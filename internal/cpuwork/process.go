package cpuwork

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/skirmish-dev/skirmish/internal/thread"
)

// ErrProcess says that the work was not done because Config.Command is not set, or the process failed. It may be done with Do instead.
var ErrProcess = errors.New("cpuwork: no process does the work")

const maxFrame = 4 << 10

// errSlow says that a process took longer than it may. The machine has no time for the work, here or there.
var errSlow = fmt.Errorf("%w: the process that computes gets too little of the processor", ErrBusy)

// process is a child that answers one request at a time.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.ReadCloser
}

// Call has a process of Config.Command answer a request of at most 4 KiB, as Serve does there, and is bounded with Do. Garbage
// collection, and goroutines that the work starts, are then not those of this process. Errors: those of Do, ErrBusy also when the process
// has taken longer than Config.Patience, and ErrProcess.
func (p *Pool) Call(ctx context.Context, request []byte) (answer []byte, err error) {
	if len(p.cfg.Command) == 0 || len(request) > maxFrame {
		return nil, ErrProcess
	}
	var failed error
	if err := p.Do(ctx, func() { answer, failed = p.ask(request) }); err != nil {
		return nil, err
	}
	if failed == nil {
		return answer, nil
	}
	if p.cfg.Failed != nil {
		p.cfg.Failed(failed)
	}
	if errors.Is(failed, ErrBusy) {
		return nil, failed // who does the work itself when a process fails must not do it when there is no time for it
	}
	return nil, fmt.Errorf("%w: %w", ErrProcess, failed)
}

// ask takes an idle process or starts one. It runs on a worker: a process inherits the niceness of the thread that starts it, with all
// the threads it will have. One that fails is ended; the next request starts another.
func (p *Pool) ask(request []byte) ([]byte, error) {
	p.mu.Lock()
	var c *process
	if last := len(p.processes) - 1; last >= 0 {
		c, p.processes = p.processes[last], p.processes[:last]
	}
	p.mu.Unlock()
	if c == nil {
		var err error
		if c, err = startProcess(p.cfg.Command); err != nil {
			return nil, err
		}
	}
	answer, err := c.ask(request, p.cfg.Patience)
	if err != nil {
		c.end()
		return nil, err
	}
	p.mu.Lock()
	p.processes = append(p.processes, c) // as many as workers at most
	p.mu.Unlock()
	return answer, nil
}

func startProcess(command []string) (*process, error) {
	c := &process{cmd: exec.Command(command[0], command[1:]...)}
	c.cmd.Env = append(os.Environ(), "GOMAXPROCS=1") // it does one thing at a time
	c.cmd.Stderr = os.Stderr
	var err1, err2 error
	c.in, err1 = c.cmd.StdinPipe()
	c.out, err2 = c.cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("cpuwork: %w", err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cpuwork: start the process that computes: %w", err)
	}
	return c, nil
}

func (c *process) ask(request []byte, patience time.Duration) (answer []byte, err error) {
	late := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() }) // the read ends with it
	defer func() {
		if !late.Stop() {
			answer, err = nil, errSlow // an answer at the last moment comes from a process that has been ended
		}
	}()
	if err := writeFrame(c.in, request); err != nil {
		return nil, fmt.Errorf("cpuwork: ask the process that computes: %w", err)
	}
	if answer, err = readFrame(c.out); err != nil {
		return nil, fmt.Errorf("cpuwork: answer of the process that computes: %w", err)
	}
	return answer, nil
}

// end ends an idle or failed process.
func (c *process) end() {
	_ = c.in.Close()
	_ = c.cmd.Process.Kill() // it computes for nobody, or has ended
	_ = c.cmd.Wait()         // says only that it was killed
}

// Serve answers the requests of a Pool.Call, which the process finds at its standard input, until there are no more: the process that
// asks has closed its pool, or is gone. From then on the process runs only when no others want to: nobody's garbage collection waits for
// its threads, as they would for an idle one of their own process.
func Serve(in io.Reader, out io.Writer, answer func(request []byte) []byte) error {
	thread.IdleProcess()
	for {
		request, err := readFrame(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = writeFrame(out, answer(request))
		}
		if err != nil {
			return fmt.Errorf("cpuwork: serve: %w", err)
		}
	}
}

// A frame is a length of two bytes, high byte first, and as many bytes.
func writeFrame(w io.Writer, data []byte) error {
	if len(data) > maxFrame {
		return fmt.Errorf("%d bytes, want at most %d", len(data), maxFrame)
	}
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(data))), data...))
	return err
}

func readFrame(r io.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err // io.EOF between frames
	}
	n := binary.BigEndian.Uint16(head[:])
	if n > maxFrame {
		return nil, fmt.Errorf("%d bytes are announced, at most %d are taken", n, maxFrame)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	} else if err != nil {
		return nil, err
	}
	return data, nil
}
