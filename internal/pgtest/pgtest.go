// Package pgtest gives tests a PostgreSQL of their own: a cluster in a temporary folder, reached by a Unix socket that nobody
// else knows, ended with the test process even when that is killed.
//
// Tests of lobby/store and of the root call it, and bench/rest, nothing else. It starts the programs of an installed PostgreSQL (scripts/deps.sh
// installs one) and imports no driver and nothing else of this module.
package pgtest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// superuser is the owner of the clusters; there is no password, the folder of the socket keeps others out.
const superuser = "skirmish"

// Server is one cluster.
type Server struct {
	dir     string // of the data, the socket and the log
	bin     string // folder of the programs
	durable bool

	// Owned by the test that calls Start and Stop.
	running *exec.Cmd      // nil: stopped
	hold    io.WriteCloser // closing it ends the server
}

// New makes a cluster for a program that measures: it writes to the disk before it says that something is committed, as PostgreSQL does
// by default. The caller removes it.
func New() (*Server, error) { return start(true) }

// Start makes a cluster that the test may stop and start again. It ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

var shared struct {
	mu     sync.Mutex
	server *Server
}

// URL is the address of an empty schema on a cluster that all tests of the package share. A TestMain must call Close.
func URL(t testing.TB) string {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		s, err := start(false)
		if err != nil {
			t.Fatal(err)
		}
		shared.server = s
	}
	return shared.server.URL(t)
}

// Close ends the shared cluster, if there is one.
func Close() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		return nil
	}
	err := shared.server.Remove()
	shared.server = nil
	return err
}

// URL makes an empty schema and returns the address that leads into it. The server must be running.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	address, err := s.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// Schema is URL for programs.
func (s *Server) Schema(ctx context.Context) (string, error) {
	schema := "test_" + strings.ToLower(rand.Text()[:12])
	out, err := exec.CommandContext(ctx, filepath.Join(s.bin, "psql"), "-h", s.dir, "-p", "5432", "-U", superuser, "-d", "postgres",
		"-qc", "create schema "+schema).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("pgtest: create schema: %w: %s", err, out)
	}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/postgres"}
	u.RawQuery = url.Values{"host": {s.dir}, "port": {"5432"}, "search_path": {schema}}.Encode()
	return u.String(), nil
}

// Stop ends the server as an operator does who needs it down now: connections are cut, what was committed stays.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// Restart starts a server that was stopped.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

func start(durable bool) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "skirmish-pg")
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	s := &Server{dir: dir, bin: bin, durable: durable}
	if err := s.init(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.run(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// programs is the folder of PostgreSQL's programs; Debian keeps the newest version's out of PATH.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("pgtest: there is no PostgreSQL on this machine; run scripts/deps.sh, which installs it")
	}
	return filepath.Dir(slices.Max(found)), nil
}

func (s *Server) init() error {
	if err := giveAway(s.dir); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	cmd := exec.Command(filepath.Join(s.bin, "initdb"), "-D", s.data(), "-U", superuser, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	cmd.Dir = s.dir
	asNobody(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgtest: initdb: %w: %s", err, out)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// watch starts the server, says so, and ends it when its standard input does: that happens even when the test process is killed.
const watch = `"$1" -D "$2" -l "$3/log" -s -w -o "$4" start </dev/null >"$3/start" 2>&1 && echo ready
cat >/dev/null
"$1" -D "$2" -s -w -m fast stop`

// run starts the server and returns when it takes connections. That of a test syncs nothing to the disk: it need not survive the machine.
func (s *Server) run() error {
	options := fmt.Sprintf("-c listen_addresses= -c port=5432 -k %s -c log_statement=none", s.dir)
	if !s.durable {
		options += " -c fsync=off -c shared_buffers=16MB"
	}
	cmd := exec.Command("/bin/sh", "-c", watch, "sh", filepath.Join(s.bin, "pg_ctl"), s.data(), s.dir, options)
	cmd.Dir = s.dir
	asNobody(cmd)
	hold, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	s.running, s.hold = cmd, hold
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		said, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		return errors.Join(fmt.Errorf("pgtest: the server did not start (%q): %s", line, said), s.stop())
	}
	return nil
}

func (s *Server) stop() error {
	if s.running == nil {
		return nil
	}
	err := errors.Join(s.hold.Close(), s.running.Wait())
	s.running = nil
	if err != nil {
		return fmt.Errorf("pgtest: stop: %w", err)
	}
	return nil
}

// Remove ends the server, if it runs, and removes what there is of it.
func (s *Server) Remove() error { return errors.Join(s.stop(), os.RemoveAll(s.dir)) }
