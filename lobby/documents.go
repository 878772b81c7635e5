package lobby

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/internal/webfile"
	"github.com/skirmish-dev/skirmish/lobby/reference"
)

// docsPage is where the reference is, for people.
const docsPage = "/docs"

// documentRoutes serves the OpenAPI document and the page that shows it, and adds their media types to given. Both are made when they are
// asked for first: they are large, and most servers never are.
func documentRoutes(mux *http.ServeMux, given map[string][]string, doc *huma.OpenAPI) {
	text := sync.OnceValue(func() []byte {
		text, err := json.Marshal(doc)
		if err != nil {
			panic(fmt.Errorf("lobby: OpenAPI document: %w", err)) // the guard logs it
		}
		return text
	})
	const control = "public, max-age=60"
	handle := func(path, kind, charset string, content func() []byte) {
		file := sync.OnceValue(func() *webfile.File { return webfile.New(content(), kind+charset, control) })
		given["GET "+path] = []string{kind}
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { file().ServeHTTP(w, r) })
	}
	handle(docsPage, "text/html", inUTF8, func() []byte {
		page, err := reference.Page(text())
		if err != nil {
			panic(err)
		}
		return page
	})
	handle(docsPage+"/reference.css", "text/css", inUTF8, reference.Style)
	handle(docsPage+"/reference.js", "text/javascript", inUTF8, reference.Script)

	// Programs that read OpenAPI documents tend to ask for plain JSON, and it is that too.
	const path, own, plain = "/v1/openapi.json", "application/openapi+json", "application/json"
	file := func(kind string) func() *webfile.File {
		return sync.OnceValue(func() *webfile.File { return webfile.New(text(), kind, control) })
	}
	asOwn, asPlain := file(own), file(plain)
	given["GET "+path] = []string{own, plain}
	mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if webfile.Accepts(r.Header.Values("Accept"), own) {
			asOwn().ServeHTTP(w, r)
			return
		}
		asPlain().ServeHTTP(w, r)
	})
}
