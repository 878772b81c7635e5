// Package store keeps what must survive the process: accounts, refresh families and match results. It owns the SQL and the
// database, and is the only importer of database drivers and of goose.
//
// The lobby and lobby/auth call it. It decides nothing about tokens or players beyond what one statement must decide
// (Rotate), and imports nothing else of this module.
//
// The database is SQLite in the data folder, or PostgreSQL when Config.URL names one. The SQL is written by hand, once, in the
// subset that both share ($1, on conflict, returning; times are Unix milliseconds), and every test runs on both.
//
// With SQLite, calls that write at the same time share a transaction (docs/adr/0006).
//
// A call that returned nil is on the disk; one that failed changed nothing, except that a connection lost while committing leaves
// it open which of the two it is. Every call that a repeat could harm is therefore idempotent (results) or told apart (Rotate).
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("store: not found")
	ErrNewer    = errors.New("store: the database is newer than this program")
	ErrInUse    = errors.New("store: the data folder is in use by another server")
	// ErrUnavailable says that the database cannot be asked or cannot keep anything now: it is stopped, its disk is full, it takes
	// too long. Nothing was changed; trying again later may help.
	ErrUnavailable = errors.New("store: the database is not available")
)

// Config says where the data is.
type Config struct {
	Dir         string        // data folder; required, created with mode 0700 when missing. One server at a time uses it.
	URL         string        // "postgres://..." of a PostgreSQL database; zero means SQLite in Dir
	Beside      bool          // for a tool beside the server that uses the folder: takes no lock and leaves the tables as they are
	Conns       int           // connections: for reading with SQLite, in all with PostgreSQL; zero means 4 and 16
	BusyTimeout time.Duration // SQLite: wait for another process's write; zero means 3 s
	Timeout     time.Duration // bound of one call, waiting for a connection included; zero means 5 s
}

// Validate reports a missing or unusable field.
func (c Config) Validate() error {
	if c.Dir == "" {
		return errors.New("store: Config.Dir is missing; name the data folder (--data)")
	}
	if c.Conns < 0 || c.BusyTimeout < 0 || c.Timeout < 0 {
		return fmt.Errorf("store: Config.Conns is %d, BusyTimeout %s and Timeout %s, want none negative", c.Conns, c.BusyTimeout, c.Timeout)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Conns == 0 && c.URL == "" {
		c.Conns = 4
	} else if c.Conns == 0 {
		c.Conns = 16
	}
	if c.BusyTimeout == 0 {
		c.BusyTimeout = 3 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	return c
}

// Store is an open database. It is concurrent-safe.
type Store struct {
	write   *sql.DB // of SQLite one connection: it has one writer, and queueing here is fairer than retrying on SQLITE_BUSY
	read    *sql.DB // of SQLite a pool that sees committed data only; of PostgreSQL the same as write
	group   *group  // of SQLite; nil: each call that writes has a transaction of its own
	lock    *os.File
	timeout time.Duration
	// repeatable is the level at which a transaction sees the same rows throughout; that of SQLite is its only one.
	repeatable sql.IsolationLevel
}

// Open opens or creates the database and brings it to this program's version. Errors say what to do about them: a folder that
// cannot be written or is ErrInUse, a database that is ErrUnavailable or ErrNewer.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	dir, err := prepareDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{timeout: cfg.Timeout}
	if !cfg.Beside {
		if s.lock, err = lock(dir); err != nil {
			return nil, err
		}
	}
	open := s.openSQLite
	if cfg.URL != "" {
		open = s.openPostgres
	}
	provider, err := open(ctx, cfg, dir)
	if err == nil {
		err = migrate(ctx, provider, cfg.Beside)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.do(ctx, "ping", s.read.PingContext)
}

// Close closes the database. Calls that are running finish first.
func (s *Store) Close() error {
	var errs []error
	if s.read != nil && s.read != s.write {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

func prepareDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("store: data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("store: cannot create the data folder %s; choose another with --data: %w", dir, err)
	}
	return dir, nil
}

func newProvider(d goose.Dialect, db *sql.DB, options ...goose.ProviderOption) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("store: migrations: %w", err)
	}
	options = append(options, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	p, err := goose.NewProvider(d, db, dir, options...)
	if err != nil {
		return nil, fmt.Errorf("store: migrations: %w", err)
	}
	return p, nil
}

func migrate(ctx context.Context, p *goose.Provider, beside bool) error {
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("store: read the database version; is the database damaged? %w", err)
	}
	if current > target {
		return fmt.Errorf("%w: it has version %d, this program knows %d; start the newer program or another --data or --db",
			ErrNewer, current, target)
	}
	if beside && current < target {
		return fmt.Errorf("store: the database has version %d, this program knows %d; start the server of this program once", current, target)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	return nil
}

// millis and fromMillis are how times are stored: Unix milliseconds in a bigint, the same in every database.
func millis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// nullable is the time of a column that may be null, which is the zero time.
func nullable(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return fromMillis(ms.Int64)
}

// orNull is the column of a time that may be zero.
func orNull(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}
