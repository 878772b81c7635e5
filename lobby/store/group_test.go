package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// together makes calls that share a transaction, in their order, and returns what each has answered.
func together(t *testing.T, s *Store, calls ...func() error) []error {
	t.Helper()
	s.group.turn <- struct{}{} // as if somebody were writing
	errs := make([]error, len(calls))
	var done sync.WaitGroup
	for i, call := range calls {
		done.Go(func() { errs[i] = call() })
		tick := time.NewTicker(100 * time.Microsecond)
		for waits := 0; waits <= i; {
			<-tick.C
			s.group.mu.Lock()
			waits = len(s.group.waiting)
			s.group.mu.Unlock()
		}
		tick.Stop()
	}
	<-s.group.turn
	done.Wait()
	return errs
}

func guest(t *testing.T, s *Store, id string) func() error {
	return func() error {
		return s.CreateGuest(t.Context(), Account{ID: id, Name: "Ann", CreatedAt: t0}, Family{ID: "f" + id, Hash: "h", ExpiresAt: t0})
	}
}

func is(t *testing.T, s *Store, there bool, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, err := s.Account(t.Context(), id); (err == nil) != there || err != nil && !errors.Is(err, ErrNotFound) {
			t.Errorf("account %s: %v, want it there: %t", id, err, there)
		}
	}
}

func TestCallsThatWriteAtOnceShareATransactionAndFailAlone(t *testing.T) {
	var commits int
	s := tap(t, database{Config{Dir: t.TempDir()}}, func(_ int, what string) {
		if what == "after commit" {
			commits++
		}
	})
	odd := errors.New("odd")
	var panicked any
	errs := together(t, s,
		guest(t, s, "a"),
		func() error { // writes, and fails
			return s.inTx(t.Context(), "half", func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `insert into accounts (id, name, created_at) values ('half', '', 0)`)
				return errors.Join(err, odd)
			})
		},
		guest(t, s, "b"),
		guest(t, s, "a"), // sees the first one's, which is not committed yet
		func() (err error) {
			defer func() { panicked = recover() }()
			return s.inTx(t.Context(), "panic", func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `insert into accounts (id, name, created_at) values ('panic', '', 0)`)
				panic(fmt.Sprint("here ", err))
			})
		},
		func() error { return s.MarkSeated(t.Context(), "nobody", t0) },
		guest(t, s, "c"),
	)
	if errs[0] != nil || !errors.Is(errs[1], odd) || errs[2] != nil || errs[3] == nil || panicked != "here <nil>" ||
		!errors.Is(errs[5], ErrNotFound) || errs[6] != nil {
		t.Errorf("answers %v, panic %v", errs, panicked)
	}
	is(t, s, true, "a", "b", "c")
	is(t, s, false, "half", "panic")
	if commits != 1 {
		t.Errorf("%d commits, want one for all of them", commits)
	}
}

// What a full disk does to one is told to all, and nothing is left of any.
func TestASharedTransactionOnAFullDiskIsStoredWholeOrNot(t *testing.T) {
	s := open(t, t.TempDir())
	var pages int
	if err := s.write.QueryRow(`pragma page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		t.Helper()
		if _, err := s.write.Exec(fmt.Sprintf(`pragma max_page_count = %d`, n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages)
	big := func() error {
		family := Family{ID: "fbig", Hash: strings.Repeat("h", 30_000), ExpiresAt: t0}
		return s.CreateGuest(t.Context(), Account{ID: "big", Name: "Ben", CreatedAt: t0}, family)
	}
	for i, err := range together(t, s, guest(t, s, "a"), big, guest(t, s, "b")) {
		there := err == nil
		if !there && !errors.Is(err, ErrUnavailable) {
			t.Errorf("call %d: %v, want ErrUnavailable", i, err)
		}
		is(t, s, there, []string{"a", "big", "b"}[i])
	}
	is(t, s, false, "big")
	limit(pages + 1000)
	for i, err := range together(t, s, guest(t, s, "c"), big, guest(t, s, "d")) {
		if err != nil {
			t.Errorf("call %d with room again: %v", i, err)
		}
	}
	is(t, s, true, "c", "big", "d")
}

func TestACallerWhoGoesAwayHoldsUpNobody(t *testing.T) {
	s := open(t, t.TempDir())
	gone, cancel := context.WithCancel(t.Context())
	ran := false
	errs := together(t, s,
		func() error { // goes away in the middle, with a statement to come
			return s.inTx(gone, "in the middle", func(ctx context.Context, tx *sql.Tx) error {
				cancel()
				_, err := tx.ExecContext(ctx, `insert into accounts (id, name, created_at) values ('middle', '', 0)`)
				return err
			})
		},
		guest(t, s, "a"),
		func() error {
			return s.inTx(gone, "before", func(context.Context, *sql.Tx) error { ran = true; return nil })
		},
	)
	if errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], context.Canceled) || ran {
		t.Errorf("answers %v, ran %t", errs, ran)
	}
	is(t, s, true, "middle", "a")
}

// Who writes for the others may have little time left: they have their own.
func TestTheLastMillisecondsOfOneCallerAreNotTheOthers(t *testing.T) {
	s := open(t, t.TempDir())
	short, cancel := context.WithTimeout(t.Context(), 230*time.Millisecond)
	defer cancel()
	errs := together(t, s,
		func() error {
			return s.inTx(short, "short", func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `insert into accounts (id, name, created_at) values ('short', '', 0)`)
				return err
			})
		},
		func() error {
			return s.inTx(t.Context(), "slow", func(ctx context.Context, tx *sql.Tx) error {
				<-short.Done()
				if end, _ := ctx.Deadline(); time.Until(end) < time.Second { // a timer may be late
					return fmt.Errorf("%s are left", time.Until(end))
				}
				_, err := tx.ExecContext(ctx, `insert into accounts (id, name, created_at) values ('slow', '', 0)`)
				return err
			})
		},
		guest(t, s, "a"),
	)
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	is(t, s, true, "short", "slow", "a")
}

// Who has gone while it waited for its turn begins no transaction, and the next one has the turn.
func TestACallerWhoseTimeIsOverWritesNothing(t *testing.T) {
	begun := 0
	s := tap(t, database{Config{Dir: t.TempDir()}}, func(_ int, what string) {
		if what == "before begin" {
			begun++
		}
	})
	gone, cancel := context.WithTimeout(t.Context(), time.Minute)
	cancel()
	for range 50 { // select chooses
		err := s.group.do(gone, s.write, func(context.Context, *sql.Tx) error { return nil })
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want context.Canceled", err)
		}
	}
	if begun != 0 || len(s.group.waiting) != 0 {
		t.Errorf("%d transactions and %d who wait", begun, len(s.group.waiting))
	}
	if err := guest(t, s, "a")(); err != nil {
		t.Error(err)
	}
}

func TestMoreCallsThanShareATransactionAreAllDone(t *testing.T) {
	s := open(t, t.TempDir())
	var calls []func() error
	for i := range groupMost + 10 {
		calls = append(calls, guest(t, s, fmt.Sprint(i)))
	}
	if err := errors.Join(together(t, s, calls...)...); err != nil {
		t.Error(err)
	}
	for i := range calls {
		is(t, s, true, fmt.Sprint(i))
	}
}

func TestWhoWritesGoesOnUntilItsOwnCallIsDone(t *testing.T) {
	s := open(t, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range groupMost + 1 { // who came earlier
		m := &member{ctx: ctx, f: func(context.Context, *sql.Tx) error { return nil }, done: make(chan struct{})}
		s.group.waiting = append(s.group.waiting, m)
	}
	if err := guest(t, s, "a")(); err != nil {
		t.Fatal(err)
	}
	is(t, s, true, "a")
}
