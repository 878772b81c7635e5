//go:build !linux

package conn

import "net"

// setNotSentLowat does nothing where the option has another name or none; a small send buffer serves the same end.
func setNotSentLowat(tcp *net.TCPConn) {
	_ = tcp.SetWriteBuffer(16 << 10)
}
