//go:build amd64 || arm64

package conn

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// naive is what a WebSocket server is usually written like: a goroutine reads each connection, and the tick writes to each.
type naive struct {
	mu    sync.Mutex
	conns []net.Conn
	fresh int
	inbox []arrivedFrom
	last  []arrivedFrom
}

type arrivedFrom struct {
	id   ID
	at   time.Time
	data []byte
}

func (t *naive) Attach(s Socket, _ any) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns = append(t.conns, s.nc)
	go t.read(ID(len(t.conns)), s.nc)
	return nil
}

func (t *naive) read(id ID, nc net.Conn) {
	r := bufio.NewReaderSize(nc, 512)
	for {
		h, err := ws.ReadHeader(r)
		if err != nil {
			return
		}
		data := make([]byte, h.Length)
		if _, err := io.ReadFull(r, data); err != nil {
			return
		}
		ws.Cipher(data, h.Mask, 0)
		t.mu.Lock()
		t.inbox = append(t.inbox, arrivedFrom{id, time.Now(), data})
		t.mu.Unlock()
	}
}

func (t *naive) Poll(h Handler) {
	t.mu.Lock()
	t.inbox, t.last = t.last[:0], t.inbox
	for ; t.fresh < len(t.conns); t.fresh++ {
		h.Opened(ID(t.fresh+1), nil)
	}
	t.mu.Unlock()
	for _, m := range t.last {
		h.Message(m.id, m.at, m.data)
	}
}

func (t *naive) TrySend(id ID, frames []byte) Result {
	if _, err := t.conns[id-1].Write(frames); err != nil {
		return Gone
	}
	return Sent
}

func (t *naive) Ready(ID) bool                    { return true }
func (t *naive) Close(ID, []byte, uint16, string) {}
func (t *naive) Shutdown() {
	for _, nc := range t.conns {
		_ = nc.Close()
	}
}

// crowd is the clients of a benchmark: descriptors served by one thread, whose processor time can be told from the server's.
type crowd struct {
	fds     []int
	input   []byte
	frame   int // bytes of a message of the server
	step    chan struct{}
	done    chan struct{}
	cpu     time.Duration
	failure error
}

func cpuTime(who int) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(who, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// run sends an input of each client, and then reads a frame for each, each time step is received twice.
func (c *crowd) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.done)
	buf := make([]byte, 64<<10)
	start := cpuTime(syscall.RUSAGE_THREAD)
	for range c.step {
		for _, fd := range c.fds {
			if n, errno := sendNow(fd, c.input); n != len(c.input) && c.failure == nil {
				c.failure = fmt.Errorf("a client sent %d bytes: %w", n, errno)
			}
		}
		c.done <- struct{}{}
		if _, open := <-c.step; !open {
			break
		}
		for _, fd := range c.fds {
			for got := 0; got < c.frame; {
				n, _, err := syscall.Recvfrom(fd, buf[:c.frame-got], syscall.MSG_DONTWAIT)
				if err == syscall.EAGAIN {
					runtime.Gosched()
					continue
				}
				if err != nil || n <= 0 {
					c.failure = fmt.Errorf("a client read %d bytes: %w", n, err)
					return
				}
				got += n
			}
		}
		c.cpu = cpuTime(syscall.RUSAGE_THREAD) - start
		c.done <- struct{}{}
	}
}

// BenchmarkTransport is ticks of a room: an input of 24 bytes from each client, a frame of 400 bytes to each. cpu-us/client is the processor time
// of the whole process but the clients' thread, for one input and one frame; compare kinds of one run.
func BenchmarkTransport(b *testing.B) {
	kinds := []struct {
		name string
		make func(Config) Transport
	}{
		{"poller", func(cfg Config) Transport { return NewPoller(cfg) }},
		{"portable", func(cfg Config) Transport { return NewPortable(cfg) }},
		{"naive", func(Config) Transport { return new(naive) }},
	}
	for _, clients := range []int{100, 1000} {
		for _, kind := range kinds {
			b.Run(fmt.Sprintf("kind=%s/clients=%d", kind.name, clients), func(b *testing.B) {
				benchmarkTransport(b, kind.make(Config{}), clients)
			})
		}
	}
}

func benchmarkTransport(b *testing.B, tr Transport, clients int) {
	defer tr.Shutdown()
	h := &idRecorder{}
	frame := appendMessage(nil, make([]byte, 400-headerGap))
	c := &crowd{input: clientFrame(ws.OpBinary, true, make([]byte, 24)), frame: len(frame), step: make(chan struct{}), done: make(chan struct{})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for range clients {
		nc, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		server, err := listener.Accept()
		if err != nil {
			b.Fatal(err)
		}
		tune(server)
		if err := tr.Attach(Socket{nc: server}, nil); err != nil {
			b.Fatal(err)
		}
		fd, _, err := handOver(nc)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = syscall.Close(fd) }()
		c.fds = append(c.fds, fd)
	}
	tr.Poll(h)
	go c.run()
	want := 0
	tick := func() {
		c.step <- struct{}{}
		<-c.done
		for want += clients; h.messages < want; {
			tr.Poll(h)
			if h.messages < want {
				runtime.Gosched()
			}
		}
		for _, id := range h.ids {
			for tr.TrySend(id, frame) == Behind { // a writer is not told yet that its last frame was sent
				runtime.Gosched()
			}
		}
		c.step <- struct{}{}
		<-c.done
	}
	for range 10 {
		tick()
	}
	before, theirs := cpuTime(syscall.RUSAGE_SELF), c.cpu
	b.ReportAllocs()
	for b.Loop() {
		tick()
	}
	spent := cpuTime(syscall.RUSAGE_SELF) - before - (c.cpu - theirs)
	close(c.step)
	<-c.done
	if c.failure != nil {
		b.Fatal(c.failure)
	}
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N*clients), "cpu-us/client")
}

// idRecorder is a counter that knows who is there.
type idRecorder struct {
	counter
	ids []ID
}

func (r *idRecorder) Opened(id ID, _ any) { r.ids = append(r.ids, id) }
