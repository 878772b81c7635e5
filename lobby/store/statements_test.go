package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"modernc.org/sqlite"
)

// counted counts the statements of its connections.
type counted struct {
	driver.Connector
	made, closed int
}

func (c *counted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return countedConn{conn.(sqliteConn), c}, nil
}

type countedConn struct {
	sqliteConn
	of *counted
}

func (c countedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	s, err := c.sqliteConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.of.made++
	return countedStatement{s.(sqliteStatement), c.of}, nil
}

type countedStatement struct {
	sqliteStatement
	of *counted
}

func (s countedStatement) Close() error {
	s.of.closed++
	return s.sqliteStatement.Close()
}

// compilingDB is a database of one connection whose statements are counted.
func compilingDB(t *testing.T) (*sql.DB, *counted) {
	t.Helper()
	under, err := sqlite.NewConnector("file:" + filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	c := &counted{Connector: under}
	db := sql.OpenDB(compiling{c})
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil || c.made != c.closed {
			t.Errorf("%d of %d statements were closed: %v", c.closed, c.made, err)
		}
	})
	if _, err := db.Exec(`create table t (a integer primary key, b text)`); err != nil {
		t.Fatal(err)
	}
	return db, c
}

func TestStatementIsCompiledOnceForAllTransactions(t *testing.T) {
	db, c := compilingDB(t)
	before := c.made
	for n := range 20 {
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(`insert into t values ($1, $2)`, n, fmt.Sprint(n)); err != nil {
			t.Fatal(err)
		}
		var b string
		if err := tx.QueryRow(`select b from t where a = $1`, n).Scan(&b); err != nil || b != fmt.Sprint(n) {
			t.Fatalf("row %d: %q, %v", n, b, err)
		}
		if n%2 == 0 {
			err = tx.Commit()
		} else {
			err = tx.Rollback()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var rows int
	if err := db.QueryRow(`select count(*) from t`).Scan(&rows); err != nil || rows != 10 {
		t.Errorf("%d rows, %v; want those of 10 commits", rows, err)
	}
	if c.made-before != 3 {
		t.Errorf("%d statements were compiled, want 3", c.made-before)
	}
}

func TestStatementWhoseRowsAreReadIsNotSharedMeanwhile(t *testing.T) {
	db, c := compilingDB(t)
	if _, err := db.Exec(`insert into t values (1, 'x'), (2, 'y'), (3, 'z')`); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	before := c.made
	list := func() (rows *sql.Rows) {
		if rows, err = tx.Query(`select a from t where a > $1 order by a`, 0); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	outer := list()
	defer outer.Close()
	seen := ""
	for outer.Next() {
		inner := list()
		for inner.Next() {
			seen += "."
		}
		if err := inner.Close(); err != nil {
			t.Fatal(err)
		}
		seen += "|"
	}
	if seen != "...|...|...|" || outer.Err() != nil || c.made-before != 2 {
		t.Errorf("read %q with %d statements: %v", seen, c.made-before, outer.Err())
	}
}

func TestKeptStatementsAreBounded(t *testing.T) {
	db, c := compilingDB(t)
	for n := range 3 * statementsKept {
		if _, err := db.Exec(fmt.Sprintf(`insert into t values (%d, '')`, n)); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(`update t set b = b`); err != nil { // is used all the time
			t.Fatal(err)
		}
		if open := c.made - c.closed; open > statementsKept {
			t.Fatalf("%d statements are kept", open)
		}
	}
	before := c.made
	if _, err := db.Exec(`update t set b = b`); err != nil || c.made != before {
		t.Errorf("the statement that is used most was not kept: %v", err)
	}
	if _, err := db.Exec(`update t set b = '` + strings.Repeat("x", statementBytes) + `'`); err != nil || c.made != before {
		t.Errorf("a long text was kept: %v", err)
	}
}

func TestFailedStatementIsNotKept(t *testing.T) {
	db, c := compilingDB(t)
	insert := func(a int) error {
		_, err := db.Exec(`insert into t values ($1, $2)`, a, "x")
		return err
	}
	if err := insert(1); err != nil {
		t.Fatal(err)
	}
	before := c.made
	for range 3 {
		if err := insert(1); err == nil || !strings.Contains(err.Error(), "UNIQUE") {
			t.Fatalf("a second row with the same key: %v", err)
		}
	}
	if err := insert(2); err != nil || c.made-before != 3 {
		t.Errorf("compiled %d times after three that have failed: %v", c.made-before, err)
	}
}
