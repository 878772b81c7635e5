package store

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/skirmish-dev/skirmish/internal/pgtest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := pgtest.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		os.Exit(code)
	}))
}

// database is an empty database of one kind.
type database struct{ cfg Config }

// on runs a test on each kind of database.
func on(t *testing.T, test func(t *testing.T, db database)) {
	t.Run("sqlite", func(t *testing.T) { test(t, database{Config{Dir: t.TempDir()}}) })
	t.Run("postgres", func(t *testing.T) { test(t, database{Config{Dir: t.TempDir(), URL: pgtest.URL(t)}}) })
}

// open opens the database; it may be called again after abandon.
func (db database) open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(context.Background(), db.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func open(t *testing.T, dir string) *Store {
	t.Helper()
	return database{Config{Dir: dir}}.open(t)
}

// abandon lets go of the folder as a killed process does: nothing is closed but the lock.
func abandon(t *testing.T, s *Store) {
	t.Helper()
	if err := s.lock.Close(); err != nil {
		t.Fatal(err)
	}
	s.lock = nil
}
