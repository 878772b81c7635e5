package skirmish

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Each route of the public listener, asked with each method: it is served, or says which methods it takes.
func TestRoutesSayWhichMethodsTheyTake(t *testing.T) {
	s := serveHere(t, Config{AllowedOrigins: []string{"https://game.example"}})
	read, none := "GET, HEAD", ""
	for path, allow := range map[string]string{
		"/": read, "/skirmish.js": read, "/healthz": read, "/readyz": read, "/docs": read, "/docs/reference.js": read, "/v1/assets/0a": read,
		"/v1/play": "GET", "/v1/rooms": "GET, HEAD, POST", "/v1/config": read, "/v1/openapi.json": read, "/v1/auth/guest": "POST",
		"/v1/auth/mail": read, "/v1/party": "DELETE, GET, HEAD, POST", "/v1/account": "DELETE, GET, HEAD, PATCH", "/v1/quickjoin": "POST",
		"/v1/nope": none, "/v1/": none, "/docs/nope": none, "/nope": none,
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			res, body := send(t, method, s.url+path)
			name := method + " " + path
			takes := strings.Contains(", "+allow+",", ", "+method+",")
			switch {
			case allow == none && res.StatusCode != 404:
				t.Errorf("%s: %d, want 404", name, res.StatusCode)
			case allow != none && takes == (res.StatusCode == 405):
				t.Errorf("%s: %d", name, res.StatusCode)
			case res.StatusCode == 405 && res.Header.Get("Allow") != allow:
				t.Errorf("%s: Allow %q, want %q", name, res.Header.Get("Allow"), allow)
			}
			if method == "HEAD" && body != "" {
				t.Errorf("%s has a body", name)
			}
			api := strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/docs")
			if kind := res.Header.Get("Content-Type"); api && res.StatusCode >= 400 && kind != "application/problem+json" {
				t.Errorf("%s: %d is %s", name, res.StatusCode, kind)
			}
			for _, header := range []string{"X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy", "X-Request-Id"} {
				if res.Header.Get(header) == "" {
					t.Errorf("%s has no %s", name, header)
				}
			}
		}
	}
}

// A page of a listed origin may ask before it sends; one of another is refused at every route, and nothing allows credentials.
func TestPreflightsAreForListedOrigins(t *testing.T) {
	s := serveHere(t, Config{AllowedOrigins: []string{"https://game.example"}})
	for _, path := range []string{"/v1/rooms", "/v1/auth/guest", "/v1/tickets/x", "/v1/events", "/v1/nope", "/v1/assets/0a", "/docs", "/"} {
		for origin, want := range map[string]int{"https://game.example": 204, "https://evil.example": 403} {
			res, _ := send(t, "OPTIONS", s.url+path, "Origin", origin, "Access-Control-Request-Method", "POST")
			allowed := res.Header.Get("Access-Control-Allow-Origin")
			if res.StatusCode != want || (allowed == origin) != (want == 204) || res.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s from %s: %d, allowed %q", path, origin, res.StatusCode, allowed)
			}
		}
	}
}

func send(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}
