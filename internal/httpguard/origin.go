package httpguard

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// hostAllowed says whether a Host header names this server: an IP literal, localhost, or the public URL's host; any port. A
// name that an attacker makes resolve to this machine (DNS rebinding) is none of these.
func (g *Guard) hostAllowed(host string) bool {
	name := hostname(host)
	if name == "" {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return name == "localhost" || g.publicHost != "" && name == g.publicHost
}

// hostname is a Host header without port and brackets, in lower case; empty when it is malformed.
func hostname(host string) string {
	host = strings.ToLower(host)
	if name, port, err := net.SplitHostPort(host); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return ""
		}
		return name
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return host[1 : len(host)-1]
	}
	if strings.ContainsAny(host, "[]:") {
		return ""
	}
	return host
}

type originKind int

const (
	originNone    originKind = iota // no Origin header: not a browser, or a navigation
	originOwn                       // a page of this server
	originAllowed                   // a page on the list
	originForeign
)

// originKind judges a request's Origin. Call it only after hostAllowed: the own origin is built from the request's scheme and
// Host, which means something only once Host is known to name this server. Origin is not authentication; a request without
// one passes.
func (g *Guard) originKind(r *http.Request) originKind {
	values := r.Header.Values("Origin")
	switch {
	case len(values) == 0:
		return originNone
	case len(values) > 1:
		return originForeign
	}
	u, err := parseOrigin(values[0])
	if err != nil {
		return originForeign // "null" too: any sandboxed page has it
	}
	origin := originOf(u.Scheme, u.Host)
	switch {
	case g.own[origin], origin == originOf(g.scheme(r), r.Host):
		return originOwn
	case g.allowed[origin]:
		return originAllowed
	}
	return originForeign
}

// originOf is the canonical text of an origin: lower case, without the scheme's own port.
func originOf(scheme, host string) string {
	scheme, host = strings.ToLower(scheme), strings.ToLower(host)
	if scheme == "http" {
		host = strings.TrimSuffix(host, ":80")
	} else {
		host = strings.TrimSuffix(host, ":443")
	}
	return scheme + "://" + host
}

// scheme is the scheme that the client used, as far as this server or a trusted proxy knows.
func (g *Guard) scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	if g.trusted(peer(r)) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		return "https"
	}
	return "http"
}

// loopbackOrigins are the names under which a listener is reached from its own machine: one on a loopback address, or on every
// interface.
func loopbackOrigins(listen string) []string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil
	}
	ip, err := netip.ParseAddr(host)
	if host != "" && host != "localhost" && (err != nil || !ip.IsLoopback() && !ip.IsUnspecified()) {
		return nil
	}
	var out []string
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		out = append(out, originOf("http", net.JoinHostPort(name, port)))
	}
	return out
}

// setCORS lets a page on the list call with a Bearer token and read the answer. Never with credentials: cookies are for pages
// of this server.
func setCORS(h http.Header, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID")
	h.Set("Access-Control-Expose-Headers", "ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id")
	h.Set("Access-Control-Max-Age", "600")
}

// fromPage reports whether a browser says that a page of another site has caused the request. "none" is the user: an address
// that was typed, a bookmark.
func fromPage(r *http.Request) bool {
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "none" && site != "same-origin" {
			return true
		}
	}
	return false
}
