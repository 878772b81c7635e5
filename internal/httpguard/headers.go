package httpguard

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// setHeaders sets what every answer carries, error answers and files included.
func (g *Guard) setHeaders(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Content-Security-Policy", g.csp)
}

// contentSecurityPolicy allows scripts, styles and images of this server only, no inline code, no eval, and no text as HTML
// (Trusted Types without a policy). own are the server's other names: 'self' covers the WebSocket of the page's own host, not
// that of another name for it. The grammar of a policy has no IPv6 literals: browsers complain about one and ignore it.
func contentSecurityPolicy(own map[string]bool) string {
	connect := []string{"connect-src 'self'"}
	for origin := range own {
		if strings.Contains(origin, "[") {
			continue
		}
		connect = append(connect, origin, "ws"+strings.TrimPrefix(origin, "http")) // http -> ws, https -> wss
	}
	slices.Sort(connect[1:])
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
		"manifest-src 'self'", "worker-src 'self'", strings.Join(connect, " "), "base-uri 'none'", "form-action 'none'",
		"frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
	}, "; ")
}

// refuse answers with a problem document (RFC 9457) in the form that the lobby's errors have.
func refuse(w http.ResponseWriter, status int, code, detail string) {
	body, err := json.Marshal(map[string]any{
		"type": problemType + code, "code": code, "title": http.StatusText(status), "status": status, "detail": detail,
	})
	if err != nil {
		panic(err) // strings and a number always marshal
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) // an error means that the client has gone
}
