package lobby

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// samples are the calls that the reference page prints, by their operations.
func (w *world) samples() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	page := w.call("GET", docsPage, nil).Body.String()
	for _, m := range regexp.MustCompile(`(?s)<article id="(\w+)".*?<h4>Call</h4>\s*<pre>(.*?)</pre>`).FindAllStringSubmatch(page, -1) {
		out[m[1]] = html.UnescapeString(m[2])
	}
	return out
}

// shell is a server on a socket, and a shell that calls it as a reader of the page would.
type shell struct {
	w    *world
	home string // of curl's settings
	env  []string

	served chan served
}

// served is a call that the lobby has ended, and its answer.
type served struct {
	request *http.Request
	answer  *httptest.ResponseRecorder
}

func newShell(t *testing.T) *shell {
	t.Helper()
	s := &shell{home: t.TempDir(), served: make(chan served, 8)}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		s.w.lobby.Handler().ServeHTTP(rec, r)
		s.served <- served{r, rec}
		rw.WriteHeader(rec.Code)
		rw.Write(rec.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	s.w = newWorld(t, func(c *Config) { c.PublicURL = server.URL })
	// A stream would not end.
	if err := os.WriteFile(filepath.Join(s.home, ".curlrc"), []byte("silent\nmax-time = 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env = append(os.Environ(), "CURL_HOME="+s.home, "NO_PROXY=127.0.0.1")
	return s
}

// run runs a sample with a fresh account, and returns the request that has arrived and its answer.
func (s *shell) run(t *testing.T, sample string) (*http.Request, *httptest.ResponseRecorder) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-u")
	cmd.Env = append(s.env, "TOKEN="+s.w.guest("Ann").AccessToken)
	cmd.Stdin = strings.NewReader(sample + "\n")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	const timeUp = 28 // of curl
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != timeUp || errs.Len() > 0 {
		t.Errorf("%s\n%v: %s", sample, err, errs.Bytes())
	}
	// A stream ends a moment after its reader has gone.
	var last served
	select {
	case last = <-s.served:
	case <-time.After(20 * time.Second):
		t.Fatalf("nothing has arrived of\n%s", sample)
	}
	for len(s.served) > 0 { // a sample that looks up an id first
		last = <-s.served
	}
	return last.request, last.answer
}

// Every sample of the page, pasted into a shell and its dots replaced, calls its operation with what that takes: it is answered, or refused
// for what is not there.
func TestSamplesOfTheReferenceRunAsTheyArePrinted(t *testing.T) {
	s := newShell(t)
	s.w.host.rooms["room-1"] = Room{ID: "room-1", Game: "arena", MaxPlayers: 8, State: "open", CreatedAt: t0}
	samples := s.w.samples()
	for path, ops := range s.w.document().Paths {
		for method, op := range ops {
			sample, printed := samples[op.OperationID]
			if !printed {
				t.Errorf("the page has no sample of %s", op.OperationID)
				continue
			}
			r, answer := s.run(t, strings.ReplaceAll(sample, "'...'", "'nobody'"))
			if want := strings.ToUpper(method) + " " + path; r.Pattern != want {
				t.Errorf("%s calls %q, want %q", sample, r.Pattern, want)
			}
			if _, documented := op.Responses[strconv.Itoa(answer.Code)]; !documented {
				t.Errorf("%s\n%d, which is not documented: %s", sample, answer.Code, answer.Body)
			}
			var p Problem
			_ = json.Unmarshal(answer.Body.Bytes(), &p) // of a stream there is none
			malformed := []string{"invalid", "bad_request", "unsupported_media_type", "unauthorized", "not_acceptable", "bad_idempotency_key"}
			if answer.Code >= 400 && slices.Contains(malformed, p.Code) {
				t.Errorf("%s\n%s: %s %v", sample, p.Code, p.Detail, p.Errors)
			}
		}
	}
}

func TestSampleEncodesWhatTheReaderPutsIntoTheQuery(t *testing.T) {
	s := newShell(t)
	const page = "https://game.example/play?a=b&c=d e+f#x"
	sample := s.w.samples()["startOidc"]
	filled := strings.Replace(sample, "RETURN_TO='...'", "RETURN_TO='"+page+"'", 1)
	if filled == sample {
		t.Fatalf("no variable in %s", sample)
	}
	r, _ := s.run(t, filled)
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(query) != 2 || query.Get("return_to") != page {
		t.Errorf("%s asks with %q, %v", filled, r.URL.RawQuery, err)
	}
}
