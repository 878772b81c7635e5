//go:build unix

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// failAt names to a child process the point at which it is to die; crashDir and crashURL name the database.
const (
	failAt    = "SKIRMISH_TEST_FAIL_AT"
	failMatch = "SKIRMISH_TEST_FAIL_MATCH"
)

// points counts what is asked of a database, and calls at each point between.
type points struct {
	n  int
	at func(n int, what string)
}

func (p *points) pass(what string) {
	p.n++
	p.at(p.n, what)
}

// tapped is a database whose connections pass points. Nothing in the store knows of it, so that a statement which is added has its
// points at once.
type tapped struct {
	db *sql.DB
	*points
}

func (c tapped) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.db.Conn(ctx) // kept until the test ends
	if err != nil {
		return nil, err
	}
	var under driver.Conn
	err = conn.Raw(func(dc any) error {
		under = dc.(driver.Conn)
		return nil
	})
	return tappedConn{under, c.points}, err
}

func (c tapped) Driver() driver.Driver { return c.db.Driver() }

type tappedConn struct {
	driver.Conn
	*points
}

func (c tappedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.pass("before begin")
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	c.pass("after begin")
	return tappedTx{tx, c.points}, err
}

func (c tappedConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, q, args)
	c.pass("after " + brief(q))
	return r, err
}

func (c tappedConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, q, args)
	c.pass("after " + brief(q))
	return r, err
}

// Close leaves the connection to the pool that it is from.
func (c tappedConn) Close() error { return nil }

type tappedTx struct {
	driver.Tx
	*points
}

func (tx tappedTx) Commit() error {
	err := tx.Tx.Commit()
	tx.pass("after commit")
	return err
}

func brief(query string) string {
	words := strings.Fields(query)
	return strings.Join(words[:min(3, len(words))], " ")
}

// tap opens a database whose writes pass points.
func tap(t *testing.T, db database, at func(int, string)) *Store {
	s := db.open(t)
	under := s.write
	wrapped := sql.OpenDB(tapped{under, &points{at: at}})
	wrapped.SetMaxOpenConns(1)
	s.write = wrapped
	t.Cleanup(func() { // before the store's own
		if err := wrapped.Close(); err != nil {
			t.Error(err)
		}
		s.write = under
	})
	return s
}

// A process is killed with SIGKILL between any two statements of the write path of a result. Afterwards the result is there with all
// that it changes or not at all, and reporting it again leaves it applied once. Run with -v to see the list of points.
func TestResultIsAppliedWholeOrNotAtEachFailpoint(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		applyAndDie(t, database{Config{Dir: dir, URL: os.Getenv(crashURL)}})
		return
	}
	on(t, killAtEach)
}

func applyAndDie(t *testing.T, db database) {
	put(t, mortal(t, db), ranked(os.Getenv(failMatch), "ann", "ben", t0))
}

// mortal opens a database at one of whose points this process dies.
func mortal(t *testing.T, db database) *Store {
	deadly, err := strconv.Atoi(os.Getenv(failAt))
	if err != nil {
		t.Fatal(err)
	}
	return tap(t, db, func(n int, _ string) {
		if n == deadly {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // it ends here
		}
	})
}

func killAtEach(t *testing.T, db database) {
	var list []string
	t.Run("points", func(t *testing.T) { // a run that nothing happens to shows what there is
		s := tap(t, db, func(_ int, what string) { list = append(list, what) })
		addPlayers(t, s, "ann", "ben")
		list = nil
		put(t, s, ranked("m0", "ann", "ben", t0))
		stands(t, s, "ann", 1, 1, 2)
	})
	if len(list) < 10 || list[len(list)-1] != "after commit" {
		t.Fatalf("the points are %q", list)
	}
	committed := false
	for i, what := range list {
		t.Logf("failpoint %2d: %s", i+1, what)
		match := fmt.Sprint("m", i+1)
		kill(t, db, "TestResultIsAppliedWholeOrNotAtEachFailpoint", i+1, match)
		func() {
			s := db.reopen(t)
			defer s.Close()
			_, err := s.Result(t.Context(), match)
			committed = err == nil
			done := int64(i + 1)
			if committed {
				done++
			}
			stands(t, s, "ann", done, done, float64(done+1))
			stands(t, s, "ben", done, 0, float64(1-done))
			if fresh, err := s.PutResult(t.Context(), ranked(match, "ann", "ben", t0)); err != nil || fresh == committed {
				t.Errorf("again after %q: fresh=%t, %v; it was there: %t", what, fresh, err, committed)
			}
			stands(t, s, "ann", int64(i+2), int64(i+2), float64(i+3))
			stands(t, s, "ben", int64(i+2), 0, float64(-i-1))
		}()
	}
	if !committed {
		t.Error("what was committed is not there")
	}
}

// The same of two results that share a transaction: both are there with all that they change, or neither is.
func TestResultsThatShareATransactionAreAppliedWholeOrNotAtEachFailpoint(t *testing.T) {
	const test = "TestResultsThatShareATransactionAreAppliedWholeOrNotAtEachFailpoint"
	both := func(s *Store, match string) {
		errs := together(t, s, func() error {
			_, err := s.PutResult(t.Context(), ranked(match+"a", "ann", "ben", t0))
			return err
		}, func() error {
			_, err := s.PutResult(t.Context(), ranked(match+"b", "ben", "ann", t0))
			return err
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	if dir := os.Getenv(crashDir); dir != "" {
		both(mortal(t, database{Config{Dir: dir}}), os.Getenv(failMatch))
		return
	}
	db := database{Config{Dir: t.TempDir()}}
	var list []string
	t.Run("points", func(t *testing.T) {
		s := tap(t, db, func(_ int, what string) { list = append(list, what) })
		addPlayers(t, s, "ann", "ben")
		list = nil
		both(s, "m0")
	})
	if len(list) < 20 || list[len(list)-1] != "after commit" {
		t.Fatalf("the points are %q", list)
	}
	done := int64(2)
	for i, what := range list {
		match := fmt.Sprint("m", i+1)
		kill(t, db, test, i+1, match)
		func() {
			s := db.reopen(t)
			defer s.Close()
			_, err := s.Result(t.Context(), match+"b")
			if committed := err == nil; committed != (i == len(list)-1) {
				t.Errorf("failpoint %d, %s: it is there: %t", i+1, what, committed)
			}
			if err == nil {
				done += 2
			}
			stands(t, s, "ann", done, done/2, 1)
			stands(t, s, "ben", done, done/2, 1)
		}()
	}
}

// A process is killed between any two statements that store where the tickets of a match play: afterwards all of them wait, or all of them
// have their rooms, teams, roles and lineups.
func TestMatchIsStoredWholeOrNotAtEachFailpoint(t *testing.T) {
	const test = "TestMatchIsStoredWholeOrNotAtEachFailpoint"
	waiting := []Ticket{ticket("duo", "ann", "ben"), ticket("one", "cat")}
	matched := []Ticket{matchedTicket("duo", "ann", "ben"), matchedTicket("one", "cat")}
	move := func(s *Store) {
		if err := s.MoveTickets(t.Context(), []TicketRoom{roomOf(matched[0]), roomOf(matched[1])}); err != nil {
			t.Fatal(err)
		}
	}
	if dir := os.Getenv(crashDir); dir != "" {
		move(mortal(t, database{Config{Dir: dir, URL: os.Getenv(crashURL)}}))
		return
	}
	on(t, func(t *testing.T, db database) {
		put := func(s *Store) {
			for _, k := range waiting {
				if err := s.PutTicket(t.Context(), k); err != nil {
					t.Fatal(err)
				}
			}
		}
		var list []string
		t.Run("points", func(t *testing.T) {
			s := tap(t, db, func(_ int, what string) { list = append(list, what) })
			addPlayers(t, s, "ann", "ben", "cat")
			put(s)
			list = nil
			move(s)
			put(s)
		})
		list = list[:1+slices.Index(list, "after commit")]
		if len(list) < 8 {
			t.Fatalf("the points are %q", list)
		}
		for i, what := range list {
			kill(t, db, test, i+1, "")
			func() {
				s := db.reopen(t)
				defer s.Close()
				want := waiting
				if i == len(list)-1 {
					want = matched
				}
				if got, err := s.Tickets(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("failpoint %d, %s: %+v, %v\nwant %+v", i+1, what, got, err, want)
				}
			}()
		}
	})
}

// kill runs a child that runs a test and dies at a point.
func kill(t *testing.T, db database, test string, point int, match string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$")
	child.Env = append(os.Environ(), crashDir+"="+db.cfg.Dir, crashURL+"="+db.cfg.URL, failAt+"="+strconv.Itoa(point), failMatch+"="+match)
	out, err := child.CombinedOutput()
	status, ok := child.ProcessState.Sys().(syscall.WaitStatus)
	if err == nil || !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the child at point %d ended with %v: %s", point, err, out)
	}
}

// reopen opens the database for a while. PostgreSQL may need a moment to see that the connection of a killed process is gone.
func (db database) reopen(t *testing.T) *Store {
	t.Helper()
	db.cfg.Timeout = 20 * time.Second
	s, err := Open(context.Background(), db.cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
