package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// groupMost is how many calls share a commit at most.
const groupMost = 64

// group lets calls that write at the same time share a transaction, each within a savepoint of its own, and so the sync to the disk that
// makes them durable: it takes longer than all their statements, and SQLite has one writer. PostgreSQL does the same by itself.
//
// Nobody waits for others to come: who finds the writer free goes on at once, with those who came while it was busy.
type group struct {
	turn chan struct{} // holds the one who writes

	mu      sync.Mutex
	waiting []*member // in the order of arrival
}

// member is one call. The one who writes owns it from taking it out of group.waiting until done is closed.
type member struct {
	ctx   context.Context
	f     func(context.Context, *sql.Tx) error
	err   error
	panic any // what f has panicked with
	done  chan struct{}
}

func newGroup() *group { return &group{turn: make(chan struct{}, 1)} }

// do runs f in a transaction on db and returns when it is committed or refused. ctx has a deadline.
func (g *group) do(ctx context.Context, db *sql.DB, f func(context.Context, *sql.Tx) error) error {
	m := &member{ctx: ctx, f: f, done: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, m)
	g.mu.Unlock()
	select {
	case g.turn <- struct{}{}:
		if ctx.Err() != nil && g.withdraw(m) { // select takes either when both can be
			<-g.turn
			return ctx.Err()
		}
		for !m.over() {
			write(db, g.take())
		}
		<-g.turn
	case <-m.done:
	case <-ctx.Done():
		if g.withdraw(m) {
			return ctx.Err()
		}
		<-m.done // f uses the caller's variables; it ends by the latest deadline of those it is written with
	}
	if m.panic != nil {
		panic(m.panic)
	}
	return m.err
}

func (m *member) over() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

func (g *group) take() []*member {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), groupMost)
	taken := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return taken
}

func (g *group) withdraw(m *member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, m)
	if i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
	return i >= 0
}

// write runs the members in one transaction. Those whose f fails leave nothing in it; the others are all stored, or all told that they
// are not.
func write(db *sql.DB, members []*member) {
	// A caller who goes away, or has little time left, must not interrupt a statement: SQLite would take back what the others have done.
	var latest time.Time
	for _, m := range members {
		if deadline, _ := m.ctx.Deadline(); deadline.After(latest) {
			latest = deadline
		}
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(members[0].ctx), latest)
	defer cancel()
	err := func() error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		one := len(members) == 1
		for _, m := range members {
			if err := m.run(ctx, tx, !one); err != nil {
				return errors.Join(err, rollback(tx))
			}
		}
		if one && members[0].failed() {
			return rollback(tx)
		}
		return tx.Commit()
	}()
	for _, m := range members {
		if !m.failed() {
			m.err = err
		}
		close(m.done)
	}
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

func (m *member) failed() bool { return m.err != nil || m.panic != nil }

// run runs f. An error means that the whole transaction is spoilt; f's own is noted.
func (m *member) run(ctx context.Context, tx *sql.Tx, savepoint bool) error {
	if m.err = m.ctx.Err(); m.err != nil {
		return nil
	}
	if savepoint {
		if _, err := tx.ExecContext(ctx, `savepoint member`); err != nil {
			return err
		}
	}
	func() {
		defer func() { m.panic = recover() }()
		m.err = m.f(ctx, tx)
	}()
	if !savepoint {
		return nil
	}
	end := `release member`
	if m.failed() {
		end = `rollback to member; release member`
	}
	if _, err := tx.ExecContext(ctx, end); err != nil {
		// After some errors, such as that of a full disk, SQLite has rolled back everything by itself.
		return fmt.Errorf("%w: the transaction is gone: %w", ErrUnavailable, err)
	}
	return nil
}
