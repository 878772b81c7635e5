package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// fileName is the database in the data folder; SQLite puts a -wal and a -shm file beside it, with the same mode.
const fileName = "skirmish.db"

func (s *Store) openSQLite(_ context.Context, cfg Config, dir string) (*goose.Provider, error) {
	file, err := prepareFile(dir)
	if err != nil {
		return nil, err
	}
	// FULL, not NORMAL: in WAL mode NORMAL loses the last commits with the power. A lost rotation would make the client's
	// token look reused and end its session.
	if s.write, err = connect(file, cfg, 1, "_txlock=immediate", "_pragma=synchronous(FULL)"); err != nil {
		return nil, err
	}
	s.group = newGroup()
	if s.read, err = connect(file, cfg, cfg.Conns, "_pragma=query_only(1)"); err != nil {
		return nil, err
	}
	return newProvider(goose.DialectSQLite3, s.write)
}

// prepareFile creates an empty database file with a mode that keeps others out, and finds out early whether the folder can be
// written.
func prepareFile(dir string) (string, error) {
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
	connector, err := sqlite.NewConnector(u.String())
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	db := sql.OpenDB(compiling{connector})
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// sqliteDown says whether SQLite could not do its work for reasons that are not the statement's.
func sqliteDown(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff { // the rest says more about it
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT:
		return true
	}
	return false
}
