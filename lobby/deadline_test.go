package lobby

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// deadlines is a ResponseWriter that notes the read deadlines it is given.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// A read deadline that is left on a connection cancels the request when it comes, though its body was read long ago: a sign-in that waits
// for others would be refused after five seconds.
func TestNoReadDeadlineIsLeftWhileARequestIsServed(t *testing.T) {
	w := newWorld(t, nil)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/auth/guest", strings.NewReader(`{"name":"Ann","transport":"body"}`))
	r.Host, r.RemoteAddr = "127.0.0.1:8080", "203.0.113.7:4242"
	r.Header.Set("Content-Type", "application/json")
	d := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	w.http.ServeHTTP(d, r)
	if d.Code != http.StatusOK {
		t.Fatalf("%d: %s", d.Code, d.Body)
	}
	if n := len(d.set); n == 0 || !d.set[n-1].IsZero() {
		t.Errorf("read deadlines %v, want none at the end", d.set)
	}
}
