package httpguard

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
)

// maxRefusedOrigins is how many are named in the log: a page can be given any number of them.
const maxRefusedOrigins = 32

// refusedOrigins are those that the log has named. Concurrent-safe.
type refusedOrigins struct {
	mu    sync.Mutex
	known map[string]bool
}

// first says whether an origin is to be named now, because it was not yet and not too many were.
func (o *refusedOrigins) first(origin string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known[origin] || len(o.known) == maxRefusedOrigins {
		return false
	}
	if o.known == nil {
		o.known = map[string]bool{}
	}
	o.known[origin] = true
	return true
}

// warnOrigin names the origin of a refused page once, for the operator whose own page it is. What is no origin that could be allowed, and
// what a listener refuses that takes no pages of others, is not named.
func (g *Guard) warnOrigin(r *http.Request) {
	u, err := parseOrigin(r.Header.Get("Origin"))
	if err != nil || g.cfg.RefusePages {
		return
	}
	if origin := clip(originOf(u.Scheme, u.Host), maxLoggedText); g.refused.first(origin) {
		g.log.Warn(fmt.Sprintf("a page of %q was refused: add it to --allowed-origins if it may use the server", origin))
	}
}

// problemType begins the type of every problem document; its code follows.
const problemType = "urn:skirmish:problem:"

// problemCode is the code of the problem document that body begins with, or "".
func problemCode(body []byte) string {
	_, code, found := bytes.Cut(body, []byte(`"`+problemType))
	code, _, closed := bytes.Cut(code, []byte(`"`))
	if !found || !closed {
		return ""
	}
	return clip(string(code), maxLoggedText)
}
