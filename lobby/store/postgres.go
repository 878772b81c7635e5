package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	gooselock "github.com/pressly/goose/v3/lock"
)

func (s *Store) openPostgres(ctx context.Context, cfg Config, _ string) (*goose.Provider, error) {
	if !strings.HasPrefix(cfg.URL, "postgres://") && !strings.HasPrefix(cfg.URL, "postgresql://") {
		return nil, errors.New("store: --db is not the address of a database; give postgres://user:password@host/name")
	}
	parsed, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("store: --db: %w", err) // pgx leaves the password out
	}
	if parsed.ConnectTimeout == 0 {
		parsed.ConnectTimeout = cfg.Timeout
	}
	// The server ends what a lost client has left open, so that no row stays locked for as long as TCP keeps hoping.
	if parsed.RuntimeParams["idle_in_transaction_session_timeout"] == "" {
		parsed.RuntimeParams["idle_in_transaction_session_timeout"] = "10s"
	}
	db := stdlib.OpenDB(*parsed)
	db.SetMaxOpenConns(cfg.Conns)
	db.SetMaxIdleConns(cfg.Conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	s.write, s.read, s.repeatable = db, db, sql.LevelRepeatableRead
	if err := s.Ping(ctx); err != nil {
		return nil, fmt.Errorf("%w; is PostgreSQL running at %s, and is --db right?", err, parsed.Host)
	}
	// Two servers that start at once on one database must not both migrate it.
	one, err := gooselock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("store: migrations: %w", err)
	}
	return newProvider(goose.DialectPostgres, db, goose.WithSessionLocker(one))
}

// postgresDown says whether PostgreSQL could not be reached or could not do its work for reasons that are not the statement's.
func postgresDown(err error) bool {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		switch said.Code[:min(2, len(said.Code))] {
		// Connection, resources (a full disk is 53100), limits, an operator's intervention, an error of its system.
		case "08", "53", "54", "57", "58":
			return true
		}
		return said.Code == "25006" || // read-only: a standby
			said.Code == "40001" || said.Code == "40P01" || // it met another transaction
			said.Code == "55P03" // a lock was not to be had
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err)
}
