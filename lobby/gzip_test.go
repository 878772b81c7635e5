package lobby

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/skirmish-dev/skirmish/internal/webfile"
)

// unzipped is the body of an answer that has to be compressed.
func (a answer) unzipped() []byte {
	a.t.Helper()
	if got := a.Header().Get("Content-Encoding"); got != "gzip" {
		a.t.Fatalf("Content-Encoding %q", got)
	}
	z, err := gzip.NewReader(a.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

func TestListsAreCompressedForWhoTakesIt(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 20 {
		id := fmt.Sprint("room-", i)
		w.host.rooms[id] = Room{ID: id, Game: "arena", MaxPlayers: 2, State: "open", CreatedAt: t0}
	}
	plain := w.call("GET", "/v1/rooms", nil)
	zipped := w.call("GET", "/v1/rooms", nil, "Accept-Encoding", "br, gzip")
	length := zipped.Body.Len()
	if text := zipped.unzipped(); string(text) != plain.Body.String() || length*3 > len(text) {
		t.Errorf("%d bytes of %d, or other text", length, len(text))
	}
	for _, a := range []answer{plain, zipped} {
		if vary := strings.Join(a.Header().Values("Vary"), ", "); !strings.Contains(vary, "Accept-Encoding") || !strings.Contains(vary, "Origin") {
			t.Errorf("Vary %q", vary)
		}
	}
	tag, other := zipped.Header().Get("ETag"), plain.Header().Get("ETag")
	if tag == other {
		t.Errorf("one ETag %s for different bytes", tag)
	}
	again := w.call("GET", "/v1/rooms", nil, "Accept-Encoding", "gzip", "If-None-Match", tag)
	again.is(304)
	if h := again.Header(); again.Body.Len() != 0 || h.Get("ETag") != tag || h.Get("Content-Encoding") != "" || !slices.Contains(h.Values("Vary"), "Accept-Encoding") {
		t.Errorf("304 with %v", h)
	}
	w.call("GET", "/v1/rooms", nil, "If-None-Match", other).is(304)
	w.call("GET", "/v1/rooms", nil, "Accept-Encoding", "gzip", "If-None-Match", other).is(200)
	if a := w.call("GET", "/v1/rooms", nil, "Accept-Encoding", "gzip;q=0"); a.Header().Get("Content-Encoding") != "" {
		t.Error("compressed for a client that refuses it")
	}
	if a := w.call("GET", "/v1/rooms?limit=1", nil, "Accept-Encoding", "gzip"); a.Header().Get("Content-Encoding") != "" {
		t.Errorf("%d bytes were compressed", a.Body.Len())
	}
	head := w.call("HEAD", "/v1/rooms", nil, "Accept-Encoding", "gzip")
	if head.is(200); head.Header().Get("ETag") != tag || head.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("HEAD has %v", head.Header())
	}
}

func TestDocumentIsCompressed(t *testing.T) {
	w := newWorld(t, nil)
	a := w.call("GET", "/v1/openapi.json", nil, "Accept-Encoding", "gzip")
	length := a.Body.Len()
	if text := a.unzipped(); !json.Valid(text) || length*5 > len(text) {
		t.Errorf("%d bytes of %d", length, len(text))
	}
	w.call("GET", "/v1/openapi.json", nil, "Accept-Encoding", "gzip", "If-None-Match", a.Header().Get("ETag")).is(304)
}

// What has a secret in it beside something that a client chooses would tell the secret by its length (BREACH): no answer to an access
// token is compressed, and none that hands one out, however long it is.
func TestAnswersWithSecretsAreNeverCompressed(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	before := into[EventList](p.call("GET", "/v1/events?wait=0", nil), 200).Cursor
	party := into[Party](p.call("POST", "/v1/party", nil), 201)
	for range 7 { // so many make it long
		w.guest(strings.Repeat("é", 24)).call("POST", "/v1/party/join", obj{"code": party.Code}).is(200)
	}
	long := 0
	for _, call := range []string{
		"GET /v1/account", "GET /v1/account/export", "GET /v1/account/sessions", "GET /v1/party", "GET /v1/events?wait=0&since=" + before,
		"POST /v1/quickjoin", "POST /v1/auth/guest", "POST /v1/rooms",
	} {
		method, path, _ := strings.Cut(call, " ")
		body := map[string]any{
			"POST /v1/quickjoin": obj{"game": "arena"}, "POST /v1/auth/guest": obj{"name": "Ann"},
			"POST /v1/rooms": obj{"game": "arena", "private": true, "metadata": manyWords()},
		}[call]
		a := p.call(method, path, body, "Accept-Encoding", "gzip")
		if a.Code >= 300 || a.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: %d, Content-Encoding %q: %s", call, a.Code, a.Header().Get("Content-Encoding"), a.Body)
		}
		if webfile.Pays(a.Body.Bytes(), a.Header().Get("Content-Type")) {
			long++
		}
	}
	if long < 3 { // the party, its events, the room
		t.Errorf("only %d answers were long enough to be compressed", long)
	}
}

// manyWords makes an answer that is long enough to be compressed.
func manyWords() obj {
	out := obj{}
	for i := range 8 {
		out[fmt.Sprint("k", i)] = strings.Repeat("x", 110)
	}
	return out
}
