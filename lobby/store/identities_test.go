package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

func identity(account, provider, subject string) Identity {
	return Identity{Provider: provider, Subject: subject, Account: account, Label: subject, Secret: "s", CreatedAt: t0}
}

func TestAnIdentityBelongsToOneAccount(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		addGuest(t, s, "b", t0)
		f := func(i Identity, want error) {
			t.Helper()
			if err := s.Link(t.Context(), i, 0); !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("link %+v: %v, want %v", i, err, want)
			}
		}
		f(identity("a", "google", "1"), nil)
		f(identity("a", "google", "1"), nil) // again
		f(identity("b", "google", "1"), ErrTaken)
		f(identity("a", "google", "2"), ErrHas)
		f(identity("nobody", "google", "3"), ErrNotFound)
		f(identity("b", "other", "1"), nil)
		i, a, err := s.Identity(t.Context(), "google", "1")
		if err != nil || a.ID != "a" || i.Account != "a" || i.Label != "1" || !i.CreatedAt.Equal(t0) {
			t.Errorf("%+v of %+v, %v", i, a, err)
		}
		err = s.CreateLinked(t.Context(), Account{ID: "c", Name: "Cid", CreatedAt: t0}, identity("c", "google", "1"), Family{ID: "fc"})
		if !errors.Is(err, ErrTaken) {
			t.Errorf("a second account for it: %v, want ErrTaken", err)
		}
		expectAccounts(t, s, map[string]bool{"c": false})
	})
}

func TestTheLastIdentityStays(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		for _, i := range []Identity{identity("a", "google", "1"), identity("a", "other", "1")} {
			if err := s.Link(t.Context(), i, 0); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Unlink(t.Context(), "a", "email"); !errors.Is(err, ErrNotFound) {
			t.Errorf("one that is not there: %v, want ErrNotFound", err)
		}
		for range 20 { // until both are at it in the same moment
			errs := make([]error, 2)
			var both sync.WaitGroup
			for i, provider := range []string{"google", "other"} {
				both.Go(func() { _, errs[i] = s.Unlink(t.Context(), "a", provider) })
			}
			both.Wait()
			if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), ErrLast) {
				t.Fatalf("unlinking both at once: %v, want one ErrLast", errs)
			}
			for _, i := range []Identity{identity("a", "google", "1"), identity("a", "other", "1")} {
				if err := s.Link(t.Context(), i, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := s.Unlink(t.Context(), "a", "google"); err != nil {
			t.Fatal(err)
		}
		if left, err := s.Identities(t.Context(), "a"); err != nil || len(left) != 1 || left[0].Secret != "" {
			t.Errorf("left %+v, %v", left, err)
		}
	})
}

func TestAccountsWithAnIdentityAreNotPurged(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "linked", t0)
		addGuest(t, s, "guest", t0)
		if err := s.Link(t.Context(), identity("linked", "google", "1"), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PurgeGuests(t.Context(), t0.Add(time.Hour), 0); err != nil {
			t.Fatal(err)
		}
		expectAccounts(t, s, map[string]bool{"linked": true, "guest": false})
		if err := s.PurgeExpired(t.Context(), t0.Add(10_000*time.Hour)); err != nil {
			t.Fatal(err)
		}
		expectAccounts(t, s, map[string]bool{"linked": true})
		if list, err := s.Sessions(t.Context(), "linked", t0); err != nil || len(list) != 0 {
			t.Errorf("sessions %v, %v; want none", list, err)
		}
	})
}

func TestSessionsEndAloneOrTogether(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		addGuest(t, s, "b", t0)
		for i, id := range []string{"f2", "f3"} {
			f := Family{ID: id, Hash: id, ExpiresAt: t0.Add(time.Hour), Network: "192.0.2.0/24", Device: "Firefox"}
			if epoch, err := s.AddFamily(t.Context(), "a", f, t0.Add(time.Duration(i+1)*time.Second)); err != nil || epoch != 0 {
				t.Fatalf("epoch %d, %v", epoch, err)
			}
		}
		ids := func() (ids []string) {
			list, err := s.Sessions(t.Context(), "a", t0)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range list {
				ids = append(ids, f.ID)
			}
			return ids
		}
		if got := ids(); !slices.Equal(got, []string{"f3", "f2", "fa"}) {
			t.Errorf("sessions %v", got)
		}
		if _, err := s.RevokeSession(t.Context(), "b", "f2", t0); !errors.Is(err, ErrNotFound) {
			t.Errorf("the session of another account: %v, want ErrNotFound", err)
		}
		if r, err := s.RevokeSession(t.Context(), "a", "f2", t0); err != nil || r.Epoch != 1 {
			t.Errorf("%+v, %v", r, err)
		}
		if got := ids(); !slices.Equal(got, []string{"f3", "fa"}) {
			t.Errorf("after one has ended: %v", got)
		}
		if r, err := s.Ban(t.Context(), "a", Ban{At: t0, Until: t0.Add(time.Hour), Reason: "rude"}); err != nil || r.Epoch != 2 {
			t.Errorf("ban: %+v, %v", r, err)
		}
		a, err := s.Account(t.Context(), "a")
		if err != nil || len(ids()) != 0 || !a.Ban.Active(t0) || a.Ban.Active(t0.Add(time.Hour)) || a.Ban.Reason != "rude" || a.Epoch != 2 {
			t.Errorf("banned: %+v, sessions %v, %v", a, ids(), err)
		}
		in := Family{ID: "f4", ExpiresAt: t0.Add(time.Hour)}
		if _, err := s.AddFamily(t.Context(), "a", in, t0.Add(time.Minute)); !errors.Is(err, ErrNotFound) {
			t.Errorf("a sign-in that began before the ban: %v, want ErrNotFound", err)
		}
		if _, err := s.AddFamily(t.Context(), "a", in, t0.Add(time.Hour)); err != nil {
			t.Errorf("a sign-in when the ban is over: %v", err)
		}
		if err := s.Unban(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if a, err := s.Account(t.Context(), "a"); err != nil || a.Ban != (Ban{}) {
			t.Errorf("unbanned: %+v, %v", a, err)
		}
		if got, err := s.Epochs(t.Context(), t0.Add(-1)); err != nil || !slices.Equal(got, []Revoked{{"a", 2}}) {
			t.Errorf("epochs %v, %v", got, err)
		}
		if got, err := s.Epochs(t.Context(), t0); err != nil || len(got) != 0 {
			t.Errorf("epochs after that: %v, %v", got, err)
		}
	})
}

func TestSessionsOfAnAccountAreBounded(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		for i := range familiesKept + 5 {
			f := Family{ID: string(rune('A' + i)), ExpiresAt: t0.Add(time.Hour)}
			if _, err := s.AddFamily(t.Context(), "a", f, t0.Add(time.Duration(i+1)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Sessions(t.Context(), "a", t0)
		if err != nil || len(list) != familiesKept || list[0].ID != string(rune('A'+familiesKept+4)) {
			t.Errorf("%d sessions, the newest %v, %v", len(list), list[0], err)
		}
	})
}

func TestConfirmationMakesAnIdentityOnce(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		addGuest(t, s, "b", t0)
		put := func(hash, purpose, account, email, secret string) {
			t.Helper()
			m := MailToken{Hash: hash, Purpose: purpose, Account: account, Email: email, Secret: secret, ExpiresAt: t0.Add(time.Hour)}
			if err := s.PutMailToken(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		put("1", PurposeConfirm, "a", "ann@example.org", "old")
		put("2", PurposeConfirm, "b", "ann@example.org", "other")
		if _, err := s.Confirm(t.Context(), "1", t0.Add(time.Hour)); !errors.Is(err, ErrNotFound) {
			t.Errorf("an expired token: %v, want ErrNotFound", err)
		}
		if _, err := s.ResetPassword(t.Context(), "1", "x", t0); !errors.Is(err, ErrNotFound) {
			t.Errorf("a token for something else: %v, want ErrNotFound", err)
		}
		if c, err := s.Confirm(t.Context(), "1", t0); err != nil || c != (Confirmed{Account: "a", Email: "ann@example.org"}) {
			t.Fatalf("%+v, %v", c, err)
		}
		if _, err := s.Confirm(t.Context(), "1", t0); !errors.Is(err, ErrNotFound) {
			t.Errorf("a spent token: %v, want ErrNotFound", err)
		}
		if _, err := s.Confirm(t.Context(), "2", t0); !errors.Is(err, ErrTaken) {
			t.Errorf("an address that is taken: %v, want ErrTaken", err)
		}
		put("3", PurposeConfirm, "a", "new@example.org", "new")
		put("4", PurposeConfirm, "a", "third@example.org", "third")
		want := Confirmed{Account: "a", Email: "new@example.org", Replaced: "ann@example.org"}
		if c, err := s.Confirm(t.Context(), "3", t0); err != nil || c != want {
			t.Fatalf("%+v, %v; want %+v", c, err, want)
		}
		if _, err := s.Confirm(t.Context(), "4", t0); !errors.Is(err, ErrNotFound) {
			t.Errorf("a link of before the change: %v, want ErrNotFound", err)
		}
		if _, _, err := s.Identity(t.Context(), ProviderEmail, "ann@example.org"); !errors.Is(err, ErrNotFound) {
			t.Errorf("the address before: %v, want ErrNotFound", err)
		}
		if i, a, err := s.Identity(t.Context(), ProviderEmail, "new@example.org"); err != nil || a.ID != "a" || i.Secret != "new" {
			t.Errorf("the new address: %+v, %v", i, err)
		}
	})
}

// Whoever was signed in to an account that is not theirs may have asked for a link to an address of their own, and may still be asking.
func TestWhatEndsSessionsVoidsConfirmationLinks(t *testing.T) {
	for name, end := range map[string]func(context.Context, *Store) error{
		"all":       func(ctx context.Context, s *Store) error { _, err := s.RevokeAll(ctx, "a", t0); return err },
		"one":       func(ctx context.Context, s *Store) error { _, err := s.RevokeSession(ctx, "a", "fa", t0); return err },
		"a ban":     func(ctx context.Context, s *Store) error { _, err := s.Ban(ctx, "a", Ban{At: t0}); return err },
		"an unlink": func(ctx context.Context, s *Store) error { _, err := s.Unlink(ctx, "a", "google"); return err },
		"a reuse": func(ctx context.Context, s *Store) error {
			if _, err := s.Rotate(ctx, rotation("fa", "stolen", "x", t0)); !errors.Is(err, ErrReused) {
				return fmt.Errorf("rotate: %w", err)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			on(t, func(t *testing.T, db database) {
				s := db.open(t)
				addGuest(t, s, "a", t0)
				m := MailToken{Hash: "1", Purpose: PurposeConfirm, Account: "a", Email: "eve@example.org", Secret: "x", ExpiresAt: t0.Add(time.Hour)}
				err := errors.Join(
					s.Link(t.Context(), identity("a", "google", "1"), 0), s.Link(t.Context(), identity("a", "other", "1"), 0),
					s.PutMailToken(t.Context(), m), end(t.Context(), s))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Confirm(t.Context(), "1", t0); !errors.Is(err, ErrNotFound) {
					t.Errorf("the link is still good: %v", err)
				}
				if name == "an unlink" {
					return // the session that asks goes on
				}
				if m.Hash = "2"; !errors.Is(s.PutMailToken(t.Context(), m), ErrNotFound) {
					t.Error("an access token of before has another link sent")
				}
				if err := s.Link(t.Context(), identity("a", "third", "1"), 0); !errors.Is(err, ErrNotFound) {
					t.Errorf("an access token of before links an identity: %v", err)
				}
			})
		})
	}
}

func TestResetEndsEverySessionAndOtherLinks(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		if err := s.Link(t.Context(), identity("a", ProviderEmail, "ann@example.org"), 0); err != nil {
			t.Fatal(err)
		}
		for _, hash := range []string{"1", "2", "3", "4"} {
			m := MailToken{Hash: hash, Purpose: PurposeReset, Account: "a", Email: "ann@example.org", ExpiresAt: t0.Add(time.Hour)}
			if err := s.PutMailToken(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		waiting := 0
		for _, hash := range []string{"1", "2", "3", "4"} {
			if err := s.MailTokenWaits(t.Context(), hash, PurposeReset, t0); err == nil {
				waiting++
			}
		}
		if waiting != mailTokensKept {
			t.Errorf("%d links are good, want %d", waiting, mailTokensKept)
		}
		if r, err := s.ResetPassword(t.Context(), "4", "new", t0); err != nil || r != (Revoked{"a", 1}) {
			t.Fatalf("%+v, %v", r, err)
		}
		for _, hash := range []string{"1", "2", "3", "4"} {
			if err := s.MailTokenWaits(t.Context(), hash, PurposeReset, t0); !errors.Is(err, ErrNotFound) {
				t.Errorf("link %s after the reset: %v, want ErrNotFound", hash, err)
			}
		}
		if i, _, err := s.Identity(t.Context(), ProviderEmail, "ann@example.org"); err != nil || i.Secret != "new" {
			t.Errorf("%+v, %v", i, err)
		}
		if _, err := s.Rotate(t.Context(), rotation("fa", "h0", "h1", t0)); !errors.Is(err, ErrRevoked) {
			t.Errorf("a session from before: %v, want ErrRevoked", err)
		}
	})
}
