package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Session is a family as its player sees it.
type Session struct {
	ID        string
	CreatedAt time.Time // when the player signed in
	UsedAt    time.Time // when it was refreshed last
	ExpiresAt time.Time
	Network   string
	Device    string
}

// Sessions returns the living sessions of an account, the one used last first.
func (s *Store) Sessions(ctx context.Context, account string, now time.Time) (list []Session, err error) {
	err = s.do(ctx, "sessions", func(ctx context.Context) error {
		rows, err := s.read.QueryContext(ctx, `select id, created_at, rotated_at, expires_at, network, device from refresh_families
			where account_id = $1 and revoked_at is null and expires_at > $2 order by rotated_at desc, id`, account, millis(now))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var f Session
			var created, used, expires int64
			if err := rows.Scan(&f.ID, &created, &used, &expires, &f.Network, &f.Device); err != nil {
				return err
			}
			f.CreatedAt, f.UsedAt, f.ExpiresAt = fromMillis(created), fromMillis(used), fromMillis(expires)
			list = append(list, f)
		}
		return rows.Err()
	})
	return list, err
}

// Revoked is what ending sessions has done: tokens of Account with an epoch below Epoch are void.
type Revoked struct {
	Account string
	Epoch   int64
}

// RevokeFamily ends the family that the presented hash is the current or previous secret of. Errors: ErrNotFound for anything
// else, a family that has ended included.
func (s *Store) RevokeFamily(ctx context.Context, id, presented string, at time.Time) (r Revoked, err error) {
	err = s.inTx(ctx, "revoke family", func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `update refresh_families set revoked_at = $3 where id = $1 and revoked_at is null
			and (current_hash = $2 or previous_hash = $2) returning account_id`, id, presented, millis(at)).Scan(&r.Account)
		if err != nil {
			return err
		}
		r.Epoch, err = nextEpoch(ctx, tx, r.Account, at)
		return err
	})
	return r, err
}

// RevokeSession ends one living session of an account. Errors: ErrNotFound when it is no session of this account.
func (s *Store) RevokeSession(ctx context.Context, account, id string, at time.Time) (r Revoked, err error) {
	r.Account = account
	err = s.inTx(ctx, "revoke session", func(ctx context.Context, tx *sql.Tx) error {
		var found string
		err := tx.QueryRowContext(ctx, `update refresh_families set revoked_at = $3
			where id = $1 and account_id = $2 and revoked_at is null and expires_at > $3 returning id`, id, account, millis(at)).Scan(&found)
		if err != nil {
			return err
		}
		if r.Epoch, err = nextEpoch(ctx, tx, account, at); err != nil {
			return err
		}
		return voidConfirmations(ctx, tx, account)
	})
	return r, err
}

// RevokeAll ends every session of an account. Errors: ErrNotFound.
func (s *Store) RevokeAll(ctx context.Context, account string, at time.Time) (r Revoked, err error) {
	r.Account = account
	err = s.inTx(ctx, "revoke all", func(ctx context.Context, tx *sql.Tx) error {
		r.Epoch, err = revokeAll(ctx, tx, account, at)
		return err
	})
	return r, err
}

// Ban keeps an account out and ends its sessions. Errors: ErrNotFound.
func (s *Store) Ban(ctx context.Context, account string, b Ban) (r Revoked, err error) {
	r.Account = account
	err = s.inTx(ctx, "ban", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `update accounts set banned_at = $2, ban_until = $3, ban_reason = $4 where id = $1`,
			account, millis(b.At), orNull(b.Until), b.Reason)
		if err != nil {
			return err
		}
		r.Epoch, err = revokeAll(ctx, tx, account, b.At)
		return err
	})
	return r, err
}

// Unban lets an account in again. Errors: ErrNotFound.
func (s *Store) Unban(ctx context.Context, account string) error {
	return s.one(ctx, "unban", `update accounts set banned_at = null, ban_until = null, ban_reason = '' where id = $1 returning id`, account)
}

// Epochs returns the accounts whose epoch went up after since: what a server that starts has to know to refuse the access tokens
// that were made before and would still be in time.
func (s *Store) Epochs(ctx context.Context, since time.Time) (list []Revoked, err error) {
	err = s.do(ctx, "epochs", func(ctx context.Context) error {
		rows, err := s.read.QueryContext(ctx, `select id, epoch from accounts where epoch_at > $1 and epoch_at > 0`, millis(since))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r Revoked
			if err := rows.Scan(&r.Account, &r.Epoch); err != nil {
				return err
			}
			list = append(list, r)
		}
		return rows.Err()
	})
	return list, err
}

func revokeAll(ctx context.Context, tx *sql.Tx, account string, at time.Time) (epoch int64, err error) {
	epoch, err = nextEpoch(ctx, tx, account, at)
	if err != nil {
		return 0, err
	}
	_, err2 := tx.ExecContext(ctx, `update refresh_families set revoked_at = $2 where account_id = $1 and revoked_at is null`,
		account, millis(at))
	return epoch, errors.Join(err2, voidConfirmations(ctx, tx, account))
}

// voidConfirmations removes the tokens that would put another address in place of the account's: whoever was signed in where a session is
// ended by another may have asked for one, and it would open the account to them again.
func voidConfirmations(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := tx.ExecContext(ctx, `delete from mail_tokens where account_id = $1 and purpose = $2`, account, PurposeConfirm)
	return err
}

func nextEpoch(ctx context.Context, tx *sql.Tx, account string, at time.Time) (epoch int64, err error) {
	err = tx.QueryRowContext(ctx, `update accounts set epoch = epoch + 1, epoch_at = $2 where id = $1 returning epoch`,
		account, millis(at)).Scan(&epoch)
	return epoch, err
}
