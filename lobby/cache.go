package lobby

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/internal/webfile"
)

// Conditional is what a request for a cacheable answer says about the answer that it wants.
type Conditional struct {
	IfNoneMatch    string `header:"If-None-Match" doc:"ETag of the answer that the client has: 304 when it is still right."`
	AcceptEncoding string `header:"Accept-Encoding" hidden:"true"`
}

// cacheable is the answer to a GET that is the same for everybody: its bytes, a strong ETag over them, and how long to keep them. It holds
// no secret, so that it may be compressed.
type cacheable struct {
	Status          int
	ContentType     string   `header:"Content-Type"`
	ContentEncoding string   `header:"Content-Encoding"`
	Vary            []string `header:"Vary"` // added to what the guard says
	ETag            string   `header:"ETag"`
	CacheControl    string   `header:"Cache-Control"`
	Body            []byte

	gzip func() []byte // nil where compressing does not pay; runs once for all who get this answer
}

// cacheJSON encodes v, once: the same bytes are hashed and sent, unless the client has them.
func cacheJSON(c Conditional, control string, v any) (*cacheable, error) {
	out, err := encodeJSON(control, v)
	if err != nil {
		return nil, err
	}
	return out.given(c), nil
}

// encodeJSON is the full answer, which may be given to many clients.
func encodeJSON(control string, v any) (cacheable, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return cacheable{}, fmt.Errorf("lobby: encode answer: %w", err)
	}
	body, kind := buf.Bytes(), "application/json"
	c := cacheable{Status: http.StatusOK, ContentType: kind, ETag: webfile.ETag(body), CacheControl: control, Body: body}
	if webfile.Pays(body, kind) {
		c.gzip = sync.OnceValue(func() []byte { return webfile.Gzip(body, kind) })
	}
	return c, nil
}

// given is the answer for a client that says this about it.
func (c cacheable) given(want Conditional) *cacheable {
	if c.gzip != nil {
		c.Vary = []string{"Accept-Encoding"}
		if webfile.AcceptsGzip([]string{want.AcceptEncoding}) {
			if small := c.gzip(); small != nil {
				c.ContentEncoding, c.ETag, c.Body = "gzip", webfile.GzipETag(c.ETag), small
			}
		}
	}
	if etagMatches(want.IfNoneMatch, c.ETag) {
		c.Status, c.ContentType, c.ContentEncoding, c.Body = http.StatusNotModified, "", "", nil
	}
	return &c
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
