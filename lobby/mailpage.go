package lobby

import (
	"embed"
	"net/http"

	"github.com/skirmish-dev/skirmish/internal/webfile"
)

// mailPage is where links in e-mails lead.
const mailPage = "/v1/auth/mail"

//go:embed page
var pageFiles embed.FS

// mailPageRoutes serves the page and what it loads. It belongs to no API and is not in the document.
func (l *Lobby) mailPageRoutes(mux *http.ServeMux) {
	for path, kind := range map[string]string{
		"mail.html": "text/html; charset=utf-8", "mail.css": "text/css; charset=utf-8", "mail.js": "text/javascript; charset=utf-8",
	} {
		text, err := pageFiles.ReadFile("page/" + path)
		if err != nil {
			panic(err) // it is in the program
		}
		route := "/v1/auth/" + path
		if path == "mail.html" {
			route = mailPage
		}
		mux.Handle("GET "+route, webfile.New(text, kind, "public, max-age=60"))
	}
}
