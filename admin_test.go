package skirmish

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
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

func TestAdminListenerTellsOfTheRooms(t *testing.T) {
	s := serveHere(t, Config{})
	if _, err := s.host.Create(game.RoomOptions{Game: "arena", Private: true}); err != nil {
		t.Fatal(err)
	}
	code, header, body := get(t, "http://"+s.adminAddr+"/rooms")
	var answer struct {
		Overloaded *bool
		Rooms      []map[string]any
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != 200 || header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d, %v: %s", code, err, body)
	}
	if len(answer.Rooms) != 1 || answer.Overloaded == nil || *answer.Overloaded {
		t.Fatalf("want one room and no overload: %s", body)
	}
	for _, key := range []string{
		"id", "game", "state", "players", "watchers", "tick", "lateness_p50_ms", "lateness_p99_ms", "late_ticks", "step_ms", "bytes_out", "bytes_per_s",
	} {
		if _, ok := answer.Rooms[0][key]; !ok {
			t.Errorf("nothing is said of %s: %s", key, body)
		}
	}
	if _, _, body := get(t, s.url+"/rooms"); strings.Contains(body, answer.Rooms[0]["id"].(string)) {
		t.Error("private rooms are listed on the public listener")
	}
}

func TestAdminListenerSaysWhatItHas(t *testing.T) {
	s := serveHere(t, Config{})
	code, _, body := get(t, "http://"+s.adminAddr+"/")
	if code != 200 {
		t.Fatalf("%d: %s", code, body)
	}
	n := 0
	for line := range strings.Lines(body) {
		path := strings.Fields(line)[0]
		if strings.Contains(path, "?seconds=") {
			continue // they take as long as they say
		}
		n++
		if code, _, _ := get(t, "http://"+s.adminAddr+path); code != 200 {
			t.Errorf("%s is listed and answers %d", path, code)
		}
	}
	if code, _, _ := get(t, "http://"+s.adminAddr+"/nothing"); n != 3 || code != 404 {
		t.Errorf("%d lists, and a path that is none answers %d; want 3 and 404", n, code)
	}
}

func TestMetricsTellOfOverloadAndAllocations(t *testing.T) {
	s := serveHere(t, Config{})
	_, _, body := get(t, "http://"+s.adminAddr+"/metrics")
	for _, want := range []string{
		"\nskirmish_overloaded 0\n", "\nskirmish_refused_overloaded_total 0\n",
		"\ngo_gc_heap_allocs_objects_total ", "\ngo_gc_heap_allocs_bytes_total ", // bench/ reads them
	} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %q", want)
		}
	}
}
