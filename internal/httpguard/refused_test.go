package httpguard

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestLogHasTheCodeOfARefusal: of the guard's own, and of a handler's.
func TestLogHasTheCodeOfARefusal(t *testing.T) {
	g, logs := newGuard(t, Config{})
	serve(g, request("evil.example"))
	if got := logs.TakeAll()[0].ContextMap()["code"]; got != "host_not_allowed" {
		t.Errorf("a Host that is refused: code %v", got)
	}
	answer := func(status int, kind string, parts ...string) any {
		h := g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			for _, part := range parts {
				io.WriteString(w, part)
			}
		}))
		h.ServeHTTP(httptest.NewRecorder(), request("127.0.0.1"))
		return logs.TakeAll()[0].ContextMap()["code"]
	}
	const problem = "application/problem+json"
	full := `{"type":"urn:skirmish:problem:room_full","code":"room_full"}`
	if got := answer(409, problem, full, full); got != "room_full" {
		t.Errorf("a handler's problem: code %v", got)
	}
	for name, got := range map[string]any{
		"no refusal":          answer(200, problem, full),
		"no problem":          answer(409, "application/json", full),
		"half a problem":      answer(409, problem, `{"type":"urn:skirmish:problem:room`),
		"a problem of others": answer(409, problem, `{"type":"about:blank"}`),
		"no body":             answer(409, problem),
	} {
		if got != nil {
			t.Errorf("%s: code %v", name, got)
		}
	}
}

func TestRefusedOriginsAreNamedOnceAndAreBounded(t *testing.T) {
	g, logs := newGuard(t, Config{})
	named := func(g *Guard, origin string) bool {
		for range 2 {
			if rec := serve(g, request("127.0.0.1", "Origin", origin)); rec.Code != 403 {
				t.Errorf("%s is let in: %d", origin, rec.Code)
			}
		}
		n := 0
		for _, e := range logs.TakeAll() {
			if e.Message == "request" {
				continue
			}
			if n++; !strings.Contains(e.Message, fmt.Sprintf("%q was refused: add it to --allowed-origins", origin)) {
				t.Errorf("%s: said %q", origin, e.Message)
			}
		}
		if n > 1 {
			t.Errorf("%s is named %d times", origin, n)
		}
		return n == 1
	}
	for _, no := range []string{"null", "file://", "https://x/path"} {
		if named(g, no) {
			t.Errorf("%s is named, and could not be allowed", no)
		}
	}
	count := 0
	for i := range 3 * maxRefusedOrigins {
		if named(g, fmt.Sprintf("https://game%d.example", i)) {
			count++
		}
	}
	if count != maxRefusedOrigins {
		t.Errorf("%d origins are named, want %d", count, maxRefusedOrigins)
	}
	strict, strictLogs := newGuard(t, Config{RefusePages: true})
	logs = strictLogs
	if named(strict, "https://game.example") {
		t.Error("a listener that takes no pages of others asks to allow one")
	}
}
