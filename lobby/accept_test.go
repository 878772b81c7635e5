package lobby

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryOperationRefusesWhoTakesNothingOfWhatItGives(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	headOnly := 0
	for path, ops := range w.document().Paths {
		for method, op := range ops {
			var kinds []string
			for status, r := range op.Responses {
				if strings.HasPrefix(status, "2") {
					for kind := range r.Content {
						kinds = append(kinds, kind)
					}
				}
			}
			_, documented := op.Responses["406"]
			target := strings.ReplaceAll(path, "{id}", "room-1")
			if len(kinds) == 0 {
				headOnly++
				if documented {
					t.Errorf("%s %s gives nothing, and documents 406", method, path)
				}
				continue
			}
			if !documented {
				t.Errorf("%s %s: 406 is not documented", method, path)
			}
			for _, accept := range []string{"text/html", "application/problem+json", "*/*;q=0", strings.Join(kinds, ";q=0, ") + ";q=0, */*;q=0"} {
				p.call(strings.ToUpper(method), target, nil, "Accept", accept).refused(406, "not_acceptable")
			}
			if method == "get" {
				if a := p.call("HEAD", target, nil, "Accept", "text/html"); a.Code != 406 {
					t.Errorf("HEAD %s: %d", path, a.Code)
				}
			}
		}
	}
	if headOnly == 0 {
		t.Error("no operation answers with a head alone")
	}
}

// The document, its page and the page of e-mails are routes like the others.
func TestDocumentsAndPagesLookAtAccept(t *testing.T) {
	w := newWorld(t, nil)
	for path, kind := range map[string]string{
		"/docs": "text/html; charset=utf-8", "/docs/reference.css": "text/css; charset=utf-8", "/docs/reference.js": "text/javascript; charset=utf-8",
		"/v1/openapi.json": "application/openapi+json", mailPage: "text/html; charset=utf-8",
	} {
		bare, _, _ := strings.Cut(kind, ";")
		for _, accept := range []string{"", ",,", "*/*", bare, "image/png, */*;q=0.1"} {
			a := w.call("GET", path, nil, "Accept", accept)
			if a.is(200); a.Header().Get("Content-Type") != kind {
				t.Errorf("%s with Accept: %s comes as %s", path, accept, a.Header().Get("Content-Type"))
			}
		}
		for _, accept := range []string{"image/png", bare + ";q=0", "application/problem+json"} {
			w.call("GET", path, nil, "Accept", accept).refused(406, "not_acceptable")
			w.call("HEAD", path, nil, "Accept", accept).is(406)
		}
	}
	a := w.call("GET", "/v1/openapi.json", nil, "Accept", "application/json")
	if a.is(200); a.Header().Get("Content-Type") != "application/json" || !slices.Contains(a.Header().Values("Vary"), "Accept") {
		t.Errorf("asked for plain JSON: %v", a.Header())
	}
}

func TestRefusedAcceptDoesNothing(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	p.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k").is(201)
	p.call("POST", "/v1/rooms", `{"game":"arena"}`, "Accept", "text/html").refused(406, "not_acceptable")
	p.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k", "Accept", "text/html").refused(406, "not_acceptable")
	if w.host.made != 1 {
		t.Errorf("%d rooms were made", w.host.made)
	}
	p.call("POST", "/v1/auth/logout", `{}`, "Accept", "text/html").is(204) // it gives nothing
}

func TestAcceptDecidesBetweenStreamAndPollByWait(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	for _, accept := range []string{"", "*/*", "application/*", "application/json", "text/html, application/json;q=0.1"} {
		p.call("GET", "/v1/events?wait=0", nil, "Accept", accept).is(200)
	}
	p.call("GET", "/v1/events?wait=0", nil, "Accept", "text/event-stream").refused(406, "not_acceptable")
	if told := p.call("GET", "/v1/events", nil, "Accept", "application/json").refused(406, "not_acceptable"); !strings.Contains(told.Detail, "?wait") {
		t.Errorf("the refusal says %q", told.Detail)
	}
	for _, accept := range []string{"text/event-stream", "text/*", "*/*"} {
		head := p.call("HEAD", "/v1/events", nil, "Accept", accept)
		if head.is(200); !slices.Equal(head.Header().Values("Content-Type"), []string{streamType}) {
			t.Errorf("Accept: %s gives %v", accept, head.Header())
		}
	}
}

// Who cannot read a problem has its status. A refusal of the refusal would say less.
func TestProblemsComeWhateverIsAccepted(t *testing.T) {
	w := newWorld(t, nil)
	w.call("GET", "/v1/account", nil, "Accept", "application/json").refused(401, "unauthorized")
	w.call("GET", "/nothing", nil, "Accept", "text/html").refused(404, "not_found")
}
