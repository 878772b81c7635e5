package lobby

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// block is one part of a text/event-stream.
type block struct{ id, kind, data, comment string }

// tab is a client that reads a stream.
type tab struct {
	t      *testing.T
	body   io.Closer
	lines  *bufio.Reader
	header http.Header
	proto  int
}

// listen serves the world over a real connection.
func (w *world) listen(http2 bool) *httptest.Server {
	w.t.Helper()
	s := httptest.NewUnstartedServer(w.http)
	s.Config.ReadTimeout, s.Config.WriteTimeout = 15*time.Second, time.Minute
	s.EnableHTTP2 = http2
	if http2 {
		s.StartTLS()
	} else {
		s.Start()
	}
	w.t.Cleanup(s.Close)
	return s
}

func (p player) open(s *httptest.Server, cursor string) *tab {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), "GET", s.URL+"/v1/events", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.AccessToken)
	r.Header.Set("Accept-Encoding", "gzip")
	if cursor != "" {
		r.Header.Set("Last-Event-ID", cursor)
	}
	a, err := s.Client().Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	if a.StatusCode != 200 {
		p.t.Fatalf("status %s", a.Status)
	}
	p.t.Cleanup(func() { a.Body.Close() })
	return &tab{p.t, a.Body, bufio.NewReader(a.Body), a.Header, a.ProtoMajor}
}

// next reads a block; ok is false at the end of the stream.
func (s *tab) next() (b block, ok bool) {
	s.t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return b, false
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "":
			if line == "\n" {
				return b, true
			}
			b.comment = value
		case "id":
			b.id = value
		case "event":
			b.kind = value
		case "data":
			b.data = value
		default:
			s.t.Fatalf("line %q", line)
		}
	}
}

func (s *tab) want(kind, data string) block {
	s.t.Helper()
	b, ok := s.next()
	if !ok || b.kind != kind || b.data != data {
		s.t.Fatalf("block %+v, %t; want %s %s", b, ok, kind, data)
	}
	return b
}

func (s *tab) ended() {
	s.t.Helper()
	if b, ok := s.next(); ok {
		s.t.Fatalf("the stream goes on with %+v", b)
	}
}

func (p player) tell(n int) {
	p.t.Helper()
	if err := p.lobby.events.Publish(p.PlayerID, "count", n); err != nil {
		p.t.Fatal(err)
	}
}

func (p player) poll(query string) EventList {
	p.t.Helper()
	return into[EventList](p.call("GET", "/v1/events?"+query, nil), 200)
}

func TestEventsResumeWithoutLossAndWithoutRepeats(t *testing.T) {
	w := newWorld(t, nil)
	p, s := w.guest("Ann"), w.listen(false)
	told := 0
	tell := func(n int) {
		for range n {
			told++
			p.tell(told)
		}
	}
	stream := p.open(s, "")
	if got := stream.header; got.Get("Content-Type") != "text/event-stream" || got.Get("Content-Encoding") != "" ||
		got.Get("Cache-Control") != "no-store" || got.Get("X-Accel-Buffering") != "no" {
		t.Errorf("headers %v", got)
	}
	first, ok := stream.next()
	if !ok || first.id == "" || first.kind != "" || first.data != "" {
		t.Fatalf("the stream begins with %+v", first)
	}
	cursor := first.id
	// Cut before anything was said, in the middle, and after the last: each time the next one goes on exactly there.
	for i, reads := range []int{0, 3, 7, 0, 5} {
		stream.body.Close()
		tell(reads)
		stream = p.open(s, cursor)
		if b, _ := stream.next(); b.id != cursor || b.kind != "" {
			t.Fatalf("round %d begins with %+v, want the cursor %s", i, b, cursor)
		}
		for n := range reads {
			cursor = stream.want("count", strconv.Itoa(told-reads+n+1)).id
		}
	}
	// A poll goes on where a stream stopped, and the other way round.
	stream.body.Close()
	tell(2)
	list := p.poll("wait=0&since=" + cursor)
	if len(list.Events) != 2 || string(list.Events[0].Data) != strconv.Itoa(told-1) || list.Events[1].Cursor != list.Cursor {
		t.Fatalf("poll %+v", list)
	}
	tell(1)
	stream = p.open(s, list.Cursor)
	stream.next()
	stream.want("count", strconv.Itoa(told))
}

func TestEventsBeyondTheRingStartOver(t *testing.T) {
	w := newWorld(t, nil)
	p, s := w.guest("Ann"), w.listen(false)
	cursor := p.poll("wait=0").Cursor
	for n := range 300 {
		p.tell(n)
	}
	for _, gone := range []string{cursor, "not-a-cursor", "0-0"} {
		stream := p.open(s, gone)
		stream.next()
		over := stream.want("start-over", "null")
		if again := p.poll("wait=0&since=" + over.id); len(again.Events) != 0 {
			t.Errorf("after starting over %+v", again)
		}
		if list := p.poll("wait=25&since=" + gone); len(list.Events) != 1 || list.Events[0].Kind != "start-over" || list.Cursor != over.id {
			t.Errorf("poll %+v", list)
		}
	}
}

func TestEventsAreTheirAccountsOnly(t *testing.T) {
	w := newWorld(t, nil)
	ann, eve := w.guest("Ann"), w.guest("Eve")
	cursor := ann.poll("wait=0").Cursor
	eve.poll("wait=0")
	ann.tell(1)
	if list := eve.poll("wait=0&since=" + cursor); len(list.Events) != 0 {
		t.Errorf("Eve reads %+v", list)
	}
}

func TestLongPollWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		p := w.guest("Ann")
		cursor := p.poll("wait=0").Cursor
		go func() {
			time.Sleep(20 * time.Second)
			p.tell(1)
		}()
		began := time.Now()
		if list := p.poll("wait=25&since=" + cursor); len(list.Events) != 1 || time.Since(began) != 20*time.Second {
			t.Errorf("%+v after %s", list, time.Since(began))
		}
		cursor = p.poll("wait=0").Cursor
		if list := p.poll("wait=25&since=" + cursor); len(list.Events) != 0 || list.Cursor != cursor || time.Since(began) != 45*time.Second {
			t.Errorf("%+v after %s", list, time.Since(began))
		}
		p.call("GET", "/v1/events?wait=26", nil).refused(422, "invalid")
	})
}

// pipe is a ResponseWriter whose reader may be slow. It notes the deadlines of writes.
type pipe struct {
	header http.Header
	mu     sync.Mutex
	buf    strings.Builder
	stall  bool
	until  time.Time // of writes
	bad    []string
}

func (p *pipe) Header() http.Header { return p.header }
func (p *pipe) WriteHeader(int)     {}
func (p *pipe) Flush()              {}

func (p *pipe) SetWriteDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = t
	return nil
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	stall, until := p.stall, p.until
	if left := time.Until(until); left <= 0 || left > eventWrite {
		p.bad = append(p.bad, fmt.Sprintf("a write has %s", left))
	}
	p.mu.Unlock()
	if stall {
		time.Sleep(time.Until(until))
		return 0, os.ErrDeadlineExceeded
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Write(b)
}

// stream runs a stream into a pipe; done is closed when it has ended.
func (p player) stream(ctx context.Context, out *pipe) (done chan struct{}) {
	r := httptest.NewRequestWithContext(ctx, "GET", "/v1/events", nil)
	r.Host = "127.0.0.1:8080"
	r.Header.Set("Authorization", "Bearer "+p.AccessToken)
	done = make(chan struct{})
	go func() {
		defer close(done)
		p.http.ServeHTTP(out, r)
	}()
	return done
}

func TestSilentStreamIsKeptAliveAndEndsAfterItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newWorld(t, nil).guest("Ann")
		out := &pipe{header: http.Header{}}
		began := time.Now()
		<-p.stream(t.Context(), out)
		if got := time.Since(began); got != 10*time.Minute {
			t.Errorf("it ended after %s", got)
		}
		if got := strings.Count(out.buf.String(), ": still here\n\n"); got < 39 || got > 40 { // the last falls together with the end
			t.Errorf("%d heartbeats in ten minutes, want 39 or 40", got)
		}
		if !strings.HasSuffix(out.buf.String(), "event: bye\ndata: {\"reason\":\"lifetime\"}\n\n") {
			t.Errorf("it ends with %q", out.buf.String())
		}
		if len(out.bad) > 0 {
			t.Errorf("deadlines: %s", out.bad)
		}
		if left := time.Until(out.until); left != eventWrite {
			t.Errorf("net/http has %s for the rest", left)
		}
	})
}

func TestStreamWithoutAReaderEndsAndHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newWorld(t, nil).guest("Ann")
		slow, good := &pipe{header: http.Header{}}, &pipe{header: http.Header{}}
		ctx, cancel := context.WithCancel(t.Context())
		done, other := p.stream(t.Context(), slow), p.stream(ctx, good)
		synctest.Wait()
		slow.mu.Lock()
		slow.stall = true
		if !slow.until.IsZero() {
			t.Error("a stream that writes nothing has a deadline: HTTP/2 would reset it")
		}
		slow.mu.Unlock()
		p.tell(0) // held by the slow one
		synctest.Wait()
		for n := 1; n <= 300; n++ { // more than the ring keeps
			p.tell(n)
			synctest.Wait()
		}
		if got := strings.Count(good.buf.String(), "event: count\n"); got != 301 || strings.Contains(good.buf.String(), "start-over") {
			t.Errorf("the good one read %d events", got)
		}
		began := time.Now()
		<-done
		if got := time.Since(began); got != eventWrite {
			t.Errorf("the slow one ended after %s", got)
		}
		cancel()
		<-other
		if n := p.lobby.reading.Load(); n != 0 {
			t.Errorf("%d readers are left", n)
		}
	})
}

func TestClosingEndsPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newWorld(t, nil).guest("Ann")
		polled := make(chan answer)
		go func() { polled <- p.call("GET", "/v1/events?wait=25", nil) }()
		synctest.Wait()
		p.lobby.Close()
		(<-polled).refused(503, "draining")
		p.call("GET", "/v1/events", nil).refused(503, "draining")
	})
}

func TestSigningOutEndsTheStream(t *testing.T) {
	w := newWorld(t, nil)
	p, other, s := w.guest("Ann"), w.guest("Bob"), w.listen(false)
	stream, stays := p.open(s, ""), other.open(s, "")
	stream.next()
	stays.next()
	p.call("DELETE", "/v1/account/sessions", nil).is(204)
	stream.want("bye", `{"reason":"signed-out"}`)
	stream.ended()
	other.tell(1)
	stays.want("count", "1")
}

func TestTooManyReadersEndTheOldest(t *testing.T) {
	w := newWorld(t, nil)
	p, s := w.guest("Ann"), w.listen(false)
	var tabs []*tab
	for range 13 {
		stream := p.open(s, "")
		stream.next()
		tabs = append(tabs, stream)
	}
	tabs[0].want("bye", `{"reason":"replaced"}`)
	tabs[0].ended()
	p.tell(1)
	for _, stream := range tabs[1:] {
		stream.want("count", "1")
	}
}

// HEAD is answered at once, and takes no place from those who read.
func TestHeadOfEventsReadsNothing(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Readers = 1 })
	p, s := w.guest("Ann"), w.listen(false)
	stream := p.open(s, "")
	stream.next()
	for path, kind := range map[string]string{"/v1/events": "text/event-stream", "/v1/events?wait=25": "application/json"} {
		a := p.call("HEAD", path, nil)
		if a.is(200); a.Header().Get("Content-Type") != kind || a.Body.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", path, a.Header(), a.Body.Len())
		}
	}
	p.tell(1)
	stream.want("count", "1")
}

func TestReadersAreBounded(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Readers = 1 })
	p, s := w.guest("Ann"), w.listen(false)
	p.open(s, "").next()
	if a := p.call("GET", "/v1/events?wait=0", nil); a.Header().Get("Retry-After") != "5" {
		t.Errorf("Retry-After %q", a.Header().Get("Retry-After"))
	}
	p.call("GET", "/v1/events", nil).refused(503, "too_many_streams")
}

// A browser gives HTTP/1 six connections to a server; with HTTP/2 tabs that do not share a stream share the connection.
func TestTenTabsReadOverOneHTTP2Connection(t *testing.T) {
	w := newWorld(t, nil)
	p, s := w.guest("Ann"), w.listen(true)
	var tabs []*tab
	for range 10 {
		stream := p.open(s, "")
		stream.next()
		if stream.proto != 2 {
			t.Fatalf("HTTP/%d", stream.proto)
		}
		tabs = append(tabs, stream)
	}
	for n := range 50 {
		p.tell(n)
	}
	for i, stream := range tabs {
		for n := range 50 {
			if b := stream.want("count", strconv.Itoa(n)); b.id == "" {
				t.Fatalf("tab %d: event %d has no id", i, n)
			}
		}
	}
	w.lobby.Close()
	for _, stream := range tabs {
		stream.want("bye", `{"reason":"shutdown"}`)
		stream.ended()
	}
}

func TestEventDataIsOneLine(t *testing.T) {
	w := newWorld(t, nil)
	p, s := w.guest("Ann"), w.listen(false)
	stream := p.open(s, "")
	stream.next()
	if err := w.lobby.events.Publish(p.PlayerID, "note", json.RawMessage("{\n\"a\": \"x\\ny\u2028\"\n}")); err != nil {
		t.Fatal(err)
	}
	if b, _ := stream.next(); b.data != `{"a":"x\ny\u2028"}` {
		t.Errorf("data %q", b.data)
	}
}
