//go:build linux

package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/skirmish-dev/skirmish/bench/hist"
)

func TestConnKeepsItsConnectionWhateverIsAnswered(t *testing.T) {
	long := strings.Repeat("x", 100_000) // is sent in chunks
	connections := map[string]bool{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.Header.Get("Authorization") != "Bearer t" || r.Header.Get("X-Forwarded-For") != "10.0.0.1" {
			t.Errorf("headers %v", r.Header)
		}
		switch r.URL.Path {
		case "/echo":
			_, _ = w.Write(body)
		case "/long":
			_, _ = io.WriteString(w, long)
		case "/same":
			if r.Header.Get("If-None-Match") != `"1"` {
				t.Errorf("If-None-Match %q", r.Header.Get("If-None-Match"))
			}
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(http.StatusNotModified)
		case "/gone":
			w.WriteHeader(http.StatusNoContent)
		case "/last":
			w.Header().Set("Connection", "close")
		}
	}))
	defer srv.Close()
	c := &conn{addr: srv.Listener.Addr().String()}
	defer c.close()
	f := func(r request, status int, body string) {
		t.Helper()
		r.token, r.from = "t", "10.0.0.1"
		a, err := c.do(r)
		if err != nil || a.status != status || string(a.body) != body {
			t.Errorf("%s %s: %v, %d, %.20q", r.method, r.path, err, a.status, a.body)
		}
	}
	f(request{method: "POST", path: "/echo", body: `{"a":1}`}, 200, `{"a":1}`)
	f(request{method: "GET", path: "/long"}, 200, long)
	f(request{method: "GET", path: "/same", etag: `"1"`}, 304, "")
	f(request{method: "DELETE", path: "/gone"}, 204, "")
	f(request{method: "GET", path: "/last"}, 200, "")
	if len(connections) != 1 {
		t.Errorf("%d connections, want one", len(connections))
	}
	f(request{method: "GET", path: "/long"}, 200, long)
	if len(connections) != 2 {
		t.Errorf("%d connections after the first was closed by the server, want two", len(connections))
	}
	err := c.want(http.StatusCreated, request{method: "GET", path: "/gone", token: "t", from: "10.0.0.1"}, nil)
	if !errors.Is(err, errRefused) || !strings.Contains(err.Error(), "/gone: 204") {
		t.Errorf("another status than the one wanted: %v", err)
	}
}

func TestWorkersTakeAccountsThatNoOtherHas(t *testing.T) {
	tokens := strings.Split("abcdefghijk", "")
	seen := map[string]int{}
	for i := range 3 {
		w := &worker{world: &world{tokens: tokens}, turn: i, of: 3}
		for range 20 {
			token := w.token()
			if by, taken := seen[token]; taken && by != i {
				t.Fatalf("%s is taken by %d and by %d", token, by, i)
			}
			seen[token] = i
		}
	}
	if len(seen) != len(tokens) {
		t.Errorf("%d of %d accounts are used", len(seen), len(tokens))
	}
}

func TestReportShowsTheRunWithTheMedianRate(t *testing.T) {
	r := report{Clients: 50, Runs: 3, Samples: []sample{
		{Scenario: "guest", DB: sqlite, Run: 1, PerS: 900, P99MS: 9}, {Scenario: "guest", DB: sqlite, Run: 2, PerS: 100, P99MS: 1},
		{Scenario: "guest", DB: postgres, Run: 1, PerS: 7}, {Scenario: "guest", DB: sqlite, Run: 3, PerS: 500, P99MS: 5, LoadPct: 95},
	}}
	both := []string{sqlite, postgres}
	r.Median = r.medians(both)
	if len(r.Median) != 2 || r.Median[0].Run != 3 || r.Median[1].PerS != 7 {
		t.Errorf("medians %+v", r.Median)
	}
	var out bytes.Buffer
	if err := r.table(&out, both); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"postgres: 1/s", "500", "5.00", "sign-in as a new guest", "may be the load's"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, out.String())
		}
	}
}

func TestCoarseStepsKeepTheCounts(t *testing.T) {
	got := coarse([]hist.Bar{{MS: 1, Count: 2}, {MS: 1.01, Count: 3}, {MS: 1.04, Count: 1}, {MS: 1.06, Count: 7}, {MS: 50, Count: 1}})
	if want := []hist.Bar{{MS: 1.04, Count: 6}, {MS: 1.06, Count: 7}, {MS: 50, Count: 1}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestFlagsThatDoNotFitAreRefused(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		if _, err := parse(args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	f("--db mysql", "--db", "mysql")
	f("--only signin", "--only", "guest,signin")
	f("--duration", "--duration", "1ms")
	f("--clients", "--clients", "0")
	f("no flag", "fast")
	if c, err := parse([]string{"--only", "guest,results", "--db", "sqlite"}); err != nil || !c.wants("results") || c.wants("login") {
		t.Errorf("%+v, %v", c, err)
	}
}
