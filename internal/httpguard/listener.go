package httpguard

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// ListenerConfig bounds the connections of a listener.
type ListenerConfig struct {
	PerNetwork     int              // connections per IPv4 address or IPv6 /64 at once; zero means 1000
	Total          int              // connections at once; zero means what the process may open less Spare, where the system says
	Spare          int              // descriptors that are not for connections; zero means 256: the database, the log, files being served
	TrustedProxies []netip.Prefix   // networks without a bound of their own: they bring many players each. Zero means none
	Clock          func() time.Time // for the log; zero means time.Now
	Logger         *zap.Logger      // says at most once a minute that connections are refused; zero means no log
}

// Validate reports the first unusable field.
func (c ListenerConfig) Validate() error {
	if c.PerNetwork < 0 || c.Total < 0 || c.Spare < 0 {
		return fmt.Errorf("httpguard: ListenerConfig.PerNetwork is %d, Total %d and Spare %d, want none negative", c.PerNetwork, c.Total, c.Spare)
	}
	return nil
}

// listener closes the connections that are over a bound as soon as they come: before a handshake, a buffer or a goroutine.
type listener struct {
	net.Listener
	cfg ListenerConfig

	mu       sync.Mutex
	total    int
	networks map[netip.Prefix]*network
	refused  int       // since it was last logged
	logged   time.Time // when
}

// Limit returns l with bounds on its connections. A connection counts until it is closed, by whatever means: itself, what its
// NetConn returns, or by being forgotten; and one that is detached, until its end is told.
func Limit(l net.Listener, cfg ListenerConfig) (net.Listener, error) {
	if l == nil {
		return nil, errors.New("httpguard: Limit needs a listener")
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.PerNetwork == 0 {
		cfg.PerNetwork = 1000
	}
	if cfg.Spare == 0 {
		cfg.Spare = 256
	}
	if cfg.Total == 0 {
		cfg.Total = maxFiles(cfg.Spare)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = zap.NewNop()
	}
	return &listener{Listener: l, cfg: cfg, networks: map[netip.Prefix]*network{}}, nil
}

// Accept returns the next connection that is within the bounds.
func (l *listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if p := l.take(nc.RemoteAddr()); p != nil {
			c := &limitedConn{Conn: nc, place: p}
			c.forgotten = runtime.AddCleanup(c, (*place).free, p)
			return c, nil
		}
		_ = nc.Close() // nobody is there to care
	}
}

// take counts a connection; nil when it is over a bound.
func (l *listener) take(remote net.Addr) *place {
	addr := addrOfConn(remote)
	prefix := networkOf(addr)
	proxy := contains(l.cfg.TrustedProxies, addr)
	l.mu.Lock()
	from := l.networks[prefix]
	over := l.total >= l.cfg.Total || !proxy && from != nil && from.conns >= l.cfg.PerNetwork
	if !over {
		if from == nil {
			from = &network{prefix: prefix}
			l.networks[prefix] = from
		}
		l.total++
		from.conns++
	}
	refused, tell := l.noteRefusal(over)
	l.mu.Unlock()
	if tell {
		l.cfg.Logger.Warn("connections refused: too many at once from one network, or in all",
			zap.Int("refused", refused), zap.Stringer("client", addr))
	}
	if over {
		return nil
	}
	return &place{listener: l, network: from}
}

// noteRefusal says whether it is time to log, and how many refusals there were since the last time. l.mu is held.
func (l *listener) noteRefusal(over bool) (refused int, tell bool) {
	if !over {
		return 0, false
	}
	l.refused++
	now := l.cfg.Clock()
	if now.Sub(l.logged) < time.Minute {
		return 0, false
	}
	refused, l.refused, l.logged = l.refused, 0, now
	return refused, true
}

// network is one that has connections. The listener's mu guards it.
type network struct {
	prefix netip.Prefix
	conns  int
}

// place is one counted connection. Each of very many that are idle has one.
type place struct {
	listener *listener
	network  *network
	freed    atomic.Bool
}

// Close gives the place back, once.
func (p *place) Close() error {
	p.free()
	return nil
}

func (p *place) free() {
	if p == nil || p.freed.Swap(true) {
		return
	}
	l := p.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if p.network.conns--; p.network.conns == 0 {
		delete(l.networks, p.network.prefix)
	}
}

// limitedConn gives its place back when it ends. A WebSocket is taken out with NetConn and ended by closing that: then the reader
// of this connection fails, or nobody holds it any more and the collector finds it.
type limitedConn struct {
	net.Conn
	place     *place // nil: detached
	forgotten runtime.Cleanup
}

// NetConn is the connection below, for socket options.
func (c *limitedConn) NetConn() net.Conn { return c.Conn }

// Detach is for who takes the socket over under another descriptor: the connection counts until held is closed, whatever becomes of c.
func (c *limitedConn) Detach() (held io.Closer) {
	c.forgotten.Stop()
	p := c.place
	c.place = nil
	return p
}

// Read is the connection's own.
func (c *limitedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && errors.Is(err, net.ErrClosed) {
		c.place.free()
	}
	return n, err
}

// Close closes the connection and gives its place back, once.
func (c *limitedConn) Close() error {
	defer c.place.free()
	return c.Conn.Close()
}

func addrOfConn(remote net.Addr) netip.Addr {
	if tcp, ok := remote.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// networkOf is what one household or server has: an IPv4 address, an IPv6 /64. It is the zero Prefix of the zero Addr.
func networkOf(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
