package conn

import (
	"net"
	"syscall"
	"testing"
)

// Without these a slow client is noticed megabytes late and small snapshots wait for fuller segments.
func TestUpgradedSocketIsTuned(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	nc, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	tcp := nc.(*net.TCPConn)
	_ = tcp.SetNoDelay(false)
	tune(layer{nc})
	raw, err := tcp.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if got, err := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY); err != nil || got == 0 {
			t.Errorf("TCP_NODELAY is %d, %v", got, err)
		}
		if got, err := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotSentLowat); err != nil || got != notSentBytes {
			t.Errorf("TCP_NOTSENT_LOWAT is %d, %v", got, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// layer wraps a connection as TLS does.
type layer struct{ net.Conn }

func (l layer) NetConn() net.Conn { return l.Conn }
