package alarm

import (
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// hold is for how long before its end a sleep keeps the one of Go's processors (GOMAXPROCS) that its goroutine has. A goroutine that has
// lent it out waits for another when it wakes, which takes some milliseconds where all of them are busy with requests.
const hold = 2 * time.Millisecond

// kernel sleeps in ppoll(2) on an eventfd(2): a timeout in nanoseconds, and a way to be woken, in one call. clock_nanosleep(2) is as
// exact and cannot be woken.
//
// A sleep of more than hold goes through syscall.Syscall6, which tells Go's scheduler, and ends when hold is left. What is left is slept
// in a raw call, of which the scheduler knows nothing: to it the goroutine computes. A collection that wants it to stop sends it a
// signal, which ends ppoll early, and sends it again every 0.1 ms if it came before the call; nobody waits for longer than hold.
type kernel struct {
	mu     sync.Mutex // held only for a write that cannot block
	fd     int
	closed bool
}

func newAlarm() Alarm {
	fd, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno != 0 { // out of files: less exact is better than not at all
		return NewTimer()
	}
	return &kernel{fd: int(fd)}
}

// pollFD is struct pollfd.
type pollFD struct {
	fd              int32
	events, revents int16
}

func (a *kernel) Sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	const readable = 1
	p := pollFD{fd: int32(a.fd), events: readable}
	// A signal (EINTR) ends the sleep early, as Sleep may. A pointer may become a uintptr only where the function is called by its name.
	var n uintptr
	var errno syscall.Errno
	if d > hold {
		ts := syscall.NsecToTimespec(int64(d - hold))
		n, _, errno = syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	} else {
		ts := syscall.NsecToTimespec(int64(d))
		n, _, errno = syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	}
	if errno == 0 && n == 1 {
		var count [8]byte
		_, _ = syscall.Read(a.fd, count[:]) // sets it back to zero; it is readable, and only we read
	}
}

func (a *kernel) Wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	one := uint64(1)
	// It fails only when 2^64-2 calls of Wake wait, and then the sleeper will wake up anyway.
	_, _ = syscall.Write(a.fd, (*[8]byte)(unsafe.Pointer(&one))[:])
}

func (a *kernel) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed {
		a.closed = true
		_ = syscall.Close(a.fd) // nothing is lost with it
	}
}
