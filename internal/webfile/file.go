// Package webfile serves bytes that do not change while the server runs: the pages and scripts that are part of it, and documents that it
// has made once. It owns their conditional, range and compressed answers, and reads what a client accepts; the root and the lobby say what
// there is and where. It imports nothing of ours.
//
// A file is compressed once, when it is made. Compressed and plain answers have different strong ETags, as RFC 9110 (8.8.3.3) wants it:
// they are different bytes.
package webfile

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// compressFrom is the length in bytes from which compressing pays: what is shorter fits into a packet with its head anyway.
const compressFrom = 1024

// File is an answer to GET and HEAD, the same for everybody. It does not change and is concurrent-safe.
type File struct {
	kind    string // Content-Type
	control string // Cache-Control
	plain   body
	zipped  body // empty where it does not pay
}

type body struct {
	bytes []byte
	etag  string
}

// New makes a file of bytes, which must not change any more, with its Content-Type and Cache-Control. Text is compressed: never give it one
// that holds a secret beside something that a client chooses, because the length of the answer would tell about the secret (BREACH).
func New(content []byte, contentType, cacheControl string) *File {
	f := &File{kind: contentType, control: cacheControl, plain: body{content, ETag(content)}}
	if small := Gzip(content, contentType); small != nil {
		f.zipped = body{small, GzipETag(f.plain.etag)}
	}
	return f
}

// writers are kept because one takes 800 KB to make.
var writers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// gzipMark is behind the ETag of a compressed answer.
const gzipMark = "-gzip"

// ETag is the strong ETag of content.
func ETag(content []byte) string {
	sum := sha256.Sum256(content)
	return strconv.Quote(base64.RawURLEncoding.EncodeToString(sum[:12]))
}

// GzipETag is the strong ETag of what has etag when it is compressed.
func GzipETag(etag string) string { return etag[:len(etag)-1] + gzipMark + `"` }

// Pays says whether content of a type is worth compressing: text from 1 KiB on.
func Pays(content []byte, contentType string) bool {
	return len(content) >= compressFrom && compressible(contentType)
}

// Gzip compresses at level 6. It returns nil where that does not pay: see Pays, and where the result is hardly shorter. It is
// concurrent-safe.
func Gzip(content []byte, contentType string) []byte {
	if !Pays(content, contentType) {
		return nil
	}
	var buf bytes.Buffer
	z := writers.Get().(*gzip.Writer)
	defer writers.Put(z)
	z.Reset(&buf)
	_, err := z.Write(content)
	if err == nil {
		err = z.Close()
	}
	if err != nil || buf.Len() > len(content)*9/10 {
		return nil // a buffer takes everything, so that there is no error
	}
	return buf.Bytes()
}

// ServeHTTP answers GET and HEAD, conditional requests and ranges. A range is one of the plain bytes.
func (f *File) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	answer := f.plain
	if f.zipped.bytes != nil {
		h.Add("Vary", "Accept-Encoding")
		if r.Header.Get("Range") == "" && AcceptsGzip(r.Header.Values("Accept-Encoding")) {
			answer = f.zipped
			h.Set("Content-Encoding", "gzip")
			h.Set("Content-Length", strconv.Itoa(len(answer.bytes))) // ServeContent leaves it out of what is encoded
		}
	}
	h.Set("ETag", answer.etag)
	h.Set("Cache-Control", f.control)
	h.Set("Content-Type", f.kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(answer.bytes))
}
