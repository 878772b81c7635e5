package conn

import (
	"net"
	"syscall"
)

const (
	tcpNotSentLowat = 25   // TCP_NOTSENT_LOWAT in linux/tcp.h; package syscall does not name it
	notSentBytes    = 4096 // one large snapshot
)

func setNotSentLowat(tcp *net.TCPConn) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotSentLowat, notSentBytes)
	})
}
