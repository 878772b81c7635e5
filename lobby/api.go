package lobby

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/limit"
)

// routes builds the API and the handler around it.
func (l *Lobby) routes() http.Handler {
	mux := http.NewServeMux()
	api := humago.New(mux, l.humaConfig())
	api.UseMiddleware(l.authorize)
	l.operations(api)
	complete(api.OpenAPI())
	given := kindsByPattern(api.OpenAPI())
	l.mailPageRoutes(mux, given)
	documentRoutes(mux, given, api.OpenAPI())
	return l.around(mux, given)
}

// operations registers everything that the document describes.
func (l *Lobby) operations(api huma.API) {
	l.authRoutes(api)
	l.emailRoutes(api)
	l.oidcRoutes(api)
	l.accountRoutes(api)
	l.moderationRoutes(api)
	l.configRoutes(api)
	l.roomRoutes(api)
	l.ticketRoutes(api)
	l.partyRoutes(api)
	l.resultRoutes(api)
	l.historyRoutes(api)
	l.boardRoutes(api)
	l.eventRoutes(api)
}

// around does what holds for every route before the mux decides which one it is. given is the media types of routes by their patterns.
func (l *Lobby) around(mux *http.ServeMux, given map[string][]string) http.Handler {
	var sameOrigin http.CrossOriginProtection
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store") // what may be kept says so itself
		_, pattern := mux.Handler(r)
		if pattern == "" {
			l.noRoute(mux, w, r)
			return
		}
		if p := checkAccept(r.Header.Values("Accept"), given[pattern]...); p != nil {
			p.write(w)
			return
		}
		if r.Method == http.MethodPost || r.Method == http.MethodPatch {
			var p *Problem
			if errors.As(checkBody(r), &p) {
				p.write(w)
				return
			}
		}
		ctx := limit.Tell(r.Context(), func(q limit.Quota) { addQuota(w.Header(), q) })
		if isAuthPath(r.URL.Path) {
			ctx = context.WithValue(ctx, crossOriginKey{}, sameOrigin.Check(r) != nil)
		}
		routed := r.WithContext(ctx)
		if account, repeatable := l.repeatable(r); repeatable {
			l.repeats.serve(w, routed, account, mux)
		} else {
			mux.ServeHTTP(w, routed)
		}
		r.Pattern = routed.Pattern // the access log names the route
	})
}

// repeatable says whether a request asks to be answered once, and for whom. Without a valid token it is refused further on; the routes
// that make a session have none, and their answers hold secrets that nobody should keep.
func (l *Lobby) repeatable(r *http.Request) (account string, ok bool) {
	if r.Method != http.MethodPost || r.Header.Get("Idempotency-Key") == "" || isAuthPath(r.URL.Path) {
		return "", false
	}
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	caller, err := l.auth.Verify(text)
	return caller.Player, err == nil
}

// noRoute turns the mux's plain 404 and 405 into problems, keeping the Allow header.
func (l *Lobby) noRoute(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	h, _ := mux.Handler(r)
	probe := &discard{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header()["Allow"] = probe.header["Allow"]
		newProblem(probe.status, "method_not_allowed", "this path takes "+probe.header.Get("Allow")).write(w)
		return
	}
	newProblem(http.StatusNotFound, "not_found", "there is nothing here; GET /v1/openapi.json lists the routes").write(w)
}

// discard is a ResponseWriter that keeps status and headers only.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

type (
	crossOriginKey struct{}
	callerKey      struct{}
)

// crossOrigin says whether a request to an auth route came from a page of another origin. Such a page never uses the cookie.
func crossOrigin(ctx context.Context) bool {
	cross, known := ctx.Value(crossOriginKey{}).(bool)
	return cross || !known
}

func isAuthPath(path string) bool { return strings.HasPrefix(path, "/v1/auth/") }

// authorize lets a request pass to an operation that needs a Bearer token only with a valid one, and within its account's budget.
// Cookies play no part in it.
func (l *Lobby) authorize(ctx huma.Context, next func(huma.Context)) {
	if len(ctx.Operation().Security) == 0 {
		next(ctx)
		return
	}
	_, w := humago.Unwrap(ctx)
	scheme, text, _ := strings.Cut(ctx.Header("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		errUnauthorized.write(w)
		return
	}
	caller, err := l.auth.Verify(text)
	if err != nil {
		errUnauthorized.write(w)
		return
	}
	if wait, ok := l.accounts.Ask(ctx.Context(), caller.Player); !ok {
		tooMany(wait).write(w)
		return
	}
	next(huma.WithValue(ctx, callerKey{}, caller))
}

// playerID is the account id that authorize found.
func playerID(ctx context.Context) string { return caller(ctx).Player }

// caller is the account and session that authorize found.
func caller(ctx context.Context) auth.Caller {
	c, _ := ctx.Value(callerKey{}).(auth.Caller)
	return c
}
