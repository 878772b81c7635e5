package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Account is a player that may come back.
type Account struct {
	ID        string
	Name      string
	CreatedAt time.Time
	Seated    bool // took a seat at least once; one that never did is removed by PurgeGuests, any other by PurgeExpired
}

// Family is one sign-in: the chain of refresh tokens that follow each other.
type Family struct {
	ID        string
	Hash      string // of the current secret
	ExpiresAt time.Time
}

// CreateGuest stores an account that has taken no seat yet, together with its first family: both or neither.
func (s *Store) CreateGuest(ctx context.Context, a Account, f Family) error {
	return s.inTx(ctx, "create guest", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into accounts (id, name, created_at) values ($1, $2, $3)`,
			a.ID, a.Name, millis(a.CreatedAt))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `insert into refresh_families
			(id, account_id, current_hash, previous_hash, successor_nonce, rotated_at, expires_at)
			values ($1, $2, $3, '', '', $4, $5)`,
			f.ID, a.ID, f.Hash, millis(a.CreatedAt), millis(f.ExpiresAt))
		return err
	})
}

// Account returns an account. Errors: ErrNotFound.
func (s *Store) Account(ctx context.Context, id string) (Account, error) {
	a := Account{ID: id}
	var created int64
	err := s.do(ctx, "account", func(ctx context.Context) error {
		return s.read.QueryRowContext(ctx, `select name, created_at, seated_at is not null from accounts where id = $1`, id).
			Scan(&a.Name, &created, &a.Seated)
	})
	if err != nil {
		return Account{}, err
	}
	a.CreatedAt = fromMillis(created)
	return a, nil
}

// MarkSeated notes the account's first seat, from which on it lives as long as its families. A later call changes nothing. Errors: ErrNotFound.
func (s *Store) MarkSeated(ctx context.Context, id string, at time.Time) error {
	return s.do(ctx, "mark seated", func(ctx context.Context) error {
		var seated int64
		return s.write.QueryRowContext(ctx,
			`update accounts set seated_at = coalesce(seated_at, $2) where id = $1 returning seated_at`, id, millis(at)).Scan(&seated)
	})
}

// PurgeGuests removes the accounts that never took a seat and were created before the given time, and then the oldest of the
// others until at most keep are left; of those created in one millisecond all go or none. Their families go with them.
func (s *Store) PurgeGuests(ctx context.Context, before time.Time, keep int) (removed int64, err error) {
	err = s.inTx(ctx, "purge guests", func(ctx context.Context, tx *sql.Tx) error {
		old, err1 := tx.ExecContext(ctx, `delete from accounts where seated_at is null and created_at < $1`, millis(before))
		if err1 != nil {
			return err1
		}
		over, err2 := tx.ExecContext(ctx, `delete from accounts where seated_at is null and created_at <= (
			select created_at from accounts where seated_at is null order by created_at desc limit 1 offset $1)`, keep)
		if err2 != nil {
			return err2
		}
		n1, err1 := old.RowsAffected()
		n2, err2 := over.RowsAffected()
		removed = n1 + n2
		return errors.Join(err1, err2)
	})
	return removed, err
}
