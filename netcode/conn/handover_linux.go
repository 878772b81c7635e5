//go:build amd64 || arm64

package conn

import (
	"fmt"
	"io"
	"net"
	"syscall"
)

// Detacher is a layer over a connection, such as one that counts it, that changes no bytes and lets go of it: a Poller serves what
// lies below, NetConn, and closes held when that is closed. The layer counts as closed from Detach on, but the connection does not.
type Detacher interface {
	NetConn() net.Conn
	Detach() (held io.Closer)
}

// handOver makes a descriptor of nc's socket that the Go runtime does not know, and closes nc. held, which may be nil, is to be closed
// when the descriptor is closed. If it fails, nc is as it was.
func handOver(nc net.Conn) (fd int, held io.Closer, err error) {
	layer, _ := nc.(Detacher)
	below := nc
	if layer != nil {
		below = layer.NetConn()
	}
	tcp, ok := below.(*net.TCPConn)
	if !ok {
		return -1, nil, ErrNotPollable
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return -1, nil, fmt.Errorf("conn: take over a socket: %w", err)
	}
	// TCPConn.File would make the socket blocking, for all who hold it.
	var errno syscall.Errno
	err = raw.Control(func(known uintptr) {
		var dup uintptr
		dup, _, errno = syscall.Syscall(syscall.SYS_FCNTL, known, syscall.F_DUPFD_CLOEXEC, 0)
		fd = int(dup)
	})
	if err == nil && errno != 0 {
		err = errno
	}
	if err != nil {
		return -1, nil, fmt.Errorf("conn: take over a socket: %w", err)
	}
	// Without time stamps messages count as arrived when they are read.
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	if layer != nil {
		held = layer.Detach()
	}
	_ = tcp.Close() // leaves the runtime's poller; the socket lives on
	return fd, held, nil
}
