//go:build amd64 || arm64

package conn

import (
	"slices"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// The calls of a tick are raw: they never block, so that telling the Go scheduler of each would cost more than it could gain.

const (
	pollEnd  = syscall.EPOLLRDHUP | syscall.EPOLLHUP | syscall.EPOLLERR
	edge     = 1 << 31 // EPOLLET, which package syscall has as a negative number
	pollMask = syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | edge
)

// pollSet is an epoll set. It is made with the first socket: a room that nobody has entered holds no file.
type pollSet struct {
	fd int // -1: none yet, or closed
}

// add puts a socket into the set; wait reports it by slot. What it has already is reported by the next wait.
func (s *pollSet) add(fd int, slot uint32) error {
	if s.fd < 0 {
		epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
		if err != nil {
			return err
		}
		s.fd = epoll
	}
	e := syscall.EpollEvent{Events: pollMask, Fd: int32(slot)}
	return syscall.EpollCtl(s.fd, syscall.EPOLL_CTL_ADD, fd, &e)
}

// remove takes a socket out. Closing alone would leave it in the set as long as somebody else holds the same socket.
func (s *pollSet) remove(fd int) {
	if s.fd >= 0 && fd >= 0 {
		_ = syscall.EpollCtl(s.fd, syscall.EPOLL_CTL_DEL, fd, nil) // fails only for one that add has refused
	}
}

// wait fills events with what has happened since the last call, once, and returns what it has filled.
func (s *pollSet) wait(events []syscall.EpollEvent) []syscall.EpollEvent {
	if s.fd < 0 {
		return nil
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(s.fd),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return nil // a signal; the events stay
	}
	return events[:n]
}

func (s *pollSet) close() {
	if s.fd >= 0 {
		_ = syscall.Close(s.fd)
		s.fd = -1
	}
}

// sendNow sends what the kernel takes of b without waiting.
func sendNow(fd int, b []byte) (n int, errno syscall.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	for {
		r, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
			uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(r), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// receiver is what a Poll works with: the one buffer that all sockets of a room are read into. As many are in use as rooms are stepped
// at the same time, however many rooms there are.
type receiver struct {
	buf    []byte
	events [256]syscall.EpollEvent
	frames int       // that the link being read has brought in this Poll
	now    time.Time // of this Poll
	wall   int64     // the same by the clock that stamps packets, in nanoseconds

	// What recvmsg is given; kept, or it would be allocated for each call.
	header  syscall.Msghdr
	vector  syscall.Iovec
	control [stampSpace / 8]uint64
}

// stampSpace holds the kernel's time of arrival: a header and a timespec.
const stampSpace = syscall.SizeofCmsghdr + unsafe.Sizeof(syscall.Timespec{})

// receivers are those that no Poll is using. It is not a sync.Pool, which collections empty: a tick would have to make one again.
var receivers struct {
	sync.Mutex
	free []*receiver
}

// maxFreeReceivers is how many wait for the next Poll, 40 KB each; more are in use only where more rooms are stepped at the same time.
const maxFreeReceivers = 64

// borrowReceiver gives one with a buffer of size bytes, to be given back.
func borrowReceiver(size int) *receiver {
	receivers.Lock()
	defer receivers.Unlock()
	for i := len(receivers.free) - 1; i >= 0; i-- {
		if r := receivers.free[i]; len(r.buf) == size {
			receivers.free = slices.Delete(receivers.free, i, i+1)
			return r
		}
	}
	return newReceiver(size)
}

func (r *receiver) giveBack() {
	receivers.Lock()
	defer receivers.Unlock()
	if len(receivers.free) < maxFreeReceivers {
		receivers.free = append(receivers.free, r)
	}
}

func newReceiver(size int) *receiver {
	r := &receiver{buf: make([]byte, size)}
	r.vector.Base = &r.buf[0]
	r.vector.SetLen(size)
	r.header.Iov, r.header.Iovlen = &r.vector, 1
	r.header.Control = (*byte)(unsafe.Pointer(&r.control[0]))
	return r
}

// begin is called once per Poll, with its time by Config.Now and by the system's clock.
func (r *receiver) begin(now, clock time.Time) {
	r.now, r.wall = now, clock.UnixNano()
}

// receive reads once without waiting. at is when the last of the bytes arrived at this machine, which may be most of a tick ago: how
// early an input comes is told by that, not by when it is read. It is never before the last Poll, which would have read it.
func (r *receiver) receive(fd int, since time.Time) (n int, at time.Time, errno syscall.Errno) {
	for {
		r.header.Controllen = uint64(stampSpace)
		got, _, errno := syscall.RawSyscall(syscall.SYS_RECVMSG, uintptr(fd),
			uintptr(unsafe.Pointer(&r.header)), syscall.MSG_DONTWAIT)
		switch errno {
		case 0:
			return int(got), r.arrival(since), 0
		case syscall.EINTR:
		default:
			return 0, r.now, errno
		}
	}
}

// arrival reads the time stamp that came with the bytes; without one they count as arrived now.
func (r *receiver) arrival(since time.Time) time.Time {
	head := (*syscall.Cmsghdr)(unsafe.Pointer(&r.control[0]))
	if r.header.Controllen < uint64(stampSpace) || head.Level != syscall.SOL_SOCKET || head.Type != syscall.SCM_TIMESTAMPNS {
		return r.now
	}
	stamp := (*syscall.Timespec)(unsafe.Pointer(&r.control[syscall.SizeofCmsghdr/8]))
	age := max(0, time.Duration(r.wall-stamp.Nano())) // below 0: it came during this Poll
	return r.now.Add(-min(age, r.now.Sub(since)))
}
