package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Rotation asks to replace a family's current secret.
type Rotation struct {
	Family    string
	Presented string        // hash of the secret that the client showed
	Next      string        // hash of its successor
	Nonce     string        // what made the successor out of the presented secret; kept for a repeat
	Now       time.Time     // time of the request
	Grace     time.Duration // how long after a rotation the replaced secret may come again
	ExpiresAt time.Time     // new end of the family's life
}

// Rotated is the answer to a rotation that went well.
type Rotated struct {
	Account string
	// Nonce made the now current secret out of the presented one. It is Rotation.Nonce, or in a repeat within the grace time that
	// of the first request, so that both get the same successor.
	Nonce     string
	Repeat    bool
	ExpiresAt time.Time
}

// Why a rotation is refused, besides ErrNotFound (no such family, or its life is over).
var (
	ErrRevoked = errors.New("store: family is revoked")
	ErrReused  = errors.New("store: a replaced secret was used again; the family is now revoked")
)

// Rotate replaces the current secret if it is the presented one. The one before it, presented within the grace time, gets
// the same successor as the first time: it is unused as long as it is current. Any other secret means that someone holds a
// copy, and revokes the family. Errors: ErrNotFound, ErrRevoked, ErrReused.
func (s *Store) Rotate(ctx context.Context, r Rotation) (Rotated, error) {
	out := Rotated{Nonce: r.Nonce, ExpiresAt: r.ExpiresAt}
	var refused error // kept outside of the transaction's error: a revocation must commit
	err := s.inTx(ctx, "rotate", func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `update refresh_families
			set previous_hash = current_hash, current_hash = $3, successor_nonce = $4, rotated_at = $5, expires_at = $6
			where id = $1 and current_hash = $2 and revoked_at is null and expires_at > $5 returning account_id`,
			r.Family, r.Presented, r.Next, r.Nonce, millis(r.Now), millis(r.ExpiresAt)).Scan(&out.Account)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		refused, err = repeatOrRevoke(ctx, tx, r, &out)
		return err
	})
	if err != nil {
		return Rotated{}, err
	}
	if refused != nil {
		return Rotated{}, refused
	}
	return out, nil
}

// repeatOrRevoke handles a secret that is not the current one.
func repeatOrRevoke(ctx context.Context, tx *sql.Tx, r Rotation, out *Rotated) (refused, err error) {
	var (
		previous         string
		rotated, expires int64
		revoked          sql.NullInt64
	)
	err = tx.QueryRowContext(ctx, `select account_id, previous_hash, successor_nonce, rotated_at, expires_at, revoked_at
		from refresh_families where id = $1`, r.Family).
		Scan(&out.Account, &previous, &out.Nonce, &rotated, &expires, &revoked)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound, nil
	case err != nil:
		return nil, err
	case expires <= millis(r.Now):
		return ErrNotFound, nil
	case revoked.Valid:
		return ErrRevoked, nil
	case previous == r.Presented && r.Now.Sub(fromMillis(rotated)) <= r.Grace:
		out.Repeat = true
		out.ExpiresAt = fromMillis(expires)
		return nil, nil
	}
	_, err = tx.ExecContext(ctx, `update refresh_families set revoked_at = $2 where id = $1`, r.Family, millis(r.Now))
	return ErrReused, err
}

// RevokeFamily ends a family if the presented hash is its current or previous secret's; anything else, an unknown or revoked
// family included, changes nothing and is no error, since the caller's session is over either way.
func (s *Store) RevokeFamily(ctx context.Context, id, presented string, at time.Time) error {
	return s.do(ctx, "revoke family", func(ctx context.Context) error {
		_, err := s.write.ExecContext(ctx, `update refresh_families set revoked_at = $3
			where id = $1 and revoked_at is null and (current_hash = $2 or previous_hash = $2)`, id, presented, millis(at))
		return err
	})
}

// PurgeExpired removes the families whose life ended before now, revoked or not, and the accounts that have no other: no secret
// opens those any more.
func (s *Store) PurgeExpired(ctx context.Context, now time.Time) error {
	return s.inTx(ctx, "purge expired", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from accounts
			where id in (select account_id from refresh_families where expires_at <= $1)
			and not exists (select 1 from refresh_families f where f.account_id = accounts.id and f.expires_at > $1)`, millis(now))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from refresh_families where expires_at <= $1`, millis(now))
		return err
	})
}
