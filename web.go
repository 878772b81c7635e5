package skirmish

import (
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/skirmish-dev/skirmish/clients/js"
	"github.com/skirmish-dev/skirmish/internal/webfile"
)

// page is what browsers get at /: the demo, or the folder of --static, and the browser client at /skirmish.js.
func (s *server) page() (http.Handler, error) {
	embedded, err := newEmbedded(js.Demo())
	if err != nil {
		return nil, err
	}
	if s.cfg.StaticDir == "" {
		if !s.plays("arena") {
			return embedded.only("/skirmish.js", "This game's server is running. Give --static a folder with its page to see it here. Its REST reference is at /docs.\n"), nil
		}
		return embedded, nil
	}
	// A root keeps links and dots from leading out of the folder.
	dir, err := os.OpenRoot(s.cfg.StaticDir)
	if err != nil {
		return nil, fmt.Errorf("--static: %w", err)
	}
	s.static = dir
	mux := http.NewServeMux()
	mux.Handle("/skirmish.js", embedded)
	mux.Handle("/", folder{dir.FS(), http.FileServerFS(dir.FS()), s.cfg.csp()})
	return mux, nil
}

// folder serves the files of a game's own page: no listings, and nothing whose name begins with a dot.
type folder struct {
	files  fs.FS
	server http.Handler
	csp    string
}

// ServeHTTP answers like a file server that does not tell what there is.
func (f folder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.Trim(path.Clean(r.URL.Path), "/")
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			http.NotFound(w, r)
			return
		}
	}
	if name == "favicon.ico" {
		// Every browser asks, and an error in its console looks like the game's.
		if _, err := fs.Stat(f.files, name); err != nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	if strings.HasSuffix(r.URL.Path, "/") {
		if _, err := fs.Stat(f.files, path.Join(name, "index.html")); err != nil {
			http.NotFound(w, r)
			return
		}
	}
	// The page's author is likely to be working on it: browsers ask each time whether it has changed.
	w.Header().Set("Cache-Control", "no-cache")
	if f.csp == "" {
		w.Header().Del("Content-Security-Policy")
	} else {
		w.Header().Set("Content-Security-Policy", f.csp)
	}
	f.server.ServeHTTP(w, r)
}

// embedded serves the files that are part of the program.
type embedded map[string]*webfile.File

func newEmbedded(files fs.FS) (embedded, error) {
	e := embedded{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		e["/"+name] = webfile.New(data, mime.TypeByExtension(path.Ext(name)), "no-cache")
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the embedded files: %w", err)
	}
	e["/"] = e["/index.html"]
	return e, nil
}

// only is one of the files, and a line of text instead of a page.
func (e embedded) only(name, text string) embedded {
	return embedded{name: e[name], "/": webfile.New([]byte(text), "text/plain; charset=utf-8", "no-cache")}
}

// ServeHTTP answers GET and HEAD.
func (e embedded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f, ok := e[r.URL.Path]; ok {
		f.ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}

// plays reports whether this program has a game of that name.
func (s *server) plays(name string) bool {
	for _, g := range s.cfg.Games {
		if g.Name() == name {
			return true
		}
	}
	return false
}
