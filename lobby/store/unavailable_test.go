package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/internal/pgtest"
)

func TestAStoppedDatabaseIsUnavailableAndComesBack(t *testing.T) {
	server := pgtest.Start(t)
	db := database{Config{Dir: t.TempDir(), URL: server.URL(t)}}
	s := db.open(t)
	addGuest(t, s, "a", t0)
	server.Stop(t)
	result := Result{ID: "m", Room: "r", Game: "draughts", FinishedAt: t0, Payload: json.RawMessage("1")}
	_, err1 := s.PutResult(t.Context(), result)
	_, err2 := s.Account(t.Context(), "a")
	_, err3 := s.Rotate(t.Context(), rotation("fa", "h0", "h1", t0))
	for i, err := range []error{err1, err2, err3, s.Ping(t.Context())} {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("call %d on a stopped database: %v, want ErrUnavailable", i, err)
		}
	}
	server.Restart(t)
	if fresh, err := s.PutResult(t.Context(), result); err != nil || !fresh {
		t.Errorf("the result when the database is back: fresh=%t, %v", fresh, err)
	}
	if _, err := s.Rotate(t.Context(), rotation("fa", "h0", "h1", t0)); err != nil {
		t.Errorf("the refused rotation has spent the secret: %v", err)
	}
}

func TestOpenSaysThatPostgresDoesNotAnswer(t *testing.T) {
	server := pgtest.Start(t)
	url := server.URL(t)
	server.Stop(t)
	_, err := Open(t.Context(), Config{Dir: t.TempDir(), URL: url})
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "--db") {
		t.Errorf("got %v, want ErrUnavailable that names --db", err)
	}
	_, err = Open(t.Context(), Config{Dir: t.TempDir(), URL: "mysql://root:secret@host/x"})
	if err == nil || !strings.Contains(err.Error(), "postgres://") || strings.Contains(err.Error(), "secret") {
		t.Errorf("another kind of address: %v", err)
	}
	_, err = Open(t.Context(), Config{Dir: t.TempDir(), URL: "postgres://skirmish:secret@127.0.0.1:bad/x"})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("an address that cannot be read: %v", err)
	}
}

// SQLite is given no page more than it has, which is what it meets on a full disk.
func TestAFullDiskIsUnavailableAndNothingIsHalfWritten(t *testing.T) {
	s := open(t, t.TempDir())
	addGuest(t, s, "a", t0)
	var pages int
	if err := s.write.QueryRow(`pragma page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		if _, err := s.write.Exec(fmt.Sprintf(`pragma max_page_count = %d`, n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages)
	big := Account{ID: "b", Name: strings.Repeat("x", 3000), CreatedAt: t0}
	family := Family{ID: "fb", Hash: strings.Repeat("h", 30_000), ExpiresAt: t0}
	if err := s.CreateGuest(t.Context(), big, family); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("on a full disk: %v, want ErrUnavailable", err)
	}
	result := ranked("m", "a", "c", t0)
	result.Payload = json.RawMessage(`"` + strings.Repeat("x", 30_000) + `"`)
	if _, err := s.PutResult(t.Context(), result); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a result on a full disk: %v, want ErrUnavailable", err)
	}
	if _, err := s.Result(t.Context(), "m"); !errors.Is(err, ErrNotFound) {
		t.Errorf("half a result is there: %v", err)
	}
	if _, err := s.Account(t.Context(), "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("half a guest is there: %v", err)
	}
	if _, err := s.Account(t.Context(), "a"); err != nil {
		t.Errorf("a full disk can still be read: %v", err)
	}
	limit(pages + 1000)
	if err := s.CreateGuest(t.Context(), big, family); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if fresh, err := s.PutResult(t.Context(), result); err != nil || !fresh {
		t.Errorf("the result with room again: fresh=%t, %v", fresh, err)
	}
}

// PostgreSQL says of a full disk 53100; here a trigger says it between the two statements of one call.
func TestPostgresWithAFullDiskIsUnavailableAndNothingIsHalfWritten(t *testing.T) {
	s := database{Config{Dir: t.TempDir(), URL: pgtest.URL(t)}}.open(t)
	_, err := s.write.Exec(`create function full_disk() returns trigger language plpgsql as
		$$ begin raise exception 'could not extend file' using errcode = '53100'; end $$;
		create trigger full_disk before insert on refresh_families execute function full_disk()`)
	if err != nil {
		t.Fatal(err)
	}
	err = s.CreateGuest(t.Context(), Account{ID: "b", Name: "Ben", CreatedAt: t0}, Family{ID: "fb", Hash: "h", ExpiresAt: t0})
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("on a full disk: %v, want ErrUnavailable", err)
	}
	if _, err := s.Account(t.Context(), "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("half a guest is there: %v", err)
	}
}

func TestACallThatWaitsTooLongIsUnavailable(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		db.cfg.Timeout, db.cfg.BusyTimeout, db.cfg.Conns = 50*time.Millisecond, time.Millisecond, 1
		s := db.open(t)
		tx, err := s.write.Begin() // holds the one connection
		if err != nil {
			t.Fatal(err)
		}
		err = s.MarkSeated(t.Context(), "a", t0)
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("behind another: %v, want ErrUnavailable", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.MarkSeated(gone, "a", t0); errors.Is(err, ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("for a caller that has gone: %v, want its own context.Canceled", err)
		}
	})
}
