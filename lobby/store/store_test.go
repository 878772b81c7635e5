package store

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
)

var t0 = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

func addGuest(t *testing.T, s *Store, id string, at time.Time) {
	t.Helper()
	err := s.CreateGuest(context.Background(), Account{ID: id, Name: "Ann", CreatedAt: at},
		Family{ID: "f" + id, Hash: "h0", ExpiresAt: at.Add(720 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
}

func rotation(family, presented, next string, at time.Time) Rotation {
	return Rotation{
		Family: family, Presented: presented, Next: next, Nonce: "n-" + next, Now: at, Grace: 10 * time.Second,
		ExpiresAt: at.Add(720 * time.Hour),
	}
}

func TestGuestSurvivesReopen(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		if err := s.MarkSeated(t.Context(), "a", t0.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		// The first store is not closed: what a killed process leaves behind is what the second one has to read.
		abandon(t, s)
		s2 := db.open(t)
		a, err := s2.Account(t.Context(), "a")
		want := Account{ID: "a", Name: "Ann", CreatedAt: t0, Seated: true, Role: RolePlayer}
		if err != nil || a != want {
			t.Fatalf("account %+v, %v; want %+v", a, err, want)
		}
		r, err := s2.Rotate(t.Context(), rotation("fa", "h0", "h1", t0.Add(time.Hour)))
		if err != nil || r.Account != "a" || r.Repeat {
			t.Fatalf("rotate after reopening: %+v, %v", r, err)
		}
	})
}

func TestGuestIsStoredWithItsFamilyOrNotAtAll(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		err := s.CreateGuest(t.Context(), Account{ID: "b", Name: "Bob", CreatedAt: t0}, Family{ID: "fa", Hash: "h", ExpiresAt: t0})
		if err == nil {
			t.Fatal("a second family with the same id was stored")
		}
		if _, err := s.Account(t.Context(), "b"); !errors.Is(err, ErrNotFound) {
			t.Fatalf("half a guest was stored: %v", err)
		}
	})
}

func TestMarkSeatedNeedsAnAccount(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		if err := s.MarkSeated(t.Context(), "nobody", t0); !errors.Is(err, ErrNotFound) {
			t.Fatalf("got %v, want ErrNotFound", err)
		}
	})
}

func TestPurgeKeepsSeatedAndYoungGuests(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "old", t0)
		addGuest(t, s, "seated", t0)
		addGuest(t, s, "young", t0.Add(23*time.Hour))
		if err := s.MarkSeated(t.Context(), "seated", t0); err != nil {
			t.Fatal(err)
		}
		n, err := s.PurgeGuests(t.Context(), t0.Add(time.Hour), 100)
		if err != nil || n != 1 {
			t.Fatalf("removed %d, %v; want 1", n, err)
		}
		expectAccounts(t, s, map[string]bool{"old": false, "seated": true, "young": true})
		if _, err := s.Rotate(t.Context(), rotation("fold", "h0", "h1", t0)); !errors.Is(err, ErrNotFound) {
			t.Fatalf("the family of a removed guest: %v, want ErrNotFound", err)
		}
	})
}

func TestPurgeBoundsUnseatedGuests(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		for i, id := range []string{"a", "b", "c", "d"} {
			addGuest(t, s, id, t0.Add(time.Duration(i)*time.Second))
		}
		if n, err := s.PurgeGuests(t.Context(), t0, 2); err != nil || n != 2 {
			t.Fatalf("removed %d, %v; want 2", n, err)
		}
		expectAccounts(t, s, map[string]bool{"a": false, "b": false, "c": true, "d": true})
	})
}

func TestAccountGoesWithItsLastFamily(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		for _, id := range []string{"gone", "back", "twice"} {
			addGuest(t, s, id, t0)
			if err := s.MarkSeated(t.Context(), id, t0); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Rotate(t.Context(), rotation("fback", "h0", "h1", t0.Add(time.Hour))); err != nil {
			t.Fatal(err)
		}
		_, err := s.write.Exec(`insert into refresh_families
			(id, account_id, current_hash, previous_hash, successor_nonce, rotated_at, expires_at)
			values ('f2', 'twice', 'h0', '', '', 0, $1)`, millis(t0.Add(721*time.Hour)))
		if err != nil {
			t.Fatal(err)
		}
		count := func(query string) (n int) {
			if err := s.read.QueryRow(query).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, c := range []struct {
			at       time.Duration
			want     map[string]bool
			families int
		}{
			{719 * time.Hour, map[string]bool{"gone": true, "back": true, "twice": true}, 4},
			{720 * time.Hour, map[string]bool{"gone": false, "back": true, "twice": true}, 2},
			{721 * time.Hour, map[string]bool{"gone": false, "back": false, "twice": false}, 0},
		} {
			if err := s.PurgeExpired(t.Context(), t0.Add(c.at)); err != nil {
				t.Fatal(err)
			}
			expectAccounts(t, s, c.want)
			if n := count(`select count(*) from refresh_families`); n != c.families {
				t.Errorf("after %s: %d families, want %d", c.at, n, c.families)
			}
		}
	})
}

func TestUpgradeRemovesAccountsWithoutAFamily(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "kept", t0)
		dialect := goose.DialectSQLite3
		if db.cfg.URL != "" {
			dialect = goose.DialectPostgres
		}
		migrations, err := newProvider(dialect, s.write)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := migrations.DownTo(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if _, err := s.write.Exec(`insert into accounts (id, name, created_at, seated_at) values ('stray', 'Ann', 0, 0)`); err != nil {
			t.Fatal(err)
		}
		abandon(t, s)
		expectAccounts(t, db.open(t), map[string]bool{"stray": false, "kept": true})
	})
}

func expectAccounts(t *testing.T, s *Store, want map[string]bool) {
	t.Helper()
	for id, there := range want {
		_, err := s.Account(t.Context(), id)
		if there && err != nil || !there && !errors.Is(err, ErrNotFound) {
			t.Errorf("account %s: %v, want there=%t", id, err, there)
		}
	}
}

func TestRotateGraceGivesTheSameNonce(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		at := t0.Add(time.Minute)
		if _, err := s.Rotate(t.Context(), rotation("fa", "h0", "h1", at)); err != nil {
			t.Fatal(err)
		}
		r, err := s.Rotate(t.Context(), rotation("fa", "h0", "other", at.Add(10*time.Second)))
		if err != nil || !r.Repeat || r.Nonce != "n-h1" || r.Account != "a" {
			t.Fatalf("repeat within the grace time: %+v, %v", r, err)
		}
		if _, err := s.Rotate(t.Context(), rotation("fa", "h1", "h2", at.Add(11*time.Second))); err != nil {
			t.Fatalf("the successor is still good: %v", err)
		}
	})
}

func TestRotateReuseRevokesFamily(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		for id, late := range map[string]time.Duration{"soon": 10*time.Second + 1e6, "later": 24 * time.Hour} {
			addGuest(t, s, id, t0)
			if _, err := s.Rotate(t.Context(), rotation("f"+id, "h0", "h1", t0)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Rotate(t.Context(), rotation("f"+id, "h0", "x", t0.Add(late))); !errors.Is(err, ErrReused) {
				t.Fatalf("%s: reuse: %v, want ErrReused", id, err)
			}
			if _, err := s.Rotate(t.Context(), rotation("f"+id, "h1", "h2", t0.Add(late))); !errors.Is(err, ErrRevoked) {
				t.Fatalf("%s: the current secret after reuse: %v, want ErrRevoked", id, err)
			}
		}
	})
}

func TestRotateGraceEndsWhenTheSuccessorIsUsed(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		for i, step := range [][2]string{{"h0", "h1"}, {"h1", "h2"}} {
			if _, err := s.Rotate(t.Context(), rotation("fa", step[0], step[1], t0.Add(time.Duration(i)*time.Second))); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Rotate(t.Context(), rotation("fa", "h0", "x", t0.Add(2*time.Second))); !errors.Is(err, ErrReused) {
			t.Fatalf("got %v, want ErrReused", err)
		}
	})
}

func TestRotateRefusesExpiredFamily(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		at := t0.Add(720 * time.Hour)
		if _, err := s.Rotate(t.Context(), rotation("fa", "h0", "h1", at)); !errors.Is(err, ErrNotFound) {
			t.Fatalf("got %v, want ErrNotFound", err)
		}
		if err := s.PurgeExpired(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Rotate(t.Context(), rotation("fa", "h0", "h1", t0)); !errors.Is(err, ErrNotFound) {
			t.Fatalf("after the purge: %v, want ErrNotFound", err)
		}
	})
}

func TestRevokeFamilyNeedsItsSecret(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addGuest(t, s, "a", t0)
		if _, err := s.RevokeFamily(t.Context(), "fa", "guess", t0); !errors.Is(err, ErrNotFound) {
			t.Fatalf("a guess: %v, want ErrNotFound", err)
		}
		if _, err := s.Rotate(t.Context(), rotation("fa", "h0", "h1", t0)); err != nil {
			t.Fatalf("a guess revoked the family: %v", err)
		}
		if r, err := s.RevokeFamily(t.Context(), "fa", "h1", t0); err != nil || r.Account != "a" || r.Epoch != 1 {
			t.Fatalf("%+v, %v; want account a with epoch 1", r, err)
		}
		if _, err := s.Rotate(t.Context(), rotation("fa", "h1", "h2", t0)); !errors.Is(err, ErrRevoked) {
			t.Fatalf("got %v, want ErrRevoked", err)
		}
	})
}

func TestResultIsStoredOnce(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		r := Result{ID: "m1", Room: "r1", Game: "draughts", FinishedAt: t0, Payload: json.RawMessage(`{"winner":1}`)}
		if fresh, err := s.PutResult(t.Context(), r); err != nil || !fresh {
			t.Fatalf("first report: fresh=%t, %v", fresh, err)
		}
		again := r
		again.Payload = json.RawMessage(`{"winner":2}`)
		if fresh, err := s.PutResult(t.Context(), again); err != nil || fresh {
			t.Fatalf("second report: fresh=%t, %v", fresh, err)
		}
		got, err := s.Result(t.Context(), "m1")
		if err != nil || string(got.Payload) != `{"winner":1}` || !got.FinishedAt.Equal(t0) || got.Room != "r1" ||
			got.Game != "draughts" {
			t.Fatalf("got %+v, %v", got, err)
		}
		if _, err := s.Result(t.Context(), "m2"); !errors.Is(err, ErrNotFound) {
			t.Fatalf("unknown match: %v", err)
		}
	})
}

func TestOpenRefusesNewerDatabase(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		if _, err := s.write.Exec(`insert into goose_db_version (version_id, is_applied) values (9999, true)`); err != nil {
			t.Fatal(err)
		}
		abandon(t, s)
		if _, err := Open(t.Context(), db.cfg); !errors.Is(err, ErrNewer) {
			t.Fatalf("got %v, want ErrNewer", err)
		}
	})
}

func TestPingFindsAClosedDatabase(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s, err := Open(t.Context(), db.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Ping(t.Context()); err == nil {
			t.Error("a closed database answers")
		}
	})
}
