package lobby

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// checkDocumented compares an answer with the document: its status, the code of a problem, and the headers that a client waits by. It
// sees every answer that a test of this package gets.
func (w *world) checkDocumented(pattern string, rec *httptest.ResponseRecorder) {
	w.t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	op, known := w.document().Paths[path][strings.ToLower(method)]
	if !known {
		return // no operation: an unknown route, the document itself, a page
	}
	answer, known := op.Responses[strconv.Itoa(rec.Code)]
	if !known {
		w.t.Errorf("%s: the document has no answer %d: %s", pattern, rec.Code, rec.Body)
	}
	for _, name := range []string{"ETag", "Location", "Retry-After", "RateLimit", "Set-Cookie", "WWW-Authenticate", "Idempotency-Replayed"} {
		if documented := answer.Headers[name] != nil; rec.Header().Get(name) != "" && !documented {
			w.t.Errorf("%s: the document has no %s at %d", pattern, name, rec.Code)
		}
	}
	var p Problem
	if rec.Header().Get("Content-Type") == "application/problem+json" && json.Unmarshal(rec.Body.Bytes(), &p) == nil &&
		!slices.Contains(answer.Codes, p.Code) {
		w.t.Errorf("%s: the document has no %s at %d", pattern, p.Code, rec.Code)
	}
}

// readOnce holds the document, which is the same of every lobby but for its server's address.
var readOnce struct {
	sync.Once
	document
}

func (w *world) document() document {
	readOnce.Do(func() {
		rec := httptest.NewRecorder()
		w.lobby.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/v1/openapi.json", nil))
		if err := json.Unmarshal(rec.Body.Bytes(), &readOnce.document); err != nil {
			w.t.Error(err)
		}
	})
	return readOnce.document
}

// Each body of the document has an example, and each example is one that its schema takes.
func TestOpenAPIExamplesFitTheirSchemas(t *testing.T) {
	w := newWorld(t, nil)
	api := humago.New(http.NewServeMux(), w.lobby.humaConfig())
	w.lobby.operations(api)
	complete(api.OpenAPI())
	doc, checked := api.OpenAPI(), 0
	fits := func(where string, mode huma.ValidateMode, schema *huma.Schema, example any) {
		t.Helper()
		text, err := json.Marshal(example)
		var v any
		if err != nil || json.Unmarshal(text, &v) != nil || v == nil {
			t.Errorf("%s: no example: %v", where, err)
			return
		}
		var res huma.ValidateResult
		huma.Validate(doc.Components.Schemas, schema, huma.NewPathBuffer(nil, 0), mode, v, &res)
		for _, err := range res.Errors {
			t.Errorf("%s: %v in %s", where, err, text)
		}
		checked++
	}
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			if op.RequestBody != nil {
				for kind, m := range op.RequestBody.Content {
					fits(op.OperationID+" "+kind, huma.ModeWriteToServer, m.Schema, m.Example)
				}
			}
			for status, r := range op.Responses {
				for kind, m := range r.Content {
					if codes, isProblem := r.Extensions[problemCodes].([]string); !isProblem {
						fits(op.OperationID+" "+status+" "+kind, huma.ModeReadFromServer, m.Schema, m.Example)
					} else if len(codes) == 0 || len(codes) != len(m.Examples) {
						t.Errorf("%s %s: %d examples of the codes %q", path, status, len(m.Examples), codes)
					}
				}
			}
		}
	}
	for code, example := range doc.Components.Examples {
		fits(code, huma.ModeReadFromServer, &huma.Schema{Ref: "#/components/schemas/Problem"}, example.Value)
	}
	if checked < 120 {
		t.Errorf("only %d examples were checked", checked)
	}
}

// What is in no answer any more is not left in the table.
func TestEveryExampleIsUsed(t *testing.T) {
	w := newWorld(t, nil)
	used := map[string]bool{}
	note := func(of string, content map[string]media) {
		for kind, m := range content {
			ref, _ := m.Schema["$ref"].(string)
			used[of+" "+kind], used[ref[strings.LastIndex(ref, "/")+1:]] = true, true
		}
	}
	for _, ops := range w.document().Paths {
		for _, op := range ops {
			if op.RequestBody != nil {
				note(op.OperationID+" request", op.RequestBody.Content)
			}
			for status, r := range op.Responses {
				note(op.OperationID+" "+status, r.Content)
			}
		}
	}
	for name := range examples {
		if !used[name] {
			t.Errorf("the example %q is nobody's", name)
		}
	}
}
