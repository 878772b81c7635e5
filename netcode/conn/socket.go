package conn

import "net"

// Socket is an upgraded connection that no Transport serves yet. Give it to Attach, or Close it.
type Socket struct {
	nc       net.Conn
	buffered []byte // what the client sent right behind its handshake
}

// Close ends the connection without a close frame, which a client reads as "try again".
func (s Socket) Close() error {
	return rawConn(s.nc).Close()
}

// rawConn is the connection under TLS, or nc itself. Socket options are set on it; and a connection is ended by closing it,
// because closing the TLS layer may wait for seconds to write its alert to a peer that takes nothing.
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
