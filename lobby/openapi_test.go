package lobby

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// document is as much of OpenAPI 3.1 as the tests read.
type document struct {
	OpenAPI string `json:"openapi"`
	Info    struct{ Title, Version string }
	Servers []struct{ URL string }
	Paths   map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Summary     string
		Description string
		Tags        []string
		Security    []map[string][]string
		Parameters  []struct{ Name, In, Description string }
		RequestBody *struct {
			Required bool
			Content  map[string]media
		} `json:"requestBody"`
		Responses map[string]struct {
			Description string
			Headers     map[string]any
			Content     map[string]media
			Codes       []string `json:"x-problem-codes"`
		}
	}
	Components struct {
		Schemas         map[string]map[string]any
		Examples        map[string]struct{ Value json.RawMessage }
		Headers         map[string]any
		SecuritySchemes map[string]struct{ Type, Scheme string } `json:"securitySchemes"`
	}
	Tags []struct{ Name, Description string }
}

type media struct {
	Schema   map[string]any
	Example  json.RawMessage
	Examples map[string]any
}

func readDocument(t *testing.T, w *world) (document, any) {
	t.Helper()
	a := w.call("GET", "/v1/openapi.json", nil)
	a.is(200)
	if got := a.Header().Get("Content-Type"); got != "application/openapi+json" {
		t.Errorf("content type %q", got)
	}
	w.call("GET", "/v1/openapi.json", nil, "If-None-Match", a.Header().Get("ETag")).is(304)
	var doc document
	var raw any
	if err := json.Unmarshal(a.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(a.Body.Bytes(), &raw); err != nil {
		t.Fatal(err)
	}
	return doc, raw
}

func TestOpenAPIHasEveryRoute(t *testing.T) {
	doc, _ := readDocument(t, newWorld(t, nil))
	var got []string
	for path, ops := range doc.Paths {
		for method := range ops {
			got = append(got, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(got)
	want := []string{
		"DELETE /v1/account", "DELETE /v1/account/identities/{provider}", "DELETE /v1/account/sessions",
		"DELETE /v1/account/sessions/{id}", "DELETE /v1/moderation/players/{id}/ban", "DELETE /v1/party",
		"DELETE /v1/party/members/{id}", "DELETE /v1/tickets/{id}", "GET /v1/account", "GET /v1/account/export",
		"GET /v1/account/sessions", "GET /v1/auth/keys", "GET /v1/auth/oidc", "GET /v1/auth/oidc/{provider}/callback",
		"GET /v1/auth/oidc/{provider}/start", "GET /v1/config", "GET /v1/events", "GET /v1/leaderboards/{mode}", "GET /v1/matches",
		"GET /v1/matches/{id}", "GET /v1/party", "GET /v1/players/{id}",
		"GET /v1/rooms", "GET /v1/tickets/{id}", "PATCH /v1/account", "POST /v1/account/email", "POST /v1/account/identities",
		"POST /v1/auth/confirm", "POST /v1/auth/guest", "POST /v1/auth/login", "POST /v1/auth/logout",
		"POST /v1/auth/oidc/redeem", "POST /v1/auth/password", "POST /v1/auth/refresh", "POST /v1/auth/register",
		"POST /v1/auth/reset", "POST /v1/moderation/players/{id}/ban", "POST /v1/party", "POST /v1/party/code",
		"POST /v1/party/join", "POST /v1/party/leader", "POST /v1/party/ready", "POST /v1/quickjoin", "POST /v1/rooms",
		"POST /v1/rooms/join", "POST /v1/rooms/{id}/join", "POST /v1/rooms/{id}/spectate", "POST /v1/tickets", "POST /v1/tickets/{id}/accept",
		"POST /v1/tickets/{id}/decline",
	}
	if !slices.Equal(got, want) {
		t.Errorf("routes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOpenAPIIsSound(t *testing.T) {
	doc, raw := readDocument(t, newWorld(t, nil))
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Title == "" || doc.Info.Version == "" ||
		len(doc.Servers) != 1 || doc.Servers[0].URL != "http://127.0.0.1:8080" {
		t.Errorf("head %+v %+v %s", doc.Info, doc.Servers, doc.OpenAPI)
	}
	if s := doc.Components.SecuritySchemes["bearer"]; s.Type != "http" || s.Scheme != "bearer" {
		t.Errorf("security schemes %+v", doc.Components.SecuritySchemes)
	}
	ids := map[string]bool{}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			name := method + " " + path
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" || op.Description == "" || len(op.Tags) != 1 {
				t.Errorf("%s: operationId %q, summary %q, description %q, tags %q", name, op.OperationID, op.Summary, op.Description, op.Tags)
			}
			ids[op.OperationID] = true
			declared := map[string]bool{}
			for _, p := range op.Parameters {
				declared[p.In+" "+p.Name] = true
				if p.Description == "" {
					t.Errorf("%s: %s has no description", name, p.Name)
				}
			}
			for part := range strings.SplitSeq(path, "/") {
				if strings.HasPrefix(part, "{") && !declared["path "+strings.Trim(part, "{}")] {
					t.Errorf("%s: %s is not declared", name, part)
				}
			}
			success := 0
			for status, r := range op.Responses {
				if r.Description == "" {
					t.Errorf("%s: answer %s has no description", name, status)
				}
				if status < "400" {
					success++
				}
				if schema := r.Content["application/problem+json"].Schema; status >= "400" && schema["$ref"] != "#/components/schemas/Problem" {
					t.Errorf("%s: answer %s is no Problem: %+v", name, status, r.Content)
				}
			}
			if success == 0 {
				t.Errorf("%s: no successful answer", name)
			}
			for scheme := range maps.Keys(flat(op.Security)) {
				if _, ok := doc.Components.SecuritySchemes[scheme]; !ok {
					t.Errorf("%s: security scheme %q is not defined", name, scheme)
				}
			}
		}
	}
	checkRefs(t, doc, raw)
}

func flat(list []map[string][]string) map[string]bool {
	out := map[string]bool{}
	for _, m := range list {
		for k := range m {
			out[k] = true
		}
	}
	return out
}

// checkRefs follows every $ref.
func checkRefs(t *testing.T, doc document, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			kind, name, _ := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
			_, example := doc.Components.Examples[name]
			if there := map[string]bool{
				"schemas": doc.Components.Schemas[name] != nil, "headers": doc.Components.Headers[name] != nil, "examples": example,
			}[kind]; !there {
				t.Errorf("reference %s leads nowhere", ref)
			}
		}
		for _, e := range v {
			checkRefs(t, doc, e)
		}
	case []any:
		for _, e := range v {
			checkRefs(t, doc, e)
		}
	}
}

// What the server refuses in a request the document must not allow, and what may be added to an answer it must not forbid.
func TestRequestsAreClosedAndAnswersAreOpen(t *testing.T) {
	doc, _ := readDocument(t, newWorld(t, nil))
	for name, schema := range doc.Components.Schemas {
		if open := schema["additionalProperties"] == true; open == strings.HasSuffix(name, "Request") {
			t.Errorf("%s: additionalProperties=%v", name, schema["additionalProperties"])
		}
	}
}

// The documented answers are what comes: each is compared with its schema.
func TestAnswersHaveTheDocumentedFields(t *testing.T) {
	w := newWorld(t, nil)
	doc, _ := readDocument(t, w)
	p := w.guest("Ann")
	q := w.guest("Ben")
	p.call("POST", "/v1/quickjoin", `{"game":"arena"}`).is(200) // seated, so that there is a profile
	w.record(duel("m1", p, q))
	for schema, a := range map[string]answer{
		"Session":      w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`),
		"ServerConfig": w.call("GET", "/v1/config", nil),
		"RoomList":     w.call("GET", "/v1/rooms", nil),
		"RoomInfo":     p.call("POST", "/v1/rooms", `{"game":"arena"}`),
		"Join":         p.call("POST", "/v1/quickjoin", `{"game":"arena"}`),
		"Ticket":       p.call("POST", "/v1/tickets", `{"game":"draughts"}`),
		"Leaderboard":  w.call("GET", "/v1/leaderboards/draughts", nil),
		"Profile":      w.call("GET", "/v1/players/"+p.PlayerID, nil),
		"MatchList":    w.call("GET", "/v1/matches?player="+p.PlayerID, nil),
		"EventList":    p.call("GET", "/v1/events?wait=0", nil),
		"MatchResult":  w.call("GET", "/v1/matches/m1", nil),
		"Problem":      w.call("GET", "/v1/rooms?game=nope", nil),
	} {
		var got map[string]any
		if err := json.Unmarshal(a.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", schema, err)
		}
		properties, ok := doc.Components.Schemas[schema]["properties"].(map[string]any)
		if !ok {
			t.Errorf("%s is not in the document", schema)
			continue
		}
		for field := range got {
			if properties[field] == nil {
				t.Errorf("%s: %s is not documented", schema, field)
			}
		}
		for _, field := range doc.Components.Schemas[schema]["required"].([]any) {
			if _, has := got[field.(string)]; !has {
				t.Errorf("%s: %s is missing in %v", schema, field, got)
			}
		}
	}
}

// Every protected route is walked as the document lists them, so that a new one is covered from its first day.
func TestProtectedRoutesNeedAToken(t *testing.T) {
	w := newWorld(t, nil)
	doc, _ := readDocument(t, w)
	open := []string{
		"GET /v1/auth/keys", "GET /v1/auth/oidc", "GET /v1/auth/oidc/{provider}/callback", "GET /v1/auth/oidc/{provider}/start", "POST /v1/auth/oidc/redeem",
		"GET /v1/config", "GET /v1/leaderboards/{mode}", "GET /v1/matches", "GET /v1/matches/{id}", "GET /v1/players/{id}", "GET /v1/rooms",
		"POST /v1/auth/confirm", "POST /v1/auth/guest", "POST /v1/auth/login", "POST /v1/auth/logout", "POST /v1/auth/password",
		"POST /v1/auth/refresh", "POST /v1/auth/register", "POST /v1/auth/reset",
	}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			name := strings.ToUpper(method) + " " + path
			if protected := len(op.Security) > 0; protected == slices.Contains(open, name) {
				t.Errorf("%s: protected=%t", name, protected)
			}
			if len(op.Security) == 0 {
				continue
			}
			if _, documented := op.Responses["401"]; !documented {
				t.Errorf("%s: 401 is not documented", name)
			}
			body := postRoutes[strings.ReplaceAll(path, "{id}", "room-1")]
			for _, header := range []string{"", "Bearer x", "Basic eDp5"} {
				t.Run(fmt.Sprintf("%s %q", name, header), func(t *testing.T) {
					w.call(strings.ToUpper(method), strings.ReplaceAll(path, "{id}", "room-1"), body, "Authorization", header).
						refused(401, "unauthorized")
				})
			}
		}
	}
}

func TestReferenceShowsEveryOperation(t *testing.T) {
	w := newWorld(t, nil)
	a := w.call("GET", "/docs", nil)
	a.is(200)
	page := a.Body.String()
	for path, ops := range w.document().Paths {
		for _, op := range ops {
			if !strings.Contains(page, `<article id="`+op.OperationID+`"`) || !strings.Contains(page, `href="#`+op.OperationID+`"`) {
				t.Errorf("%s of %s is not on the page", op.OperationID, path)
			}
			for _, r := range op.Responses {
				for _, code := range r.Codes {
					if !strings.Contains(page, "<code>"+code+"</code>") {
						t.Errorf("%s is not on the page", code)
					}
				}
			}
		}
	}
	for path, kind := range map[string]string{
		"/docs": "text/html; charset=utf-8", "/docs/reference.css": "text/css; charset=utf-8", "/docs/reference.js": "text/javascript; charset=utf-8",
	} {
		a := w.call("GET", path, nil, "Accept-Encoding", "gzip")
		if a.is(200); a.Header().Get("Content-Type") != kind || len(a.unzipped()) == 0 {
			t.Errorf("%s: %v", path, a.Header())
		}
		w.call("GET", path, nil, "Accept-Encoding", "gzip", "If-None-Match", a.Header().Get("ETag")).is(304)
		w.call("HEAD", path, nil).is(200)
		w.call("POST", path, nil).refused(405, "method_not_allowed")
		if csp := a.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
}
