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
	Network   string        // as in Family
	Device    string
}

// Rotated is the answer to a rotation that went well.
type Rotated struct {
	Account string
	Epoch   int64 // of the account
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
// copy, and revokes the family and the access tokens made for the account: with ErrReused come Account and Epoch. Errors: ErrNotFound,
// ErrRevoked, ErrReused.
func (s *Store) Rotate(ctx context.Context, r Rotation) (Rotated, error) {
	out := Rotated{Nonce: r.Nonce, ExpiresAt: r.ExpiresAt}
	var refused error // kept outside of the transaction's error: a revocation must commit
	err := s.inTx(ctx, "rotate", func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `update refresh_families
			set previous_hash = current_hash, current_hash = $3, successor_nonce = $4, rotated_at = $5, expires_at = $6,
				network = $7, device = $8
			where id = $1 and current_hash = $2 and revoked_at is null and expires_at > $5 returning account_id`,
			r.Family, r.Presented, r.Next, r.Nonce, millis(r.Now), millis(r.ExpiresAt), r.Network, r.Device).Scan(&out.Account)
		if errors.Is(err, sql.ErrNoRows) {
			refused, err = repeatOrRevoke(ctx, tx, r, &out)
		}
		if err != nil || refused != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `select epoch from accounts where id = $1`, out.Account).Scan(&out.Epoch)
	})
	if err != nil {
		return Rotated{}, err
	}
	if refused != nil {
		return out, refused
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
	_, err1 := tx.ExecContext(ctx, `update refresh_families set revoked_at = $2 where id = $1`, r.Family, millis(r.Now))
	epoch, err2 := nextEpoch(ctx, tx, out.Account, r.Now)
	out.Epoch = epoch
	return ErrReused, errors.Join(err1, err2, voidConfirmations(ctx, tx, out.Account))
}

// insertFamily stores a sign-in that happened at at.
func insertFamily(ctx context.Context, tx *sql.Tx, account string, f Family, at time.Time) error {
	_, err := tx.ExecContext(ctx, `insert into refresh_families
		(id, account_id, current_hash, previous_hash, successor_nonce, rotated_at, expires_at, created_at, network, device)
		values ($1, $2, $3, '', '', $4, $5, $4, $6, $7)`,
		f.ID, account, f.Hash, millis(at), millis(f.ExpiresAt), f.Network, f.Device)
	return err
}

// familiesKept is how many sessions an account has at most; signing in once more ends the one that was used least recently.
const familiesKept = 20

// AddFamily stores another sign-in of an account and returns its epoch. Errors: ErrNotFound, also when it is banned.
func (s *Store) AddFamily(ctx context.Context, account string, f Family, at time.Time) (epoch int64, err error) {
	err = s.inTx(ctx, "add family", func(ctx context.Context, tx *sql.Tx) error {
		// The row is locked, so that two sign-ins count each other and none slips past a ban of the same moment.
		err := tx.QueryRowContext(ctx, `update accounts set epoch = epoch
			where id = $1 and (banned_at is null or ban_until <= $2) returning epoch`, account, millis(at)).Scan(&epoch)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from refresh_families where account_id = $1 and id not in (
			select id from refresh_families where account_id = $1 and revoked_at is null order by rotated_at desc limit $2)`,
			account, familiesKept-1)
		if err != nil {
			return err
		}
		return insertFamily(ctx, tx, account, f, at)
	})
	return epoch, err
}

// PurgeExpired removes the families and mail tokens whose life ended before now, used or not, and the guests that have no other
// family: no secret opens those any more.
func (s *Store) PurgeExpired(ctx context.Context, now time.Time) error {
	return s.inTx(ctx, "purge expired", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from accounts
			where id in (select account_id from refresh_families where expires_at <= $1)
			and not exists (select 1 from refresh_families f where f.account_id = accounts.id and f.expires_at > $1)
			and `+isGuest, millis(now))
		if err != nil {
			return err
		}
		for _, statement := range []string{
			`delete from refresh_families where expires_at <= $1`, `delete from mail_tokens where expires_at <= $1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, millis(now)); err != nil {
				return err
			}
		}
		return nil
	})
}
