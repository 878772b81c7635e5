package conn

import (
	"errors"
	"net"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// pipeWorld serves one client over a pipe, which buffers nothing, in the virtual time of a synctest bubble.
type pipeWorld struct {
	*client
	tr  *Portable
	rec *recorder
}

func inPipe(t *testing.T, cfg Config, test func(t *testing.T, w pipeWorld)) {
	synctest.Test(t, func(t *testing.T) {
		server, nc := net.Pipe()
		tr, rec := NewPortable(cfg), &recorder{}
		if err := tr.Attach(Socket{nc: server}, "pipe"); err != nil {
			t.Fatal(err)
		}
		tr.Poll(rec)
		test(t, pipeWorld{&client{t: t, nc: nc, r: nc, id: rec.idOf("pipe")}, tr, rec})
		_ = nc.Close()
		tr.Shutdown()
	})
}

// after lets d pass and polls.
func (w pipeWorld) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
	w.tr.Poll(w.rec)
}

func TestPortableHoldsOneMessageAndReplacesNothing(t *testing.T) {
	inPipe(t, Config{}, func(t *testing.T, w pipeWorld) {
		for _, message := range []string{"first", "second"} {
			if !w.tr.Ready(w.id) {
				t.Fatal("not ready with an empty slot")
			}
			buf := appendMessage(nil, []byte(message))
			if got := w.tr.TrySend(w.id, buf); got != Sent {
				t.Fatal(got)
			}
			clear(buf)
			for range 3 {
				synctest.Wait() // the writer has picked it up and cannot write it
				if w.tr.Ready(w.id) || w.tr.TrySend(w.id, appendMessage(nil, []byte("newer"))) != Behind {
					t.Fatal("a held message does not count as held")
				}
			}
			w.wantMessage(message)
			synctest.Wait()
		}
	})
}

func TestPortableGivesUpSlowClient(t *testing.T) {
	inPipe(t, Config{}, func(t *testing.T, w pipeWorld) {
		if got := w.tr.TrySend(w.id, appendMessage(nil, []byte("x"))); got != Sent {
			t.Fatal(got)
		}
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

func TestPortableGivesUpClientThatAnswersNoClose(t *testing.T) {
	inPipe(t, Config{}, func(t *testing.T, w pipeWorld) {
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

// A stalled client that is to be closed gets CloseTimeout, not another WriteTimeout for each message that is left.
func TestPortableClosesStalledClientInTime(t *testing.T) {
	inPipe(t, Config{}, func(t *testing.T, w pipeWorld) {
		if got := w.tr.TrySend(w.id, appendMessage(nil, []byte("held"))); got != Sent {
			t.Fatal(got)
		}
		w.tr.Close(w.id, appendMessage(nil, []byte("last")), 4101, "behind")
		w.after(time.Second)
		err, ok := w.rec.closed(w.id)
		if e := closeError(t, err); !ok || e.Code != 4101 {
			t.Errorf("closed %v with %+v", ok, e)
		}
	})
}

// Frames of every kind are taken only as fast as Poll allows, and cost no memory beyond that.
func TestPortableHoldsUpFlood(t *testing.T) {
	floods := []struct {
		name   string
		first  []byte
		frame  []byte
		allows int // frames between two Polls
	}{
		{"messages", nil, clientFrame(ws.OpBinary, true, []byte("x")), 8},
		{"messages by size", nil, clientFrame(ws.OpBinary, true, make([]byte, 100)), 5},
		{"pings", nil, clientFrame(ws.OpPing, true, []byte("x")), 8},
		{"pongs", nil, clientFrame(ws.OpPong, true, nil), 8},
		{"empty fragments", clientFrame(ws.OpBinary, false, nil), clientFrame(ws.OpContinuation, false, nil), 8},
	}
	for _, f := range floods {
		t.Run(f.name, func(t *testing.T) {
			inPipe(t, Config{MaxMessage: 100, InboxBytes: 500, InboxMessages: 8}, func(t *testing.T, w pipeWorld) {
				if f.first != nil {
					w.write(f.first)
					w.after(0)
				}
				for round := range 3 {
					took := 0
					for ; took < 100; took++ {
						_ = w.nc.SetWriteDeadline(time.Now().Add(time.Second))
						if _, err := w.nc.Write(f.frame); err != nil {
							break
						}
					}
					// One more is read before the reader waits with it.
					if most := f.allows + 1; took > most || took < f.allows-1 {
						t.Fatalf("round %d: %d frames taken without a Poll, want about %d", round, took, most)
					}
					w.after(0)
				}
				if _, ok := w.rec.closed(w.id); ok {
					t.Error("a flood that is held up must not end the connection here")
				}
			})
		})
	}
}

// A connection at which the Handler panicked is looked at twice by the next Poll if it has ended meanwhile.
func TestPortableReportsClosedOnceAfterPanic(t *testing.T) {
	inPipe(t, Config{}, func(t *testing.T, w pipeWorld) {
		w.send("x")
		synctest.Wait()
		w.rec.onMessage = func(ID, []byte) { panic("a game's mistake") }
		func() {
			defer func() { _ = recover() }()
			w.tr.Poll(w.rec)
		}()
		_ = w.nc.Close()
		w.after(0)
		w.after(0)
		if got := w.rec.of(w.id); !slices.Equal(got, []string{"opened pipe", "message x", "closed"}) {
			t.Errorf("got %q", got)
		}
	})
}

func TestPortableKeepsNothingOfClosedConnections(t *testing.T) {
	inPipe(t, Config{}, func(t *testing.T, w pipeWorld) {
		_ = w.nc.Close()
		w.after(0)
		if _, ok := w.rec.closed(w.id); !ok {
			t.Fatal("not closed")
		}
		kept := slices.Concat(w.tr.batch[:cap(w.tr.batch)], w.tr.dirty[:cap(w.tr.dirty)])
		if len(w.tr.conns) != 0 || w.tr.count != 0 || slices.ContainsFunc(kept, func(c *peer) bool { return c != nil }) {
			t.Errorf("%d connections, count %d, lists %v", len(w.tr.conns), w.tr.count, kept)
		}
	})
}

// A client is read on after its violation, up to the end of its stream or CloseTimeout: bytes left unread would turn the close frame
// into a reset.
func TestPortableReadsOnAfterViolation(t *testing.T) {
	for _, ends := range []bool{true, false} {
		inPipe(t, Config{}, func(t *testing.T, w pipeWorld) {
			w.write(clientFrame(ws.OpText, true, nil))
			w.wantClose(1003)
			for range 10 {
				w.send("still in flow") // fails if nobody reads
			}
			w.after(time.Second - time.Millisecond)
			if err, ok := w.rec.closed(w.id); ok {
				t.Fatalf("closed too early: %v", err)
			}
			if ends {
				_ = w.nc.Close()
				w.after(0)
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

func TestPortableIgnoresOnlySoMuchWhileClosing(t *testing.T) {
	inPipe(t, Config{CloseTimeout: time.Hour}, func(t *testing.T, w pipeWorld) {
		w.tr.Close(w.id, nil, 4000, "")
		w.wantClose(4000)
		wrote := 0
		for {
			n, err := w.nc.Write(clientFrame(ws.OpBinary, true, make([]byte, 1000)))
			wrote += n
			if err != nil {
				break
			}
		}
		if wrote < ignoreLimit || wrote > ignoreLimit+4096 {
			t.Errorf("%d bytes taken from a client that ignores the close frame", wrote)
		}
	})
}

// counter is a Handler that keeps nothing.
type counter struct{ messages, bytes int }

func (c *counter) Opened(ID, any) {}
func (c *counter) Message(_ ID, _ time.Time, data []byte) {
	c.messages++
	c.bytes += len(data)
}
func (c *counter) Closed(ID, error) {}

func TestPortableTrySendZeroAlloc(t *testing.T) {
	w := newWorld(t, NewPortable(Config{}))
	c := w.dial("a")
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		buf := make([]byte, 4096)
		for {
			if _, err := c.nc.Read(buf); err != nil {
				return
			}
		}
	}()
	frames := appendMessage(nil, make([]byte, 400))
	allocs := testing.AllocsPerRun(200, func() {
		for !w.transport.Ready(c.id) {
			runtime.Gosched()
		}
		if got := w.transport.TrySend(c.id, frames); got != Sent {
			t.Fatal(got)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations per message", allocs)
	}
	_ = c.nc.Close()
	<-drained
}

func TestPortablePollZeroAlloc(t *testing.T) {
	w := newWorld(t, NewPortable(Config{}))
	c := w.dial("a")
	frame := clientFrame(ws.OpBinary, true, make([]byte, 40))
	h := &counter{}
	want := 0
	round := func() {
		c.write(frame)
		for want++; h.messages < want; runtime.Gosched() {
			w.transport.Poll(h)
		}
	}
	for range 20 { // until the buffers that change places have their size
		round()
	}
	if allocs := testing.AllocsPerRun(200, round); allocs != 0 {
		t.Errorf("%v allocations per message", allocs)
	}
}

// The full snapshot of a join must not keep its memory with every connection, and a small message among large ones must not cost
// an allocation.
func TestPortableSlotShrinksAfterManySmallMessages(t *testing.T) {
	var c peer
	large, small := make([]byte, 50_000), make([]byte, 400)
	c.fill(large)
	for i := range 1000 {
		c.fill(small)
		if i%10 == 9 {
			c.fill(large)
		}
	}
	if allocs := testing.AllocsPerRun(100, func() { c.fill(small); c.fill(large) }); allocs != 0 {
		t.Errorf("%v allocations for a small and a large message", allocs)
	}
	for range shrinkAfter {
		c.fill(small)
	}
	if cap(c.slot) > 2*len(small) {
		t.Errorf("%d bytes kept for messages of %d", cap(c.slot), len(small))
	}
	if allocs := testing.AllocsPerRun(200, func() { c.fill(small) }); allocs != 0 {
		t.Errorf("%v allocations after it shrank", allocs)
	}
}

func TestInboxGivesBackBurst(t *testing.T) {
	var in inbox
	in.put(make([]byte, 30_000), time.Time{})
	in.reset()
	if cap(in.bytes) > keepBytes {
		t.Errorf("%d bytes kept", cap(in.bytes))
	}
}

func BenchmarkPollIdle(b *testing.B) {
	tr := NewPortable(Config{})
	h := &counter{}
	for range 1000 {
		server, nc := net.Pipe()
		if err := tr.Attach(Socket{nc: server}, nil); err != nil {
			b.Fatal(err)
		}
		defer func() { _ = nc.Close() }()
	}
	for b.Loop() {
		tr.Poll(h)
	}
	tr.Shutdown()
}
