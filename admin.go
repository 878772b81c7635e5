package skirmish

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/skirmish-dev/skirmish/game"
)

// profileMost is the longest profile or trace: they slow every tick while they run.
const profileMost = time.Minute

// profiles lets one profile run at a time.
type profiles chan struct{}

func (p profiles) wrap(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// What is no number is left to pprof, which takes its default. The condition is also false for NaN.
		if s, err := strconv.ParseFloat(r.FormValue("seconds"), 64); !errors.Is(err, strconv.ErrSyntax) && !(s <= profileMost.Seconds()) {
			http.Error(w, fmt.Sprintf("seconds may be at most %v", profileMost.Seconds()), http.StatusBadRequest)
			return
		}
		select {
		case p <- struct{}{}:
			defer func() { <-p }()
			next(w, r)
		default:
			w.Header().Set("Retry-After", "10")
			http.Error(w, "another profile is running; try again when it has ended", http.StatusTooManyRequests)
		}
	})
}

// adminHandler is what operators see: metrics and profiles, on a listener of their own that is loopback unless a token guards it.
func adminHandler(h *game.Host, token string) http.Handler {
	mux, p := http.NewServeMux(), make(profiles, 1)
	mux.Handle("GET /metrics", promhttp.HandlerFor(newRegistry(h), promhttp.HandlerOpts{}))
	mux.Handle("GET /debug/pprof/", p.wrap(pprof.Index)) // with the named profiles below it
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.Handle("GET /debug/pprof/profile", p.wrap(pprof.Profile))
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.Handle("GET /debug/pprof/trace", p.wrap(pprof.Trace))
	if token == "" {
		return mux
	}
	want := []byte("Bearer " + token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "send the token of --admin-token as Authorization: Bearer", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}
