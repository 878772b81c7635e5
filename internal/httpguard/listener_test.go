package httpguard

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// callers is a listener whose connections come from the given addresses; after the last one it is closed.
type callers struct {
	net.Listener
	from []string
	made []*fakeConn
}

func (l *callers) Accept() (net.Conn, error) {
	if len(l.from) == len(l.made) {
		return nil, net.ErrClosed
	}
	ap := netip.MustParseAddrPort(l.from[len(l.made)])
	c := &fakeConn{remote: net.TCPAddrFromAddrPort(ap)}
	l.made = append(l.made, c)
	return c, nil
}

type fakeConn struct {
	net.Conn
	remote net.Addr
	closed int
}

func (c *fakeConn) RemoteAddr() net.Addr { return c.remote }

func (c *fakeConn) Close() error {
	c.closed++
	return nil
}

func (c *fakeConn) Read([]byte) (int, error) {
	if c.closed > 0 {
		return 0, &net.OpError{Op: "read", Err: net.ErrClosed}
	}
	return 1, nil
}

// door is a limited listener that the test calls from any address.
type door struct {
	t     *testing.T
	below *callers
	l     net.Listener
	held  []net.Conn // or the collector would end them
}

func newDoor(t *testing.T, cfg ListenerConfig) *door {
	t.Helper()
	below := new(callers)
	l, err := Limit(below, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &door{t: t, below: below, l: l}
}

// call connects; nil means that the connection was closed at once.
func (d *door) call(from string) net.Conn {
	d.t.Helper()
	d.below.from = append(d.below.from, from)
	c, err := d.l.Accept()
	below := d.below.made[len(d.below.made)-1]
	if err != nil {
		if !errors.Is(err, net.ErrClosed) || below.closed != 1 {
			d.t.Fatalf("refused with %v, closed %d times", err, below.closed)
		}
		return nil
	}
	if below.closed != 0 {
		d.t.Fatal("a connection that was let in is closed")
	}
	return c
}

func (d *door) let(want bool, from string) net.Conn {
	d.t.Helper()
	c := d.call(from)
	d.held = append(d.held, c)
	if (c != nil) != want {
		d.t.Errorf("%s was let in: %t, want %t", from, c != nil, want)
	}
	return c
}

func TestConnectionsPerNetworkAreLimited(t *testing.T) {
	d := newDoor(t, ListenerConfig{PerNetwork: 2})
	first := d.let(true, "203.0.113.7:1")
	d.let(true, "[::ffff:203.0.113.7]:2") // the same address
	d.let(false, "203.0.113.7:3")
	d.let(true, "203.0.113.8:1")
	d.let(true, "[2001:db8:0:1::1]:1")
	d.let(true, "[2001:db8:0:1::2]:1")
	d.let(false, "[2001:db8:0:1:ffff::3]:1") // one /64
	d.let(true, "[2001:db8:0:2::1]:1")
	for range 2 { // closing twice frees one place
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
	}
	d.let(true, "203.0.113.7:4")
	d.let(false, "203.0.113.7:5")
}

func TestConnectionsInAllAreLimited(t *testing.T) {
	d := newDoor(t, ListenerConfig{Total: 2, TrustedProxies: proxies(t, "10.0.0.0/8")})
	first := d.let(true, "203.0.113.1:1")
	d.let(true, "203.0.113.2:1")
	d.let(false, "203.0.113.3:1")
	d.let(false, "10.0.0.1:1") // the process has no files for a proxy either
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	d.let(true, "203.0.113.3:2")
}

func TestTrustedProxyBringsManyPlayers(t *testing.T) {
	d := newDoor(t, ListenerConfig{PerNetwork: 1, TrustedProxies: proxies(t, "10.0.0.0/8")})
	for range 5 {
		d.let(true, "10.0.0.1:1")
	}
	d.let(true, "203.0.113.7:1")
	d.let(false, "203.0.113.7:2")
}

func TestDefaultIsAThousandPerNetwork(t *testing.T) {
	d := newDoor(t, ListenerConfig{Total: 5000})
	for range 1000 {
		d.let(true, "203.0.113.7:1")
	}
	d.let(false, "203.0.113.7:1")
	if n := maxFiles(256); n < 1 {
		t.Errorf("room for %d connections", n)
	}
}

// What NetConn returns is closed to end a WebSocket; its reader then fails.
func TestClosingBelowFreesThePlace(t *testing.T) {
	d := newDoor(t, ListenerConfig{PerNetwork: 1})
	c := d.let(true, "203.0.113.7:1")
	if _, err := c.Read(nil); err != nil {
		t.Fatal(err)
	}
	d.let(false, "203.0.113.7:2")
	below := c.(interface{ NetConn() net.Conn }).NetConn()
	if below != d.below.made[0] {
		t.Fatalf("NetConn is %T", below)
	}
	if err := below.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(nil); !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	d.let(true, "203.0.113.7:3")
}

func TestForgottenConnectionFreesItsPlace(t *testing.T) {
	d := newDoor(t, ListenerConfig{PerNetwork: 1})
	if d.call("203.0.113.7:1") == nil {
		t.Fatal("refused")
	}
	deadline := time.Now().Add(30 * time.Second)
	for d.call("203.0.113.7:2") == nil {
		if time.Now().After(deadline) {
			t.Fatal("the place is still taken")
		}
		runtime.GC()
	}
}

// A socket that was taken over counts until its end is told: neither closing nor forgetting what it came in frees its place.
func TestDetachedConnectionCountsUntilItsEnd(t *testing.T) {
	d := newDoor(t, ListenerConfig{PerNetwork: 1})
	c := d.call("203.0.113.7:1")
	held := c.(interface{ Detach() io.Closer }).Detach()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = nil
	for range 3 {
		runtime.GC()
		d.let(false, "203.0.113.7:2")
	}
	if err := held.Close(); err != nil {
		t.Error(err)
	}
	if err := held.Close(); err != nil {
		t.Error(err)
	}
	d.let(true, "203.0.113.7:3")
	d.let(false, "203.0.113.7:4")
}

func TestRefusedConnectionsAreLoggedOnceAMinute(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	now := t0
	d := newDoor(t, ListenerConfig{PerNetwork: 1, Logger: zap.New(core), Clock: func() time.Time { return now }})
	d.let(true, "203.0.113.7:1")
	for range 100 {
		d.let(false, "203.0.113.7:2")
	}
	now = now.Add(time.Minute)
	d.let(false, "203.0.113.7:2")
	entries := logs.All()
	if len(entries) != 2 || entries[1].ContextMap()["refused"] != int64(100) || entries[1].ContextMap()["client"] != "203.0.113.7" {
		t.Errorf("%d entries, want 2 and the second for 100 connections", len(entries))
	}
}

func TestListenerConfigIsChecked(t *testing.T) {
	for _, cfg := range []ListenerConfig{{PerNetwork: -1}, {Total: -1}} {
		if _, err := Limit(new(callers), cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
	if _, err := Limit(nil, ListenerConfig{}); err == nil {
		t.Error("no listener was accepted")
	}
}
