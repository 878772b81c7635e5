package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// What a mail token is for.
const (
	PurposeConfirm = "confirm" // makes MailToken.Email and Secret an identity of the account
	PurposeReset   = "reset"   // sets another password for the identity Email
)

// MailToken is what the link in an e-mail is good for, once.
type MailToken struct {
	Hash      string // of the secret in the link
	Purpose   string
	Account   string
	Email     string // in lower case
	Secret    string // PurposeConfirm: the hash of the password
	Epoch     int64  // PurposeConfirm: of the access token that has asked for it
	ExpiresAt time.Time
}

// mailTokensKept is how many unused links of a purpose an account has; the oldest go first.
const mailTokensKept = 3

// PutMailToken stores a token. Errors: ErrNotFound when the account is gone, or what has asked to confirm an address is void by now: to end
// the sessions removes such tokens, and must not be overtaken.
func (s *Store) PutMailToken(ctx context.Context, m MailToken) error {
	return s.inTx(ctx, "put mail token", func(ctx context.Context, tx *sql.Tx) error {
		hold := holdAccount(ctx, tx, m.Account)
		if m.Purpose == PurposeConfirm {
			hold = holdAccountAt(ctx, tx, m.Account, m.Epoch)
		}
		if hold != nil {
			return hold
		}
		_, err := tx.ExecContext(ctx, `delete from mail_tokens where account_id = $1 and purpose = $2 and hash not in (
			select hash from mail_tokens where account_id = $1 and purpose = $2 order by expires_at desc limit $3)`,
			m.Account, m.Purpose, mailTokensKept-1)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `insert into mail_tokens (hash, purpose, account_id, email, secret, expires_at)
			values ($1, $2, $3, $4, $5, $6)`, m.Hash, m.Purpose, m.Account, m.Email, m.Secret, millis(m.ExpiresAt))
		return err
	})
}

// Confirmed is what spending a PurposeConfirm token has done.
type Confirmed struct {
	Account  string
	Email    string
	Replaced string // the address that Email has taken the place of; empty when there was none, or the same one
}

// Confirm spends a PurposeConfirm token: its address and password become an identity of its account, in place of another address that the
// account had. The account's other mail tokens are void. Errors: ErrNotFound, ErrTaken when the address has become another account's
// meanwhile (the token is spent).
func (s *Store) Confirm(ctx context.Context, hash string, now time.Time) (c Confirmed, err error) {
	var taken error // kept outside of the transaction's error: the token must be spent
	err = s.inTx(ctx, "confirm", func(ctx context.Context, tx *sql.Tx) error {
		m, err := takeMailToken(ctx, tx, hash, PurposeConfirm, now)
		if err != nil {
			return err
		}
		if err := holdAccount(ctx, tx, m.Account); err != nil {
			return err
		}
		c = Confirmed{Account: m.Account, Email: m.Email}
		err = tx.QueryRowContext(ctx, `select subject from identities where account_id = $1 and provider = $2 and subject <> $3`,
			m.Account, ProviderEmail, m.Email).Scan(&c.Replaced)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if taken, err = putAddress(ctx, tx, m, now); err != nil || taken != nil {
			return err
		}
		return voidMailTokens(ctx, tx, m.Account)
	})
	return c, errors.Join(err, taken)
}

// putAddress makes the address of a token the account's own; taken says that it is another's.
func putAddress(ctx context.Context, tx *sql.Tx, m MailToken, now time.Time) (taken, err error) {
	var owner string
	err = tx.QueryRowContext(ctx, `insert into identities (provider, subject, account_id, label, secret, created_at)
		values ($1, $2, $3, $2, $4, $5) on conflict do nothing returning account_id`,
		ProviderEmail, m.Email, m.Account, m.Secret, millis(now)).Scan(&owner)
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	// The address is somebody's, or the account has another one.
	err = tx.QueryRowContext(ctx, `select account_id from identities where provider = $1 and subject = $2`, ProviderEmail, m.Email).
		Scan(&owner)
	switch {
	case err == nil && owner != m.Account:
		return ErrTaken, nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `update identities set subject = $3, label = $3, secret = $4, created_at = $5
		where account_id = $1 and provider = $2`, m.Account, ProviderEmail, m.Email, m.Secret, millis(now))
	return nil, err
}

// voidMailTokens removes every token of an account: how it is opened has changed, and a link of before would change it again.
func voidMailTokens(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := tx.ExecContext(ctx, `delete from mail_tokens where account_id = $1`, account)
	return err
}

// ResetPassword spends a PurposeReset token: the identity gets another password, every session ends, and the account's other
// mail tokens are void. Errors: ErrNotFound.
func (s *Store) ResetPassword(ctx context.Context, hash, secret string, now time.Time) (r Revoked, err error) {
	err = s.inTx(ctx, "reset password", func(ctx context.Context, tx *sql.Tx) error {
		m, err := takeMailToken(ctx, tx, hash, PurposeReset, now)
		if err != nil {
			return err
		}
		// Only the identity that the mail went to: the account may have changed its address since.
		err = tx.QueryRowContext(ctx, `update identities set secret = $4 where provider = $1 and subject = $2 and account_id = $3
			returning account_id`, ProviderEmail, m.Email, m.Account, secret).Scan(&r.Account)
		if err != nil {
			return err
		}
		if err := voidMailTokens(ctx, tx, m.Account); err != nil {
			return err
		}
		r.Epoch, err = revokeAll(ctx, tx, m.Account, now)
		return err
	})
	return r, err
}

// MailTokenWaits says whether a token could still be spent. Errors: ErrNotFound when it could not.
func (s *Store) MailTokenWaits(ctx context.Context, hash, purpose string, now time.Time) error {
	return s.do(ctx, "mail token", func(ctx context.Context) error {
		var found string
		return s.read.QueryRowContext(ctx, `select hash from mail_tokens where hash = $1 and purpose = $2 and expires_at > $3`,
			hash, purpose, millis(now)).Scan(&found)
	})
}

func takeMailToken(ctx context.Context, tx *sql.Tx, hash, purpose string, now time.Time) (MailToken, error) {
	m := MailToken{Hash: hash, Purpose: purpose}
	err := tx.QueryRowContext(ctx, `delete from mail_tokens where hash = $1 and purpose = $2 and expires_at > $3
		returning account_id, email, secret`, hash, purpose, millis(now)).Scan(&m.Account, &m.Email, &m.Secret)
	return m, err
}
