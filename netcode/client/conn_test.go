package client

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// peer is the server's end of one WebSocket, in the test's hands.
type peer struct {
	t  *testing.T
	nc net.Conn
	in chan frame // what the client sends; closed when it is gone
	*server
	conn *Conn // the other end
}

type frame struct {
	op      ws.OpCode
	payload []byte
}

// dial connects a Conn to a peer.
func dial(t *testing.T, opt ConnOptions) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &peer{t: t, in: make(chan frame, 1000), server: newServer()}
	accepted := make(chan error, 1)
	go func() {
		var err error
		if p.nc, err = l.Accept(); err == nil {
			_, err = ws.Upgrade(p.nc)
		}
		accepted <- err
	}()
	p.conn, err = Dial(t.Context(), "ws://"+l.Addr().String()+"/v1/play", opt)
	if err := errors.Join(err, <-accepted); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.nc.Close() })
	go p.read()
	return p
}

// run runs the Conn; the result comes from the channel.
func (p *peer) run(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	go func() { done <- p.conn.Run(ctx) }()
	return done
}

func (p *peer) read() {
	defer close(p.in)
	for {
		f, err := ws.ReadFrame(p.nc)
		if err != nil {
			return
		}
		if !f.Header.Masked {
			p.t.Error("a frame of the client is not masked")
		}
		p.in <- frame{f.Header.OpCode, ws.UnmaskFrame(f).Payload}
	}
}

// await returns the next frame of the client with that opcode.
func (p *peer) await(op ws.OpCode) frame {
	p.t.Helper()
	for f := range p.in {
		if f.op == op {
			return f
		}
	}
	p.t.Fatalf("the client left without a frame of opcode %d", op)
	return frame{}
}

// awaitMessage returns the next message of that type.
func (p *peer) awaitMessage(kind uint8) []byte {
	p.t.Helper()
	for {
		f := p.await(ws.OpBinary)
		if k, err := msg.PeekType(f.payload); err == nil && k == kind {
			return f.payload
		}
	}
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	if _, err := p.nc.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

// send sends messages, each in a frame of its own.
func (p *peer) send(messages ...[]byte) {
	p.t.Helper()
	for _, m := range messages {
		p.write(ws.MustCompileFrame(ws.NewBinaryFrame(m)))
	}
}

// start brings the client into the game.
func (p *peer) start() {
	p.t.Helper()
	p.awaitMessage(msg.TypeJoin)
	p.step(1)
	p.send(p.hello(), p.full())
	p.awaitMessage(msg.TypeInput)
}

func TestConnPlaysAndLeaves(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var p *peer
	seen := make(chan uint32, 1000)
	p = dial(t, ConnOptions{OnTick: func() { seen <- p.conn.State.Tick() }})
	done := p.run(ctx)
	p.start()
	p.send(p.next(), p.next())
	for tick := range seen {
		if tick == 3 {
			break
		}
	}
	leave()
	if f := p.await(ws.OpClose); binary.BigEndian.Uint16(f.payload) != 1000 {
		t.Errorf("the client left with %v", f.payload)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestConnReadsMessagesHoweverTheyAreCut(t *testing.T) {
	snapshots := make(chan uint32, 100)
	var p *peer
	p = dial(t, ConnOptions{Options: Options{OnSnapshot: func() { snapshots <- p.conn.State.Tick() }}})
	ctx, leave := context.WithCancel(t.Context())
	done := p.run(ctx)
	p.start()
	<-snapshots

	// One message in three fragments with a ping between them, then byte by byte.
	m := p.next()
	frames := slices.Concat(
		ws.MustCompileFrame(ws.NewFrame(ws.OpBinary, false, m[:3])),
		ws.MustCompileFrame(ws.NewFrame(ws.OpContinuation, false, nil)),
		ws.MustCompileFrame(ws.NewPingFrame([]byte("are you there"))),
		ws.MustCompileFrame(ws.NewFrame(ws.OpContinuation, true, m[3:])),
	)
	p.write(frames)
	if f := p.await(ws.OpPong); string(f.payload) != "are you there" {
		t.Errorf("the ping was answered with %q", f.payload)
	}
	if tick := <-snapshots; tick != 2 {
		t.Errorf("tick %d", tick)
	}
	for _, b := range ws.MustCompileFrame(ws.NewBinaryFrame(p.next())) {
		p.write([]byte{b})
	}
	if tick := <-snapshots; tick != 3 {
		t.Errorf("tick %d", tick)
	}
	// A message longer than 64 KiB has a long length; what fills it is not read.
	long := p.enc.AppendReply(nil, msg.Reply{ID: 1, Status: msg.StatusRefused, Reason: string(make([]byte, 70_000))})
	p.send(long, p.next())
	if tick := <-snapshots; tick != 4 {
		t.Errorf("tick %d", tick)
	}
	leave()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestConnTellsTheCloseCode(t *testing.T) {
	for _, c := range []struct {
		code      uint16
		reconnect bool
	}{{4005, false}, {4100, true}, {4002, false}, {1001, true}} {
		p := dial(t, ConnOptions{})
		done := p.run(t.Context())
		p.start()
		p.send(msg.AppendBye(nil, msg.Bye{Code: c.code, RetryMS: 250}))
		p.write(ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(c.code), "because"))))
		if f := p.await(ws.OpClose); binary.BigEndian.Uint16(f.payload) != c.code {
			t.Errorf("%d was answered with %v", c.code, f.payload)
		}
		var closed *CloseError
		err := <-done
		if !errors.As(err, &closed) || closed.Code != c.code || closed.Reason != "because" || closed.MayReconnect() != c.reconnect {
			t.Errorf("%d ended as %v", c.code, err)
		}
		if p.conn.Bye == nil || p.conn.Bye.RetryMS != 250 {
			t.Errorf("BYE is %+v", p.conn.Bye)
		}
	}
}

func TestLostConnectionHasACode(t *testing.T) {
	for _, bye := range []bool{false, true} {
		p := dial(t, ConnOptions{})
		done := p.run(t.Context())
		p.start()
		want := uint16(1006)
		if bye {
			want = 4101
			p.send(msg.AppendBye(nil, msg.Bye{Code: want}))
		}
		if err := p.nc.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		var closed *CloseError
		if err := <-done; !errors.As(err, &closed) || closed.Code != want || !closed.MayReconnect() {
			t.Errorf("with BYE %v it ended as %v", bye, err)
		}
	}
}

func TestConnRefusesWhatNoServerMaySend(t *testing.T) {
	head := func(bytes ...byte) []byte { return bytes }
	for name, bytes := range map[string][]byte{
		"text":                     ws.MustCompileFrame(ws.NewTextFrame([]byte("hello"))),
		"masked frame":             ws.MustCompileFrame(ws.MaskFrame(ws.NewBinaryFrame([]byte{0x91, 1}))),
		"frame of 2^63 bytes":      head(0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"frame of 8 MiB and one":   head(0x82, 127, 0, 0, 0, 0, 0, 0x80, 0, 1),
		"reserved bit":             head(0xc2, 1, 0),
		"unknown opcode":           head(0x83, 0),
		"continuation of nothing":  head(0x80, 1, 0),
		"new message inside one":   head(0x02, 1, 0, 0x82, 1, 0),
		"ping in fragments":        head(0x09, 0),
		"ping of 126 bytes":        head(0x89, 126, 0, 126),
		"message that is none":     ws.MustCompileFrame(ws.NewBinaryFrame([]byte{0xdd, 0xff, 0xff, 0xff, 0xff})),
		"DELTA without a baseline": ws.MustCompileFrame(ws.NewBinaryFrame(newServer().skipped())),
	} {
		t.Run(name, func(t *testing.T) {
			p := dial(t, ConnOptions{})
			done := p.run(t.Context())
			p.start()
			p.write(bytes)
			// Who waits for more gets an end instead.
			if err := p.nc.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if f := p.await(ws.OpClose); binary.BigEndian.Uint16(f.payload) != 4000 {
				t.Errorf("closed with %v", f.payload)
			}
			if err := <-done; !errors.Is(err, ErrProtocol) {
				t.Errorf("ended as %v", err)
			}
		})
	}
}

// skipped is a DELTA for a client that has had tick 2.
func (s *server) skipped() []byte {
	s.step(1)
	s.full()
	s.next()
	return s.next()
}

func TestFragmentsAddUpToAtMostTheLimit(t *testing.T) {
	p := dial(t, ConnOptions{})
	done := p.run(t.Context())
	p.start()
	part := make([]byte, maxMessage/2)
	p.write(ws.MustCompileFrame(ws.NewFrame(ws.OpBinary, false, part)))
	p.write(ws.MustCompileFrame(ws.NewFrame(ws.OpContinuation, false, part)))
	p.write(ws.MustCompileFrame(ws.NewFrame(ws.OpContinuation, false, []byte{0})))
	if err := p.nc.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, ErrProtocol) {
		t.Errorf("ended as %v", err)
	}
}

func TestTapMayChangeMessages(t *testing.T) {
	n := 0
	p := dial(t, ConnOptions{Tap: func(m []byte) {
		if n++; n == 3 {
			m[len(m)-1] ^= 0x80
		}
	}})
	done := p.run(t.Context())
	p.start()
	p.send(p.next())
	if err := <-done; !errors.Is(err, ErrProtocol) {
		t.Errorf("ended as %v", err)
	}
}

func TestDialTellsTheStatusOfARefusal(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		u := ws.Upgrader{OnRequest: func([]byte) error {
			return ws.RejectConnectionError(ws.RejectionStatus(http.StatusForbidden))
		}}
		_, _ = u.Upgrade(nc) // the error is the refusal
		_, _ = io.Copy(io.Discard, nc)
	}()
	_, err = Dial(t.Context(), "ws://"+l.Addr().String(), ConnOptions{})
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Errorf("got %v", err)
	}
}

func TestDialUsesTheGivenWay(t *testing.T) {
	want := errors.New("no way")
	opt := ConnOptions{NetDial: func(context.Context, string, string) (net.Conn, error) { return nil, want }}
	_, err := Dial(t.Context(), "ws://127.0.0.1:1", opt)
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}

func TestDialGivesUpWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Dial(ctx, "ws://"+l.Addr().String(), ConnOptions{}); err == nil {
		t.Error("a handshake without an answer succeeded")
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(ws.MustCompileFrame(ws.NewBinaryFrame([]byte{0x91, 6})))
	f.Add(ws.MustCompileFrame(ws.NewPingFrame([]byte("x"))))
	f.Add([]byte{0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0x02, 1, 0, 0x80, 126, 0, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		rest, open := b, false
		for {
			h, payload, after, ok, err := nextFrame(rest, open)
			if err != nil && !errors.Is(err, ErrProtocol) {
				t.Fatal(err)
			}
			if err != nil || !ok {
				return
			}
			if int64(len(payload)) != h.Length || len(after) >= len(rest) {
				t.Fatalf("frame of %d bytes: payload %d, %d left of %d", h.Length, len(payload), len(after), len(rest))
			}
			if !h.OpCode.IsControl() {
				open = !h.Fin
			}
			rest = after
		}
	})
}
