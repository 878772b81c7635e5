package lobby

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// cacheable is the answer to a GET that is the same for everybody: its bytes, a strong ETag over them, and how long to keep them.
type cacheable struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

// cacheJSON encodes v, once: the same bytes are hashed and sent, unless ifNoneMatch, the client's If-None-Match, says that it
// has them.
func cacheJSON(ifNoneMatch, control string, v any) (*cacheable, error) {
	out, err := encodeJSON(control, v)
	if err != nil {
		return nil, err
	}
	return out.unless(ifNoneMatch), nil
}

// encodeJSON is the full answer, which may be given to many clients.
func encodeJSON(control string, v any) (cacheable, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return cacheable{}, fmt.Errorf("lobby: encode answer: %w", err)
	}
	return cacheable{
		Status: http.StatusOK, ContentType: "application/json", ETag: etag(buf.Bytes()), CacheControl: control, Body: buf.Bytes(),
	}, nil
}

// unless is the answer for a client that sent this If-None-Match.
func (c cacheable) unless(ifNoneMatch string) *cacheable {
	if etagMatches(ifNoneMatch, c.ETag) {
		c.Status, c.ContentType, c.Body = http.StatusNotModified, "", nil
	}
	return &c
}

// serveCacheable does the same for bytes that huma does not serve.
func serveCacheable(w http.ResponseWriter, r *http.Request, contentType, control string, body []byte) {
	h := w.Header()
	h.Set("ETag", etag(body))
	h.Set("Cache-Control", control)
	if etagMatches(r.Header.Get("If-None-Match"), etag(body)) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", contentType)
	w.Write(body) // an error means that the client has gone
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// etagMatches compares as RFC 9110 says for If-None-Match: weakly, since a proxy that compresses may have weakened ours.
func etagMatches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part == "*" || strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}

// cacheableResponses documents what a cacheable operation answers: huma sees bytes, the client sees T.
func cacheableResponses[T any](api huma.API) map[string]*huma.Response {
	return map[string]*huma.Response{
		"200": jsonResponse[T](api, "OK"),
		"304": {Description: "The answer that the client has is still right."},
	}
}
