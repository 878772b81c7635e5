//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/skirmish-dev/skirmish/bench/proc"
)

// serverEnv makes this program the server, applyEnv the one that applies results; its value says how.
const (
	serverEnv = "SKIRMISH_REST_SERVER"
	applyEnv  = "SKIRMISH_REST_APPLY"
)

// server is a child process that serves.
type server struct {
	*proc.Child
	addr  string // of the public listener
	admin string
	dir   string
}

var ready = regexp.MustCompile(`Open http://(\S+) to play.*metrics: (http://\S+)/metrics`)

// crowdMode is a mode that takes more players than the bench has: its tickets wait until they are cancelled.
const crowdMode = `{"mode": "crowd", "game": "arena", "rules": {"teams": 2, "size": 32}}`

// startServer starts a server on the given processors, with a fresh folder. Its limits are those of a server behind a proxy: each request
// says for whom it comes, so that the limit of an address, which is not what is measured, is met by nobody.
func startServer(on proc.Set, dsn string) (*server, error) {
	dir, err := os.MkdirTemp("", "skirmish-rest-")
	if err != nil {
		return nil, err
	}
	modes := filepath.Join(dir, "modes")
	if err := errors.Join(os.Mkdir(modes, 0o700), os.WriteFile(filepath.Join(modes, "crowd.json"), []byte(crowdMode), 0o600)); err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe", "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"),
		"--modes", modes, "--log-level", "warn", "--guest-rate", "1000000", "--trusted-proxies", "127.0.0.0/8", "--admit-lateness", "0")
	cmd.Env = append(os.Environ(), serverEnv+"=1", "SKIRMISH_DB="+dsn)
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
	s.addr, s.admin = m[1], m[2]
	return s, nil
}

// stop ends it and removes its folder.
func (s *server) stop() {
	s.Stop(15 * time.Second)
	_ = os.RemoveAll(s.dir)
}

// profile writes a profile of the server's next seconds to a file; what it sends is how that went.
func (s *server) profile(ctx context.Context, d time.Duration, file string) <-chan error {
	done := make(chan error, 1)
	if file == "" {
		done <- nil
		return done
	}
	go func() {
		url := fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", s.admin, max(1, int(d.Seconds())))
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			done <- err
			return
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			done <- fmt.Errorf("profile the server: %w", err)
			return
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("profile the server: it answers %d: %.200s", res.StatusCode, raw)
		}
		if err == nil {
			err = os.WriteFile(file, raw, 0o600)
		}
		done <- err
	}()
	return done
}
