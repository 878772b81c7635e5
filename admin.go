package skirmish

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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

// adminPaths is what the admin listener answers at /.
const adminPaths = `/metrics                            for Prometheus
/rooms                              all rooms, as JSON: how late their ticks are, and what they send
/debug/pprof/                       profiles of the process
/debug/pprof/profile?seconds=10     where its processor time goes, for go tool pprof
/debug/pprof/trace?seconds=5        what its goroutines do, for go tool trace
`

// adminHandler is what operators see: metrics, rooms and profiles, on a listener of their own that is loopback unless a token guards it.
func adminHandler(h *game.Host, metrics *prometheus.Registry, token string) http.Handler {
	mux, p := http.NewServeMux(), make(profiles, 1)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, adminPaths) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /rooms", listRooms(h))
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

// roomLine is a room in what GET /rooms answers.
type roomLine struct {
	ID            string  `json:"id"`
	Game          string  `json:"game"`
	State         string  `json:"state"`
	Players       int     `json:"players"`
	Watchers      int     `json:"watchers"`
	Tick          uint32  `json:"tick"`
	LatenessP50MS float64 `json:"lateness_p50_ms"`
	LatenessP99MS float64 `json:"lateness_p99_ms"`
	LateTicks     uint64  `json:"late_ticks"`
	StepMS        float64 `json:"step_ms"`
	BytesOut      uint64  `json:"bytes_out"`
	BytesPerSec   float64 `json:"bytes_per_s"`
}

// listRooms answers with all rooms, private ones included, oldest first.
func listRooms(h *game.Host) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		lines := []roomLine{}
		for _, r := range h.Stats() {
			lines = append(lines, roomLine{
				ID: r.ID, Game: r.Game, State: r.State, Players: r.Players, Watchers: r.Spectators, Tick: r.Tick,
				LatenessP50MS: ms(r.LatenessP50), LatenessP99MS: ms(r.LatenessP99), LateTicks: r.LateTicks, StepMS: ms(r.StepCost),
				BytesOut: r.BytesOut, BytesPerSec: math.Round(r.BytesPerSec),
			})
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		// Who has gone by now does not miss the answer.
		_ = json.NewEncoder(w).Encode(struct {
			Overloaded bool       `json:"overloaded"`
			Rooms      []roomLine `json:"rooms"`
		}{h.Overloaded(), lines})
	}
}
