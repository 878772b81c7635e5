package httpguard

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// line is a log entry as the JSON log shows it.
func line(t *testing.T, e observer.LoggedEntry) string {
	t.Helper()
	buf, err := zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg"}).EncodeEntry(e.Entry, e.Context)
	if err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestLogHasFixedFields(t *testing.T) {
	g, logs := newGuard(t, Config{})
	rec := serve(g, request("127.0.0.1"))
	var got map[string]any
	if err := json.Unmarshal([]byte(line(t, logs.All()[0])), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"msg": "request", "request_id": rec.Header().Get("X-Request-Id"), "method": "GET", "path": "/v1/rooms", "query": "",
		"status": 200.0, "bytes": 2.0, "ms": 0.0, "client": "203.0.113.7",
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %v, want %v", k, got[k], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("fields %v", got)
	}
}

func TestLogLinesAreShort(t *testing.T) {
	g, logs := newGuard(t, Config{})
	long := strings.Repeat("x", 5000)
	r := httptest.NewRequest(strings.Repeat("M", 5000), "/"+long+"?a="+long, nil)
	r.Host = "127.0.0.1"
	g.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("fail") })).ServeHTTP(httptest.NewRecorder(), r)
	if logs.Len() != 2 {
		t.Fatalf("%d entries, want the panic and the request", logs.Len())
	}
	for _, e := range logs.All() {
		fields := e.ContextMap()
		delete(fields, "stack")
		for name, v := range fields {
			if text, ok := v.(string); ok && len(text) > maxLoggedText+len("...") {
				t.Errorf("%s: %s has %d bytes", e.Message, name, len(text))
			}
		}
	}
}

// The id of a private room is the secret that it is joined with.
func TestIDsInPathsStayOutOfTheLog(t *testing.T) {
	g, logs := newGuard(t, Config{})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/rooms/{id}/join", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /v1/panic/{id}", func(http.ResponseWriter, *http.Request) { panic("fail") })
	mux.HandleFunc("POST /v1/quickjoin", func(http.ResponseWriter, *http.Request) {})
	h := g.Wrap(mux)
	for target, want := range map[string]string{
		"/v1/rooms/SECRET/join": "/v1/rooms/{id}/join", "/v1/panic/SECRET": "/v1/panic/{id}", "/v1/quickjoin": "/v1/quickjoin",
	} {
		for _, host := range []string{"127.0.0.1", "evil.example"} {
			r := httptest.NewRequest(http.MethodPost, target, nil)
			r.Host = host
			h.ServeHTTP(httptest.NewRecorder(), r)
			all := logs.TakeAll()
			for _, e := range all {
				if strings.Contains(line(t, e), "SECRET") {
					t.Errorf("%s at %s: %s", target, host, line(t, e))
				}
			}
			if got := all[len(all)-1].ContextMap()["path"]; host == "127.0.0.1" && got != want {
				t.Errorf("%s: logged as %s, want %s", target, got, want)
			}
		}
	}
}

func TestGoodReadsAreLoggedAtDebugLevel(t *testing.T) {
	g, logs := newGuard(t, Config{})
	for method, want := range map[string]zapcore.Level{
		http.MethodGet: zapcore.DebugLevel, http.MethodHead: zapcore.DebugLevel, http.MethodPost: zapcore.InfoLevel,
	} {
		r := request("127.0.0.1")
		r.Method = method
		serve(g, r)
		if got := logs.TakeAll()[0].Level; got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
}

func TestSecretsStayOutOfTheLog(t *testing.T) {
	const secret = "SECRET"
	for _, target := range []string{
		"/v1/play?seat=SECRET", "/v1/play?a=1&seat=SECRET&b=2", "/v1/play?SEAT=SECRET", "/v1/play?s%65at=SECRET",
		"/v1/play?seat=SECRET&seat=SECRET", "/v1/play?a=1;seat=SECRET", "/v1/play?%zz=SECRET", "/v1/play?+seat=SECRET",
		"/v1/play?access_token=SECRET", "/v1/play?refresh_token=SECRET", "/v1/play?seat=x=SECRET", "/v1/play?seat=%53ECRET",
	} {
		g, logs := newGuard(t, Config{})
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Host = "127.0.0.1"
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Cookie", "skirmish_refresh="+secret)
		r.Header.Set("Referer", "http://127.0.0.1/?seat="+secret)
		rec := httptest.NewRecorder()
		g.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("fail") })).ServeHTTP(rec, r)
		if logs.Len() != 2 {
			t.Fatalf("%d entries", logs.Len())
		}
		for _, e := range logs.All() {
			if text := strings.ReplaceAll(line(t, e), "%53", "S"); strings.Contains(text, secret) {
				t.Errorf("%s: %s", target, text)
			}
		}
	}
}

func TestRedactQueryKeepsTheRest(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "game=arena": "game=arena", "a=1&seat=x&b=2": "a=1&seat=REDACTED&b=2", "seat": "seat=REDACTED", "seats=3": "seats=3",
		"%zz=x&a=1": "REDACTED&a=1",
	} {
		if got := RedactQuery(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzRedactQuery(f *testing.F) {
	f.Add("a=1&s%65at=")
	f.Fuzz(func(t *testing.T, before string) {
		// Whatever stands before it, a seat that net/http would find is not in the result.
		r := &http.Request{URL: &url.URL{RawQuery: before + "&seat=S3CRET"}}
		if r.URL.Query().Get("seat") != "" && strings.Contains(RedactQuery(r.URL.RawQuery), "S3CRET") {
			t.Errorf("%q leaks as %q", r.URL.RawQuery, RedactQuery(r.URL.RawQuery))
		}
	})
}
