package lobby

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// postRoutes is every POST with a body that fits.
var postRoutes = map[string]string{
	"/v1/auth/guest": `{"name":"Ann"}`, "/v1/auth/refresh": `{}`, "/v1/auth/logout": `{}`, "/v1/rooms": `{"game":"arena"}`,
	"/v1/quickjoin": `{"game":"arena"}`, "/v1/tickets": `{"game":"draughts"}`, "/v1/rooms/room-1/join": `{}`, "/v1/rooms/join": `{"code":"K5QXE3DFMN"}`,
	"/v1/rooms/room-1/spectate": `{}`, "/v1/tickets/room-1/accept": `{}`, "/v1/tickets/room-1/decline": `{}`, "/v1/auth/register": `{"name":"Ann","email":"ann@example.org","password":"correct horse"}`,
	"/v1/party": `{}`, "/v1/party/join": `{"code":"K5QXE3DFMN"}`, "/v1/party/ready": `{"ready":true}`, "/v1/party/leader": `{"player_id":"x"}`,
	"/v1/party/code":         `{}`,
	"/v1/auth/oidc/redeem":   `{"code":"x","verifier":"a verifier of at least 32 characters"}`,
	"/v1/account/identities": `{"code":"x","verifier":"a verifier of at least 32 characters"}`,
	"/v1/auth/login":         `{"email":"ann@example.org","password":"correct horse"}`, "/v1/auth/confirm": `{"token":"x"}`,
	"/v1/auth/reset": `{"email":"ann@example.org"}`, "/v1/auth/password": `{"token":"x","password":"correct horse"}`,
	"/v1/account/email":                 `{"email":"ann@example.org","password":"correct horse"}`,
	"/v1/moderation/players/room-1/ban": `{"reason":"rude"}`,
}

func TestBadBodiesAreRefusedAtEveryDoor(t *testing.T) {
	w := newWorld(t, nil)
	for path, good := range postRoutes {
		p := w.guest("Ann") // each door with a budget of its own
		for name, c := range map[string]struct {
			body   string
			status int
			code   string
		}{
			"8 KiB and a byte": {good + strings.Repeat(" ", maxBody), 413, "body_too_large"},
			"a megabyte":       {strings.Repeat("[", 1<<20), 413, "body_too_large"},
			"deep":             {strings.Repeat("[", 4000) + strings.Repeat("]", 4000), 400, "bad_request"},
			"deep objects":     {strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9), 400, "bad_request"},
			"not UTF-8":        {`{"name":"` + "\xff" + `","game":"` + "\xff" + `"}`, 400, "bad_request"},
		} {
			t.Run(path+" "+name, func(t *testing.T) {
				p.call("POST", path, c.body).refused(c.status, c.code)
				p.call("POST", path, c.body, "Content-Type", "application/json; charset=utf-8").refused(c.status, c.code)
			})
		}
		for _, kind := range []string{
			"text/plain", "application/xml", "application/json; charset=latin1", "json", "application/merge-patch+json",
		} {
			p.call("POST", path, good, "Content-Type", kind).refused(415, "unsupported_media_type")
		}
		if slices.ContainsFunc([]string{"/accept", "/decline", "/party", "/party/code"}, func(s string) bool { return strings.HasSuffix(path, s) }) {
			continue // has no body to decode
		}
		for name, c := range map[string]struct {
			body   string
			status int
		}{
			"no JSON":        {`{"game":`, 400},
			"two values":     {good + `{}`, 400},
			"array":          {`[]`, 422},
			"string":         {`"x"`, 422},
			"number":         {`1e999999`, 400},
			"unknown field":  {strings.Replace(strings.Replace(good, "{", `{"admin":true,`, 1), ",}", "}", 1), 422},
			"wrong type":     {`{"game":1,"name":{},"transport":[]}`, 422},
			"null fields":    {`{"game":null,"name":null,"transport":null}`, 422},
			"bad transport":  {`{"name":"Ann","game":"arena","transport":"pigeon"}`, 422},
			"long text":      {strings.ReplaceAll(`{"game":"X","name":"X","refresh_token":"X"}`, "X", strings.Repeat("x", 300)), 422},
			"JSON and bytes": {good + "\x00", 400},
		} {
			t.Run(path+" "+name, func(t *testing.T) {
				a := p.call("POST", path, c.body)
				a.refused(c.status, map[int]string{400: "bad_request", 422: "invalid"}[c.status])
			})
		}
	}
	w.guest("Ann").call("POST", "/v1/quickjoin", `{"game":"arena"}`).is(200) // and nobody else noticed
}

func TestRequiredBodyMayNotBeMissing(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	for _, path := range []string{"/v1/auth/guest", "/v1/rooms", "/v1/quickjoin", "/v1/tickets"} {
		p.call("POST", path, nil).refused(400, "bad_request")
		p.call("POST", path, "{}").refused(422, "invalid")
	}
}

func TestRefusalDoesNotRepeatTheValue(t *testing.T) {
	w := newWorld(t, nil)
	secret := strings.Repeat("s3cret", 60)
	for _, body := range []any{obj{"transport": "body", "refresh_token": secret}, `{"refresh_token":"` + secret + `"`} {
		if a := w.call("POST", "/v1/auth/refresh", body); strings.Contains(a.Body.String(), "s3cret") || a.Code < 400 {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	}
}

func TestBadQueriesAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	id := into[Ticket](p.call("POST", "/v1/tickets", `{"game":"draughts"}`), 201).ID
	for _, target := range []string{
		"/v1/rooms?gmae=arena", "/v1/rooms?game=" + strings.Repeat("x", 65), "/v1/config?x=1",
		"/v1/tickets/" + id + "?wait=26", "/v1/tickets/" + id + "?wait=-1", "/v1/tickets/" + id + "?wait=x",
		"/v1/tickets/" + id + "?wait=1e9", "/v1/tickets/" + id + "?wait=99999999999999999999", "/v1/tickets/a.b", "/v1/tickets/" + strings.Repeat("x", 65),
	} {
		t.Run(target, func(t *testing.T) {
			p.call("GET", target, nil).refused(422, "invalid")
		})
	}
	for _, id := range []string{"a.b", "a%00b", "%2e%2e", strings.Repeat("x", 65), "a%20b", "%ff"} {
		p.call("POST", "/v1/rooms/"+id+"/join", nil).refused(422, "invalid")
	}
	w.call("GET", "/v1/rooms?game=%zz", nil).is(200) // net/url drops what it cannot read
}

func TestUnknownRoutesAndMethodsAreProblems(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{
		"/v1/", "/v1/nope", "/v1/rooms/room-1", "/docs/", "/docs/x", "/schemas/Room.json", "/openapi.json", "/v1/openapi.yaml",
	} {
		w.call("GET", path, nil).refused(404, "not_found")
	}
	for path, allow := range map[string]string{"/v1/rooms": "GET, HEAD, POST", "/v1/auth/guest": "POST", "/v1/tickets": "POST"} {
		a := w.call("DELETE", path, nil)
		a.refused(405, "method_not_allowed")
		if got := a.Header().Get("Allow"); got != allow {
			t.Errorf("%s: Allow %q, want %q", path, got, allow)
		}
	}
}

// A body may come without saying how long it is.
func TestLongBodyWithoutALengthIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	r := httptest.NewRequest(http.MethodPost, "/v1/auth/guest", strings.NewReader(`{"name":"Ann"}`+strings.Repeat(" ", maxBody)))
	r.Host, r.ContentLength = "127.0.0.1", -1
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	w.http.ServeHTTP(rec, r)
	answer{rec, t}.refused(413, "body_too_large")
}

func TestBodyThatEndsEarly(t *testing.T) {
	w := newWorld(t, nil)
	r := httptest.NewRequest(http.MethodPost, "/v1/auth/guest", io.MultiReader(strings.NewReader(`{"na`), broken{}))
	r.Host = "127.0.0.1"
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	w.http.ServeHTTP(rec, r)
	answer{rec, t}.refused(400, "bad_request")
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestSecretsOfTheLobbyStayOutOfTheLog(t *testing.T) {
	w := newWorld(t, nil)
	a := w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`)
	cookie := refreshCookieOf(a).Value
	p := player{w, into[Session](a, 200)}
	j := into[Join](p.call("POST", "/v1/quickjoin", `{"game":"arena"}`), 200)
	_, target, _ := strings.Cut(j.URL, "127.0.0.1:8080")
	p.call("GET", target, nil, "Cookie", "skirmish_refresh="+cookie).is(404) // the play route is not the lobby's
	if w.logs.Len() < 3 {
		t.Fatalf("%d log entries", w.logs.Len())
	}
	for _, e := range w.logs.All() {
		text, err := json.Marshal(e.ContextMap())
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{cookie, p.AccessToken, "seat%2B1", "seat+1"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s in %s", secret, text)
			}
		}
	}
}

// depth agrees with what encoding/json would nest.
func TestDepthCountsNestingOutsideStrings(t *testing.T) {
	for in, want := range map[string]int{
		``: 0, `1`: 0, `[]`: 1, `[[],[[]]]`: 3, `{"a":[{"b":1}]}`: 3, `"[[["`: 0, `["\"[["]`: 1, `["\\",[]]`: 2, `]]][`: 0,
	} {
		if got := depth([]byte(in)); got != want {
			t.Errorf("%s: %d, want %d", in, got, want)
		}
	}
	value := rapid.Custom(func(r *rapid.T) any { return nested(r, 6) })
	rapid.Check(t, func(r *rapid.T) {
		v := value.Draw(r, "value")
		text, err := json.Marshal(v)
		if err != nil {
			r.Fatal(err)
		}
		if got := depth(text); got != nesting(v) {
			r.Fatalf("%s: %d, want %d", text, got, nesting(v))
		}
	})
}

func nested(r *rapid.T, left int) any {
	if left == 0 || rapid.Bool().Draw(r, "leaf") {
		return rapid.String().Draw(r, "string")
	}
	if rapid.Bool().Draw(r, "array") {
		out := []any{}
		for range rapid.IntRange(0, 3).Draw(r, "n") {
			out = append(out, nested(r, left-1))
		}
		return out
	}
	return map[string]any{rapid.String().Draw(r, "key"): nested(r, left-1)}
}

func nesting(v any) int {
	deepest := 0
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			deepest = max(deepest, nesting(e))
		}
	case map[string]any:
		for _, e := range v {
			deepest = max(deepest, nesting(e))
		}
	default:
		return 0
	}
	return deepest + 1
}

// The access log shows routes, and of a path without a route nothing: the id of a private room is all that it takes to join it.
// TestLogNamesTheRoute: also behind what the lobby puts around some of its routes.
func TestLogNamesTheRoute(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	w.logs.TakeAll()
	p.call("POST", "/v1/auth/guest", `{"name":"Ben"}`).is(200)
	p.call("POST", "/v1/quickjoin", `{"game":"arena"}`).is(200)
	var paths []string
	for _, e := range w.logs.FilterMessage("request").TakeAll() {
		paths = append(paths, fmt.Sprint(e.ContextMap()["path"]))
	}
	if want := []string{"/v1/auth/guest", "/v1/quickjoin"}; !slices.Equal(paths, want) {
		t.Errorf("logged %q, want %q", paths, want)
	}
}

func TestRoomAndTicketIDsStayOutOfTheLog(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	w.host.rooms["secret"] = Room{ID: "secret", Game: "arena", MaxPlayers: 2, Private: true}
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"POST", "/v1/rooms/secret/join", 200}, {"GET", "/v1/rooms/secret/join", 405}, {"GET", "/v1/rooms/secret", 404},
		{"POST", "/v1/rooms/secret", 404}, {"POST", "/v1/rooms/secret/join/", 404}, {"GET", "/v1/tickets/secret", 404},
		{"PUT", "/v1/tickets/secret", 405}, {"DELETE", "/v1/tickets/secret", 404}, {"OPTIONS", "/v1/rooms/secret/join", 405},
		{"POST", "/v1//rooms/secret/join", 307}, {"POST", "/v1/rooms/secret/./join", 307},
	} {
		p.call(c.method, c.path, nil).is(c.status)
		for _, e := range w.logs.TakeAll() {
			if path, _ := e.ContextMap()["path"].(string); strings.Contains(path, "secret") {
				t.Errorf("%s %s: logged as %s", c.method, c.path, path)
			}
		}
	}
}
