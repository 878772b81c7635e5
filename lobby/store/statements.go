package store

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
)

// The statements that each connection to SQLite keeps compiled. The store has fewer texts than that but for lists of placeholders, whose
// length varies; the least recently used goes.
const (
	statementsKept = 64
	statementBytes = 2 << 10 // of a text; longer ones are compiled each time
)

// compiling makes connections that keep their statements compiled. SQLite's driver compiles a statement for each call otherwise, which
// takes longer than most of ours do; the driver for PostgreSQL has such a cache of its own. database/sql offers statements that are
// prepared by hand, but these would have to be made for every pool and taken over into every transaction: a cache below it serves all
// calls as they are written.
type compiling struct{ driver.Connector }

func (c compiling) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &compilingConn{sqliteConn: conn.(sqliteConn), kept: map[string]*list.Element{}}, nil
}

// sqliteConn is all that the driver's connections can do and database/sql asks for.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteStatement is the same of statements.
type sqliteStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// compilingConn is a connection, which one goroutine uses at a time. A statement that is in use is not among those kept: when the same
// text is asked for while rows of it are being read, it is compiled a second time.
type compilingConn struct {
	sqliteConn
	kept  map[string]*list.Element
	order list.List // of *compiled, the most recently used first
}

type compiled struct {
	text string
	sqliteStatement
}

func (c *compilingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if len(text) > statementBytes {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	return result, errors.Join(err, c.giveBack(s, err))
}

func (c *compilingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if len(text) > statementBytes {
		return c.sqliteConn.QueryContext(ctx, text, args)
	}
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, c.giveBack(s, err))
	}
	return &compiledRows{Rows: rows, conn: c, of: s}, nil
}

// take compiles a text, unless it is kept.
func (c *compilingConn) take(ctx context.Context, text string) (*compiled, error) {
	if e := c.kept[text]; e != nil {
		delete(c.kept, text)
		return c.order.Remove(e).(*compiled), nil
	}
	s, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &compiled{text, s.(sqliteStatement)}, nil
}

// giveBack keeps a statement that is not in use any more. One that has failed is not kept.
func (c *compilingConn) giveBack(s *compiled, failed error) error {
	if failed != nil || c.kept[s.text] != nil {
		return s.Close()
	}
	c.kept[s.text] = c.order.PushFront(s)
	if c.order.Len() <= statementsKept {
		return nil
	}
	oldest := c.order.Remove(c.order.Back()).(*compiled)
	delete(c.kept, oldest.text)
	return oldest.Close()
}

// Close closes the statements and the connection.
func (c *compilingConn) Close() error {
	var errs []error
	for e := c.order.Front(); e != nil; e = e.Next() {
		errs = append(errs, e.Value.(*compiled).Close())
	}
	c.order.Init()
	clear(c.kept)
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

// compiledRows gives its statement back when it is closed, which database/sql does once.
type compiledRows struct {
	driver.Rows
	conn *compilingConn
	of   *compiled
}

func (r *compiledRows) Close() error {
	err := r.Rows.Close()
	return errors.Join(err, r.conn.giveBack(r.of, err))
}
