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

// documentRoutes serves the OpenAPI document and the page that shows it. Both are made when they are asked for first: they are large, and
// most servers never are.
func documentRoutes(mux *http.ServeMux, doc *huma.OpenAPI) {
	text := sync.OnceValue(func() []byte {
		text, err := json.Marshal(doc)
		if err != nil {
			panic(fmt.Errorf("lobby: OpenAPI document: %w", err)) // the guard logs it
		}
		return text
	})
	handle := func(path string, make func() *webfile.File) {
		file := sync.OnceValue(make)
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { file().ServeHTTP(w, r) })
	}
	const control = "public, max-age=60"
	handle("/v1/openapi.json", func() *webfile.File { return webfile.New(text(), "application/openapi+json", control) })
	handle(docsPage, func() *webfile.File {
		page, err := reference.Page(text())
		if err != nil {
			panic(err)
		}
		return webfile.New(page, "text/html; charset=utf-8", control)
	})
	handle(docsPage+"/reference.css", func() *webfile.File { return webfile.New(reference.Style(), "text/css; charset=utf-8", control) })
	handle(docsPage+"/reference.js", func() *webfile.File {
		return webfile.New(reference.Script(), "text/javascript; charset=utf-8", control)
	})
}
