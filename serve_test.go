package skirmish

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// stopped is a clock that stands still: the sampler sees one second.
type stopped struct{ zapcore.Clock }

func (stopped) Now() time.Time { return time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC) }

// observed is a server whose log the test reads. It listens and does not serve.
func observed(t *testing.T) (*server, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	cfg := Config{Games: testGames, DataDir: t.TempDir(), Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0"}
	s, err := newServer(context.Background(), cfg, zap.New(core, zap.WithClock(stopped{})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.closeAll(); err != nil {
			t.Error(err)
		}
	})
	return s, logs
}

func TestRequestsCannotFillTheLog(t *testing.T) {
	s, logs := observed(t)
	for range 1000 {
		r := httptest.NewRequest(http.MethodGet, "/nothing", nil)
		r.Host = "127.0.0.1"
		s.public.Handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	if n := logs.FilterMessage("request").Len(); n != 200+8 {
		t.Errorf("%d lines for 1000 refused requests in a second, want 208", n)
	}
}

func TestErrorsOfTheHTTPServerAreLogged(t *testing.T) {
	s, logs := observed(t)
	for _, srv := range []*http.Server{s.public, s.admin} {
		srv.ErrorLog.Print("http: Accept error: too many open files")
		if got := logs.TakeAll(); len(got) != 1 || got[0].Level != zapcore.WarnLevel {
			t.Errorf("logged %v, want one warning", got)
		}
	}
}

// Both listeners are bounded, and hand out what lies below to the WebSocket's transport.
func TestListenersAreLimited(t *testing.T) {
	s, _ := observed(t)
	for _, l := range s.listeners {
		client, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		nc, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		layer, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			t.Fatalf("%T is a connection without a bound", nc)
		}
		if _, ok := layer.NetConn().(*net.TCPConn); !ok {
			t.Errorf("below it is %T", layer.NetConn())
		}
		for _, c := range []net.Conn{client, nc} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
