package lobby

import (
	"embed"
	"net/http"

	"github.com/skirmish-dev/skirmish/internal/webfile"
)

// mailPage is where links in e-mails lead.
const mailPage = "/v1/auth/mail"

// inUTF8 completes the Content-Type of a text.
const inUTF8 = "; charset=utf-8"

//go:embed page
var pageFiles embed.FS

// mailPageRoutes serves the page and what it loads, and adds their media types to given. It belongs to no API and is not in the document.
func (l *Lobby) mailPageRoutes(mux *http.ServeMux, given map[string][]string) {
	for path, kind := range map[string]string{"mail.html": "text/html", "mail.css": "text/css", "mail.js": "text/javascript"} {
		text, err := pageFiles.ReadFile("page/" + path)
		if err != nil {
			panic(err) // it is in the program
		}
		route := "/v1/auth/" + path
		if path == "mail.html" {
			route = mailPage
		}
		given["GET "+route] = []string{kind}
		mux.Handle("GET "+route, webfile.New(text, kind+inUTF8, "public, max-age=60"))
	}
}
