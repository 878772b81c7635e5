package httpguard

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Clients choose what these fields hold: uncut, one address fills a disk with lines of 27 KB.
const (
	maxLoggedText   = 256 // bytes of path and query
	maxLoggedMethod = 16
)

// logAccess writes one line per request, at debug level for a GET or HEAD that went well. The field names are fixed: request_id,
// method, path, query, status, bytes, ms, client, and of a refusal with a problem document its code. Headers are not logged, so neither tokens in Authorization nor cookies can be.
func (g *Guard) logAccess(rec *recorder, r *http.Request, v visit, began time.Time) {
	status := rec.status
	switch {
	case rec.hijacked:
		status = http.StatusSwitchingProtocols
	case status == 0:
		status = http.StatusOK
	}
	level := zapcore.InfoLevel
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && status < 400 {
		level = zapcore.DebugLevel // pages, lists, polls and probes: too many to show when nothing is wrong
	}
	line := g.log.Check(level, "request")
	if line == nil {
		return
	}
	code := zap.Skip()
	if rec.code != "" {
		code = zap.String("code", rec.code)
	}
	line.Write(zap.String("request_id", v.id), zap.String("method", clip(r.Method, maxLoggedMethod)),
		zap.String("path", loggedPath(r)), zap.String("query", clip(RedactQuery(r.URL.RawQuery), maxLoggedText)),
		zap.Int("status", status), zap.Int64("bytes", rec.bytes),
		zap.Float64("ms", float64(g.cfg.Clock().Sub(began).Microseconds())/1000), zap.Stringer("client", v.addr), code)
}

// loggedPath is the path without the ids in it, since the id of a private room is what it is joined with: of a route with wildcards
// its pattern, of a path that no route has taken what is known to be no id. Files below "/" are shown as they are.
func loggedPath(r *http.Request) string {
	_, route, _ := strings.Cut(r.Pattern, "/") // without method and host
	switch {
	case strings.Contains(route, "{"):
		return "/" + route
	case strings.HasSuffix(route, "/"): // the tree of a mux that has found no route in it
		return "/" + route + "..."
	case r.Pattern == "": // refused, or a preflight
		if parts := strings.SplitN(r.URL.Path, "/", 4); len(parts) == 4 {
			return clip(strings.Join(parts[:3], "/"), maxLoggedText) + "/..."
		}
	}
	return clip(r.URL.Path, maxLoggedText)
}

func clip(s string, most int) string {
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

const redacted = "REDACTED"

// secretParams are the query parameters whose values never reach a log. Only seat has a place in a URL; the others are there
// for the client that puts them into one by mistake.
var secretParams = []string{"seat", "token", "access_token", "refresh_token", "code", "password"}

// RedactQuery returns a raw query with the values of secret parameters replaced. Keys match in any case and encoding. A part
// that cannot be decoded is replaced as a whole: it may hide anything.
func RedactQuery(raw string) string {
	if raw == "" {
		return ""
	}
	// net/url does not split at a semicolon, other programs do; each may hide a parameter in the other's value.
	parts := strings.FieldsFunc(raw, func(c rune) bool { return c == '&' || c == ';' })
	for i, part := range parts {
		key, _, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(key)
		if err != nil {
			parts[i] = redacted
			continue
		}
		for _, secret := range secretParams {
			if strings.EqualFold(strings.TrimSpace(name), secret) {
				parts[i] = secret + "=" + redacted
			}
		}
	}
	return strings.Join(parts, "&")
}
