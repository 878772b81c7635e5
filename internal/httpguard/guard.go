// Package httpguard is what stands in front of every HTTP handler of a listener: Host and Origin, the client's address, limits,
// security headers, CORS, request ids and the access log; and before that, Limit bounds a listener's connections. It owns no route.
//
// The root wraps the handlers of the public and of the admin listener with one Guard each; handlers ask ClientAddr and
// RequestID. It knows nothing of the lobby or the game and imports nothing else of this module.
//
// The order is fixed, because each step relies on the one before:
//
//	request id -> client address -> log -> headers -> Host -> Origin -> CORS preflight -> body limit -> handler
package httpguard

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Config is what New needs. The zero value guards a server that is reached by IP literal or localhost and by no other origin.
type Config struct {
	// PublicURL is "http://host[:port]" or "https://host[:port]", where browsers reach the server. Its host is accepted as Host
	// and its origin as Origin. Zero means there is none.
	PublicURL string
	// ListenAddr is the listener's "host:port". On a loopback address or on every interface, localhost and the loopback literals at
	// its port count as one origin: a page opened at localhost may open the WebSocket at 127.0.0.1. Zero means no such set.
	ListenAddr string
	// AllowedOrigins are further origins, "https://game.example", whose pages may call and read. No wildcard. Zero means none.
	AllowedOrigins []string
	// TrustedProxies are the networks whose X-Forwarded-For and X-Forwarded-Proto are believed. Zero means none.
	TrustedProxies []netip.Prefix
	// RefusePages refuses what a page elsewhere makes a browser send, by Sec-Fetch-Site: an <img> carries no Origin. For a listener
	// whose answers cost a lot and that no page of another site has to reach. Programs other than browsers do not send the header.
	RefusePages bool
	MaxBody     int64            // longest request body in bytes; zero means 64 KiB
	Clock       func() time.Time // for the log; zero means time.Now
	Logger      *zap.Logger      // access log; zero means no log
}

// Validate reports the first unusable field, naming its flag.
func (c Config) Validate() error {
	if c.PublicURL != "" {
		if _, err := parseOrigin(c.PublicURL); err != nil {
			return fmt.Errorf("httpguard: --public-url: %w", err)
		}
	}
	for _, o := range c.AllowedOrigins {
		if _, err := parseOrigin(o); err != nil {
			return fmt.Errorf("httpguard: --allowed-origins: %w", err)
		}
	}
	for _, p := range c.TrustedProxies {
		if !p.IsValid() {
			return errors.New("httpguard: --trusted-proxies: a network is not valid, want for example 10.0.0.0/8")
		}
	}
	if c.MaxBody < 0 {
		return fmt.Errorf("httpguard: Config.MaxBody is %d, want at least 0", c.MaxBody)
	}
	return nil
}

// Guard wraps handlers. What it lets through does not change after it was made. It is concurrent-safe.
type Guard struct {
	cfg        Config
	log        *zap.Logger
	publicHost string          // host name of PublicURL without port, lower case; empty when there is none
	own        map[string]bool // origins that are this server under another name
	allowed    map[string]bool // AllowedOrigins
	csp        string
	warnProxy  sync.Once
	refused    refusedOrigins
}

// New checks cfg and returns a guard.
func New(cfg Config) (*Guard, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = 64 << 10
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = zap.NewNop()
	}
	g := &Guard{cfg: cfg, log: cfg.Logger, own: map[string]bool{}, allowed: map[string]bool{}}
	if cfg.PublicURL != "" {
		u, err := parseOrigin(cfg.PublicURL)
		if err != nil {
			return nil, err
		}
		g.publicHost = u.Hostname()
		g.own[originOf(u.Scheme, u.Host)] = true
	}
	for _, o := range loopbackOrigins(cfg.ListenAddr) {
		g.own[o] = true
	}
	for _, o := range cfg.AllowedOrigins {
		u, err := parseOrigin(o)
		if err != nil {
			return nil, err
		}
		g.allowed[originOf(u.Scheme, u.Host)] = true
	}
	g.csp = contentSecurityPolicy(g.own)
	return g, nil
}

// Wrap returns next with the guard in front of it.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visit{id: rand.Text(), addr: g.clientAddr(r)}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		rec := &recorder{ResponseWriter: w}
		began := g.cfg.Clock()
		defer func() {
			abort := g.recovered(rec, r, recover())
			g.logAccess(rec, r, v, began)
			if abort {
				panic(http.ErrAbortHandler)
			}
		}()
		g.setHeaders(w.Header(), v.id)
		if !g.admit(rec, r) {
			return
		}
		if r.ContentLength > g.cfg.MaxBody {
			refuse(rec, http.StatusRequestEntityTooLarge, "body_too_large",
				fmt.Sprintf("the body may have at most %d bytes", g.cfg.MaxBody))
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(rec, r.Body, g.cfg.MaxBody)
		}
		next.ServeHTTP(rec, r)
	})
}

// admit answers the request itself when it may not pass, and preflights.
func (g *Guard) admit(w http.ResponseWriter, r *http.Request) bool {
	if !g.hostAllowed(r.Host) {
		refuse(w, http.StatusForbidden, "host_not_allowed",
			"this server is not known by that Host; use its address or set --public-url")
		return false
	}
	if g.cfg.RefusePages && fromPage(r) {
		refuse(w, http.StatusForbidden, "cross_site", "pages of other sites may not call this server; open the address itself")
		return false
	}
	kind := g.originKind(r)
	if kind == originForeign {
		g.warnOrigin(r)
		refuse(w, http.StatusForbidden, "origin_not_allowed",
			"pages of that origin may not call this server; see --allowed-origins")
		return false
	}
	if kind == originAllowed {
		setCORS(w.Header(), r.Header.Get("Origin"))
	}
	if len(g.allowed) > 0 {
		w.Header().Add("Vary", "Origin")
	}
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		w.WriteHeader(http.StatusNoContent)
		return false
	}
	return true
}

// recovered turns a handler's panic into a log entry and a 500. When part of an answer is out already, or the handler asked for
// it with http.ErrAbortHandler, the connection has to be aborted instead, so that the client does not take the part for the
// whole.
func (g *Guard) recovered(rec *recorder, r *http.Request, crash any) (abort bool) {
	if crash == nil || crash == http.ErrAbortHandler {
		return crash != nil
	}
	g.log.Error("handler panicked", zap.String("request_id", RequestID(r.Context())),
		zap.String("method", clip(r.Method, maxLoggedMethod)), zap.String("path", loggedPath(r)),
		zap.String("panic", fmt.Sprint(crash)), zap.Stack("stack"))
	if rec.hijacked || rec.status != 0 {
		return true
	}
	refuse(rec, http.StatusInternalServerError, "internal", "the server failed; its log has the request id of this answer")
	return false
}

// visit is what the guard knows about a request.
type visit struct {
	id   string
	addr netip.Addr
}

type visitKey struct{}

// ClientAddr is the address of the client that sent the request, behind trusted proxies the one they report. It is the zero
// Addr in a context that no Guard made, or when the connection has no IP address.
func ClientAddr(ctx context.Context) netip.Addr {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v.addr
}

// RequestID is the id of the request in log and X-Request-Id header, empty in a context that no Guard made.
func RequestID(ctx context.Context) string {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v.id
}

// parseOrigin accepts a scheme and a host, and nothing after them but a slash.
func parseOrigin(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("%q is no URL", s)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Contains(u.Host, "*") || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no origin, want http://host[:port] or https://host[:port]", s)
	}
	u.Host = strings.ToLower(u.Host)
	return u, nil
}
