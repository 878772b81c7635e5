//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skirmish-dev/skirmish"
	"github.com/skirmish-dev/skirmish/bench/alone"
	"github.com/skirmish-dev/skirmish/bench/flood"
	"github.com/skirmish-dev/skirmish/bench/proc"
	"github.com/skirmish-dev/skirmish/bench/world"
)

// serverEnv makes this program the server of the benchmarks, or with the value serverAlone bench/alone.
const (
	serverEnv   = "SKIRMISH_BENCH_SERVER"
	serverAlone = "alone"
)

// serve is this program as a child that serves. Without the sign for that it returns at once, else never.
func serve() {
	switch os.Getenv(serverEnv) {
	case "":
	case serverAlone:
		fmt.Fprintln(os.Stderr, alone.Main(os.Args[1:]))
		os.Exit(1)
	default:
		skirmish.Main(world.Games()...)
	}
}

// server is a child process that serves.
type server struct {
	*proc.Child
	url   string // of the lobby
	admin string // of the metrics
	dir   string
}

// ready is what a server prints when it listens.
var ready = regexp.MustCompile(`Open (http://\S+) to play.*metrics: (http://\S+)/metrics`)

// startServer starts a server on the given processors, with an empty folder and ports of its own.
func startServer(ctx context.Context, cfg config, on proc.Set) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	dir, err := os.MkdirTemp("", "skirmish-bench-")
	if err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	args := []string{
		"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", dir, "--log-level", "warn",
		"--guest-rate", "100000", "--admit-lateness", "0", // a load that is too much is to be seen
		"--trusted-proxies", flood.Proxy,
	}
	if cfg.transport != "" {
		args = append(args, "--transport", cfg.transport)
	}
	args = append(args, strings.Fields(cfg.server)...)
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), serverEnv+"=1")
	if cfg.procs > 0 {
		cmd.Env = append(cmd.Env, "GOMAXPROCS="+strconv.Itoa(cfg.procs))
	}
	child, err := proc.StartChild(cmd, on)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the server: %w", err), os.RemoveAll(dir))
	}
	s := &server{Child: child, dir: dir}
	m := ready.FindStringSubmatch(s.Line)
	if m == nil {
		s.stop()
		return nil, fmt.Errorf("the server did not start: it says %q", s.Line)
	}
	s.url, s.admin = m[1], m[2]
	return s, s.alive(ctx)
}

// alive waits for readiness, which a server that listens has in no time.
func (s *server) alive(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.stop()
		return fmt.Errorf("the server does not answer: %w", err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		s.stop()
		return fmt.Errorf("the server is not ready: it answers %d", res.StatusCode)
	}
	return nil
}

// stop ends it and removes its folder.
func (s *server) stop() {
	http.DefaultClient.CloseIdleConnections() // or its good-bye waits for them
	s.Stop(10 * time.Second)
	_ = os.RemoveAll(s.dir)
}

// metrics is one reading of /metrics: each series by its name with its labels.
type metrics map[string]float64

// scrape reads the server's metrics.
func (s *server) scrape(ctx context.Context) (metrics, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.admin+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	defer res.Body.Close()
	m := metrics{}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		name, value, ok := cutLast(lines.Text())
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if m[name], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, fmt.Errorf("read the metrics: %q: %w", lines.Text(), err)
		}
	}
	if lines.Err() == nil && m["skirmish_ticks_total"] == 0 && len(m) == 0 {
		return nil, errors.New("read the metrics: the answer is empty")
	}
	return m, lines.Err()
}

// profile writes a profile of the processor time of d to a file.
func (s *server) profile(ctx context.Context, d time.Duration, file string) error {
	url := fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", s.admin, max(1, int(d.Seconds())))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("profile the server: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("profile the server: it answers %d", res.StatusCode)
	}
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("profile the server: %w", err)
	}
	_, err = io.Copy(f, res.Body)
	return errors.Join(err, f.Close())
}

func cutLast(line string) (name, value string, ok bool) {
	if i := strings.LastIndexByte(line, ' '); i > 0 && !strings.HasPrefix(line, "#") {
		return line[:i], line[i+1:], true
	}
	return "", "", false
}

// since is what has been counted between two readings.
func (m metrics) since(before metrics) metrics {
	d := metrics{}
	for name, v := range m {
		d[name] = v - before[name]
	}
	return d
}

// quantileMS is a quantile (0..1) of a histogram of seconds, in milliseconds, taken evenly within its bucket; what lies beyond the
// last bound counts as that.
func (m metrics) quantileMS(histogram string, q float64) float64 {
	type bucket struct{ bound, count float64 }
	var buckets []bucket
	prefix := histogram + `_bucket{le="`
	for name, n := range m {
		bound, ok := strings.CutPrefix(name, prefix)
		if !ok || strings.HasPrefix(bound, "+Inf") {
			continue
		}
		if v, err := strconv.ParseFloat(strings.TrimSuffix(bound, `"}`), 64); err == nil {
			buckets = append(buckets, bucket{v, n})
		}
	}
	slices.SortFunc(buckets, func(a, b bucket) int {
		if a.bound < b.bound {
			return -1
		}
		return 1
	})
	want := q * m[histogram+"_count"]
	below := bucket{}
	for _, b := range buckets {
		if b.count >= want && b.count > below.count {
			return 1000 * (below.bound + (b.bound-below.bound)*(want-below.count)/(b.count-below.count))
		}
		below = b
	}
	return 1000 * below.bound
}
