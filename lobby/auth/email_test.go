package auth

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/mail"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

const secret = "correct horse"

// letter waits for the next e-mail and returns it with the secret of its link.
func (w *world) letter(t *testing.T) (m mail.Mail, token string) {
	t.Helper()
	select {
	case m = <-w.mails:
	case <-time.After(10 * time.Second):
		t.Fatal("no e-mail came")
	}
	_, link, ok := strings.Cut(m.Text, "https://play.example/mail#")
	_, token, _ = strings.Cut(strings.Fields(link)[0], "=")
	if !ok || token == "" {
		t.Fatalf("no link in %q", m.Text)
	}
	return m, token
}

// player registers and confirms an address.
func (w *world) player(t *testing.T, email string) Session {
	t.Helper()
	s, err := w.Register(t.Context(), home, Registration{"Ann", email, secret})
	if err != nil {
		t.Fatal(err)
	}
	_, token := w.letter(t)
	if err := w.Confirm(t.Context(), home, token); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAConfirmedAddressSignsIn(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s, err := w.Register(t.Context(), home, Registration{" Ann ", "Ann@Example.org", secret})
	if err != nil {
		t.Fatal(err)
	}
	m, token := w.letter(t)
	if m.To != "ann@example.org" {
		t.Errorf("sent to %q", m.To)
	}
	if _, err := w.Login(t.Context(), home, "ann@example.org", secret); !errors.Is(err, ErrLogin) {
		t.Errorf("before it is confirmed: %v, want ErrLogin", err)
	}
	w.now = w.now.Add(LinkTTL)
	if err := w.Confirm(t.Context(), home, token); !errors.Is(err, ErrLink) {
		t.Errorf("after its time: %v, want ErrLink", err)
	}
	w.now = w.now.Add(-time.Second)
	if err := w.Confirm(t.Context(), home, token); err != nil {
		t.Fatal(err)
	}
	if err := w.Confirm(t.Context(), home, token); !errors.Is(err, ErrLink) {
		t.Errorf("twice: %v, want ErrLink", err)
	}
	in, err := w.Login(t.Context(), home, "ANN@example.org", secret)
	if err != nil || in.Player != s.Player {
		t.Fatalf("%+v, %v; want player %s", in, err, s.Player)
	}
	list, err := w.Sessions(t.Context(), Caller{Player: s.Player})
	if err != nil || len(list) != 2 || list[0].Device != "test" || list[0].Network != "203.0.113.7/32" {
		t.Errorf("sessions %+v, %v", list, err)
	}
}

// The same calls with a known and with an unknown address must look the same and cost the same.
func TestAStrangerCannotTellWhoHasAnAccount(t *testing.T) {
	w := newWorld(t, t.TempDir(), func(c *Config) { c.MailsTo = limit.Rate{Burst: 1, Every: time.Hour} })
	w.player(t, "known@example.org")
	cost := func(f func() error) (int64, error) {
		before := w.Evaluations()
		err := f()
		return w.Evaluations() - before, err
	}
	for name, f := range map[string]func(email string) error{
		"login": func(email string) error { _, err := w.Login(t.Context(), home, email, "wrong password"); return err },
		"register": func(email string) error {
			_, err := w.Register(t.Context(), home, Registration{"Eve", email, secret})
			return err
		},
		"reset": func(email string) error { return w.AskReset(t.Context(), home, email) },
	} {
		n1, err1 := cost(func() error { return f("known@example.org") })
		n2, err2 := cost(func() error { return f(name + "@example.org") })
		if n1 != n2 || err1 != err2 {
			t.Errorf("%s: known costs %d and says %v, unknown costs %d and says %v", name, n1, err1, n2, err2)
		}
	}
}

func TestAnAddressThatIsTakenStaysItsOwners(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	ann := w.player(t, "ann@example.org")
	if _, err := w.Register(t.Context(), home, Registration{"Eve", "ann@example.org", "eves password"}); err != nil {
		t.Fatal(err)
	}
	_, token := w.letter(t)
	if err := w.Confirm(t.Context(), home, token); !errors.Is(err, ErrTaken) {
		t.Errorf("got %v, want ErrTaken", err)
	}
	if in, err := w.Login(t.Context(), home, "ann@example.org", secret); err != nil || in.Player != ann.Player {
		t.Errorf("the owner: %+v, %v", in, err)
	}
	if _, err := w.Login(t.Context(), home, "ann@example.org", "eves password"); !errors.Is(err, ErrLogin) {
		t.Errorf("the other password: %v, want ErrLogin", err)
	}
}

// The owner of an address learns that it does not open the account any more, even when somebody else has signed in to the account.
func TestTheAddressBeforeIsToldWithoutALink(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.player(t, "ann@example.org")
	who, err := w.Verify(s.Access)
	if err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"ann@example.org", "new@example.org"} { // another password for the same address is no change of it
		if err := w.SetEmail(t.Context(), home, who, email, secret); err != nil {
			t.Fatal(err)
		}
		m, token := w.letter(t)
		if m.To != email {
			t.Errorf("the link went to %s, want %s", m.To, email)
		}
		if err := w.Confirm(t.Context(), home, token); err != nil {
			t.Fatal(err)
		}
	}
	w.told(t, "ann@example.org")
	id := store.Identity{Provider: "google", Subject: "1", Account: s.Player, CreatedAt: t0}
	if err := w.store.Link(t.Context(), id, 0); err != nil {
		t.Fatal(err)
	}
	if err := w.Unlink(t.Context(), who, store.ProviderEmail); err != nil {
		t.Fatal(err)
	}
	w.told(t, "new@example.org")
}

// told waits for a letter to an address that opens nothing.
func (w *world) told(t *testing.T, email string) {
	t.Helper()
	select {
	case m := <-w.mails:
		if m.To != email || strings.Contains(m.Text, "http") || strings.Contains(m.Text, "#") {
			t.Errorf("letter %+v, want one to %s without a link", m, email)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%s was told nothing", email)
	}
}

func TestResetVoidsEverything(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.player(t, "ann@example.org")
	if err := w.AskReset(t.Context(), home, "Ann@example.org"); err != nil {
		t.Fatal(err)
	}
	_, token := w.letter(t)
	if err := w.Reset(t.Context(), home, "guess", "another password"); !errors.Is(err, ErrLink) {
		t.Errorf("a guessed link: %v, want ErrLink", err)
	}
	if err := w.Reset(t.Context(), home, token, "another password"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Verify(s.Access); !errors.Is(err, ErrAccess) {
		t.Errorf("an access token of before: %v, want ErrAccess", err)
	}
	w.refused(t, s.Refresh, ErrRefresh)
	if len(w.ended) != 1 || w.ended[0] != s.Player {
		t.Errorf("sockets closed of %v, want of the player", w.ended)
	}
	if _, err := w.Login(t.Context(), home, "ann@example.org", secret); !errors.Is(err, ErrLogin) {
		t.Errorf("the old password: %v, want ErrLogin", err)
	}
	if _, err := w.Login(t.Context(), home, "ann@example.org", "another password"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if err := w.Reset(t.Context(), home, token, "a third password"); !errors.Is(err, ErrLink) {
		t.Errorf("the link again: %v, want ErrLink", err)
	}
}

func TestGuessingIsThrottledByAccountAndNetworkTogether(t *testing.T) {
	w := newWorld(t, t.TempDir(), func(c *Config) { c.Tries = limit.Rate{Burst: 2, Every: time.Hour} })
	w.player(t, "ann@example.org")
	for range 2 {
		if _, err := w.Login(t.Context(), home, "ann@example.org", "wrong password"); !errors.Is(err, ErrLogin) {
			t.Fatal(err)
		}
	}
	var over *LimitError
	if _, err := w.Login(t.Context(), home, "Ann@example.org", secret); !errors.As(err, &over) {
		t.Errorf("a third try: %v, want a limit", err)
	}
	if _, err := w.Login(t.Context(), home, "ben@example.org", secret); !errors.Is(err, ErrLogin) {
		t.Errorf("another account from there: %v, want ErrLogin", err)
	}
	away := Client{Addr: netip.MustParseAddr("198.51.100.1")}
	if _, err := w.Login(t.Context(), away, "ann@example.org", secret); err != nil {
		t.Errorf("the owner from elsewhere is locked out: %v", err)
	}
}

func TestOldSignInsCannotChangeHowAnAccountIsOpened(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.player(t, "ann@example.org")
	who, err := w.Verify(s.Access)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetEmail(t.Context(), home, who, "new@example.org", secret); err != nil {
		t.Errorf("right after signing in: %v", err)
	}
	w.now = w.now.Add(FreshFor + time.Second)
	if err := w.SetEmail(t.Context(), home, who, "eve@example.org", secret); !errors.Is(err, ErrStale) {
		t.Errorf("later: %v, want ErrStale", err)
	}
	guest := w.guest(t)
	w.now = w.now.Add(time.Hour)
	if err := w.SetEmail(t.Context(), home, Caller{Player: guest.Player}, "guest@example.org", secret); err != nil {
		t.Errorf("a guest, who cannot sign in again: %v", err)
	}
}

func TestBannedPlayersAreOutAtOnce(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.player(t, "ann@example.org")
	if err := w.Ban(t.Context(), s.Player, "rude", w.now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Verify(s.Access); !errors.Is(err, ErrAccess) {
		t.Errorf("access: %v, want ErrAccess", err)
	}
	w.refused(t, s.Refresh, ErrRefresh)
	var banned *BannedError
	if _, err := w.Login(t.Context(), home, "ann@example.org", secret); !errors.As(err, &banned) || banned.Reason != "rude" {
		t.Errorf("login: %v, want a ban", err)
	}
	if _, err := w.Login(t.Context(), home, "ann@example.org", "wrong password"); !errors.Is(err, ErrLogin) {
		t.Errorf("a stranger's login: %v, want ErrLogin: who is banned is not public", err)
	}
	if len(w.ended) != 1 {
		t.Errorf("sockets closed of %v", w.ended)
	}
	w.now = w.now.Add(time.Hour)
	if _, err := w.Login(t.Context(), home, "ann@example.org", secret); err != nil {
		t.Errorf("when it is over: %v", err)
	}
}

// A server that starts must know which access tokens the one before has voided.
func TestVoidTokensStayVoidAfterARestart(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.guest(t)
	if err := w.Logout(t.Context(), home, s.Refresh); err != nil {
		t.Fatal(err)
	}
	again, err := New(context.Background(), w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Verify(s.Access); !errors.Is(err, ErrAccess) {
		t.Errorf("after a restart: %v, want ErrAccess", err)
	}
}

func TestOtherSessionsGoOnAfterOneHasEnded(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	first := w.player(t, "ann@example.org")
	second, err := w.Login(t.Context(), home, "ann@example.org", secret)
	if err != nil {
		t.Fatal(err)
	}
	who, err := w.Verify(first.Access)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.EndSession(t.Context(), Caller{Player: "other"}, who.Session); !errors.Is(err, ErrGone) {
		t.Errorf("by another player: %v, want ErrGone", err)
	}
	if err := w.EndSession(t.Context(), who, who.Session); err != nil {
		t.Fatal(err)
	}
	w.refused(t, first.Refresh, ErrRefresh)
	next := w.refresh(t, second.Refresh)
	if _, err := w.Verify(next.Access); err != nil {
		t.Errorf("the other session: %v", err)
	}
}

func TestBadAddressesAreRefused(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got, err := CleanEmail(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	f(" Ann.B+tag@Example.org ", "ann.b+tag@example.org")
	for _, bad := range []string{
		"", "ann", "@example.org", "ann@", "a@b@c", "Ann <ann@example.org>", "ann@example.org\r\nBcc: eve@example.org", "änn@example.org",
		`"a b"@example.org`, "a,b@example.org", strings.Repeat("a", 251) + "@b.c",
	} {
		f(bad, "")
	}
}

func FuzzCleanEmail(f *testing.F) {
	for _, seed := range []string{"ann@example.org", "a@b", "\"x\"@y", "a\r\n@b", "x@[::1]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := CleanEmail(text)
		if err != nil {
			return
		}
		if again, err := CleanEmail(got); err != nil || again != got || strings.ContainsAny(got, "\r\n <>,;") {
			t.Errorf("%q became %q and then %q, %v", text, got, again, err)
		}
	})
}
