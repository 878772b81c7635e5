//go:build linux

// Package proc reads what a process costs from /proc, and ties processes to processors. The benchmarks call it; it imports nothing
// of this module. Linux only.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// clockTick is the unit of /proc/PID/stat: USER_HZ, which is 100 on every architecture that Go runs on.
const clockTick = 10 * time.Millisecond

// CPU is the processor time that a process has used, its ended threads included, in steps of 10 ms.
func CPU(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("proc: %w", err)
	}
	// The second field is the program's name in brackets, which may hold anything: what counts stands after the last one.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	const user, system = 11, 12
	if len(fields) <= system {
		return 0, fmt.Errorf("proc: /proc/%d/stat has %d fields", pid, len(fields))
	}
	u, err1 := strconv.ParseInt(string(fields[user]), 10, 64)
	s, err2 := strconv.ParseInt(string(fields[system]), 10, 64)
	return time.Duration(u+s) * clockTick, errors.Join(err1, err2)
}

// Waited is for how long the busiest of a process's threads has been ready to run and has not: the processor was somebody else's. Its
// other threads wait for the busiest one where they share a processor, which says nothing about the machine.
func Waited(pid int) (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, fmt.Errorf("proc: %w", err)
	}
	var most, waited int64
	for _, t := range tasks {
		b, err := os.ReadFile(t)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // a thread that has ended
		}
		if err != nil {
			return 0, fmt.Errorf("proc: %w", err)
		}
		fields := bytes.Fields(b)
		if len(fields) < 2 {
			return 0, fmt.Errorf("proc: %s has %d fields", t, len(fields))
		}
		ran, err1 := strconv.ParseInt(string(fields[0]), 10, 64)
		ns, err2 := strconv.ParseInt(string(fields[1]), 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return 0, fmt.Errorf("proc: %s: %w", t, err)
		}
		if ran >= most {
			most, waited = ran, ns
		}
	}
	return time.Duration(waited), nil
}

// Times are those of a processor since the machine has started, in steps of 10 ms.
type Times struct {
	Busy  time.Duration // programs and what the kernel does for them
	IRQ   time.Duration // interrupts, and what they leave to be done, such as receiving packets
	Steal time.Duration // the machine below this one had it
	Idle  time.Duration
}

// Processor reads the times of one processor.
func Processor(cpu int) (t Times, err error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t, fmt.Errorf("proc: %w", err)
	}
	for line := range bytes.Lines(b) {
		fields := bytes.Fields(line)
		const user, nice, system, idle, iowait, irq, softirq, steal = 1, 2, 3, 4, 5, 6, 7, 8
		if len(fields) <= steal || string(fields[0]) != fmt.Sprintf("cpu%d", cpu) {
			continue
		}
		for i, into := range map[int]*time.Duration{
			user: &t.Busy, nice: &t.Busy, system: &t.Busy, idle: &t.Idle, iowait: &t.Idle, irq: &t.IRQ, softirq: &t.IRQ, steal: &t.Steal,
		} {
			n, err := strconv.ParseInt(string(fields[i]), 10, 64)
			if err != nil {
				return t, fmt.Errorf("proc: /proc/stat: %w", err)
			}
			*into += time.Duration(n) * clockTick
		}
		return t, nil
	}
	return t, fmt.Errorf("proc: /proc/stat has no processor %d", cpu)
}

// Sub is what has passed between two readings.
func (t Times) Sub(before Times) Times {
	return Times{t.Busy - before.Busy, t.IRQ - before.IRQ, t.Steal - before.Steal, t.Idle - before.Idle}
}

// Sum is all of them: the time that has passed.
func (t Times) Sum() time.Duration { return t.Busy + t.IRQ + t.Steal + t.Idle }

// RSS is how many bytes of memory a process holds.
func RSS(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, fmt.Errorf("proc: %w", err)
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0, fmt.Errorf("proc: /proc/%d/statm has %d fields", pid, len(fields))
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// Set is processors, one per bit.
type Set uint64

// Of is the set of the given processors, 0..63.
func Of(cpus ...int) (s Set) {
	for _, c := range cpus {
		s |= 1 << c
	}
	return s
}

// Len is how many there are.
func (s Set) Len() int { return bits.OnesCount64(uint64(s)) }

// First is the lowest one; s is not empty.
func (s Set) First() int { return bits.TrailingZeros64(uint64(s)) }

// Allowed are the processors that this thread may use, of the first 64.
func Allowed() (Set, error) {
	var mask [16]uint64
	_, _, e := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	if e != 0 {
		return 0, fmt.Errorf("proc: sched_getaffinity: %w", e)
	}
	return Set(mask[0]), nil
}

// Pin ties all threads of this process to the set, and those that they start.
func Pin(s Set) error {
	tasks, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		return fmt.Errorf("proc: %w", err)
	}
	for _, t := range tasks {
		id, err := strconv.Atoi(filepath.Base(t))
		if err != nil {
			return fmt.Errorf("proc: %s: %w", t, err)
		}
		if err := pin(id, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

func pin(thread int, s Set) error {
	mask := uint64(s)
	_, _, e := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(thread), unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	if e != 0 {
		return fmt.Errorf("proc: sched_setaffinity: %w", e)
	}
	return nil
}

// StartOn runs start, which starts a process, on a thread that is tied to the set: the process inherits it.
func StartOn(s Set, start func() error) error {
	result := make(chan error)
	go func() {
		// Never unlocked: the thread ends with this goroutine, and its binding with it.
		runtime.LockOSThread()
		if err := pin(0, s); err != nil {
			result <- err
			return
		}
		result <- start()
	}()
	return <-result
}

// RaiseFiles lets this process, and those it starts, open as many files as the system permits it, and returns how many that is.
func RaiseFiles() (uint64, error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("proc: getrlimit: %w", err)
	}
	l.Cur = l.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("proc: setrlimit: %w", err)
	}
	return l.Cur, nil
}
