// Package store keeps what must survive the process: accounts, refresh families and match results. It owns the SQL and the
// files of the data folder's database, and is the only importer of a database driver and of goose.
//
// The lobby and lobby/auth call it. It decides nothing about tokens or players beyond what one transaction must decide
// (Rotate), and imports nothing else of this module.
//
// The SQL is written by hand in the subset that SQLite and PostgreSQL share ($1, on conflict, returning; times are Unix
// milliseconds).
package store

import "database/sql"

// Store is an open database. It is concurrent-safe.
type Store struct {
	write *sql.DB // one connection: SQLite has one writer, and waiting here is fairer than SQLITE_BUSY
	read  *sql.DB // a pool that sees committed data only
}
