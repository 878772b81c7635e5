package conn

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for something that must happen.
const patience = 20 * time.Second

// served is a Transport that serves sockets.
type served struct {
	name  string
	make  func(Config) Transport
	flush func(*client) // waits until the next Poll reports what the client has sent
	pumps bool          // it does nothing between two Polls: who waits for it must Poll
}

var portable = served{"portable", func(cfg Config) Transport { return NewPortable(cfg) }, func(c *client) { c.ping("flush") }, false}

// socketTransports must all behave the same. Systems that have more add them.
var socketTransports = []served{portable}

func (s served) world(t *testing.T, cfg Config) *world {
	w := newWorld(t, s.make(cfg))
	w.served = s
	return w
}

// event is one call of Handler.
type event struct {
	kind string // "opened", "message", "closed"
	id   ID
	tag  any
	data string
	at   time.Time
	err  error
}

// recorder is a Handler that remembers.
type recorder struct {
	events    []event
	onMessage func(id ID, data []byte)
}

func (r *recorder) Opened(id ID, tag any) {
	r.events = append(r.events, event{kind: "opened", id: id, tag: tag})
}

func (r *recorder) Message(id ID, at time.Time, data []byte) {
	r.events = append(r.events, event{kind: "message", id: id, data: string(data), at: at})
	if r.onMessage != nil {
		r.onMessage(id, data)
	}
}

func (r *recorder) Closed(id ID, err error) {
	r.events = append(r.events, event{kind: "closed", id: id, err: err})
}

// of is what happened to id, as "opened tag", "message data" and "closed" lines.
func (r *recorder) of(id ID) []string {
	var lines []string
	for _, e := range r.events {
		if e.id != id {
			continue
		}
		switch e.kind {
		case "opened":
			lines = append(lines, fmt.Sprint("opened ", e.tag))
		case "message":
			lines = append(lines, "message "+e.data)
		default:
			lines = append(lines, "closed")
		}
	}
	return lines
}

// idOf is the connection opened with tag, 0 if there is none yet.
func (r *recorder) idOf(tag any) ID {
	for _, e := range r.events {
		if e.kind == "opened" && e.tag == tag {
			return e.id
		}
	}
	return 0
}

func (r *recorder) closed(id ID) (err error, ok bool) {
	i := slices.IndexFunc(r.events, func(e event) bool { return e.kind == "closed" && e.id == id })
	if i < 0 {
		return nil, false
	}
	return r.events[i].err, true
}

// messages counts those of id.
func (r *recorder) messages(id ID) (n int) {
	for _, e := range r.events {
		if e.kind == "message" && e.id == id {
			n++
		}
	}
	return n
}

// world is a Transport behind a real HTTP server on loopback.
type world struct {
	t         *testing.T
	served    served
	transport Transport
	rec       *recorder
	http      *httptest.Server
	refused   chan error // what Attach answered, if it was an error
}

func newWorld(t *testing.T, transport Transport) *world {
	w := &world{t: t, served: portable, transport: transport, rec: &recorder{}, refused: make(chan error, 100)}
	w.http = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		s, err := Upgrade(rw, r, UpgradeConfig{})
		if err != nil {
			return
		}
		if err := transport.Attach(s, r.URL.Query().Get("tag")); err != nil {
			_ = s.Close()
			w.refused <- err
		}
	}))
	t.Cleanup(func() {
		w.http.Close()
		transport.Shutdown()
	})
	return w
}

// until polls until cond holds.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	late := time.After(patience)
	for {
		w.transport.Poll(w.rec)
		if cond() {
			return
		}
		select {
		case <-ticker.C:
		case <-late:
			w.t.Fatalf("waited %v for: %s", patience, what)
		}
	}
}

// untilClosed polls until Closed is reported for id and returns its error.
func (w *world) untilClosed(id ID) error {
	w.t.Helper()
	var err error
	w.until("Closed", func() (ok bool) { err, ok = w.rec.closed(id); return ok })
	return err
}

// send takes turns with the transport until it has taken the message.
func (w *world) send(id ID, message []byte) {
	w.t.Helper()
	w.until("TrySend", func() bool { return w.transport.TrySend(id, appendMessage(nil, message)) == Sent })
}

// client is the other end of a socket.
type client struct {
	t  *testing.T
	nc net.Conn
	r  io.Reader
	id ID

	flush func(*client)
}

// pump reads for a client of a Transport that must be polled meanwhile.
type pump struct {
	nc net.Conn
	w  *world
}

func (p pump) Read(b []byte) (int, error) {
	for end := time.Now().Add(patience); ; p.w.transport.Poll(p.w.rec) {
		_ = p.nc.SetReadDeadline(time.Now().Add(time.Millisecond))
		n, err := p.nc.Read(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Now().After(end) {
			return n, err
		}
	}
}

// dial connects a client, tagged, and waits until it is Opened.
func (w *world) dial(tag string) *client {
	w.t.Helper()
	c := w.dialOnly(tag)
	w.until("Opened", func() bool { c.id = w.rec.idOf(tag); return c.id != 0 })
	return c
}

func (w *world) dialOnly(tag string) *client {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	nc, br, _, err := ws.Dial(ctx, strings.Replace(w.http.URL, "http", "ws", 1)+"/?tag="+url.QueryEscape(tag))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	var r io.Reader = nc
	if w.served.pumps {
		r = pump{nc, w}
	}
	if br != nil { // what came with the answer to the handshake
		early, err := br.Peek(br.Buffered())
		if err != nil {
			w.t.Fatal(err)
		}
		r = io.MultiReader(bytes.NewReader(bytes.Clone(early)), r)
	}
	return &client{t: w.t, nc: nc, r: bufio.NewReader(r), flush: w.served.flush}
}

func (c *client) write(raw []byte) {
	c.t.Helper()
	if _, err := c.nc.Write(raw); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) send(message string) {
	c.t.Helper()
	c.write(clientFrame(ws.OpBinary, true, []byte(message)))
}

// ping sends a ping and reads its answer: the server has read all that was sent before.
func (c *client) ping(payload string) {
	c.t.Helper()
	c.write(clientFrame(ws.OpPing, true, []byte(payload)))
	if op, got := c.next(); op != ws.OpPong || string(got) != payload {
		c.t.Fatalf("got opcode %d %q, want pong %q", op, got, payload)
	}
}

// next reads one frame of the server.
func (c *client) next() (ws.OpCode, []byte) {
	c.t.Helper()
	h, payload, err := readFrame(c.r)
	if err != nil {
		c.t.Fatal(err)
	}
	if h.Masked || !h.Fin || h.Rsv != 0 {
		c.t.Fatalf("server sent header %+v", h)
	}
	return h.OpCode, payload
}

// wantMessage reads the next frame, which must be message.
func (c *client) wantMessage(message string) {
	c.t.Helper()
	op, got := c.next()
	if op != ws.OpBinary || string(got) != message {
		c.t.Fatalf("got opcode %d with %d bytes %.40q, want message %.40q", op, len(got), got, message)
	}
}

// wantClose reads the next frame, which must close with code, and then the end of the stream.
func (c *client) wantClose(code uint16) {
	c.t.Helper()
	op, body := c.next()
	got, _ := ws.ParseCloseFrameData(body)
	if op != ws.OpClose || uint16(got) != code {
		c.t.Fatalf("got opcode %d, code %d, want close with %d", op, got, code)
	}
}

func (c *client) wantEnd() {
	c.t.Helper()
	if n, err := c.r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		c.t.Fatalf("read %d bytes, %v: want the end of the stream", n, err)
	}
}

// forSockets runs test once per Transport that serves sockets.
func forSockets(t *testing.T, cfg Config, test func(t *testing.T, w *world)) {
	for _, tr := range socketTransports {
		t.Run(tr.name, func(t *testing.T) { test(t, tr.world(t, cfg)) })
	}
}

// closeError is err as a *CloseError, or a failure.
func closeError(t *testing.T, err error) *CloseError {
	t.Helper()
	var closed *CloseError
	if !errors.As(err, &closed) {
		t.Fatalf("closed with %v, want a *CloseError", err)
	}
	return closed
}
