package lobby

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"unicode/utf8"
)

const (
	maxBody  = 8 << 10 // bytes of a request body; the largest that a route needs has a few hundred
	maxDepth = 8       // nesting of objects and arrays in it
)

// checkBody reads a request's body, whole and bounded, and refuses what no route takes, before anything is decoded: a decoder
// must not be what finds out that a body is a megabyte or a thousand levels deep. Invalid UTF-8 is refused here because
// encoding/json replaces it silently.
func checkBody(r *http.Request) error {
	if r.ContentLength > maxBody {
		return tooLarge()
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	var over *http.MaxBytesError
	switch {
	case len(body) > maxBody, errors.As(err, &over):
		return tooLarge()
	case err != nil:
		return newProblem(http.StatusBadRequest, "bad_request", "the body ended early")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	plain := err == nil && kind == "application/json" && (params["charset"] == "" || params["charset"] == "utf-8")
	// The cookie routes demand it of an empty body as well: a form on another site cannot send this type.
	if !plain && (len(body) > 0 || isAuthPath(r.URL.Path)) {
		return newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "send Content-Type: application/json")
	}
	if !utf8.Valid(body) {
		return newProblem(http.StatusBadRequest, "bad_request", "the body is not UTF-8")
	}
	if depth(body) > maxDepth {
		return newProblem(http.StatusBadRequest, "bad_request", fmt.Sprintf("the body nests deeper than %d levels", maxDepth))
	}
	return nil
}

func tooLarge() error {
	return newProblem(http.StatusRequestEntityTooLarge, "body_too_large",
		fmt.Sprintf("the body may have at most %d bytes", maxBody))
}

// depth is the deepest nesting of brackets outside of strings. It does not check the JSON; the decoder does.
func depth(body []byte) int {
	var now, deepest int
	inString := false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{', c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}', c == ']':
			now--
		}
	}
	return deepest
}
