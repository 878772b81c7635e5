package conn

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const handshakeKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

// handshakeLines is a good handshake under a request line, with extra header lines.
func handshakeLines(request string, extra ...string) []string {
	return append([]string{
		request, "Host: game.example", "Connection: keep-alive, Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", handshakeKey,
	}, extra...)
}

// without is lines but those that begin with prefix.
func without(lines []string, prefix string) []string {
	var kept []string
	for _, l := range lines {
		if !strings.HasPrefix(l, prefix) {
			kept = append(kept, l)
		}
	}
	return kept
}

// door is a server whose handler upgrades and, if that works, closes at once.
type door struct {
	*httptest.Server
	errs chan error // what Upgrade returned
}

func newDoor(t *testing.T, cfg UpgradeConfig) door {
	d := door{errs: make(chan error, 10)}
	d.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := Upgrade(w, r, cfg)
		d.errs <- err
		if err == nil {
			_ = s.Close()
		}
	}))
	d.Config.MaxHeaderBytes = 4 << 10
	d.Start()
	t.Cleanup(d.Close)
	return d
}

// ask sends the lines and body as they are and reads the answer.
func (d door) ask(t *testing.T, lines []string, body string) (*http.Response, string) {
	t.Helper()
	nc, err := net.Dial("tcp", d.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(nc, strings.Join(lines, "\r\n")+"\r\n\r\n"+body); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(lines[0], " ")
	res, err := http.ReadResponse(bufio.NewReader(nc), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil && res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(err)
	}
	return res, string(text)
}

func TestUpgradeRefusesBadHandshake(t *testing.T) {
	const get = "GET /v1/play HTTP/1.1"
	good := handshakeLines(get)
	doors := []struct {
		name   string
		lines  []string
		body   string
		status int
		header string
	}{
		{"POST", handshakeLines("POST /v1/play HTTP/1.1", "Content-Length: 0"), "", 405, "Allow"},
		{"HEAD", handshakeLines("HEAD /v1/play HTTP/1.1"), "", 405, "Allow"},
		{"body", handshakeLines(get, "Content-Length: 5"), "hello", 400, ""},
		{"chunked body", handshakeLines(get, "Transfer-Encoding: chunked"), "5\r\nhello\r\n0\r\n\r\n", 400, ""},
		{"empty chunked body", handshakeLines(get, "Transfer-Encoding: chunked"), "0\r\n\r\n", 400, ""},
		{"HTTP/1.0", handshakeLines("GET /v1/play HTTP/1.0"), "", 426, ""},
		{"plain GET", []string{get, "Host: game.example"}, "", 426, "Upgrade"},
		{"no Connection", without(good, "Connection:"), "", 426, "Upgrade"},
		{"no Upgrade", without(good, "Upgrade:"), "", 426, "Upgrade"},
		{"another protocol", append(without(good, "Upgrade:"), "Upgrade: h2c"), "", 426, "Upgrade"},
		{"no version", without(good, "Sec-WebSocket-Version:"), "", 426, "Sec-WebSocket-Version"},
		{"version 8", append(without(good, "Sec-WebSocket-Version:"), "Sec-WebSocket-Version: 8"), "", 426, "Sec-WebSocket-Version"},
		{"two versions", append(good[:len(good):len(good)], "Sec-WebSocket-Version: 8"), "", 426, "Sec-WebSocket-Version"},
		{"no key", without(good, "Sec-WebSocket-Key:"), "", 400, ""},
		{"short key", append(without(good, "Sec-WebSocket-Key:"), "Sec-WebSocket-Key: c2hvcnQ="), "", 400, ""},
		{"key not base64", append(without(good, "Sec-WebSocket-Key:"), "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="), "", 400, ""},
		{"two keys", append(good[:len(good):len(good)], handshakeKey), "", 400, ""},
	}
	d := newDoor(t, UpgradeConfig{})
	for _, tt := range doors {
		t.Run(tt.name, func(t *testing.T) {
			res, text := d.ask(t, tt.lines, tt.body)
			if res.StatusCode != tt.status {
				t.Fatalf("answered %d %s, want %d", res.StatusCode, text, tt.status)
			}
			if tt.header != "" && res.Header.Get(tt.header) == "" {
				t.Errorf("no header %s", tt.header)
			}
			var refused *HandshakeError
			if err := <-d.errs; !errors.As(err, &refused) || refused.Status != tt.status {
				t.Errorf("Upgrade returned %v", err)
			}
			if tt.name == "HEAD" {
				return
			}
			var problem struct {
				Title, Detail string
				Status        int
			}
			if err := json.Unmarshal([]byte(text), &problem); err != nil || problem.Status != tt.status || problem.Detail == "" {
				t.Errorf("body %q is no problem+json: %v", text, err)
			}
			if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type %q", got)
			}
		})
	}
}

func TestUpgradeAgreesToNoExtensionAndNoSubprotocol(t *testing.T) {
	d := newDoor(t, UpgradeConfig{})
	res, _ := d.ask(t, handshakeLines("GET / HTTP/1.1",
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Sec-WebSocket-Protocol: chat"), "")
	if res.StatusCode != http.StatusSwitchingProtocols || res.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("answered %d, accept %q", res.StatusCode, res.Header.Get("Sec-WebSocket-Accept"))
	}
	for _, h := range []string{"Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"} {
		if got := res.Header.Get(h); got != "" {
			t.Errorf("agreed to %s: %s", h, got)
		}
	}
	if err := <-d.errs; err != nil {
		t.Error(err)
	}
}

func TestUpgradeBehindHeaderLimit(t *testing.T) {
	d := newDoor(t, UpgradeConfig{})
	res, _ := d.ask(t, handshakeLines("GET / HTTP/1.1", "X-Large: "+strings.Repeat("x", 9<<10)), "")
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("answered %d to a header of 9 KiB", res.StatusCode)
	}
	if len(d.errs) != 0 {
		t.Error("the request reached Upgrade")
	}
}

func TestUpgradeBoundsConcurrentHandshakes(t *testing.T) {
	gate := NewGate(1)
	d := newDoor(t, UpgradeConfig{Gate: gate})
	ask := func() *http.Response {
		t.Helper()
		res, _ := d.ask(t, handshakeLines("GET / HTTP/1.1"), "")
		<-d.errs
		return res
	}
	for range 3 { // each gives its place back
		if res := ask(); res.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("answered %d with a free place", res.StatusCode)
		}
	}
	if !gate.enter() {
		t.Fatal("a place was not given back")
	}
	if res := ask(); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("answered %d, Retry-After %q, want 503 with it", res.StatusCode, res.Header.Get("Retry-After"))
	}
	gate.leave()
	if res := ask(); res.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("answered %d after the place was free again", res.StatusCode)
	}
}

func TestUpgradeWithoutHijackIs500(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, l := range handshakeLines("")[2:] {
		name, value, _ := strings.Cut(l, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	if _, err := Upgrade(w, r, UpgradeConfig{}); err == nil || w.Code != http.StatusInternalServerError {
		t.Errorf("answered %d, %v", w.Code, err)
	}
}

// brokenHijack hands out a connection that fails to write, as one does whose client is gone.
type brokenHijack struct {
	http.ResponseWriter
	nc net.Conn
}

func (b brokenHijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return b.nc, bufio.NewReadWriter(bufio.NewReader(b.nc), bufio.NewWriter(b.nc)), nil
}

type closeCounter struct {
	net.Conn
	closed int
}

func (c *closeCounter) Close() error {
	c.closed++
	return c.Conn.Close()
}

func TestUpgradeClosesWhatItHijacked(t *testing.T) {
	server, other := net.Pipe()
	_ = other.Close()
	nc := &closeCounter{Conn: server}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, l := range handshakeLines("")[2:] {
		name, value, _ := strings.Cut(l, ": ")
		r.Header.Set(name, value)
	}
	if _, err := Upgrade(brokenHijack{httptest.NewRecorder(), nc}, r, UpgradeConfig{}); err == nil {
		t.Fatal("no error though the answer could not be written")
	}
	if nc.closed != 1 {
		t.Errorf("closed %d times", nc.closed)
	}
}

func TestConfigValidateNamesTheField(t *testing.T) {
	f := func(err error, want string) {
		t.Helper()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f(Config{}.Validate(), "")
	f(Config{MaxMessage: 1 << 20}.Validate(), "")
	f(Config{MaxMessage: -1}.Validate(), "MaxMessage")
	f(Config{MaxConns: -1}.Validate(), "MaxConns")
	f(Config{WriteTimeout: -1}.Validate(), "WriteTimeout")
	f(Config{MaxMessage: 100, InboxBytes: 99}.Validate(), "InboxBytes")
	f(UpgradeConfig{}.Validate(), "")
	f(UpgradeConfig{Timeout: -1}.Validate(), "timeout")
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "MaxConns") {
			t.Errorf("NewPortable panicked with %s", got)
		}
	}()
	NewPortable(Config{MaxConns: -1})
}
