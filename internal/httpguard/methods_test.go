package httpguard

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyRefusesOtherMethods(t *testing.T) {
	h := Only(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }), http.MethodGet, http.MethodHead)
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405, "OPTIONS": 405, "get": 405, "TRACE": 405} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(method, "/", nil))
		if rec.Code != want {
			t.Errorf("%s: %d, want %d", method, rec.Code, want)
		}
		if want == 405 && (rec.Header().Get("Allow") != "GET, HEAD" || code(t, rec) != "method_not_allowed") {
			t.Errorf("%s: %v %s", method, rec.Header(), rec.Body)
		}
	}
}
