package conn

import (
	"crypto/tls"
	"net"
)

// Socket is an upgraded connection that no Transport serves yet. Give it to Attach, or Close it.
type Socket struct {
	nc       net.Conn
	buffered []byte // what the client sent right behind its handshake
}

// Close ends the connection without a close frame, which a client reads as "try again".
func (s Socket) Close() error {
	return closable(s.nc).Close()
}

// closable is what to close to end a connection: nc, or what is under it when it is TLS, because closing the TLS layer may
// wait for seconds to write its alert to a peer that takes nothing. Whoever has wrapped the connection otherwise, to count it
// for example, hears of the end.
func closable(nc net.Conn) net.Conn {
	if layer, ok := nc.(*tls.Conn); ok {
		return layer.NetConn()
	}
	return nc
}

// rawConn is the connection under all layers, or nc itself. Socket options are set on it.
func rawConn(nc net.Conn) net.Conn {
	for {
		layer, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			return nc
		}
		nc = layer.NetConn()
	}
}

// tune sets what a socket for snapshots needs: no waiting for fuller segments, and little unsent data in the kernel, so that a
// slow client is noticed after some snapshots and not after the thousands that a default buffer holds. Failing to set an option
// costs latency, nothing else.
func tune(nc net.Conn) {
	tcp, ok := rawConn(nc).(*net.TCPConn)
	if !ok {
		return
	}
	_ = tcp.SetNoDelay(true)
	setNotSentLowat(tcp)
}
