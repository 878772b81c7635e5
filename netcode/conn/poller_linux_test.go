//go:build amd64 || arm64

package conn

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/gobwas/ws"
)

func init() {
	socketTransports = append(socketTransports, poller)
}

var poller = served{"poller", func(cfg Config) Transport { return NewPoller(cfg) }, acknowledged, true}

// acknowledged waits until the server's kernel has what c has sent.
func acknowledged(c *client) {
	c.t.Helper()
	raw, err := c.nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		c.t.Fatal(err)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); runtime.Gosched() {
		var unacked int32
		err := raw.Control(func(fd uintptr) {
			_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&unacked)))
		})
		if err != nil {
			c.t.Fatal(err)
		}
		if unacked == 0 {
			return
		}
	}
	c.t.Fatal("the server's kernel has not taken what was sent")
}

// tcpPair is both ends of a connection over loopback.
func tcpPair(t *testing.T) (server, nc *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	dialed, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dialed.Close() })
	return accepted.(*net.TCPConn), dialed.(*net.TCPConn)
}

// pollWorld is a Poller with one client whose deadlines run in virtual time.
type pollWorld struct {
	*client
	tr  *Poller
	rec *recorder
}

// inPoll runs test in a bubble: the sockets are real, a Poller has no goroutines, and so time passes only in after.
func inPoll(t *testing.T, cfg Config, test func(t *testing.T, w pollWorld)) {
	t.Helper()
	server, nc := tcpPair(t)
	synctest.Test(t, func(t *testing.T) {
		tr, rec := NewPoller(cfg), &recorder{}
		if err := tr.Attach(Socket{nc: server}, "a"); err != nil {
			t.Fatal(err)
		}
		tr.Poll(rec)
		test(t, pollWorld{&client{t: t, nc: nc, r: nc, id: rec.idOf("a")}, tr, rec})
		tr.Shutdown()
	})
}

func (w pollWorld) after(d time.Duration) {
	<-time.After(d)
	w.tr.Poll(w.rec)
}

// stall sends until a part of a message is held.
func (w pollWorld) stall(t *testing.T) {
	t.Helper()
	for range 1000 {
		if got := w.tr.TrySend(w.id, appendMessage(nil, make([]byte, 1<<20))); got != Sent {
			t.Fatalf("TrySend before a message was held: %d", got)
		}
		if len(w.tr.link(w.id).has().tail) > 0 {
			return
		}
	}
	t.Fatal("the kernel takes a gigabyte")
}

func TestPollerGivesUpSlowClient(t *testing.T) {
	inPoll(t, Config{}, func(t *testing.T, w pollWorld) {
		w.stall(t)
		w.after(10*time.Second - time.Millisecond)
		if err, ok := w.rec.closed(w.id); ok {
			t.Fatalf("given up too early: %v", err)
		}
		w.after(time.Millisecond)
		if err, _ := w.rec.closed(w.id); !errors.Is(err, ErrTooSlow) {
			t.Fatalf("closed with %v, want ErrTooSlow", err)
		}
	})
}

// A stalled client that is to be closed gets CloseTimeout, not another WriteTimeout for what is left.
func TestPollerClosesStalledClientInTime(t *testing.T) {
	inPoll(t, Config{}, func(t *testing.T, w pollWorld) {
		w.stall(t)
		w.tr.Close(w.id, appendMessage(nil, []byte("last")), 4101, "behind")
		w.after(time.Second)
		err, ok := w.rec.closed(w.id)
		if e := closeError(t, err); !ok || e.Code != 4101 {
			t.Errorf("closed %v with %+v", ok, e)
		}
	})
}

// A message that was taken in time sets no deadline for the next.
func TestPollerForgetsDeadlineOfMessageTaken(t *testing.T) {
	inPoll(t, Config{}, func(t *testing.T, w pollWorld) {
		w.stall(t)
		for len(w.tr.link(w.id).has().tail) > 0 {
			if _, err := io.CopyN(io.Discard, w.nc, 64<<10); err != nil {
				t.Fatal(err)
			}
			w.after(time.Millisecond)
		}
		w.after(time.Hour)
		if err, ok := w.rec.closed(w.id); ok {
			t.Errorf("closed with %v", err)
		}
		if len(w.tr.timed) != 0 {
			t.Error("the connection is looked at in each Poll")
		}
	})
}

func TestPollerGivesUpClientThatAnswersNoClose(t *testing.T) {
	inPoll(t, Config{}, func(t *testing.T, w pollWorld) {
		w.tr.Close(w.id, nil, 4005, "over")
		w.wantClose(4005)
		w.after(time.Second - time.Millisecond)
		if err, ok := w.rec.closed(w.id); ok {
			t.Fatalf("closed too early: %v", err)
		}
		w.after(time.Millisecond)
		err, _ := w.rec.closed(w.id)
		if e := closeError(t, err); e.Code != 4005 || e.ByPeer {
			t.Errorf("closed with %+v", e)
		}
		w.wantEnd()
	})
}

// A client is read on after its violation, up to the end of its stream or CloseTimeout.
func TestPollerReadsOnAfterViolation(t *testing.T) {
	for _, ends := range []bool{true, false} {
		inPoll(t, Config{}, func(t *testing.T, w pollWorld) {
			w.write(clientFrame(ws.OpText, true, nil))
			acknowledged(w.client)
			w.tr.Poll(w.rec)
			w.wantClose(1003)
			w.send("still in flow")
			acknowledged(w.client)
			w.after(time.Second - time.Millisecond)
			if err, ok := w.rec.closed(w.id); ok {
				t.Fatalf("closed too early: %v", err)
			}
			if ends {
				_ = w.nc.Close()
				for range 2 { // the last bytes, the end
					w.tr.Poll(w.rec)
				}
			} else {
				w.after(time.Millisecond)
			}
			err, _ := w.rec.closed(w.id)
			if e := closeError(t, err); e.Code != 1003 || e.ByPeer {
				t.Errorf("closed with %+v", e)
			}
		})
	}
}

func TestPollerIgnoresOnlySoMuchWhileClosing(t *testing.T) {
	inPoll(t, Config{}, func(t *testing.T, w pollWorld) {
		w.tr.Close(w.id, nil, 4000, "")
		w.wantClose(4000)
		wrote, frame := 0, clientFrame(ws.OpBinary, true, make([]byte, 1000))
		for _, ok := w.rec.closed(w.id); !ok; _, ok = w.rec.closed(w.id) {
			if wrote += len(frame); wrote > ignoreLimit+64<<10 {
				t.Fatal("a client that ignores the close frame is read without end")
			}
			w.write(frame)
			w.tr.Poll(w.rec)
		}
		if wrote < ignoreLimit {
			t.Errorf("only %d bytes taken in the hope of an answer", wrote)
		}
	})
}

// What a flood costs one tick is bounded, and it is not lost but held up.
func TestPollerHoldsUpFlood(t *testing.T) {
	const frames = 100
	floods := []struct {
		name     string
		first    []byte
		frame    []byte
		end      ws.OpCode
		messages int
	}{
		{"messages", nil, clientFrame(ws.OpBinary, true, []byte("x")), ws.OpBinary, frames + 1},
		{"pings", nil, clientFrame(ws.OpPing, true, []byte("x")), ws.OpBinary, 1},
		{"pongs", nil, clientFrame(ws.OpPong, true, nil), ws.OpBinary, 1},
		{"empty fragments", clientFrame(ws.OpBinary, false, nil), clientFrame(ws.OpContinuation, false, nil), ws.OpContinuation, 1},
	}
	for _, f := range floods {
		t.Run(f.name, func(t *testing.T) {
			inPoll(t, Config{InboxMessages: 8}, func(t *testing.T, w pollWorld) {
				w.write(f.first)
				for range frames {
					w.write(f.frame)
				}
				w.write(clientFrame(f.end, true, []byte("end")))
				acknowledged(w.client)
				polls := 0
				for w.rec.events[len(w.rec.events)-1].data != "end" {
					if polls++; polls > frames {
						t.Fatal("what came behind the flood never arrives")
					}
					before := w.rec.messages(w.id)
					w.tr.Poll(w.rec)
					if n := w.rec.messages(w.id) - before; n > 8 {
						t.Fatalf("%d messages in one Poll", n)
					}
				}
				if least := frames / 8; polls < least {
					t.Errorf("taken in %d Polls, want at least %d", polls, least)
				}
				if n := w.rec.messages(w.id); n != f.messages {
					t.Errorf("%d messages, want %d", n, f.messages)
				}
			})
		})
	}
}

// What one read has no place for is read by the next Polls, though the kernel says no more of it.
func TestPollerReadsOnWhereOneReadWasNotEnough(t *testing.T) {
	inPoll(t, Config{InboxBytes: DefaultMaxMessage}, func(t *testing.T, w pollWorld) {
		const messages = 20
		for range messages {
			w.write(clientFrame(ws.OpBinary, true, make([]byte, DefaultMaxMessage)))
		}
		acknowledged(w.client)
		for range messages + 10 {
			w.tr.Poll(w.rec)
		}
		if n := w.rec.messages(w.id); n != messages {
			t.Errorf("%d messages of %d", n, messages)
		}
		w.send("last")
		_ = w.nc.Close()
		closed := func() bool { _, ok := w.rec.closed(w.id); return ok }
		for i := 0; i < 1_000_000 && !closed(); i++ {
			w.tr.Poll(w.rec)
		}
		if err, ok := w.rec.closed(w.id); !ok || !errors.Is(err, ErrPeerLeft) {
			t.Errorf("closed %v with %v", ok, err)
		}
	})
}

// After a panic in the middle of what was read the next read goes on in the middle of a frame.
func TestPollerStaysInStepAfterPanic(t *testing.T) {
	inPoll(t, Config{}, func(t *testing.T, w pollWorld) {
		second := clientFrame(ws.OpBinary, true, []byte("second"))
		w.write(append(clientFrame(ws.OpBinary, true, []byte("first")), second[:8]...))
		acknowledged(w.client)
		w.rec.onMessage = func(ID, []byte) { panic("a game's mistake") }
		func() {
			defer func() { _ = recover() }()
			w.tr.Poll(w.rec)
		}()
		w.rec.onMessage = nil
		w.write(append(second[8:], clientFrame(ws.OpBinary, true, []byte("third"))...))
		acknowledged(w.client)
		w.tr.Poll(w.rec)
		if got := w.rec.of(w.id); !slices.Equal(got, []string{"opened a", "message first", "message second", "message third"}) {
			t.Errorf("got %q", got)
		}
	})
}

// A client that sends pings and reads no pongs makes the server hold one.
func TestPollerHoldsOnePong(t *testing.T) {
	inPoll(t, Config{}, func(t *testing.T, w pollWorld) {
		w.stall(t)
		for i := range 50 {
			w.write(clientFrame(ws.OpPing, true, fmt.Append(nil, i)))
			acknowledged(w.client)
			w.tr.Poll(w.rec)
		}
		if c := w.tr.link(w.id).has(); string(c.pong) != "49" {
			t.Fatalf("holds pong %q, want the newest", c.pong)
		}
		for {
			_ = w.nc.(*net.TCPConn).SetReadBuffer(1 << 20)
			op, payload := w.nextPolled()
			if op == ws.OpPong {
				if string(payload) != "49" {
					t.Errorf("pong %q, want the newest", payload)
				}
				return
			}
		}
	})
}

// nextPolled reads a frame, polling for what is held.
func (w pollWorld) nextPolled() (ws.OpCode, []byte) {
	w.t.Helper()
	h, payload, err := readFrame(readerFunc(func(b []byte) (int, error) {
		w.tr.Poll(w.rec)
		return w.nc.Read(b)
	}))
	if err != nil {
		w.t.Fatal(err)
	}
	return h.OpCode, payload
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// How early an input came must not depend on when it is read.
func TestPollerStampsArrivalNotReading(t *testing.T) {
	w := poller.world(t, Config{})
	c := w.dial("a")
	// The kernel begins to stamp a moment after the first socket of the machine has asked for it, and until then gives the time of reading.
	var at, polled, arrived time.Time
	for range 100 {
		w.transport.Poll(w.rec)
		polled = time.Now()
		c.send("x")
		acknowledged(c)
		arrived = time.Now()
		<-time.After(30 * time.Millisecond)
		w.transport.Poll(w.rec)
		at = w.rec.events[len(w.rec.events)-1].at
		if !at.Before(polled.Add(-time.Millisecond)) && !at.After(arrived.Add(time.Millisecond)) {
			return
		}
	}
	t.Errorf("stamped %v after the Poll before, want between 0 and %v, a hundred times", at.Sub(polled), arrived.Sub(polled))
}

// A number that was a socket's may be any file's a moment later: the Poller must not touch it again.
func TestPollerLeavesReusedDescriptorAlone(t *testing.T) {
	w := poller.world(t, Config{})
	tr := w.transport.(*Poller)
	c := w.dial("a")
	fd := int(tr.link(c.id).fd)
	_ = c.nc.Close()
	// The handler, too, may still try.
	try := func() {
		if tr.Ready(c.id) || tr.TrySend(c.id, appendMessage(nil, []byte("late"))) != Gone {
			t.Error("a connection takes messages after its end")
		}
		tr.Close(c.id, appendMessage(nil, []byte("late")), 4000, "")
	}
	link := tr.link(c.id)
	_ = w.untilClosed(c.id)

	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	if pair[1] == fd {
		pair[0], pair[1] = pair[1], pair[0]
	}
	if pair[0] != fd { // the number is taken again
		if err := syscall.Dup3(pair[0], fd, 0); err != nil {
			t.Fatal(err)
		}
		_ = syscall.Close(pair[0])
	}
	try()
	tr.flush(link)
	tr.end(link, ErrClosed)
	tr.Poll(w.rec)
	tr.Shutdown()
	if n, _, err := syscall.Recvfrom(pair[1], make([]byte, 10), 0); err != syscall.EAGAIN {
		t.Errorf("the file that got the number was sent %d bytes, %v", n, err)
	}
	if _, err := syscall.Write(fd, []byte("mine")); err != nil {
		t.Errorf("the file that got the number is closed: %v", err)
	}
	for _, f := range []int{fd, pair[1]} {
		_ = syscall.Close(f)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// However a connection ends, its descriptor is closed.
func TestPollerLeaksNoFile(t *testing.T) {
	before := openFiles(t)
	done := t.Run("", func(t *testing.T) {
		w := poller.world(t, Config{MaxConns: 8})
		tr := w.transport.(*Poller)
		for i := range 5 {
			name := func(s string) string { return fmt.Sprint(s, i) }
			leaves, closes, dismissed, breaks := w.dial(name("leaves")), w.dial(name("closes")), w.dial(name("dismissed")), w.dial(name("breaks"))
			_ = leaves.nc.Close()
			closes.write(clientFrame(ws.OpClose, true, nil))
			tr.Close(dismissed.id, nil, 4000, "")
			breaks.write(clientFrame(ws.OpText, true, nil))
			for _, c := range []*client{closes, dismissed, breaks} {
				if op, _ := c.next(); op != ws.OpClose {
					t.Fatalf("opcode %d", op)
				}
				_ = c.nc.Close()
			}
			for _, c := range []*client{leaves, closes, dismissed, breaks} {
				_ = w.untilClosed(c.id)
			}
		}
		stays, polled := w.dial("stays"), w.dial("polled")
		server, nc := tcpPair(t)
		if err := tr.Attach(Socket{nc: server}, "never polled"); err != nil {
			t.Fatal(err)
		}
		tr.Shutdown()
		server, late := tcpPair(t)
		if err := tr.Attach(Socket{nc: server}, "late"); err != ErrClosed {
			t.Errorf("Attach after Shutdown: %v", err)
		}
		for _, c := range []io.Closer{stays.nc, polled.nc, nc, server, late} {
			_ = c.Close()
		}
		http := w.http.Client()
		http.CloseIdleConnections()
	})
	if after := openFiles(t); done && after != before {
		t.Errorf("%d files open, %d before", after, before)
	}
}

// A room that nobody has entered holds no file.
func TestPollerWithoutSocketsOpensNothing(t *testing.T) {
	before := openFiles(t)
	tr := NewPoller(Config{})
	tr.Poll(&recorder{})
	if after := openFiles(t); after != before {
		t.Errorf("%d files open, %d before", after, before)
	}
}

// counted is a connection that somebody counts.
type counted struct {
	net.Conn
	detached, ended int
}

func (c *counted) NetConn() net.Conn { return c.Conn }
func (c *counted) Detach() io.Closer { c.detached++; return heldBy{c} }

// heldBy is what a counted has given out.
type heldBy struct{ c *counted }

func (h heldBy) Close() error { h.c.ended++; return nil }

func TestPollerTellsWhoCountsTheConnection(t *testing.T) {
	server, nc := tcpPair(t)
	c := &counted{Conn: server}
	tr, rec := NewPoller(Config{}), &recorder{}
	if err := tr.Attach(Socket{nc: c}, "a"); err != nil {
		t.Fatal(err)
	}
	tr.Poll(rec)
	if c.detached != 1 || c.ended != 0 {
		t.Fatalf("detached %d times, ended %d while it is served", c.detached, c.ended)
	}
	_ = nc.Close()
	for range 1000 {
		tr.Poll(rec)
		runtime.Gosched()
	}
	tr.Shutdown()
	tr.Poll(rec)
	if c.ended != 1 {
		t.Errorf("told of %d ends", c.ended)
	}
	if got := rec.of(rec.idOf("a")); !slices.Equal(got, []string{"opened a", "closed"}) {
		t.Errorf("got %q", got)
	}
}

// A socket that cannot be served is left as it was, and takes no place.
func TestPollerRefusesWhatIsNotPlainTCP(t *testing.T) {
	tr := NewPoller(Config{MaxConns: 1})
	server, nc := tcpPair(t)
	pipe, other := net.Pipe()
	defer func() { _, _ = pipe.Close(), other.Close() }()
	for _, c := range []net.Conn{pipe, layer{server}} {
		if err := tr.Attach(Socket{nc: c}, "a"); !errors.Is(err, ErrNotPollable) {
			t.Errorf("Attach of %T: %v", c, err)
		}
	}
	if _, err := server.Write([]byte("x")); err != nil {
		t.Errorf("the socket that was refused: %v", err)
	}
	if err := tr.Attach(Socket{nc: server}, "a"); err != nil {
		t.Errorf("a refused socket has taken a place: %v", err)
	}
	tr.Shutdown()
	_ = nc.Close()
}

func TestPollerTrySendZeroAlloc(t *testing.T) {
	w := poller.world(t, Config{})
	c := w.dial("a")
	buf := make([]byte, 4096)
	frames := appendMessage(nil, make([]byte, 400))
	allocs := testing.AllocsPerRun(500, func() {
		if got := w.transport.TrySend(c.id, frames); got != Sent {
			t.Fatal(got)
		}
		if _, err := io.ReadFull(c.nc, buf[:len(frames)]); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations per message", allocs)
	}
}

// A room's tick: an input of each client, a ping of one, and a frame to each.
func TestPollerPollZeroAlloc(t *testing.T) {
	const clients = 20
	w := poller.world(t, Config{})
	frame := clientFrame(ws.OpBinary, true, make([]byte, 40))
	ping := clientFrame(ws.OpPing, true, []byte("ping"))
	var list []*client
	for i := range clients {
		list = append(list, w.dial(fmt.Sprint(i)))
	}
	h := &counter{}
	want := 0
	out, buf := appendMessage(nil, make([]byte, 400)), make([]byte, 4096)
	round := func() {
		for _, c := range list {
			c.write(frame)
		}
		list[0].write(ping)
		for want += clients; h.messages < want; runtime.Gosched() {
			w.transport.Poll(h)
		}
		for _, c := range list {
			if got := w.transport.TrySend(c.id, out); got != Sent {
				t.Fatal(got)
			}
			if _, err := c.nc.Read(buf); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 20 { // until the lists have their size
		round()
	}
	if allocs := testing.AllocsPerRun(200, round); allocs != 0 {
		t.Errorf("%v allocations per tick", allocs)
	}
}
