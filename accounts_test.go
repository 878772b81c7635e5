package skirmish

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/client"
)

// ask sends a request with a bearer token and decodes the answer of a success.
func ask(t *testing.T, method, url, bearer string, answer any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := http.DefaultClient.Do(req)
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

// Signing out closes the sockets, whatever opened them, with a code after which a client does not come back.
func TestSigningOutClosesTheSockets(t *testing.T) {
	s := serveHere(t, Config{})
	a, place := signIn(t, s.url)
	ready, end := play(t, place.URL)
	within(t, 10*time.Second, "first snapshots", ready)
	body := map[string]string{"transport": "body", "refresh_token": a.RefreshToken}
	if code := post(t, s.url+"/v1/auth/logout", "", body, nil); code != http.StatusNoContent {
		t.Fatalf("logout: %d", code)
	}
	select {
	case err := <-end:
		closed, ok := err.(*client.CloseError)
		if !ok || closed.Code != netcode.CloseKicked || netcode.MayReconnect(closed.Code) {
			t.Errorf("the socket ended with %v, want close %d", err, netcode.CloseKicked)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the socket is still open after 5 s")
	}
	if code := ask(t, http.MethodGet, s.url+"/v1/account", a.AccessToken, nil); code != http.StatusUnauthorized {
		t.Errorf("the access token: %d, want 401", code)
	}
}

// admin grant works on the data folder beside the running server, which reads the role at the next request.
func TestAdminGrantMakesAModerator(t *testing.T) {
	s := serveHere(t, Config{})
	mod, place := signIn(t, s.url)
	ann, place := signIn(t, s.url)
	ready, end := play(t, place.URL)
	within(t, 10*time.Second, "first snapshots", ready)
	ban := func() int {
		return post(t, s.url+"/v1/moderation/players/"+ann.PlayerID+"/ban", mod.AccessToken, map[string]any{"reason": "rude"}, nil)
	}
	if code := ban(); code != http.StatusForbidden {
		t.Errorf("a player bans: %d, want 403", code)
	}
	grant := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"admin", "grant", "--data", s.cfg.DataDir}, args...), testGames, stdio{&out, &errs})
		return code, out.String() + errs.String()
	}
	if code, said := grant(mod.PlayerID); code != 2 || !strings.Contains(said, "--role") {
		t.Errorf("without a role: exit %d, %q", code, said)
	}
	if code, said := grant("--role", "admin", "nobody"); code != 2 || !strings.Contains(said, "no account") {
		t.Errorf("for nobody: exit %d, %q", code, said)
	}
	if code, said := grant("--role", "moderator", mod.PlayerID); code != 0 || !strings.Contains(said, "moderator") {
		t.Fatalf("exit %d, %q", code, said)
	}
	if code := ban(); code != http.StatusNoContent {
		t.Errorf("a moderator bans: %d, want 204", code)
	}
	select {
	case err := <-end:
		if closed, ok := err.(*client.CloseError); !ok || closed.Code != netcode.CloseKicked {
			t.Errorf("the banned player's socket ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the banned player's socket is still open after 5 s")
	}
}

func TestProvidersComeFromAFileThatOthersCannotRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "oidc.json")
	f := func(text string, mode os.FileMode, says string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		got, err := Config{OIDCFile: file}.readOIDC()
		switch {
		case says == "" && (err != nil || len(got.Providers) != 1 || got.Providers[0].ClientSecret != "s" || len(got.ReturnTo) != 1):
			t.Errorf("%s: %+v, %v", text, got, err)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says)):
			t.Errorf("%s with mode %o: %v, want %q", text, mode, err, says)
		}
	}
	good := `{"providers":[{"name":"p","issuer":"https://p.example","client_id":"c","client_secret":"s"}],"return_to":["https://game.example/"]}`
	f(good, 0o600, "")
	f(good, 0o644, "chmod 600")
	f(`{"provider":[]}`, 0o600, "unknown field")
	f(`{`, 0o600, "--oidc")
}

func TestKeysRotateIsTakenOverByTheRunningServer(t *testing.T) {
	s := serveHere(t, Config{})
	a, _ := signIn(t, s.url)
	rotate := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"keys", "rotate"}, args...), testGames, stdio{&out, &errs})
		return code, out.String() + errs.String()
	}
	if code, said := rotate("--data", t.TempDir()); code != 2 || !strings.Contains(said, "--data") {
		t.Errorf("on another folder: exit %d, %q", code, said)
	}
	account := func() int { return ask(t, http.MethodGet, s.url+"/v1/account", a.AccessToken, nil) }
	later := time.Now().Add(2 * time.Second) // key files have the second in their name
	if err := token.Rotate(filepath.Join(s.cfg.DataDir, "keys"), later, false); err != nil {
		t.Fatal(err)
	}
	if err := s.keys.Refresh(later); err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []struct{ Kid string } }
	if _, _, text := get(t, s.url+"/v1/auth/keys"); json.Unmarshal([]byte(text), &set) != nil || len(set.Keys) != 2 || account() != 200 {
		t.Errorf("keys %s, the token answers %d; want 2 keys and 200", text, account())
	}
	if err := token.Rotate(filepath.Join(s.cfg.DataDir, "keys"), later.Add(time.Second), true); err != nil {
		t.Fatal(err)
	}
	if err := s.keys.Refresh(later); err != nil || account() != 401 {
		t.Errorf("a token of a dropped key answers %d, %v; want 401", account(), err)
	}
}
