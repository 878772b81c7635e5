package auth

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/internal/cpuwork"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/mail"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

var (
	t0   = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	home = Client{Addr: netip.MustParseAddr("203.0.113.7"), Device: "test"}
)

// world is a service on a store in a folder, with a clock that the test moves.
type world struct {
	*Service
	now   time.Time
	store *store.Store
	ended []string       // accounts whose sessions have ended
	mails chan mail.Mail // that were sent
}

// Send takes an e-mail for the test.
func (w *world) Send(_ context.Context, m mail.Mail) error {
	w.mails <- m
	return nil
}

func newWorld(t *testing.T, dir string, change func(*Config)) *world {
	t.Helper()
	keys, err := token.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{now: t0, mails: make(chan mail.Mail, 100)}
	clock := func() time.Time { return w.now }
	signer, err1 := token.NewSigner(token.Config{Keys: keys, Clock: clock})
	verifier, err2 := token.NewVerifier(token.Config{Keys: keys, Clock: clock})
	st, err3 := store.Open(context.Background(), store.Config{Dir: dir})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	pool, err := cpuwork.New(cpuwork.Config{})
	if err != nil {
		t.Fatal(err)
	}
	outbox := mail.NewOutbox(w, zap.NewNop())
	t.Cleanup(func() {
		outbox.Close()
		pool.Close()
	})
	cfg := Config{
		Store: st, Signer: signer, Verifier: verifier, Pool: pool, Outbox: outbox, LinkURL: "https://play.example/mail", Clock: clock,
		Ended: func(account string) { w.ended = append(w.ended, account) },
	}
	if change != nil {
		change(&cfg)
	}
	if w.Service, err = New(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	w.store = st
	return w
}

func (w *world) guest(t *testing.T) Session {
	t.Helper()
	s, err := w.Guest(t.Context(), home, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) refresh(t *testing.T, text string) Session {
	t.Helper()
	s, err := w.Refresh(t.Context(), home, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) refused(t *testing.T, text string, want error) {
	t.Helper()
	if _, err := w.Refresh(t.Context(), home, text); !errors.Is(err, want) {
		t.Fatalf("refresh: %v, want %v", err, want)
	}
}

func TestGuestGetsWorkingTokens(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s, err := w.Guest(t.Context(), home, "  Ann ")
	if err != nil {
		t.Fatal(err)
	}
	player, err := w.Verify(s.Access)
	if err != nil || player.Player != s.Player {
		t.Fatalf("access token is of %+v, %v; want %q", player, err, s.Player)
	}
	a, err := w.Account(t.Context(), player.Player)
	if err != nil || a.Name != "Ann" || a.Seated {
		t.Fatalf("account %+v, %v", a, err)
	}
	if s.AccessExpiresIn != 10*time.Minute || s.RefreshExpiresIn != RefreshTTL {
		t.Errorf("expires in %s and %s", s.AccessExpiresIn, s.RefreshExpiresIn)
	}
}

func TestRefreshRotates(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.guest(t)
	seen := map[string]bool{s.Refresh: true}
	for range 5 {
		w.now = w.now.Add(9 * time.Minute)
		next := w.refresh(t, s.Refresh)
		if next.Player != s.Player || seen[next.Refresh] {
			t.Fatalf("got %+v after %+v", next, s)
		}
		seen[next.Refresh] = true
		s = next
	}
}

func TestTwoTabsGetTheSameSuccessor(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.guest(t)
	first := w.refresh(t, s.Refresh)
	w.now = w.now.Add(RefreshGrace)
	second := w.refresh(t, s.Refresh)
	if first.Refresh != second.Refresh || second.Player != s.Player {
		t.Fatalf("successors differ: %q, %q", first.Refresh, second.Refresh)
	}
	w.refresh(t, second.Refresh)
}

func TestTabsRefreshingTogetherGetOneSuccessor(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.guest(t)
	got := make([]Session, 8)
	errs := make([]error, len(got))
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i], errs[i] = w.Refresh(t.Context(), home, s.Refresh) })
	}
	wg.Wait()
	for i := range got {
		if errs[i] != nil || got[i].Refresh != got[0].Refresh {
			t.Fatalf("tab %d: %v, same successor %t", i, errs[i], got[i].Refresh == got[0].Refresh)
		}
	}
}

func TestReuseAfterGraceEndsTheSession(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.guest(t)
	next := w.refresh(t, s.Refresh)
	w.now = w.now.Add(RefreshGrace + time.Millisecond)
	w.refused(t, s.Refresh, ErrReused)
	w.refused(t, next.Refresh, ErrRefresh)
	for _, access := range []string{s.Access, next.Access} {
		if _, err := w.Verify(access); !errors.Is(err, ErrAccess) {
			t.Errorf("an access token of the session: %v, want ErrAccess", err)
		}
	}
}

func TestReuseAfterTheSuccessorWasUsedEndsTheSession(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.guest(t)
	last := w.refresh(t, w.refresh(t, s.Refresh).Refresh)
	w.refused(t, s.Refresh, ErrReused)
	w.refused(t, last.Refresh, ErrRefresh)
}

func TestUnusedRefreshTokenExpires(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.guest(t)
	w.now = w.now.Add(RefreshTTL)
	w.refused(t, s.Refresh, ErrRefresh)
}

func TestLogoutEndsTheSession(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.guest(t)
	if err := w.Logout(t.Context(), home, s.Refresh); err != nil {
		t.Fatal(err)
	}
	w.refused(t, s.Refresh, ErrRefresh)
	for _, text := range []string{"", "nonsense", newRefresh().text(), s.Refresh} {
		if err := w.Logout(t.Context(), home, text); err != nil {
			t.Errorf("logging out with %q: %v", text, err)
		}
	}
}

func TestForeignRefreshTokensAreRefused(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	s := w.guest(t)
	for name, text := range map[string]string{
		"empty": "", "no dot": strings.Repeat("a", 70), "short": s.Refresh[:69], "long": s.Refresh + "A", "access": s.Access,
		"unknown family": newRefresh().text(), "huge": strings.Repeat("x.", 1<<16), "not base64": s.Refresh[:69] + "!",
	} {
		if _, err := w.Refresh(t.Context(), home, text); !errors.Is(err, ErrRefresh) {
			t.Errorf("%s: %v, want ErrRefresh", name, err)
		}
	}
	w.refresh(t, s.Refresh)
}

func TestSeatedGuestSurvivesAKilledServer(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, dir, nil)
	seated, unseated := w.guest(t), w.guest(t)
	a, err := w.Account(t.Context(), seated.Player)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Seated(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	// Nothing is closed: a copy of the folder is what a kill leaves.
	left := t.TempDir()
	if err := os.CopyFS(filepath.Join(left, "data"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	again := newWorld(t, filepath.Join(left, "data"), nil)
	again.now = t0.Add(23 * time.Hour)
	unseated = again.refresh(t, unseated.Refresh)
	seated = again.refresh(t, seated.Refresh)

	again.now = t0.Add(24*time.Hour + time.Minute)
	again.guest(t) // the clean-up runs with a sign-in
	again.refused(t, unseated.Refresh, ErrRefresh)
	again.refresh(t, seated.Refresh)
	if _, err := again.Account(t.Context(), unseated.Player); !errors.Is(err, ErrGone) {
		t.Errorf("the unseated guest's account: %v, want ErrGone", err)
	}
	if err := again.Seated(t.Context(), store.Account{ID: unseated.Player}); !errors.Is(err, ErrGone) {
		t.Errorf("seating a removed guest: %v, want ErrGone", err)
	}
}

// A seat costs a guest nothing, so that it must not be for ever either.
func TestSeatedGuestGoesWhenTheSessionIsOver(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	gone, back := w.guest(t), w.guest(t)
	for _, s := range []Session{gone, back} {
		if err := w.Seated(t.Context(), store.Account{ID: s.Player}); err != nil {
			t.Fatal(err)
		}
	}
	w.now = t0.Add(RefreshTTL / 2)
	w.refresh(t, back.Refresh)
	w.now = t0.Add(RefreshTTL)
	w.guest(t) // the clean-up runs with a sign-in
	if _, err := w.Account(t.Context(), gone.Player); !errors.Is(err, ErrGone) {
		t.Errorf("the account whose session is over: %v, want ErrGone", err)
	}
	if _, err := w.Account(t.Context(), back.Player); err != nil {
		t.Errorf("the account that came back: %v", err)
	}
}

func TestUnseatedGuestsAreBounded(t *testing.T) {
	w := newWorld(t, t.TempDir(), func(c *Config) { c.UnseatedGuests = 3 })
	oldest := w.guest(t)
	for range 4 {
		w.now = w.now.Add(purgeEvery)
		w.guest(t)
	}
	w.refused(t, oldest.Refresh, ErrRefresh)
}

func TestSchoolIsLimitedTogether(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	for i := range 200 {
		if _, err := w.Guest(t.Context(), home, "Ann"); err != nil {
			t.Fatalf("guest %d: %v", i, err)
		}
	}
	var over *LimitError
	if _, err := w.Guest(t.Context(), home, "Ann"); !errors.As(err, &over) || over.RetryAfter != time.Second {
		t.Fatalf("guest 200: %v, want a limit of 1 s", err)
	}
	if _, err := w.Guest(t.Context(), Client{Addr: netip.MustParseAddr("203.0.113.8")}, "Ann"); err != nil {
		t.Errorf("another address: %v", err)
	}
	w.now = w.now.Add(time.Second)
	if _, err := w.Guest(t.Context(), home, "Ann"); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func TestNeighboursInOneIPv6NetworkShareALimit(t *testing.T) {
	w := newWorld(t, t.TempDir(), func(c *Config) { c.Guests = limit.Rate{Burst: 1, Every: time.Hour} })
	if _, err := w.Guest(t.Context(), Client{Addr: netip.MustParseAddr("2001:db8::1")}, "Ann"); err != nil {
		t.Fatal(err)
	}
	var over *LimitError
	if _, err := w.Guest(t.Context(), Client{Addr: netip.MustParseAddr("2001:db8::ffff:2")}, "Ann"); !errors.As(err, &over) {
		t.Errorf("same /64: %v, want a limit", err)
	}
	if _, err := w.Guest(t.Context(), Client{Addr: netip.MustParseAddr("2001:db8:0:1::1")}, "Ann"); err != nil {
		t.Errorf("next /64: %v", err)
	}
}

func TestProcessIsLimitedOverAllAddresses(t *testing.T) {
	w := newWorld(t, t.TempDir(), func(c *Config) { c.GuestsTotal = limit.Rate{Burst: 2, Every: time.Hour} })
	addr := home
	for range 2 {
		if _, err := w.Guest(t.Context(), addr, "Ann"); err != nil {
			t.Fatal(err)
		}
		addr.Addr = addr.Addr.Next()
	}
	var over *LimitError
	if _, err := w.Guest(t.Context(), addr, "Ann"); !errors.As(err, &over) {
		t.Errorf("got %v, want a limit", err)
	}
}

func TestRefreshIsLimited(t *testing.T) {
	w := newWorld(t, t.TempDir(), func(c *Config) { c.Refreshes = limit.Rate{Burst: 1, Every: time.Hour} })
	w.refused(t, "junk", ErrRefresh)
	var over *LimitError
	if _, err := w.Refresh(t.Context(), home, "junk"); !errors.As(err, &over) {
		t.Errorf("refresh: %v, want a limit", err)
	}
	if err := w.Logout(t.Context(), home, "junk"); !errors.As(err, &over) {
		t.Errorf("logout: %v, want a limit", err)
	}
}

// What is stored must not be enough to refresh with.
func TestStoredFormIsNotTheToken(t *testing.T) {
	r := newRefresh()
	if strings.Contains(r.text(), r.hash()) || r.successor("n").text() == r.successor("m").text() {
		t.Fatal("a stored value is, or leads to, a token")
	}
	stored := refresh{family: r.family}
	if stored.successor("n").text() == r.successor("n").text() {
		t.Fatal("the nonce alone makes the successor")
	}
}

func TestConfigIsChecked(t *testing.T) {
	if _, err := New(t.Context(), Config{}); err == nil {
		t.Error("an empty config was accepted")
	}
}
