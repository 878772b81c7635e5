package conn

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// end is a client as the conformance tests need it, over a socket or in memory.
type end interface {
	ID() ID
	Send(message string)
	Flush() // waits until the Transport has what was sent
	Want(message string)
	WantClosed(code uint16)
	Leave()
	Close(code uint16)
}

// stage is a Transport with a way to connect clients.
type stage interface {
	Transport() Transport
	Rec() *recorder
	Dial(tag string) end
	Until(what string, cond func() bool)
}

// Every Transport behaves like this.
func TestTransportConformance(t *testing.T) {
	tests := []struct {
		name string
		test func(t *testing.T, s stage)
	}{
		{"OpensThenReportsMessagesInOrder", testOrder},
		{"PollsInOrderOfAttachment", testPollOrder},
		{"StampsMessages", testStamps},
		{"AnswersFromTheHandler", testEcho},
		{"DeliversSeveralFramesOfOneSend", testSeveralFrames},
		{"CloseSendsLastThenCode", testClose},
		{"CloseEndsMessages", testCloseInHandler},
		{"CloseCountsOnce", testCloseTwice},
		{"ReportsClientThatLeft", testLeave},
		{"ReportsCloseOfClient", testPeerCloses},
		{"RefusesOversizedMessage", testOversized},
		{"UnknownIDIsGone", testUnknown},
		{"ShutdownReportsClosed", testShutdown},
		{"ForgetsClosed", testForgets},
		{"SurvivesPanickingHandler", testPanic},
	}
	stamp := func() time.Time { return time.Unix(1000, 0) }
	for _, tr := range socketTransports {
		for _, tt := range tests {
			t.Run(tr.name+"/"+tt.name, func(t *testing.T) {
				tt.test(t, socketStage{tr.world(t, Config{Now: stamp})})
			})
		}
	}
	for _, tt := range tests {
		t.Run("memory/"+tt.name, func(t *testing.T) {
			m := NewMemory()
			m.Now = stamp
			tt.test(t, memoryStage{t, m, &recorder{}})
		})
	}
}

func testOrder(t *testing.T, s stage) {
	c := s.Dial("a")
	want := []string{"opened a"}
	for i := range 300 { // more than an inbox holds
		c.Send(fmt.Sprint(i))
		want = append(want, fmt.Sprint("message ", i))
	}
	s.Until("300 messages", func() bool { return s.Rec().messages(c.ID()) == 300 })
	if got := s.Rec().of(c.ID()); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func testPollOrder(t *testing.T, s stage) {
	var ends []end
	for i := range 20 {
		ends = append(ends, s.Dial(fmt.Sprint(i)))
	}
	before := len(s.Rec().events)
	for _, c := range slices.Backward(ends) {
		c.Send("x")
		c.Flush()
	}
	s.Transport().Poll(s.Rec())
	got := s.Rec().events[before:]
	if len(got) != len(ends) {
		t.Fatalf("%d messages in one Poll, want %d", len(got), len(ends))
	}
	for i, c := range ends {
		if got[i].id != c.ID() {
			t.Fatalf("message %d is of connection %d, want %d", i, got[i].id, c.ID())
		}
	}
}

func testStamps(t *testing.T, s stage) {
	c := s.Dial("a")
	c.Send("x")
	s.Until("message", func() bool { return s.Rec().messages(c.ID()) == 1 })
	// By the injected clock, less how long it has waited for the Poll.
	if ago := time.Unix(1000, 0).Sub(s.Rec().events[1].at); ago < 0 || ago > patience {
		t.Errorf("stamped %v before the injected clock's time", ago)
	}
}

func testEcho(t *testing.T, s stage) {
	tr := s.Transport()
	s.Rec().onMessage = func(id ID, data []byte) {
		if got := tr.TrySend(id, appendMessage(nil, append([]byte("re: "), data...))); got != Sent {
			t.Errorf("TrySend from the Handler: %d", got)
		}
	}
	a, b := s.Dial("a"), s.Dial("b")
	a.Send("from a")
	b.Send("from b")
	s.Until("both", func() bool { return s.Rec().messages(a.ID())+s.Rec().messages(b.ID()) == 2 })
	a.Want("re: from a")
	b.Want("re: from b")
}

func testSeveralFrames(t *testing.T, s stage) {
	c := s.Dial("a")
	long := string(make([]byte, 70_000))
	buf := appendMessage(appendMessage(appendMessage(nil, []byte("hello")), []byte(long)), nil)
	if got := s.Transport().TrySend(c.ID(), buf); got != Sent {
		t.Fatal(got)
	}
	clear(buf) // the caller's buffer is its own again
	c.Want("hello")
	c.Want(long)
	c.Want("")
}

func testClose(t *testing.T, s stage) {
	c := s.Dial("a")
	tr := s.Transport()
	if got := tr.TrySend(c.ID(), appendMessage(nil, []byte("held"))); got != Sent {
		t.Fatal(got)
	}
	tr.Close(c.ID(), appendMessage(nil, []byte("last")), 4005, "over")
	if tr.Ready(c.ID()) || tr.TrySend(c.ID(), appendMessage(nil, []byte("late"))) != Gone {
		t.Error("a closed connection takes messages")
	}
	c.Want("held")
	c.Want("last")
	c.WantClosed(4005)
	s.Until("Closed", func() bool { _, ok := s.Rec().closed(c.ID()); return ok })
	err, _ := s.Rec().closed(c.ID())
	if e := closeError(t, err); *e != (CloseError{Code: 4005, Reason: "over"}) {
		t.Errorf("closed with %+v", e)
	}
}

func testCloseInHandler(t *testing.T, s stage) {
	c := s.Dial("a")
	for range 50 {
		c.Send("x")
	}
	s.Rec().onMessage = func(id ID, _ []byte) { s.Transport().Close(id, nil, 4000, "bad message") }
	s.Until("message", func() bool { return s.Rec().messages(c.ID()) > 0 })
	c.WantClosed(4000)
	s.Until("Closed", func() bool { _, ok := s.Rec().closed(c.ID()); return ok })
	if got := s.Rec().of(c.ID()); !slices.Equal(got, []string{"opened a", "message x", "closed"}) {
		t.Errorf("got %q, want one message", got)
	}
}

func testCloseTwice(t *testing.T, s stage) {
	c := s.Dial("a")
	s.Transport().Close(c.ID(), nil, 4002, "kicked")
	s.Transport().Close(c.ID(), appendMessage(nil, []byte("more")), 4005, "over")
	c.WantClosed(4002)
	s.Until("Closed", func() bool { _, ok := s.Rec().closed(c.ID()); return ok })
}

func testLeave(t *testing.T, s stage) {
	c, other := s.Dial("a"), s.Dial("b")
	c.Send("bye")
	c.Leave()
	s.Until("Closed", func() bool { _, ok := s.Rec().closed(c.ID()); return ok })
	if got := s.Rec().of(c.ID()); !slices.Equal(got, []string{"opened a", "message bye", "closed"}) {
		t.Errorf("got %q: what was sent before leaving must arrive", got)
	}
	if err, _ := s.Rec().closed(c.ID()); !errors.Is(err, ErrPeerLeft) {
		t.Errorf("closed with %v", err)
	}
	if !s.Transport().Ready(other.ID()) {
		t.Error("the other connection is not ready")
	}
}

func testPeerCloses(t *testing.T, s stage) {
	c := s.Dial("a")
	c.Close(1000)
	s.Until("Closed", func() bool { _, ok := s.Rec().closed(c.ID()); return ok })
	err, _ := s.Rec().closed(c.ID())
	if e := closeError(t, err); e.Code != 1000 || !e.ByPeer {
		t.Errorf("closed with %+v", e)
	}
	c.WantClosed(1000)
}

func testOversized(t *testing.T, s stage) {
	c := s.Dial("a")
	c.Send(string(make([]byte, DefaultMaxMessage)))
	c.Send(string(make([]byte, DefaultMaxMessage+1)))
	s.Until("Closed", func() bool { _, ok := s.Rec().closed(c.ID()); return ok })
	err, _ := s.Rec().closed(c.ID())
	if e := closeError(t, err); e.Code != 1009 || e.ByPeer {
		t.Errorf("closed with %+v", e)
	}
	if n := s.Rec().messages(c.ID()); n != 1 {
		t.Errorf("%d messages, want the one at the limit", n)
	}
	c.WantClosed(1009)
}

func testUnknown(t *testing.T, s stage) {
	tr := s.Transport()
	for _, id := range []ID{0, 99} {
		if tr.Ready(id) || tr.TrySend(id, appendMessage(nil, nil)) != Gone {
			t.Errorf("id %d takes messages", id)
		}
		tr.Close(id, nil, 4000, "")
	}
}

func testShutdown(t *testing.T, s stage) {
	a, b := s.Dial("a"), s.Dial("b")
	s.Transport().Shutdown()
	if err := s.Transport().Attach(Socket{}, "late"); err != ErrClosed {
		t.Errorf("Attach after Shutdown: %v", err)
	}
	s.Transport().Poll(s.Rec())
	for _, c := range []end{a, b} {
		if err, ok := s.Rec().closed(c.ID()); !ok || err != ErrClosed {
			t.Errorf("closed %v with %v", ok, err)
		}
		if s.Transport().TrySend(c.ID(), nil) != Gone {
			t.Error("a connection takes messages after Shutdown")
		}
	}
}

func testForgets(t *testing.T, s stage) {
	c := s.Dial("a")
	c.Leave()
	s.Until("Closed", func() bool { _, ok := s.Rec().closed(c.ID()); return ok })
	n := len(s.Rec().events)
	s.Transport().Poll(s.Rec())
	s.Transport().Close(c.ID(), nil, 4000, "")
	s.Transport().Poll(s.Rec())
	if len(s.Rec().events) != n || s.Transport().Ready(c.ID()) {
		t.Errorf("after Closed: %+v", s.Rec().events[n:])
	}
	d := s.Dial("b") // may have the old one's place
	if d.ID() == c.ID() {
		t.Error("an id was used twice")
	}
	s.Transport().Close(c.ID(), nil, 4000, "")
	if s.Transport().TrySend(c.ID(), appendMessage(nil, []byte("for a"))) != Gone {
		t.Error("the old id takes messages")
	}
	if s.Transport().TrySend(d.ID(), appendMessage(nil, []byte("for b"))) != Sent {
		t.Error("the new connection takes none")
	}
	d.Want("for b")
}

// A Handler that panics loses the messages of the connection it was told about, and nothing of any other.
func testPanic(t *testing.T, s stage) {
	before, a, b, c := s.Dial("before"), s.Dial("a"), s.Dial("b"), s.Dial("c")
	before.Leave()
	for _, e := range []end{a, b, c} {
		e.Send("1")
		e.Send("2")
		e.Flush()
	}
	b.Leave()
	s.Rec().onMessage = func(id ID, _ []byte) {
		if id == a.ID() {
			panic("a game's mistake")
		}
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the caller of Poll")
			}
		}()
		s.Transport().Poll(s.Rec())
	}()
	s.Rec().onMessage = nil
	s.Until("Closed", func() bool { _, ok := s.Rec().closed(b.ID()); return ok })
	s.Until("Closed", func() bool { _, ok := s.Rec().closed(before.ID()); return ok })
	s.Transport().Poll(s.Rec())
	for e, want := range map[end][]string{
		before: {"opened before", "closed"},
		a:      {"opened a", "message 1"},
		b:      {"opened b", "message 1", "message 2", "closed"},
		c:      {"opened c", "message 1", "message 2"},
	} {
		if got := s.Rec().of(e.ID()); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	a.Leave()
	s.Until("Closed", func() bool { _, ok := s.Rec().closed(a.ID()); return ok })
}

// socketStage connects over loopback.
type socketStage struct{ w *world }

func (s socketStage) Transport() Transport                { return s.w.transport }
func (s socketStage) Rec() *recorder                      { return s.w.rec }
func (s socketStage) Dial(tag string) end                 { return socketEnd{s.w.dial(tag)} }
func (s socketStage) Until(what string, cond func() bool) { s.w.t.Helper(); s.w.until(what, cond) }

type socketEnd struct{ c *client }

func (e socketEnd) ID() ID                 { return e.c.id }
func (e socketEnd) Send(message string)    { e.c.t.Helper(); e.c.send(message) }
func (e socketEnd) Flush()                 { e.c.t.Helper(); e.c.flush(e.c) }
func (e socketEnd) Want(message string)    { e.c.t.Helper(); e.c.wantMessage(message) }
func (e socketEnd) WantClosed(code uint16) { e.c.t.Helper(); e.c.wantClose(code); _ = e.c.nc.Close() }
func (e socketEnd) Leave()                 { _ = e.c.nc.Close() }
func (e socketEnd) Close(code uint16) {
	e.c.write(clientFrame(ws.OpClose, true, ws.NewCloseFrameBody(ws.StatusCode(code), "")))
}

// memoryStage connects without sockets.
type memoryStage struct {
	t   *testing.T
	m   *Memory
	rec *recorder
}

func (s memoryStage) Transport() Transport { return s.m }
func (s memoryStage) Rec() *recorder       { return s.rec }
func (s memoryStage) Dial(tag string) end {
	c := s.m.Dial(tag)
	s.m.Poll(s.rec)
	return memoryEnd{s.t, c}
}
func (s memoryStage) Until(what string, cond func() bool) {
	s.t.Helper()
	if s.m.Poll(s.rec); !cond() {
		s.t.Fatalf("not after one Poll: %s", what)
	}
}

type memoryEnd struct {
	t *testing.T
	c *MemoryConn
}

func (e memoryEnd) ID() ID              { return e.c.id }
func (e memoryEnd) Send(message string) { e.c.Send([]byte(message)) }
func (e memoryEnd) Flush()              {}
func (e memoryEnd) Want(message string) {
	e.t.Helper()
	if got, ok := e.c.Next(); !ok || string(got) != message {
		e.t.Fatalf("got %.40q, %v, want %.40q", got, ok, message)
	}
}
func (e memoryEnd) WantClosed(code uint16) {
	e.t.Helper()
	if got, _, closed := e.c.CloseInfo(); !closed || got != code || len(e.c.Recv()) != 0 {
		e.t.Fatalf("closed %v with %d, want %d and no more messages", closed, got, code)
	}
}
func (e memoryEnd) Leave()            { e.c.Leave() }
func (e memoryEnd) Close(code uint16) { e.c.Close(code, "") }
