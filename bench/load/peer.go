//go:build linux

package load

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// peer is one client.
type peer struct {
	fd      int
	slot    int // of the wheel
	session Session
	joined  bool // has had a snapshot
	visits  bool // leaves with its first snapshot
	deaf    bool // does not read any more
	counts  bool // in the window that is open
	came    arrivals
	carry   []byte // the beginning of a frame
	unsent  []byte // the end of a write
	sent    [sentInputs]sentInput
	seen    uint32 // newest Seen.Tick

	// Of the window.
	snapshots       uint32
	first, last     time.Time // snapshots
	firstTick, tick uint32    // of those
}

// sentInputs is how many inputs of a client may be without effect at a time before the oldest is forgotten.
const sentInputs = 16

type sentInput struct {
	label uint32
	at    time.Time
}

// arrivals are when something has come that is not read yet, the oldest first.
type arrivals struct {
	n  int
	at [8]time.Duration // since the generator's start
}

// note adds one. When there is no room the oldest is forgotten.
func (a *arrivals) note(at time.Duration) {
	if a.n == len(a.at) {
		copy(a.at[:], a.at[1:])
		a.n--
	}
	a.at[a.n] = at
	a.n++
}

// of is when frame i of those that were read at once (0..frames-1) was all there. Where each has come in one piece these are the times in
// turn, and of more pieces the last of each frame's counts; of more frames than there is room for some share a time.
func (a *arrivals) of(i, frames int) time.Duration { return a.at[((i+1)*a.n+frames-1)/frames-1] }

// maxUnsent bounds what waits for a server that does not read.
const maxUnsent = 64 << 10

var (
	errClosed = errors.New("closed without a close frame")
	errSlow   = errors.New("the server does not read")
	errLeft   = errors.New("left")
)

// closeError is the server's close frame.
type closeError struct{ code uint16 }

func (e closeError) Error() string { return fmt.Sprintf("closed with %d", e.code) }

// takeSocket makes a connection's socket the caller's, and closes the connection, whose poller would wake up for nothing.
func takeSocket(c net.Conn) (fd int, err error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return 0, fmt.Errorf("load: a %T has no socket; Target.Dial must return a TCP connection", c)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("load: %w", err)
	}
	var e syscall.Errno
	err = raw.Control(func(own uintptr) {
		var r uintptr
		r, _, e = syscall.RawSyscall(syscall.SYS_FCNTL, own, syscall.F_DUPFD_CLOEXEC, 0)
		fd = int(r)
	})
	if e != 0 {
		err = errors.Join(err, e)
	}
	if closed := c.Close(); err == nil && closed != nil {
		_ = syscall.Close(fd)
		err = closed
	}
	if err != nil {
		return 0, fmt.Errorf("load: take the socket: %w", err)
	}
	return fd, nil
}

// recv reads what is there, at most len(buf) bytes. n is 0 when there is nothing. The socket does not block, so neither does the
// call, and the Go scheduler need not hear of it.
func recv(fd int, buf []byte) (n int, err error) {
	n, e := rawRead(fd, buf)
	switch {
	case e == syscall.EAGAIN || e == syscall.EINTR:
		return 0, nil
	case e != 0:
		return 0, e
	case n == 0:
		return 0, errClosed
	}
	return n, nil
}

// write sends b behind what is unsent.
func (c *peer) write(b []byte) error {
	if len(c.unsent) > 0 {
		c.unsent = append(c.unsent, b...)
		b = c.unsent
	}
	n, e := rawWrite(c.fd, b)
	if e != 0 && e != syscall.EAGAIN && e != syscall.EINTR {
		return e
	}
	rest := b[max(n, 0):]
	if len(rest) > maxUnsent {
		return errSlow
	}
	c.unsent = append(c.unsent[:0], rest...)
	return nil
}

// effect tells note of each input that a snapshot of tick shows the effect of: when it was sent.
func (c *peer) effect(tick uint32, note func(sent time.Time)) {
	// The newest labels are those that are kept.
	for l := max(c.seen+1, tick-min(tick, sentInputs-1)); l <= tick; l++ {
		if s := &c.sent[l%sentInputs]; s.label == l {
			note(s.at)
		}
	}
	c.seen = max(c.seen, tick)
}

// closeCode is that of a close frame's payload.
func closeCode(payload []byte) uint16 {
	const none = 1005 // RFC 6455, section 7.1.5
	if len(payload) < 2 {
		return none
	}
	return binary.BigEndian.Uint16(payload)
}
