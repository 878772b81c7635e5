package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// do runs one call of the store within its time and explains its error: what is named in it, "no rows" is ErrNotFound, and what
// the database is to blame for wraps ErrUnavailable.
func (s *Store) do(ctx context.Context, what string, f func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := f(limited)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case errors.Is(err, ErrNotFound):
		return err
	case ctx.Err() != nil: // the caller has given up; the database may be well
		return fmt.Errorf("store: %s: %w", what, err)
	case down(err):
		return fmt.Errorf("%w: %s: %w", ErrUnavailable, what, err)
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

func down(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || sqliteDown(err) || postgresDown(err)
}

// inTx runs f in one write transaction: all of it is stored, or nothing.
func (s *Store) inTx(ctx context.Context, what string, f func(context.Context, *sql.Tx) error) error {
	return s.do(ctx, what, func(ctx context.Context) error {
		if s.group != nil {
			return s.group.do(ctx, s.write, f)
		}
		tx, err := s.write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := f(ctx, tx); err != nil {
			return errors.Join(err, rollback(tx))
		}
		return tx.Commit()
	})
}

// asks is what a statement needs of a database or a transaction.
type asks interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// statement runs f, which writes by one statement: where calls share transactions in one, elsewhere without.
func (s *Store) statement(ctx context.Context, what string, f func(context.Context, asks) error) error {
	if s.group != nil {
		return s.inTx(ctx, what, func(ctx context.Context, tx *sql.Tx) error { return f(ctx, tx) })
	}
	return s.do(ctx, what, func(ctx context.Context) error { return f(ctx, s.write) })
}

// snapshot runs f in one read transaction, so that its statements see the same rows.
func (s *Store) snapshot(ctx context.Context, what string, f func(context.Context, *sql.Tx) error) error {
	return s.do(ctx, what, func(ctx context.Context) error {
		tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.repeatable})
		if err != nil {
			return err
		}
		err = f(ctx, tx)
		if back := tx.Rollback(); back != nil && !errors.Is(back, sql.ErrTxDone) {
			err = errors.Join(err, back)
		}
		return err
	})
}

// valueRows is "($1, ...), (...)" for n rows of so many columns.
func valueRows(n, columns int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "(" + placeholders(1+i*columns, columns) + ")"
	}
	return strings.Join(list, ", ")
}

// placeholders is "$from, ..." for n values.
func placeholders(from, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(list, ", ")
}
