package skirmish

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// page is one embedded file, ready to be sent.
type page struct {
	data []byte
	kind string
	etag string
}

// static serves the embedded demo: the same bytes for everybody, revalidated by a strong ETag so that an update shows at once.
func static(files fs.FS) (http.Handler, error) {
	pages := map[string]page{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		pages["/"+name] = page{data, mime.TypeByExtension(path.Ext(name)), strconv.Quote(hex.EncodeToString(sum[:12]))}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the embedded demo: %w", err)
	}
	pages["/"] = pages["/index.html"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := pages[r.URL.Path]
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
		h.Set("ETag", p.etag)
		h.Set("Cache-Control", "no-cache")
		if p.kind != "" {
			h.Set("Content-Type", p.kind)
		}
		if strings.Contains(r.Header.Get("If-None-Match"), p.etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Length", strconv.Itoa(len(p.data)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(p.data) // a client that is gone by now does not miss it
		}
	}), nil
}
