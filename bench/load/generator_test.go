//go:build linux

package load

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plainServer sends each client a frame per tick, as Plain expects them.
type plainServer struct {
	net.Listener
	tick   time.Duration
	cut    atomic.Bool // ends every connection with a close frame
	read   atomic.Int64
	sent   atomic.Int64 // frames
	closes atomic.Int64
	wait   sync.WaitGroup
}

func newPlainServer(t *testing.T, tick time.Duration) *plainServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &plainServer{Listener: l, tick: tick}
	s.wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.wait.Go(func() { s.send(c) })
			s.wait.Go(func() { s.receive(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); s.wait.Wait() })
	return s
}

func (s *plainServer) send(c net.Conn) {
	defer c.Close()
	t := time.NewTicker(s.tick)
	defer t.Stop()
	for n := uint32(1); ; n++ {
		<-t.C
		frame := serverFrame(opBinary, append(binary.BigEndian.AppendUint32(nil, n), make([]byte, 96)...))
		if s.cut.Load() {
			frame = serverFrame(opClose, []byte{0x0f, 0xa0}) // 4000
		}
		if _, err := c.Write(frame); err != nil || s.cut.Load() {
			return
		}
		s.sent.Add(1)
	}
}

func (s *plainServer) receive(c net.Conn) {
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		s.read.Add(int64(n))
		if n >= 2 && buf[n-8] == finBit|opClose {
			s.closes.Add(1)
		}
		if err != nil {
			return
		}
	}
}

// until is done when a window of g is open and then ready says so: a window that ends with it does not depend on how fast this
// machine is.
func until(t *testing.T, g *Generator, ready func() bool) context.Context {
	t.Helper()
	ctx, done := context.WithCancel(t.Context())
	var looking sync.WaitGroup
	looking.Go(func() {
		defer done()
		look := time.NewTicker(time.Millisecond)
		defer look.Stop()
		for open := false; ctx.Err() == nil && !open; <-look.C {
			g.do(func() { open = g.window != nil })
		}
		for ctx.Err() == nil && !ready() {
			<-look.C
		}
	})
	t.Cleanup(func() { done(); looking.Wait() })
	return ctx
}

// more is ready when the server has sent n frames since it was first asked.
func (s *plainServer) more(n int64) func() bool {
	from := int64(-1)
	return func() bool {
		if from < 0 {
			from = s.sent.Load()
		}
		return s.sent.Load() >= from+n
	}
}

// long ends a test that would not end.
const long = time.Minute

func newGenerator(t *testing.T, s *plainServer) *Generator {
	t.Helper()
	g, err := New(Config{Target: Plain{Addr: s.Addr().String(), InputBytes: 10}, Rate: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func TestGeneratorCountsWhatItsClientsSee(t *testing.T) {
	s := newPlainServer(t, 10*time.Millisecond)
	g := newGenerator(t, s)
	if failed, err := g.Join(t.Context(), 0, 20); failed != 0 || err != nil {
		t.Fatalf("%d failed: %v", failed, err)
	}
	w, err := g.Measure(until(t, g, s.more(20*20)), long)
	if err != nil {
		t.Fatal(err)
	}
	if w.Clients != 20 || w.Lost != 0 || w.Snapshots == 0 || w.SnapshotBytes != 100*w.Snapshots || w.HzMean <= 0 {
		t.Errorf("%d clients, %d lost, %d snapshots of %d bytes, %.1f Hz", w.Clients, w.Lost, w.Snapshots, w.SnapshotBytes, w.HzMean)
	}
	if w.Gap.Count() == 0 || w.Lag.Count() == 0 || w.Messages == 0 || w.MessageBytes != 16*w.Messages {
		t.Errorf("%d gaps, %d lags, %d messages of %d bytes", w.Gap.Count(), w.Lag.Count(), w.Messages, w.MessageBytes)
	}
	if s.read.Load() == 0 {
		t.Error("the server has got nothing")
	}
}

func TestGeneratorCountsWhoGoes(t *testing.T) {
	s := newPlainServer(t, 5*time.Millisecond)
	g := newGenerator(t, s)
	if _, err := g.Join(t.Context(), 0, 5); err != nil {
		t.Fatal(err)
	}
	w, err := g.Measure(until(t, g, func() bool { s.cut.Store(true); return g.Playing() == 0 }), long)
	if err != nil || w.Lost != 5 || w.Clients != 0 || g.Playing() != 0 || g.Failures()["closed with 4000"] != 5 {
		t.Errorf("%d lost, %d stay, %d play, because of %v (%v)", w.Lost, w.Clients, g.Playing(), g.Failures(), err)
	}
}

func TestDeafClientsDoNotCount(t *testing.T) {
	s := newPlainServer(t, 5*time.Millisecond)
	g := newGenerator(t, s)
	if _, err := g.Join(t.Context(), 0, 10); err != nil {
		t.Fatal(err)
	}
	if n := g.Deafen(0.3); n != 3 {
		t.Errorf("%d of 10 are deaf, want 3", n)
	}
	w, err := g.Measure(until(t, g, s.more(10*20)), long)
	if err != nil || w.Clients != 7 || w.HzMin == 0 {
		t.Errorf("%d clients count, the slowest with %.1f Hz (%v)", w.Clients, w.HzMin, err)
	}
}

func TestVisitorsLeaveProperly(t *testing.T) {
	s := newPlainServer(t, 5*time.Millisecond)
	g := newGenerator(t, s)
	if failed, err := g.Visit(t.Context(), 0, 8); failed != 0 || err != nil || g.Playing() != 0 {
		t.Fatalf("%d failed, %d stay: %v", failed, g.Playing(), err)
	}
	if f := g.Failures(); len(f) != 0 {
		t.Errorf("leaving counts as %v", f)
	}
	_ = s.Listener.Close()
	s.wait.Wait()
	if n := s.closes.Load(); n != 8 {
		t.Errorf("the server has got %d close frames, want 8", n)
	}
}

func TestJoinTellsWhyNobodyGotIn(t *testing.T) {
	s := newPlainServer(t, 5*time.Millisecond)
	_ = s.Listener.Close()
	g := newGenerator(t, s)
	if n, err := g.Join(t.Context(), 0, 3); n != 3 || err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%d failed, error %v", n, err)
	}
}

// shutting lets some in, and nobody after them.
type shutting struct {
	Target
	lets  int64
	tried atomic.Int64
}

func (s *shutting) Dial(ctx context.Context, i int) (net.Conn, []byte, error) {
	if s.tried.Add(1) > s.lets {
		return nil, nil, errors.New("the door is shut")
	}
	return s.Target.Dial(ctx, i)
}

func TestJoinTriesNoMoreOnceTheServerTakesNobody(t *testing.T) {
	const lets, joining, all = 10, 4, 1000
	s := newPlainServer(t, 5*time.Millisecond)
	door := &shutting{Target: Plain{Addr: s.Addr().String(), InputBytes: 16}, lets: lets}
	g, err := New(Config{Target: door, Rate: 50, Joining: joining})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	failed, err := g.Join(t.Context(), 0, all)
	if err != nil || failed != all-lets || g.Playing() != lets {
		t.Errorf("%d failed, %d play, %v", failed, g.Playing(), err)
	}
	// Some may fail before the last who gets in is there, and some while it is found out that nobody does.
	if n := door.tried.Load(); n > lets+(2*shutAfter+1)*joining {
		t.Errorf("%d were tried", n)
	}
}

func TestConfigNamesWhatIsWrong(t *testing.T) {
	for want, c := range map[string]Config{
		"Target": {Rate: 20}, "Rate": {Target: Plain{}}, "Joining": {Target: Plain{}, Rate: 20, Joining: -1},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", c, err, want)
		}
	}
}

// door answers one handshake with the text.
func door(t *testing.T, answer string) Dialer {
	t.Helper()
	return func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			buf := make([]byte, 4096)
			_, _ = there.Read(buf)
			_, _ = io.WriteString(there, answer)
		}()
		return here, nil
	}
}

const accept = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nsec-websocket-accept: "

func TestHandshakeGivesWhatCameBehindIt(t *testing.T) {
	c, early, err := DialWebSocket(t.Context(), door(t, accept+"j9KmneJnV8FhuWmRjJPkD/PhA8c=\r\n\r\nearly"), "ws://example/v1/play?seat=x")
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if string(early) != "early" {
		t.Errorf("behind the handshake came %q", early)
	}
}

func TestHandshakeRefusesWhatIsNone(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 401 Unauthorized\r\n\r\n", accept + "bm90IG91cnM=\r\n\r\n", "", strings.Repeat("x", 2*maxHeader), "\r\n\r\n",
	} {
		if c, _, err := DialWebSocket(t.Context(), door(t, answer), "ws://example/"); err == nil {
			_ = c.Close()
			t.Errorf("%.40q opens a WebSocket", answer)
		}
	}
	if _, _, err := DialWebSocket(t.Context(), nil, "http://example/"); err == nil {
		t.Error("an http URL is dialled")
	}
	failing := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no way") }
	if _, _, err := DialWebSocket(t.Context(), failing, "ws://example/"); err == nil {
		t.Error("a failed dial opens a WebSocket")
	}
}
