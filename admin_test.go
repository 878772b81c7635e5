package skirmish

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestProfilesAreShort(t *testing.T) {
	ran := 0
	h := make(profiles, 1).wrap(func(http.ResponseWriter, *http.Request) { ran++ })
	for query, want := range map[string]int{
		"": 200, "?seconds=60": 200, "?seconds=0.5": 200, "?seconds=x": 200, "?seconds=": 200,
		"?seconds=61": 400, "?seconds=1e999": 400, "?seconds=NaN": 400, "?seconds=99999999999999999999": 400,
		"?seconds=100&seconds=1": 400,
	} {
		ran = 0
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/debug/pprof/profile"+query, nil))
		if rec.Code != want || (ran == 1) != (want == 200) {
			t.Errorf("%s: %d, ran %d times; want %d", query, rec.Code, ran, want)
		}
	}
}

func TestOneProfileRunsAtATime(t *testing.T) {
	p := make(profiles, 1)
	get := func(h http.Handler) int {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/debug/pprof/trace", nil))
		return rec.Code
	}
	quick := p.wrap(func(http.ResponseWriter, *http.Request) {})
	during := 0
	if got := get(p.wrap(func(http.ResponseWriter, *http.Request) { during = get(quick) })); got != 200 || during != 429 {
		t.Errorf("the first %d, a second beside it %d; want 200 and 429", got, during)
	}
	if got := get(quick); got != 200 {
		t.Errorf("after it: %d, want 200", got)
	}
}

// A page anywhere could otherwise make its visitor's browser run profiles: an <img> sends no Origin.
func TestAdminListenerRefusesPagesElsewhere(t *testing.T) {
	s := serveHere(t, Config{})
	for path, want := range map[string]int{"/metrics": 403, "/debug/pprof/profile?seconds=61": 403, "/debug/pprof/": 403} {
		if code, _, _ := get(t, "http://"+s.adminAddr+path, "Sec-Fetch-Site", "cross-site"); code != want {
			t.Errorf("%s from another site: %d, want %d", path, code, want)
		}
	}
	if code, _, _ := get(t, "http://"+s.adminAddr+"/debug/pprof/profile?seconds=61"); code != 400 {
		t.Errorf("a long profile: %d, want 400", code)
	}
	if code, _, _ := get(t, "http://"+s.adminAddr+"/debug/pprof/trace?seconds=61"); code != 400 {
		t.Errorf("a long trace: %d, want 400", code)
	}
}
