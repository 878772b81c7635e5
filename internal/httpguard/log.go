package httpguard

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logAccess writes one line per request, at debug level for a GET that went well. The field names are fixed: request_id, method, path, query, status, bytes, ms, client.
// Headers are not logged, so neither tokens in Authorization nor cookies can be.
func (g *Guard) logAccess(rec *recorder, r *http.Request, v visit, began time.Time) {
	status := rec.status
	switch {
	case rec.hijacked:
		status = http.StatusSwitchingProtocols
	case status == 0:
		status = http.StatusOK
	}
	level := zapcore.InfoLevel
	if r.Method == http.MethodGet && status < 400 {
		level = zapcore.DebugLevel // pages, lists and polls: too many to show when nothing is wrong
	}
	line := g.log.Check(level, "request")
	if line == nil {
		return
	}
	line.Write(zap.String("request_id", v.id), zap.String("method", r.Method), zap.String("path", r.URL.Path),
		zap.String("query", RedactQuery(r.URL.RawQuery)), zap.Int("status", status), zap.Int64("bytes", rec.bytes),
		zap.Float64("ms", float64(g.cfg.Clock().Sub(began).Microseconds())/1000), zap.Stringer("client", v.addr))
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
