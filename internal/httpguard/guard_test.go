package httpguard

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

var t0 = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

func newGuard(t testing.TB, cfg Config) (*Guard, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	cfg.Logger = zap.New(core)
	cfg.Clock = func() time.Time { return t0 }
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g, logs
}

// serve sends one request through the guard to a handler that answers 200 "ok".
func serve(g *Guard, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })).ServeHTTP(rec, r)
	return rec
}

func request(host string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/v1/rooms", nil)
	r.Host = host
	r.RemoteAddr = "203.0.113.7:4242"
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func code(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	var p struct{ Code, Type, Detail string }
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || p.Type != "urn:skirmish:problem:"+p.Code || p.Detail == "" {
		t.Fatalf("no problem document: %s", rec.Body)
	}
	if got := rec.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q", got)
	}
	return p.Code
}

func TestHostMustNameThisServer(t *testing.T) {
	g, _ := newGuard(t, Config{PublicURL: "https://Play.example:8443"})
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "127.0.0.1": 200, "192.168.1.5:80": 200, "[::1]:8080": 200, "[::1]": 200, "localhost:1": 200,
		"LOCALHOST": 200, "play.example": 200, "PLAY.example:443": 200,
		"": 403, "evil.example": 403, "evil.example:8080": 403, "play.example.evil.example": 403, "localhost.evil.example": 403,
		"xplay.example": 403, "127.0.0.1.evil.example": 403, "127.0.0.1:80@evil.example": 403, "[::1": 403, "::1": 403,
		"localhost:80x": 403, "127.1": 403,
	} {
		rec := serve(g, request(host))
		if rec.Code != want {
			t.Errorf("Host %q: %d, want %d", host, rec.Code, want)
		}
		if want == 403 && code(t, rec) != "host_not_allowed" {
			t.Errorf("Host %q: %s", host, rec.Body)
		}
	}
}

func TestPublicHostIsUnknownUntilConfigured(t *testing.T) {
	g, _ := newGuard(t, Config{})
	if rec := serve(g, request("play.example")); rec.Code != 403 {
		t.Errorf("got %d, want 403", rec.Code)
	}
}

func TestOriginMustBeOwnOrListed(t *testing.T) {
	g, _ := newGuard(t, Config{
		PublicURL: "https://play.example", ListenAddr: "127.0.0.1:8080", AllowedOrigins: []string{"https://game.example"},
	})
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1:8080", "http://127.0.0.1:8080", 200},
		{"127.0.0.1:8080", "http://localhost:8080", 200},
		{"localhost:8080", "http://[::1]:8080", 200},
		{"192.168.1.5:8080", "http://192.168.1.5:8080", 200},
		{"192.168.1.5", "http://192.168.1.5:80", 200},
		{"play.example", "https://play.example", 200},
		{"play.example:443", "https://PLAY.example:443", 200},
		{"play.example", "https://game.example", 200},
		{"127.0.0.1:8080", "https://game.example:443", 200},
		{"127.0.0.1:8080", "http://127.0.0.1:9999", 403},
		{"127.0.0.1:8080", "https://127.0.0.1:8080", 403},
		{"127.0.0.1:8080", "http://localhost:9999", 403},
		{"127.0.0.1:8080", "http://game.example", 403},
		{"127.0.0.1:8080", "https://evil.example", 403},
		{"127.0.0.1:8080", "https://game.example.evil.example", 403},
		{"127.0.0.1:8080", "null", 403},
		{"127.0.0.1:8080", "", 403},
		{"127.0.0.1:8080", "file://", 403},
		{"127.0.0.1:8080", "http://127.0.0.1:8080/path", 403},
		{"127.0.0.1:8080", "http://user@127.0.0.1:8080", 403},
	} {
		rec := serve(g, request(c.host, "Origin", c.origin))
		if rec.Code != c.want {
			t.Errorf("Host %q, Origin %q: %d, want %d", c.host, c.origin, rec.Code, c.want)
		}
		if c.want == 403 && code(t, rec) != "origin_not_allowed" {
			t.Errorf("Origin %q: %s", c.origin, rec.Body)
		}
	}
}

// A rebound name sends matching Host and Origin: comparing the two would let it in.
func TestOriginIsNotComparedWithHostAlone(t *testing.T) {
	g, _ := newGuard(t, Config{ListenAddr: "127.0.0.1:8080"})
	if rec := serve(g, request("evil.example:8080", "Origin", "http://evil.example:8080")); rec.Code != 403 {
		t.Errorf("got %d, want 403", rec.Code)
	}
}

// A page elsewhere can put an address of this server into an <img>: there is no Origin, and Host is right.
func TestPagesElsewhereAreRefusedWhereConfigured(t *testing.T) {
	strict, _ := newGuard(t, Config{RefusePages: true})
	open, _ := newGuard(t, Config{})
	for site, want := range map[string]int{"none": 200, "same-origin": 200, "same-site": 403, "cross-site": 403, "": 403, "x": 403} {
		r := request("127.0.0.1", "Sec-Fetch-Site", site)
		if rec := serve(strict, r); rec.Code != want {
			t.Errorf("Sec-Fetch-Site %q: %d, want %d", site, rec.Code, want)
		}
		if rec := serve(open, r); rec.Code != 200 {
			t.Errorf("Sec-Fetch-Site %q at a public listener: %d", site, rec.Code)
		}
	}
	if rec := serve(strict, request("127.0.0.1")); rec.Code != 200 {
		t.Errorf("no browser: %d", rec.Code)
	}
	if rec := serve(strict, request("127.0.0.1", "Sec-Fetch-Site", "none", "Sec-Fetch-Site", "cross-site")); rec.Code != 403 {
		t.Errorf("two values: %d", rec.Code)
	}
}

func TestTwoOriginsAreRefused(t *testing.T) {
	g, _ := newGuard(t, Config{})
	r := request("127.0.0.1:8080", "Origin", "http://127.0.0.1:8080", "Origin", "http://127.0.0.1:8080")
	if rec := serve(g, r); rec.Code != 403 {
		t.Errorf("got %d, want 403", rec.Code)
	}
}

func TestMissingOriginPasses(t *testing.T) {
	g, _ := newGuard(t, Config{})
	if rec := serve(g, request("127.0.0.1:8080")); rec.Code != 200 {
		t.Errorf("got %d, want 200", rec.Code)
	}
}

func TestForwardedSchemeNeedsATrustedProxy(t *testing.T) {
	g, _ := newGuard(t, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	r := request("192.168.1.5", "Origin", "https://192.168.1.5", "X-Forwarded-Proto", "https")
	if rec := serve(g, r); rec.Code != 403 {
		t.Errorf("from anyone: %d, want 403", rec.Code)
	}
	r.RemoteAddr = "10.0.0.1:99"
	if rec := serve(g, r); rec.Code != 200 {
		t.Errorf("from a trusted proxy: %d, want 200", rec.Code)
	}
}

func TestCORSIsForListedOriginsWithoutCredentials(t *testing.T) {
	g, _ := newGuard(t, Config{AllowedOrigins: []string{"https://game.example"}})
	h := serve(g, request("127.0.0.1", "Origin", "https://game.example")).Header()
	if got := h.Get("Access-Control-Allow-Origin"); got != "https://game.example" {
		t.Errorf("listed origin: %q", got)
	}
	if h.Get("Access-Control-Allow-Credentials") != "" || h.Get("Vary") != "Origin" {
		t.Errorf("credentials %q, vary %q", h.Get("Access-Control-Allow-Credentials"), h.Get("Vary"))
	}
	for _, origin := range []string{"http://127.0.0.1", "https://evil.example"} {
		if got := serve(g, request("127.0.0.1", "Origin", origin)).Header().Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s: %q", origin, got)
		}
	}
}

func TestPreflightIsAnsweredForListedOriginsOnly(t *testing.T) {
	g, _ := newGuard(t, Config{AllowedOrigins: []string{"https://game.example"}})
	preflight := func(origin string) *httptest.ResponseRecorder {
		r := request("127.0.0.1", "Origin", origin, "Access-Control-Request-Method", "POST")
		r.Method = http.MethodOptions
		return serve(g, r)
	}
	rec := preflight("https://game.example")
	if rec.Code != 204 || !strings.Contains(rec.Header().Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("listed: %d %v", rec.Code, rec.Header())
	}
	if rec := preflight("https://evil.example"); rec.Code != 403 {
		t.Errorf("not listed: %d", rec.Code)
	}
}

func TestEveryAnswerHasSecurityHeaders(t *testing.T) {
	g, _ := newGuard(t, Config{PublicURL: "https://play.example"})
	for _, rec := range []*httptest.ResponseRecorder{serve(g, request("127.0.0.1")), serve(g, request("evil.example"))} {
		h := rec.Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%d: %s is %q", rec.Code, name, h.Get(name))
			}
		}
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{
			"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
			"connect-src 'self' https://play.example wss://play.example",
		} {
			if !strings.Contains(csp, want) {
				t.Errorf("%d: policy %q lacks %q", rec.Code, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") {
			t.Errorf("policy %q", csp)
		}
		if len(h.Get("X-Request-Id")) < 20 {
			t.Errorf("request id %q", h.Get("X-Request-Id"))
		}
	}
}

func TestLoopbackPageMayOpenTheWebSocketUnderEachName(t *testing.T) {
	g, _ := newGuard(t, Config{ListenAddr: "127.0.0.1:8080"})
	csp := serve(g, request("localhost:8080")).Header().Get("Content-Security-Policy")
	for _, want := range []string{"ws://127.0.0.1:8080", "ws://localhost:8080"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy %q lacks %s", csp, want)
		}
	}
	if strings.Contains(csp, "[") {
		t.Errorf("policy %q has an IPv6 literal, which is not in its grammar", csp)
	}
}

func TestBodyIsLimited(t *testing.T) {
	g, _ := newGuard(t, Config{MaxBody: 10})
	h := g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var over *http.MaxBytesError
		if _, err := io.ReadAll(r.Body); errors.As(err, &over) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}))
	for _, c := range []struct {
		body     string
		announce bool
		want     int
	}{{"0123456789", true, 200}, {"0123456789", false, 200}, {"0123456789a", true, 413}, {"0123456789a", false, 413}} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		r.Host = "127.0.0.1"
		if !c.announce {
			r.ContentLength = -1
		}
		rec := httptest.NewRecorder()
		if h.ServeHTTP(rec, r); rec.Code != c.want {
			t.Errorf("%d bytes, announced=%t: %d, want %d", len(c.body), c.announce, rec.Code, c.want)
		}
	}
}

func TestPanicIsAnsweredAndLogged(t *testing.T) {
	g, logs := newGuard(t, Config{})
	rec := httptest.NewRecorder()
	g.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })).ServeHTTP(rec, request("127.0.0.1"))
	if rec.Code != 500 || code(t, rec) != "internal" || strings.Contains(rec.Body.String(), "boom") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if logs.FilterMessage("handler panicked").FilterField(zap.String("panic", "boom")).Len() != 1 {
		t.Error("the panic is not in the log")
	}
}

func TestPanicAfterPartOfAnAnswerAborts(t *testing.T) {
	g, _ := newGuard(t, Config{})
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("got %v, want http.ErrAbortHandler", got)
		}
	}()
	g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		panic("boom")
	})).ServeHTTP(httptest.NewRecorder(), request("127.0.0.1"))
	t.Error("the answer ended as if it were whole")
}

func TestUpgradePassesTheGuard(t *testing.T) {
	g, logs := newGuard(t, Config{})
	handled := make(chan error, 1)
	guarded := g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, err = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
			err = errors.Join(err, rw.Flush(), conn.Close())
		}
		handled <- err
	}))
	logged := make(chan struct{}) // the server does not wait for a handler that has taken its connection
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guarded.ServeHTTP(w, r)
		close(logged)
	}))
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "x")
	res, err := srv.Client().Do(req)
	if err != nil || res.StatusCode != 101 {
		t.Fatal(res, err)
	}
	res.Body.Close()
	if err := <-handled; err != nil {
		t.Fatal(err)
	}
	<-logged
	if logs.FilterField(zap.Int("status", 101)).Len() != 1 {
		t.Error("the upgrade is not in the log")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, cfg := range map[string]Config{
		"wildcard":      {AllowedOrigins: []string{"*"}},
		"half wildcard": {AllowedOrigins: []string{"https://*.example"}},
		"path":          {AllowedOrigins: []string{"https://game.example/play"}},
		"no scheme":     {PublicURL: "play.example"},
		"ftp":           {PublicURL: "ftp://play.example"},
		"user":          {PublicURL: "https://a@play.example"},
		"proxy":         {TrustedProxies: []netip.Prefix{{}}},
		"body":          {MaxBody: -1},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
