package skirmish

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strconv"
	"time"

	"github.com/skirmish-dev/skirmish/clients/js"
)

// page is what browsers get at /: the demo, or the folder of --static, and the browser client at /skirmish.js.
func (s *server) page() (http.Handler, error) {
	embedded, err := newEmbedded(js.Demo())
	if err != nil {
		return nil, err
	}
	if s.cfg.StaticDir == "" {
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
	mux.Handle("/", noCache(http.FileServerFS(dir.FS())))
	return mux, nil
}

// noCache makes browsers ask whether a file has changed: its author is likely to be working on it.
func noCache(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// embedded serves the files that are part of the program: the same bytes for everybody, revalidated by a strong ETag.
type embedded map[string]embeddedFile

type embeddedFile struct {
	data []byte
	kind string
	etag string
}

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
		sum := sha256.Sum256(data)
		e["/"+name] = embeddedFile{data, mime.TypeByExtension(path.Ext(name)), strconv.Quote(hex.EncodeToString(sum[:12]))}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the embedded files: %w", err)
	}
	e["/"] = e["/index.html"]
	return e, nil
}

// ServeHTTP answers GET and HEAD.
func (e embedded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := e[r.URL.Path]
	switch {
	case !ok:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("ETag", f.etag)
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Type", f.kind)
	// ServeContent knows conditional and range requests.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}
