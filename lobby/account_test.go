package lobby

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/mail"
	"github.com/skirmish-dev/skirmish/lobby/party"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// postbox is a Sender whose e-mails the test reads.
type postbox chan mail.Mail

func (p postbox) Send(_ context.Context, m mail.Mail) error {
	p <- m
	return nil
}

// token waits for the next e-mail and returns the secret of its link.
func (p postbox) token(t *testing.T) string {
	t.Helper()
	select {
	case m := <-p:
		_, token, ok := strings.Cut(m.Text, "http://127.0.0.1:8080/v1/auth/mail#")
		_, token, found := strings.Cut(strings.Fields(token)[0], "=")
		if !ok || !found {
			t.Fatalf("no link to this server in %q", m.Text)
		}
		return token
	case <-time.After(10 * time.Second):
		t.Fatal("no e-mail came")
		return ""
	}
}

// kicked remembers whose sockets were closed.
type kicked []string

func (k *kicked) Kick(account, _ string) { *k = append(*k, account) }

// mailWorld is a world whose e-mails and kicks the test sees.
func mailWorld(t *testing.T) (*world, postbox, *kicked) {
	t.Helper()
	box, out := make(postbox, 100), new(kicked)
	return newWorld(t, func(c *Config) { c.Mail, c.Kicker = box, out }), box, out
}

// member registers and confirms an address.
func (w *world) member(t *testing.T, box postbox, email string) player {
	t.Helper()
	s := into[Session](w.call("POST", "/v1/auth/register", obj{
		"name": "Ann", "email": email, "password": "correct horse", "transport": "body",
	}), 200)
	w.call("POST", "/v1/auth/confirm", obj{"token": box.token(t)}).is(204)
	return player{w, s}
}

// A sign-out ends the places that there are. One that is reserved in the same moment must not be left.
func TestPlaceReservedDuringASignOutIsTakenBack(t *testing.T) {
	w, box, kicked := mailWorld(t)
	ann := w.member(t, box, "ann@example.org")
	room := ann.room(obj{"game": "arena"})
	w.host.meanwhile = func() {
		w.call("POST", "/v1/auth/logout", obj{"transport": "body", "refresh_token": ann.RefreshToken}).is(204)
	}
	ann.call("POST", "/v1/rooms/"+room.ID+"/join", nil).refused(401, "unauthorized")
	if len(*kicked) != 2 {
		t.Errorf("kicked %v, want once for the sign-out and once for the place", *kicked)
	}
}

// A request that was let in just before a sign-out must not leave a ticket, a party or a stream behind.
func TestNothingBegunDuringASignOutIsLeft(t *testing.T) {
	w := newWorld(t, nil)
	leader := w.guest("Leader")
	code := into[Party](leader.call("POST", "/v1/party", nil), 201).Code
	for name, begin := range map[string]func(context.Context) error{
		"ticket": func(ctx context.Context) error {
			_, err := w.lobby.createTicket(ctx, &struct{ Body CreateTicketRequest }{CreateTicketRequest{Game: "draughts"}})
			return err
		},
		"party": func(ctx context.Context) error {
			_, err := w.lobby.named(ctx, func(name string) (party.Party, error) { return w.lobby.parties.Create(playerID(ctx), name) })
			return err
		},
		"party of others": func(ctx context.Context) error {
			_, err := w.lobby.named(ctx, func(name string) (party.Party, error) { return w.lobby.parties.Join(code, playerID(ctx), name) })
			return err
		},
		"stream": func(ctx context.Context) error { _, err := w.lobby.readEvents(ctx, &eventsInput{}); return err },
		"poll": func(ctx context.Context) error {
			_, err := w.lobby.readEvents(ctx, &eventsInput{poll: true})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.guest("Ann")
			who, err := w.lobby.auth.Verify(p.AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			p.call("DELETE", "/v1/account/sessions", nil).is(204)
			var refused *Problem
			if err := begin(context.WithValue(t.Context(), callerKey{}, who)); !errors.As(err, &refused) || refused.Status != 401 {
				t.Errorf("answered %v, want 401", err)
			}
			if k, err := w.lobby.queue.Open(p.PlayerID); err == nil {
				t.Errorf("ticket %+v is left", k)
			}
			if k, err := w.lobby.parties.Of(p.PlayerID); err == nil {
				t.Errorf("party %+v is left", k)
			}
			if n := w.lobby.reading.Load(); n != 0 {
				t.Errorf("%d readers are left", n)
			}
		})
	}
}

func TestAskingForResetsDoesNotUseUpConfirmations(t *testing.T) {
	w, box, _ := mailWorld(t)
	for range 5 {
		w.call("POST", "/v1/auth/reset", obj{"email": "ann@example.org"}).is(202)
	}
	w.member(t, box, "ann@example.org")
}

func TestRegisterConfirmAndSignIn(t *testing.T) {
	w, box, _ := mailWorld(t)
	ann := w.member(t, box, "ann@example.org")
	info := into[AccountInfo](ann.call("GET", "/v1/account", nil), 200)
	if info.PlayerID != ann.PlayerID || info.Role != "player" || len(info.Identities) != 1 || info.Identities[0].Label != "ann@example.org" {
		t.Errorf("account %+v", info)
	}
	a := w.call("POST", "/v1/auth/login", obj{"email": "ann@example.org", "password": "correct horse"}, "User-Agent", "Firefox")
	again := into[Session](a, 200)
	if again.PlayerID != ann.PlayerID || again.RefreshToken != "" || refreshCookieOf(a) == nil {
		t.Errorf("signed in as %+v with cookie %v", again, refreshCookieOf(a))
	}
	list := into[SessionList](player{w, again}.call("GET", "/v1/account/sessions", nil), 200).Sessions
	if len(list) != 2 || !list[0].Current && !list[1].Current || list[0].Device+list[1].Device != "Firefox" {
		t.Errorf("sessions %+v", list)
	}
	w.call("POST", "/v1/auth/login", obj{"email": "ann@example.org", "password": "wrong"}).refused(401, "login_refused")
	w.call("POST", "/v1/auth/login", obj{"email": "eve@example.org", "password": "wrong"}).refused(401, "login_refused")
	w.call("POST", "/v1/auth/register", obj{"name": "A", "email": "x", "password": "correct horse"}).refused(422, "bad_email")
	w.call("POST", "/v1/auth/register", obj{"name": "A", "email": "a@b.c", "password": "short"}).refused(422, "bad_password")
}

func TestSignInCookieIsForTheOwnOriginOnly(t *testing.T) {
	w, box, _ := mailWorld(t)
	w.member(t, box, "ann@example.org")
	for _, path := range []string{"/v1/auth/login", "/v1/auth/register"} {
		body := obj{"email": "ann@example.org", "password": "correct horse"}
		if path == "/v1/auth/register" {
			body["name"] = "Ann"
		}
		w.call("POST", path, body, "Origin", "https://game.example", "Sec-Fetch-Site", "cross-site").refused(403, "cross_origin")
		w.call("POST", path, "email=x", "Content-Type", "application/x-www-form-urlencoded").refused(415, "unsupported_media_type")
	}
}

func TestResetNeverSaysWhoHasAnAccount(t *testing.T) {
	w, box, out := mailWorld(t)
	ann := w.member(t, box, "ann@example.org")
	known := w.call("POST", "/v1/auth/reset", obj{"email": "ann@example.org"})
	unknown := w.call("POST", "/v1/auth/reset", obj{"email": "eve@example.org"})
	if known.Code != 202 || unknown.Code != 202 || known.Body.String() != unknown.Body.String() {
		t.Errorf("known: %d %q, unknown: %d %q; want 202 and the same", known.Code, known.Body, unknown.Code, unknown.Body)
	}
	token := box.token(t)
	w.call("POST", "/v1/auth/password", obj{"token": token, "password": "another horse"}).is(204)
	w.call("POST", "/v1/auth/password", obj{"token": token, "password": "another horse"}).refused(410, "link_expired")
	ann.call("GET", "/v1/account", nil).refused(401, "unauthorized")
	w.call("POST", "/v1/auth/refresh", obj{"transport": "body", "refresh_token": ann.RefreshToken}).refused(401, "refresh_refused")
	if len(*out) != 1 || (*out)[0] != ann.PlayerID {
		t.Errorf("sockets closed of %v", *out)
	}
	for _, line := range w.logs.All() {
		if text := line.Message; strings.Contains(text, token) {
			t.Errorf("the log has the link's secret: %q", text)
		}
		for _, f := range line.Context {
			if strings.Contains(f.String, token) || strings.Contains(f.String, "correct horse") {
				t.Errorf("the log has a secret: %+v", f)
			}
		}
	}
}

func TestSessionsAreTheCallersAlone(t *testing.T) {
	w, _, out := mailWorld(t)
	ann, eve := w.guest("Ann"), w.guest("Eve")
	id := into[SessionList](ann.call("GET", "/v1/account/sessions", nil), 200).Sessions[0].ID
	eve.call("DELETE", "/v1/account/sessions/"+id, nil).refused(404, "no_session")
	ann.call("GET", "/v1/account", nil).is(200)
	ann.call("DELETE", "/v1/account/sessions/"+id, nil).is(204)
	ann.call("GET", "/v1/account", nil).refused(401, "unauthorized")
	if len(*out) != 1 || (*out)[0] != ann.PlayerID {
		t.Errorf("sockets closed of %v", *out)
	}
	eve.call("DELETE", "/v1/account/sessions", nil).is(204)
	eve.call("GET", "/v1/account", nil).refused(401, "unauthorized")
	w.call("POST", "/v1/auth/refresh", obj{"transport": "body", "refresh_token": eve.RefreshToken}).refused(401, "refresh_refused")
}

func TestSigningOutEndsTheAccessTokenAndTheSockets(t *testing.T) {
	w, _, out := mailWorld(t)
	ann := w.guest("Ann")
	w.call("POST", "/v1/auth/logout", obj{"transport": "body", "refresh_token": ann.RefreshToken}).is(204)
	ann.call("GET", "/v1/account", nil).refused(401, "unauthorized")
	if len(*out) != 1 || (*out)[0] != ann.PlayerID {
		t.Errorf("sockets closed of %v", *out)
	}
}

func TestRolesAreReadFromTheStore(t *testing.T) {
	w, _, out := mailWorld(t)
	mod, admin, ann := w.guest("Mod"), w.guest("Adm"), w.guest("Ann")
	ban := func(who player, whom string) answer {
		return who.call("POST", "/v1/moderation/players/"+whom+"/ban", obj{"reason": "rude", "hours": 1})
	}
	ban(mod, ann.PlayerID).refused(403, "forbidden")
	ban(ann, "nobody").refused(403, "forbidden") // says nothing about who is there
	for p, role := range map[player]string{mod: store.RoleModerator, admin: store.RoleAdmin} {
		if err := w.store.SetRole(t.Context(), p.PlayerID, role); err != nil {
			t.Fatal(err)
		}
	}
	ban(mod, "nobody").refused(404, "no_player")
	ban(mod, admin.PlayerID).refused(403, "forbidden")
	ban(mod, mod.PlayerID).refused(403, "forbidden")
	ban(mod, ann.PlayerID).is(204) // the token is the one of before
	ann.call("GET", "/v1/account", nil).refused(401, "unauthorized")
	if len(*out) != 1 || (*out)[0] != ann.PlayerID {
		t.Errorf("sockets closed of %v", *out)
	}
	mod.call("DELETE", "/v1/moderation/players/"+ann.PlayerID+"/ban", nil).is(204)
	ban(admin, mod.PlayerID).is(204)
	ban(mod, ann.PlayerID).refused(401, "unauthorized")
}

func TestRename(t *testing.T) {
	w, _, _ := mailWorld(t)
	ann := w.guest("Ann")
	ann.call("PATCH", "/v1/account", obj{"name": " Anna "}, "Content-Type", "application/json").is(204)
	if info := into[AccountInfo](ann.call("GET", "/v1/account", nil), 200); info.Name != "Anna" {
		t.Errorf("name %q", info.Name)
	}
	ann.call("PATCH", "/v1/account", obj{"name": "\u202e"}, "Content-Type", "application/json").refused(422, "bad_name")
}

func TestTheMailPageRunsItsOwnScriptOnly(t *testing.T) {
	w, _, _ := mailWorld(t)
	for path, kind := range map[string]string{
		"/v1/auth/mail": "text/html; charset=utf-8", "/v1/auth/mail.css": "text/css; charset=utf-8", "/v1/auth/mail.js": "text/javascript; charset=utf-8",
	} {
		a := w.call("GET", path, nil)
		a.is(200)
		if got := a.Header().Get("Content-Type"); got != kind || !strings.Contains(a.Header().Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("%s: %q, policy %q", path, got, a.Header().Get("Content-Security-Policy"))
		}
		if text := a.Body.String(); strings.Contains(text, "onclick") || strings.Contains(text, "innerHTML") || strings.Contains(text, "<script>") {
			t.Errorf("%s has inline code", path)
		}
	}
}

func TestDeletionIsForTheFreshlySignedInAndForGood(t *testing.T) {
	w, box, out := mailWorld(t)
	ann, eve := w.member(t, box, "ann@example.org"), w.guest("Eve")
	a := ann.call("GET", "/v1/account/export", nil)
	tables := into[map[string][]map[string]any](a, 200)
	if len(tables["accounts"]) != 1 || len(tables["identities"]) != 1 || strings.Contains(a.Body.String(), "argon2") ||
		!strings.HasPrefix(a.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("export %v", tables)
	}
	w.advance(11 * time.Minute)
	later := player{w, into[Session](w.call("POST", "/v1/auth/refresh", obj{"transport": "body", "refresh_token": ann.RefreshToken}), 200)}
	later.call("DELETE", "/v1/account", nil).refused(403, "sign_in_again")
	fresh := player{w, into[Session](w.call("POST", "/v1/auth/login", obj{"email": "ann@example.org", "password": "correct horse", "transport": "body"}), 200)}
	fresh.call("DELETE", "/v1/account", nil).is(204)
	fresh.call("GET", "/v1/account", nil).refused(401, "unauthorized")
	later.call("GET", "/v1/account/export", nil).refused(401, "unauthorized")
	w.call("POST", "/v1/auth/refresh", obj{"transport": "body", "refresh_token": later.RefreshToken}).refused(401, "refresh_refused")
	w.call("POST", "/v1/auth/login", obj{"email": "ann@example.org", "password": "correct horse"}).refused(401, "login_refused")
	if len(*out) != 1 || (*out)[0] != ann.PlayerID {
		t.Errorf("sockets closed of %v", *out)
	}
	again := player{w, into[Session](w.call("POST", "/v1/auth/refresh", obj{"transport": "body", "refresh_token": eve.RefreshToken}), 200)}
	again.call("DELETE", "/v1/account", nil).is(204) // a guest has nothing to sign in with again
}

func TestAFloodOfSignInsIsToldToComeBack(t *testing.T) {
	w, _, _ := mailWorld(t)
	w.lobby.pool.Close() // takes nothing any more, as when it is full
	for path, body := range map[string]obj{
		"/v1/auth/login":    {"email": "ann@example.org", "password": "correct horse"},
		"/v1/auth/register": {"name": "Ann", "email": "ann@example.org", "password": "correct horse"},
	} {
		a := w.call("POST", path, body)
		a.refused(503, "busy")
		if a.Header().Get("Retry-After") != "2" {
			t.Errorf("%s: Retry-After %q", path, a.Header().Get("Retry-After"))
		}
	}
}

// The codes are an interface: docs/accounts.md has to name every one that the account routes answer with.
func TestEveryCodeOfTheAccountRoutesIsInTheGuide(t *testing.T) {
	guide, err := os.ReadFile("../docs/accounts.md")
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`newProblem\(http\.\w+, "(\w+)"`)
	n := 0
	// problem.go has those of the other routes too; what is the lobby's as a whole is in the document of the API.
	for _, file := range []string{"routes_auth.go", "routes_email.go", "routes_account.go", "routes_oidc.go", "routes_moderation.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made.FindAllStringSubmatch(string(source), -1) {
			n++
			if m[1] != "invalid" && !strings.Contains(string(guide), "`"+m[1]+"`") {
				t.Errorf("%s answers %s, which docs/accounts.md does not name", file, m[1])
			}
		}
	}
	if n < 5 {
		t.Errorf("found only %d codes: the search is broken", n)
	}
}
