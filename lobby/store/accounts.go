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
	Seated    bool   // took a seat at least once; one that never did is removed by PurgeGuests, any other by PurgeExpired
	Role      string // RolePlayer, RoleModerator or RoleAdmin
	Epoch     int64  // access tokens of an earlier one are void
	Ban       Ban
}

// Roles of an account.
const (
	RolePlayer    = "player"
	RoleModerator = "moderator"
	RoleAdmin     = "admin"
)

// Ban keeps an account from signing in. Zero is none.
type Ban struct {
	At     time.Time
	Until  time.Time // zero: for good
	Reason string    // shown to the player
}

// Active says whether the ban holds at now.
func (b Ban) Active(now time.Time) bool {
	return !b.At.IsZero() && (b.Until.IsZero() || now.Before(b.Until))
}

// Family is one sign-in: the chain of refresh tokens that follow each other.
type Family struct {
	ID        string
	Hash      string // of the current secret
	ExpiresAt time.Time
	Network   string // where the request came from, for the player to recognise the session
	Device    string // what it said it was
}

// CreateGuest stores an account that has taken no seat yet, together with its first family: both or neither.
func (s *Store) CreateGuest(ctx context.Context, a Account, f Family) error {
	return s.inTx(ctx, "create guest", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into accounts (id, name, created_at) values ($1, $2, $3)`,
			a.ID, a.Name, millis(a.CreatedAt))
		if err != nil {
			return err
		}
		return insertFamily(ctx, tx, a.ID, f, a.CreatedAt)
	})
}

// Account returns an account. Errors: ErrNotFound.
func (s *Store) Account(ctx context.Context, id string) (a Account, err error) {
	err = s.do(ctx, "account", func(ctx context.Context) error {
		a, err = scanAccount(s.read.QueryRowContext(ctx, `select `+accountColumns+` from accounts where id = $1`, id))
		return err
	})
	return a, err
}

const accountColumns = `accounts.id, accounts.name, accounts.created_at, accounts.seated_at is not null, accounts.role, accounts.epoch,
	accounts.banned_at, accounts.ban_until, accounts.ban_reason`

func scanAccount(row *sql.Row, more ...any) (Account, error) {
	var (
		a             Account
		created       int64
		banned, until sql.NullInt64
	)
	into := append([]any{&a.ID, &a.Name, &created, &a.Seated, &a.Role, &a.Epoch, &banned, &until, &a.Ban.Reason}, more...)
	if err := row.Scan(into...); err != nil {
		return Account{}, err
	}
	a.CreatedAt, a.Ban.At, a.Ban.Until = fromMillis(created), nullable(banned), nullable(until)
	return a, nil
}

// Rename gives an account another name. Errors: ErrNotFound.
func (s *Store) Rename(ctx context.Context, id, name string) error {
	return s.one(ctx, "rename", `update accounts set name = $2 where id = $1 returning id`, id, name)
}

// SetRole gives an account a role. Errors: ErrNotFound.
func (s *Store) SetRole(ctx context.Context, id, role string) error {
	return s.one(ctx, "set role", `update accounts set role = $2 where id = $1 returning id`, id, role)
}

// one runs a statement that returns the id of the one row it has changed. Errors: ErrNotFound.
func (s *Store) one(ctx context.Context, what, statement string, args ...any) error {
	return s.statement(ctx, what, func(ctx context.Context, db asks) error {
		var id string
		return db.QueryRowContext(ctx, statement, args...).Scan(&id)
	})
}

// MarkSeated notes the account's first seat, from which on it lives as long as its families. A later call changes nothing. Errors: ErrNotFound.
func (s *Store) MarkSeated(ctx context.Context, id string, at time.Time) error {
	return s.statement(ctx, "mark seated", func(ctx context.Context, db asks) error {
		var seated int64
		return db.QueryRowContext(ctx,
			`update accounts set seated_at = coalesce(seated_at, $2) where id = $1 returning seated_at`, id, millis(at)).Scan(&seated)
	})
}

const isGuest = `not exists (select 1 from identities where identities.account_id = accounts.id)`

// PurgeGuests removes the accounts that never took a seat and were created before the given time, and then the oldest of the
// others until at most keep are left; of those created in one millisecond all go or none. Their families go with them. An account
// that has an identity is no guest and stays.
func (s *Store) PurgeGuests(ctx context.Context, before time.Time, keep int) (removed int64, err error) {
	err = s.inTx(ctx, "purge guests", func(ctx context.Context, tx *sql.Tx) error {
		old, err1 := tx.ExecContext(ctx, `delete from accounts where seated_at is null and created_at < $1 and `+isGuest, millis(before))
		if err1 != nil {
			return err1
		}
		over, err2 := tx.ExecContext(ctx, `delete from accounts where seated_at is null and `+isGuest+` and created_at <= (
			select created_at from accounts where seated_at is null and `+isGuest+` order by created_at desc limit 1 offset $1)`, keep)
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
