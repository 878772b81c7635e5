package skirmish

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/draughts"
	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/client"
)

var testGames = []*game.Def{arena.Def, draughts.Def}

// TestMain turns this test binary into the program when a test starts it as a child.
func TestMain(m *testing.M) {
	if os.Getenv("SKIRMISH_TEST_CHILD") != "" {
		Main(testGames...)
	}
	os.Exit(m.Run())
}

// child is the program in a process of its own.
type child struct {
	cmd   *exec.Cmd
	url   string
	admin string
	log   *written
}

// written is what a child writes, to be read meanwhile.
type written struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// start runs this program and waits for the line that says where it listens.
func start(t *testing.T, args ...string) *child {
	t.Helper()
	return startProgram(t, os.Args[0], args...)
}

func startProgram(t *testing.T, program string, args ...string) *child {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "SKIRMISH_TEST_CHILD=1", "SKIRMISH_LISTEN=127.0.0.1:0", "SKIRMISH_ADMIN_LISTEN=127.0.0.1:0",
		"SKIRMISH_ADMIT_LATENESS=0") // tests run beside others
	errs := &written{}
	cmd.Stderr = errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // may have ended long ago
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the server said:\n%s", errs.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	found := regexp.MustCompile(`http://[0-9.:]+`).FindAllString(line, 2)
	if err != nil || len(found) != 2 {
		t.Fatalf("no address in %q (%v)", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return &child{cmd: cmd, url: found[0], admin: found[1], log: errs}
}

// post sends JSON and decodes the answer.
func post(t *testing.T, url, bearer string, body, answer any) int {
	t.Helper()
	return postBy(t, http.DefaultClient, url, bearer, body, answer)
}

func postBy(t *testing.T, by *http.Client, url, bearer string, body, answer any) int {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := by.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(text, answer); err != nil {
			t.Fatalf("%s answered %q: %v", url, text, err)
		}
	}
	return resp.StatusCode
}

type account struct {
	PlayerID     string `json:"player_id"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

type seat struct {
	RoomID string `json:"room_id"`
	URL    string `json:"url"`
}

// signIn makes a guest and a seat in the arena.
func signIn(t *testing.T, url string) (account, seat) {
	t.Helper()
	var a account
	if code := post(t, url+"/v1/auth/guest", "", map[string]string{"name": "Ann", "transport": "body"}, &a); code/100 != 2 {
		t.Fatalf("guest: %d", code)
	}
	var s seat
	if code := post(t, url+"/v1/quickjoin", a.AccessToken, map[string]string{"game": "arena"}, &s); code/100 != 2 {
		t.Fatalf("quickjoin: %d", code)
	}
	return a, s
}

// play dials a seat and runs the client until it ends; the channel gets the end. ready is closed after the first snapshots.
func play(t *testing.T, url string) (ready chan struct{}, end chan error) {
	t.Helper()
	ready, end = make(chan struct{}), make(chan error, 1)
	n := 0
	c, err := client.Dial(t.Context(), url, client.ConnOptions{Options: client.Options{Check: true, OnSnapshot: func() {
		if n++; n == 3 {
			close(ready)
		}
	}}})
	if err != nil {
		t.Fatal(err)
	}
	go func() { end <- c.Run(t.Context()) }()
	return ready, end
}

func within(t *testing.T, d time.Duration, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(d):
		t.Fatalf("%s: not within %v", what, d)
	}
}

// TestTerminationTellsThePlayers: SIGTERM stops taking players, tells clients, and exits 0 within 10 s.
func TestTerminationTellsThePlayers(t *testing.T) {
	c := start(t, "--data", t.TempDir())
	_, s := signIn(t, c.url)
	ready, end := play(t, s.URL)
	within(t, 10*time.Second, "first snapshots", ready)
	began := time.Now()
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var closed *client.CloseError
	select {
	case err := <-end:
		if !errors.As(err, &closed) || closed.Code != netcode.CloseGoingDown {
			t.Errorf("the player saw %v, want close %d", err, netcode.CloseGoingDown)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the player was not told")
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("exit: %v, want 0", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("going down took %v", took)
	}
}

// TestAccountsSurviveAKill: after SIGKILL the same folder knows the accounts, and their refresh tokens work.
func TestAccountsSurviveAKill(t *testing.T) {
	dir := t.TempDir()
	c := start(t, "--data", dir)
	a, s := signIn(t, c.url)
	ready, _ := play(t, s.URL)
	within(t, 10*time.Second, "first snapshots", ready)
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait() // says that it was killed

	c = start(t, "--data", dir)
	var again account
	if code := post(t, c.url+"/v1/auth/refresh", "", map[string]string{"transport": "body", "refresh_token": a.RefreshToken}, &again); code != 200 {
		t.Fatalf("refresh after the kill: %d", code)
	}
	if again.PlayerID != a.PlayerID {
		t.Errorf("the account was %s and is %s", a.PlayerID, again.PlayerID)
	}
	if code := post(t, c.url+"/v1/quickjoin", again.AccessToken, map[string]string{"game": "arena"}, &s); code != 200 {
		t.Fatalf("quickjoin after the kill: %d", code)
	}
	// A seat of the earlier process is refused: its node is another.
	ready, _ = play(t, s.URL)
	within(t, 10*time.Second, "playing again", ready)
}

// TestBadStartExits2: what the user can mend is one clear line and exit code 2.
func TestBadStartExits2(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	f := func(says string, args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		code := run(t.Context(), args, testGames, stdio{&out, &errs})
		if code != 2 {
			t.Errorf("%q: exit %d, want 2", args, code)
		}
		if text := errs.String(); !strings.Contains(text, says) || strings.Count(strings.TrimSpace(text), "\n") > 0 {
			t.Errorf("%q: said %q, want one line with %q", args, text, says)
		}
	}
	free := "127.0.0.1:0"
	f("--fast", "serve", "--fast")
	f(" serve --help lists", "--fast")
	f(" match bench --help lists", "match", "bench", "--fast")
	f(".test --help lists", "nosuch")
	f("tick", "--tick-rate", "many")
	f("--tick-rate 500", "--tick-rate", "500", "--data", data, "--listen", free, "--admin-listen", free)
	f("in use", "--listen", taken.Addr().String(), "--admin-listen", free, "--data", data)
	f("in use", "--listen", free, "--admin-listen", taken.Addr().String(), "--data", data)
	f(filepath.Join(file, "data"), "--data", filepath.Join(file, "data"), "--listen", free, "--admin-listen", free)
	f("--admin-token", "--admin-listen", "0.0.0.0:0", "--listen", free, "--data", data)
	f("--listen", "--listen", "8080", "--data", data, "--admin-listen", free)
	f("--tls-key", "--tls-cert", "c.pem", "--listen", free, "--data", data, "--admin-listen", free)
	f("--public-url", "--tls-cert", "c.pem", "--tls-key", "k.pem", "--listen", free, "--data", data, "--admin-listen", free)
	f("c.pem", "--tls-cert", "c.pem", "--tls-key", "k.pem", "--public-url", "https://x", "--listen", free, "--data", data, "--admin-listen", free)
	f("poller or portable", "--transport", "udp", "--listen", free, "--data", data, "--admin-listen", free)
	f("TLS", "--transport", "poller", "--tls-cert", "c", "--tls-key", "k", "--public-url", "https://x", "--data", data, "--admin-listen", free)
	f("--public-url", "--public-url", "ftp://x", "--listen", free, "--data", data, "--admin-listen", free)
	f("postgres://", "--db", "mysql://x", "--listen", free, "--data", data, "--admin-listen", free)
	f("--mail-from", "--smtp", "smtp://mail.example", "--listen", free, "--data", data, "--admin-listen", free)
	f("no such file", "--oidc", filepath.Join(data, "none"), "--listen", free, "--data", data, "--admin-listen", free)
	f("--trusted-proxies", "--trusted-proxies", "home", "--data", data)
	f("arena, draughts", "gen", "--game", "chess")
	f("clients", "bots", "--clients", "0")
	f("no such file", "gen", "--game", "arena", "--out", filepath.Join(data, "none", "x.ts"))
	f(".ts or a .js", "gen", "--game", "arena", "--out", filepath.Join(data, "x.txt"))
}

// TestBotsAgainstNothingSayOnlyThat: no table of zeros comes with the error.
func TestBotsAgainstNothingSayOnlyThat(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"bots", "--url", "http://127.0.0.1:1", "--clients", "1", "--duration", "1s"}, testGames, stdio{&out, &errs})
	if code != 1 || out.Len() > 0 || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), "127.0.0.1:1") {
		t.Errorf("exit %d, printed %q and %q; want 1, nothing and one line with the address", code, out.String(), errs.String())
	}
}

// TestSmallCommands: version and gen print what they should and exit 0.
func TestSmallCommands(t *testing.T) {
	f := func(says string, args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, testGames, stdio{&out, &errs}); code != 0 || !strings.Contains(out.String(), says) {
			t.Errorf("%q: exit %d, printed %q and %q", args, code, out.String(), errs.String())
		}
	}
	f("protocol 1", "version")
	f("export const draughts: GameSchema<Draughts>", "gen", "--game", "draughts")
	f("--admin-listen", "serve", "--help")
}

// serveHere runs the server in this process until the test ends.
func serveHere(t *testing.T, cfg Config) *server {
	t.Helper()
	return serveLogged(t, cfg, newLog(io.Discard, 0))
}

// serveLogged is serveHere with a log that the test reads.
func serveLogged(t *testing.T, cfg Config, log *zap.Logger) *server {
	t.Helper()
	cfg.DataDir = t.TempDir()
	if cfg.Games == nil {
		cfg.Games = testGames
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.AdminListen == "" {
		cfg.AdminListen = "127.0.0.1:0"
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := newServer(ctx, cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return s
}

func get(t *testing.T, url string, header ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

// TestListenersShowWhatIsTheirs: play is public, metrics and profiles are not.
func TestListenersShowWhatIsTheirs(t *testing.T) {
	s := serveHere(t, Config{})
	f := func(url string, want int, says string, header ...string) {
		t.Helper()
		if code, _, body := get(t, url, header...); code != want || !strings.Contains(body, says) {
			t.Errorf("GET %s %q: %d %.200q, want %d with %q", url, header, code, body, want, says)
		}
	}
	public, admin := "http://"+s.addr, "http://"+s.adminAddr
	f(public+"/", 200, "<title>")
	f(public+"/app.js", 200, "")
	f(public+"/healthz", 200, "ok")
	f(public+"/readyz", 200, "ready")
	f(public+"/v1/openapi.json", 200, `"3.1.`)
	f(public+"/metrics", 404, "")
	f(public+"/debug/pprof/", 404, "")
	f(public+"/%2e%2e/go.mod", 404, "")
	f(public+"/v1/play", 401, `"code":"seat_not_valid"`)
	f(public+"/v1/play?seat=x.y.z", 401, "seat")
	f(admin+"/metrics", 200, "skirmish_ticks_total")
	f(admin+"/metrics", 200, "go_gc_heap_allocs_bytes_total")
	f(admin+"/debug/pprof/", 200, "goroutine")
	f(admin+"/v1/rooms", 404, "")
	// DNS rebinding: neither listener answers to a name that is not its own.
	f(public+"/v1/config", 403, "Host", "Host", "evil.example")
	f(admin+"/metrics", 403, "Host", "Host", "evil.example")
	f(public+"/v1/config", 403, "", "Origin", "https://evil.example")
	f(public+"/v1/play?seat=x", 403, "", "Origin", "https://evil.example")

	_, h, _ := get(t, public+"/app.js")
	if code, _, body := get(t, public+"/app.js", "If-None-Match", h.Get("ETag")); code != 304 || body != "" {
		t.Errorf("revalidation answers %d with %d bytes", code, len(body))
	}
	if csp := h.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "require-trusted-types-for 'script'") {
		t.Errorf("CSP: %s", csp)
	}
}

// TestAdminTokenIsAskedFor: with a token, nothing is shown without it.
func TestAdminTokenIsAskedFor(t *testing.T) {
	s := serveHere(t, Config{AdminToken: "letmein"})
	for _, url := range []string{"http://" + s.adminAddr + "/metrics", "http://" + s.adminAddr + "/debug/pprof/heap"} {
		if code, _, _ := get(t, url); code != 401 {
			t.Errorf("%s without a token: %d", url, code)
		}
		if code, _, _ := get(t, url, "Authorization", "Bearer letmeout"); code != 401 {
			t.Errorf("%s with a wrong token: %d", url, code)
		}
		if code, _, _ := get(t, url, "Authorization", "Bearer letmein"); code != 200 {
			t.Errorf("%s with the token: %d", url, code)
		}
	}
}

// TestServerOnEveryInterfaceIsPlayableAtEachAddress: the URL to dial names the address that the lobby was reached at, whatever Host says.
func TestServerOnEveryInterfaceIsPlayableAtEachAddress(t *testing.T) {
	s := serveHere(t, Config{Listen: "0.0.0.0:0"})
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	if s.url != "http://127.0.0.1:"+port {
		t.Errorf("the address to open is %s", s.url)
	}
	for _, host := range []string{"127.0.0.1", "127.0.0.2"} {
		_, got := signIn(t, "http://"+net.JoinHostPort(host, port))
		if want := "ws://" + net.JoinHostPort(host, port) + "/v1/play?"; !strings.HasPrefix(got.URL, want) {
			t.Errorf("reached at %s the URL begins with %.30s", host, got.URL)
		}
	}
}

// TestStaticFolderShowsItsFilesAndNothingElse: no listing, no hidden file, no way to the keys; its page may do what games do.
func TestStaticFolderShowsItsFilesAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"index.html": "<p>mine", "sub/a.txt": "a", ".env": "secret", "sub/.git/config": "secret"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := serveHere(t, Config{StaticDir: dir})
	f := func(path string, want int, says string) {
		t.Helper()
		if code, _, body := get(t, "http://"+s.addr+path); code != want || !strings.Contains(body, says) || strings.Contains(body, "secret") {
			t.Errorf("GET %s: %d %.100q, want %d with %q", path, code, body, want, says)
		}
	}
	f("/", 200, "mine")
	f("/sub/a.txt", 200, "a")
	f("/skirmish.js", 200, "export")
	f("/sub/", 404, "")
	f("/sub", 301, "")
	f("/favicon.ico", 204, "") // there is none
	f("/.env", 404, "")
	f("/sub/.git/config", 404, "")
	f("/%2e%2e/etc/passwd", 404, "")
	_, h, _ := get(t, "http://"+s.addr+"/")
	if csp := h.Get("Content-Security-Policy"); strings.Contains(csp, "script-src 'self' 'unsafe-inline'") || !strings.Contains(csp, "style-src 'self' 'unsafe-inline'") {
		t.Errorf("policy of the page: %s", csp)
	}
	none := ""
	s = serveHere(t, Config{StaticDir: dir, StaticCSP: &none})
	if _, h, _ := get(t, "http://"+s.addr+"/"); h.Get("Content-Security-Policy") != "" {
		t.Error("--csp '' still sends a policy")
	}

	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{dir, filepath.Join(dir, "skirmish-data"), filepath.Join(link, "new", "data")} {
		if err := (Config{Games: testGames, StaticDir: dir, DataDir: data}).Validate(); err == nil || !strings.Contains(err.Error(), "keys") {
			t.Errorf("--data %s in --static %s: %v", data, dir, err)
		}
	}
	if err := (Config{Games: testGames, StaticDir: dir, DataDir: dir + "-data"}).Validate(); err != nil {
		t.Error(err)
	}
}

// TestAssetsAreServedToEverySiteThatMayPlay: the door stands behind the guard, like all others.
func TestAssetsAreServedToEverySiteThatMayPlay(t *testing.T) {
	s := serveHere(t, Config{AllowedOrigins: []string{"https://game.example"}})
	sum := arena.Def.Assets()[0].Hash
	url := "http://" + s.addr + "/v1/assets/" + hex.EncodeToString(sum[:])
	for origin, want := range map[string]int{"": 200, "https://game.example": 200, "https://evil.example": 403} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != want || want == 200 && sha256.Sum256(body) != sum {
			t.Errorf("from %q: %s, %d bytes, want %d", origin, res.Status, len(body), want)
		}
		if allow := res.Header.Get("Access-Control-Allow-Origin"); want == 200 && allow != origin {
			t.Errorf("from %q: allowed for %q", origin, allow)
		}
	}
}
