// Package store keeps what must survive the process: accounts, refresh families and match results. It owns the SQL and the
// database file in the data folder, and is the only importer of a database driver and of goose.
//
// The lobby and lobby/auth call it. It decides nothing about tokens or players beyond what one statement must decide
// (Rotate), and imports nothing else of this module.
//
// The SQL is written by hand in the subset that SQLite and PostgreSQL share ($1, on conflict, returning; times are Unix
// milliseconds).
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// fileName is the database in the data folder; SQLite puts a -wal and a -shm file beside it, with the same mode.
const fileName = "skirmish.db"

//go:embed migrations/*.sql
var migrations embed.FS

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("store: not found")
	ErrNewer    = errors.New("store: the database is newer than this program")
	ErrInUse    = errors.New("store: the data folder is in use by another server")
)

// Config says where the data is.
type Config struct {
	Dir         string        // data folder; required, created with mode 0700 when missing
	Readers     int           // connections for reading; zero means 4
	BusyTimeout time.Duration // wait for another process's write; zero means 5 s
}

// Validate reports a missing or unusable field.
func (c Config) Validate() error {
	if c.Dir == "" {
		return errors.New("store: Config.Dir is missing; name the data folder (--data)")
	}
	if c.Readers < 0 || c.BusyTimeout < 0 {
		return fmt.Errorf("store: Config.Readers is %d and BusyTimeout %s, want neither negative", c.Readers, c.BusyTimeout)
	}
	return nil
}

// Store is an open database. It is concurrent-safe.
type Store struct {
	write *sql.DB // one connection: SQLite has one writer, and queueing here is fairer than retrying on SQLITE_BUSY
	read  *sql.DB // a pool that sees committed data only
	lock  *os.File
}

// Open opens or creates the database in the data folder and brings it to this program's version. Errors say what to do about
// them: a folder that cannot be written or is ErrInUse, a database that is ErrNewer.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Readers == 0 {
		cfg.Readers = 4
	}
	if cfg.BusyTimeout == 0 {
		cfg.BusyTimeout = 5 * time.Second
	}
	file, err := prepareFile(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := new(Store)
	if s.lock, err = lock(filepath.Dir(file)); err != nil {
		return nil, err
	}
	// FULL, not NORMAL: in WAL mode NORMAL loses the last commits with the power. A lost rotation would make the client's
	// token look reused and end its session.
	if s.write, err = connect(file, cfg, 1, "_txlock=immediate", "_pragma=synchronous(FULL)"); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.read, err = connect(file, cfg, cfg.Readers, "_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.write.PingContext(ctx); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Close closes the database. Calls that are running finish first.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// prepareFile creates the folder and an empty database file with modes that keep others out, and finds out early whether the
// folder can be written.
func prepareFile(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("store: data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("store: cannot create the data folder %s; choose another with --data: %w", dir, err)
	}
	name := filepath.Join(dir, fileName)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", fmt.Errorf("store: cannot write to the data folder %s; choose another with --data: %w", dir, err)
	}
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		err = f.Chmod(0o600)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("store: database file: %w", err)
	}
	return name, nil
}

func connect(file string, cfg Config, conns int, options ...string) (*sql.DB, error) {
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a Windows drive letter
	}
	options = append(options, fmt.Sprintf("_pragma=busy_timeout(%d)", cfg.BusyTimeout.Milliseconds()),
		"_pragma=journal_mode(WAL)", "_pragma=foreign_keys(1)")
	u := url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(options, "&")}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

func (s *Store) migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, dir, goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("store: read the database version; is the file damaged? %w", err)
	}
	if current > target {
		return fmt.Errorf("%w: it has version %d, this program knows %d; start the newer program or another --data",
			ErrNewer, current, target)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	return nil
}

// millis and fromMillis are how times are stored: Unix milliseconds in a bigint, the same in every database.
func millis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// notFound turns the driver's "no rows" into ErrNotFound and names the call in any other error.
func notFound(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return fmt.Errorf("store: %s: %w", what, err)
}
