package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// ProviderEmail is the provider of identities that are an e-mail address and a password.
const ProviderEmail = "email"

// Identity is a way to sign in to an account.
type Identity struct {
	Provider  string // ProviderEmail or the name of an OpenID provider
	Subject   string // unique with the provider: the address in lower case, or who the provider says it is
	Account   string
	Label     string // what the player knows it by, may be empty
	Secret    string // of ProviderEmail the hash of the password
	CreatedAt time.Time
}

// Why an identity is not linked or unlinked.
var (
	ErrTaken = errors.New("store: the identity belongs to another account")
	ErrHas   = errors.New("store: the account has an identity of this provider")
	ErrLast  = errors.New("store: it is the account's only identity")
)

// Identity finds the account that an identity opens. Errors: ErrNotFound.
func (s *Store) Identity(ctx context.Context, provider, subject string) (i Identity, a Account, err error) {
	i = Identity{Provider: provider, Subject: subject}
	err = s.do(ctx, "identity", func(ctx context.Context) error {
		var created int64
		row := s.read.QueryRowContext(ctx, `select `+accountColumns+`, identities.label, identities.secret, identities.created_at
			from identities join accounts on accounts.id = identities.account_id where provider = $1 and subject = $2`, provider, subject)
		a, err = scanAccount(row, &i.Label, &i.Secret, &created)
		i.Account, i.CreatedAt = a.ID, fromMillis(created)
		return err
	})
	return i, a, err
}

// Identities returns those of an account, oldest first, without their secrets.
func (s *Store) Identities(ctx context.Context, account string) (list []Identity, err error) {
	err = s.do(ctx, "identities", func(ctx context.Context) error {
		rows, err := s.read.QueryContext(ctx, `select provider, subject, label, created_at from identities
			where account_id = $1 order by created_at, provider`, account)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			i := Identity{Account: account}
			var created int64
			if err := rows.Scan(&i.Provider, &i.Subject, &i.Label, &created); err != nil {
				return err
			}
			i.CreatedAt = fromMillis(created)
			list = append(list, i)
		}
		return rows.Err()
	})
	return list, err
}

// Link gives an account another way to sign in, for an access token of the epoch. One that it has already is no error. Errors: ErrTaken,
// ErrHas, ErrNotFound, also when the access token is void by now.
func (s *Store) Link(ctx context.Context, i Identity, epoch int64) error {
	return s.inTx(ctx, "link", func(ctx context.Context, tx *sql.Tx) error { return link(ctx, tx, i, epoch) })
}

func link(ctx context.Context, tx *sql.Tx, i Identity, epoch int64) error {
	if err := holdAccountAt(ctx, tx, i.Account, epoch); err != nil {
		return err
	}
	var has string
	err := tx.QueryRowContext(ctx, `select subject from identities where account_id = $1 and provider = $2`, i.Account, i.Provider).Scan(&has)
	switch {
	case err == nil && has == i.Subject:
		return nil
	case err == nil:
		return ErrHas
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	done, err := tx.ExecContext(ctx, `insert into identities (provider, subject, account_id, label, secret, created_at)
		values ($1, $2, $3, $4, $5, $6) on conflict (provider, subject) do nothing`,
		i.Provider, i.Subject, i.Account, i.Label, i.Secret, millis(i.CreatedAt))
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return ErrTaken
}

// CreateLinked stores a new account with its identity and its first family: all or nothing. Errors: ErrTaken.
func (s *Store) CreateLinked(ctx context.Context, a Account, i Identity, f Family) error {
	return s.inTx(ctx, "create account", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into accounts (id, name, created_at) values ($1, $2, $3)`, a.ID, a.Name, millis(a.CreatedAt))
		if err != nil {
			return err
		}
		if err := link(ctx, tx, i, a.Epoch); err != nil {
			return err
		}
		return insertFamily(ctx, tx, a.ID, f, a.CreatedAt)
	})
}

// Unlink takes a way to sign in away from an account that has another, and voids the account's mail tokens: one could bring it back. It returns
// the subject. Errors: ErrNotFound, ErrLast.
func (s *Store) Unlink(ctx context.Context, account, provider string) (subject string, err error) {
	err = s.inTx(ctx, "unlink", func(ctx context.Context, tx *sql.Tx) error {
		if err := holdAccount(ctx, tx, account); err != nil {
			return err
		}
		var all, these int
		err := tx.QueryRowContext(ctx, `select count(*), coalesce(sum(case when provider = $2 then 1 else 0 end), 0)
			from identities where account_id = $1`, account, provider).Scan(&all, &these)
		switch {
		case err != nil:
			return err
		case these == 0:
			return ErrNotFound
		case all == these:
			return ErrLast
		}
		err = tx.QueryRowContext(ctx, `delete from identities where account_id = $1 and provider = $2 returning subject`, account, provider).
			Scan(&subject)
		if err != nil {
			return err
		}
		return voidMailTokens(ctx, tx, account)
	})
	return subject, err
}

// holdAccount locks the account's row until the transaction ends, so that two changes of its identities see each other.
func holdAccount(ctx context.Context, tx *sql.Tx, account string) error {
	var id string
	return tx.QueryRowContext(ctx, `update accounts set epoch = epoch where id = $1 returning id`, account).Scan(&id)
}

// holdAccountAt does the same for who holds an access token of the epoch, unless it is void by now.
func holdAccountAt(ctx context.Context, tx *sql.Tx, account string, epoch int64) error {
	var id string
	return tx.QueryRowContext(ctx, `update accounts set epoch = epoch where id = $1 and epoch <= $2 returning id`, account, epoch).Scan(&id)
}
