package conn

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestSocketClosesViolationsWithTheirCode(t *testing.T) {
	forSockets(t, Config{}, func(t *testing.T, w *world) {
		bystander := w.dial("bystander")
		for _, v := range violations {
			t.Run(v.name, func(t *testing.T) {
				c := w.dial(v.name)
				c.t = t
				c.send("before")
				c.write(v.data)
				c.wantClose(v.code)
				c.wantEnd()
				_ = c.nc.Close()
				err := w.untilClosed(c.id)
				if e := closeError(t, err); e.Code != v.code || e.ByPeer {
					t.Errorf("closed with %+v", e)
				}
				if got := w.rec.messages(c.id); got != 1 {
					t.Errorf("%d messages reported, want the one before the violation", got)
				}
			})
		}
		bystander.ping("still there")
	})
}

// A client in full flow when it breaks the protocol still gets the close frame, not a connection reset.
func TestSocketClosesViolationOfSenderInFlow(t *testing.T) {
	forSockets(t, Config{}, func(t *testing.T, w *world) {
		c := w.dial("a")
		flow := clientFrame(ws.OpText, true, []byte("text"))
		for range 200 {
			flow = append(flow, clientFrame(ws.OpBinary, true, make([]byte, 100))...)
		}
		c.write(flow)
		c.wantClose(1003)
		c.wantEnd()
	})
}

func TestSocketClosesViolationOfClientThatSendsNoMore(t *testing.T) {
	forSockets(t, Config{}, func(t *testing.T, w *world) {
		for i := range 20 { // the end of the stream may be read before or after the close frame is written
			c := w.dial(fmt.Sprint(i))
			c.write(clientFrame(ws.OpText, true, []byte("text")))
			if err := c.nc.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			c.wantClose(1003)
			c.wantEnd()
		}
	})
}

func TestSocketReassemblesAnySplit(t *testing.T) {
	forSockets(t, Config{}, func(t *testing.T, w *world) {
		c := w.dial("a")
		rapid.Check(t, func(rt *rapid.T) {
			message := rapid.SliceOfN(rapid.Byte(), 0, DefaultMaxMessage).Draw(rt, "message")
			var stream []byte
			left, op := message, ws.OpBinary
			for range rapid.IntRange(0, 3).Draw(rt, "fragments") {
				n := rapid.IntRange(0, len(left)).Draw(rt, "fragment")
				stream = append(stream, clientFrame(op, false, left[:n])...)
				left, op = left[n:], ws.OpContinuation
			}
			stream = append(stream, clientFrame(op, true, left)...)
			for len(stream) > 0 {
				n := rapid.IntRange(1, len(stream)).Draw(rt, "write")
				c.write(stream[:n])
				stream = stream[n:]
			}
			w.rec.events = nil
			w.until("message", func() bool { return len(w.rec.events) > 0 })
			if e := w.rec.events[0]; e.kind != "message" || e.data != string(message) {
				rt.Fatalf("got %s of %d bytes, want message of %d", e.kind, len(e.data), len(message))
			}
		})
	})
}

func TestSocketAnswersPing(t *testing.T) {
	forSockets(t, Config{}, func(t *testing.T, w *world) {
		c := w.dial("a")
		c.ping("")
		c.ping(strings.Repeat("p", 125))
		c.write(clientFrame(ws.OpPong, true, []byte("nobody asked")))
		c.ping("after an unasked pong")
		w.send(c.id, []byte("snapshot"))
		c.wantMessage("snapshot")
	})
}

// One client takes nothing any more: the room notices by Behind, what it took before arrives whole and in order once the client
// reads again, and another client is served all the while.
func TestSocketStalledClientCostsOthersNothing(t *testing.T) {
	forSockets(t, Config{}, func(t *testing.T, w *world) {
		slow, quick := w.dial("slow"), w.dial("quick")
		numbered := func(i int) []byte { return fmt.Appendf(bytes.Repeat([]byte{byte(i)}, 60_000), "%d", i) }

		var sent []int
		var longest time.Duration
		stalled := func() bool { // no longer ready for a while
			ticker := time.NewTicker(time.Millisecond)
			defer ticker.Stop()
			for range 200 {
				if w.transport.Ready(slow.id) {
					return false
				}
				<-ticker.C
			}
			return true
		}
		for i := 0; ; i++ {
			if i == 10_000 {
				t.Fatal("600 MB went to a client that reads nothing")
			}
			start := time.Now()
			got := w.transport.TrySend(slow.id, appendMessage(nil, numbered(i)))
			longest = max(longest, time.Since(start))
			if got == Sent {
				sent = append(sent, i)
			} else if got != Behind {
				t.Fatal(got)
			} else if stalled() {
				break
			}
		}
		if longest > time.Second {
			t.Errorf("TrySend took %v: it must not wait for the socket", longest)
		}
		for i := range 50 {
			if got := w.transport.TrySend(slow.id, appendMessage(nil, []byte("replaces nothing"))); got != Behind {
				t.Fatalf("TrySend to the stalled client: %d", got)
			}
			w.send(quick.id, fmt.Append(nil, i))
			quick.wantMessage(fmt.Sprint(i))
		}
		for _, i := range sent {
			slow.wantMessage(string(numbered(i)))
		}
		w.send(slow.id, []byte("caught up"))
		slow.wantMessage("caught up")
	})
}

func TestSocketCloseWaitsForAnswer(t *testing.T) {
	forSockets(t, Config{CloseTimeout: patience}, func(t *testing.T, w *world) {
		c := w.dial("a")
		w.transport.Close(c.id, nil, 4005, "over")
		c.send("crossing") // sent before the client has seen the close frame
		c.wantClose(4005)
		w.transport.Poll(w.rec)
		if _, ok := w.rec.closed(c.id); ok {
			t.Fatal("Closed before the client's answer")
		}
		c.write(clientFrame(ws.OpClose, true, ws.NewCloseFrameBody(4005, "")))
		c.wantEnd()
		if e := closeError(t, w.untilClosed(c.id)); e.Code != 4005 || e.ByPeer {
			t.Errorf("closed with %+v", e)
		}
		if n := w.rec.messages(c.id); n != 0 {
			t.Errorf("%d messages reported after Close", n)
		}
	})
}

func TestSocketEchoesCloseOfClient(t *testing.T) {
	forSockets(t, Config{}, func(t *testing.T, w *world) {
		f := func(body []byte, wantBody []byte, code uint16) {
			t.Helper()
			c := w.dial(fmt.Sprint(code))
			c.write(clientFrame(ws.OpClose, true, body))
			if op, got := c.next(); op != ws.OpClose || !bytes.Equal(got, wantBody) {
				t.Errorf("answered with opcode %d %x, want close %x", op, got, wantBody)
			}
			c.wantEnd()
			if e := closeError(t, w.untilClosed(c.id)); e.Code != code || !e.ByPeer {
				t.Errorf("closed with %+v", e)
			}
		}
		f(nil, nil, 1005)
		f(ws.NewCloseFrameBody(1000, "bye"), ws.NewCloseFrameBody(1000, ""), 1000)
		f(ws.NewCloseFrameBody(4711, ""), ws.NewCloseFrameBody(4711, ""), 4711)
	})
}

func TestSocketAttachStopsAtMaxConns(t *testing.T) {
	forSockets(t, Config{MaxConns: 2}, func(t *testing.T, w *world) {
		a, _ := w.dial("a"), w.dial("b")
		c := w.dialOnly("c")
		select {
		case err := <-w.refused:
			if err != ErrFull {
				t.Errorf("third Attach: %v", err)
			}
		case <-time.After(patience):
			t.Fatal("the third Attach succeeded")
		}
		c.wantEnd()
		_ = a.nc.Close()
		_ = w.untilClosed(a.id)
		w.dial("d").ping("the place is free again")
	})
}

func TestSocketReadsWhatCameWithTheHandshake(t *testing.T) {
	forSockets(t, Config{}, func(t *testing.T, w *world) {
		nc, err := net.Dial("tcp", strings.TrimPrefix(w.http.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = nc.Close() }()
		request := strings.Join(handshakeLines("GET /?tag=early HTTP/1.1"), "\r\n") + "\r\n\r\n"
		early := append([]byte(request), clientFrame(ws.OpBinary, true, []byte("first"))...)
		half := clientFrame(ws.OpBinary, true, []byte("second"))
		if _, err := nc.Write(append(early, half[:4]...)); err != nil {
			t.Fatal(err)
		}
		var id ID
		w.until("first message", func() bool { id = w.rec.idOf("early"); return w.rec.messages(id) == 1 })
		if _, err := nc.Write(half[4:]); err != nil {
			t.Fatal(err)
		}
		w.until("second message", func() bool { return w.rec.messages(id) == 2 })
		if got := w.rec.of(id); !slices.Equal(got, []string{"opened early", "message first", "message second"}) {
			t.Errorf("got %q", got)
		}
	})
}

func TestSocketShutdownLeavesNoGoroutine(t *testing.T) {
	for _, tr := range socketTransports {
		t.Run(tr.name, func(t *testing.T) {
			ignore := goleak.IgnoreCurrent()
			w := tr.world(t, Config{InboxMessages: 1})
			idle, flooding := w.dial("idle"), w.dial("flooding")
			stalled := w.dial("stalled")
			closing := w.dial("closing")
			for range 10 {
				flooding.send("waits in the reader")
			}
			for w.transport.TrySend(stalled.id, appendMessage(nil, make([]byte, 8<<20))) == Sent {
			}
			w.transport.Close(closing.id, nil, 4100, "")
			unseen := w.dialOnly("never polled")
			unseen.ping("attached")
			w.transport.Shutdown()
			w.transport.Shutdown()
			for _, c := range []*client{idle, flooding, stalled, closing, unseen} {
				_ = c.nc.Close()
			}
			w.http.Close()
			if err := goleak.Find(ignore); err != nil {
				t.Error(err)
			}
			late := w.transport.Attach(Socket{}, nil)
			if !errors.Is(late, ErrClosed) {
				t.Errorf("Attach after Shutdown: %v", late)
			}
		})
	}
}

// Under TLS the options go to the socket below, and closing must not wait for the TLS layer.
func TestPortableServesTLS(t *testing.T) {
	w := newWorld(t, NewPortable(Config{}))
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		s, err := Upgrade(rw, r, UpgradeConfig{})
		if err != nil {
			t.Error(err)
			return
		}
		if err := w.transport.Attach(s, "tls"); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	config := server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.NextProtos = []string{"http/1.1"}
	nc, _, _, err := ws.Dialer{TLSConfig: config}.Dial(t.Context(), strings.Replace(server.URL, "https", "wss", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(patience))
	c := &client{t: t, nc: nc, r: nc}
	w.until("Opened", func() bool { c.id = w.rec.idOf("tls"); return c.id != 0 })
	w.send(c.id, []byte("hello"))
	c.wantMessage("hello")
	c.send("input")
	w.until("message", func() bool { return w.rec.messages(c.id) == 1 })
	c.write(clientFrame(ws.OpText, true, nil))
	c.wantClose(1003)
	c.wantEnd()
}
