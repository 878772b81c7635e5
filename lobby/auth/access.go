package auth

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// tokenLife is how long an access token can pass after it was made.
const tokenLife = token.AccessTTL + token.AccessSkew

// Caller is who an access token was made for.
type Caller struct {
	Player  string // account id
	Session string // id of the sign-in
	epoch   uint64 // of the access token
}

// Verify returns who an access token was made for, unless a later sign-out, ban or reset has voided it. It asks no store, so that the
// limits per account can be applied before anything costs. Errors wrap ErrAccess.
func (s *Service) Verify(access string) (Caller, error) {
	a, err := s.cfg.Verifier.Access(access)
	if err != nil {
		return Caller{}, fmt.Errorf("%w: %w", ErrAccess, err)
	}
	if a.Epoch < uint64(s.epochs.of(a.Player)) {
		return Caller{}, fmt.Errorf("%w: it was ended", ErrAccess)
	}
	return Caller{Player: a.Player, Session: a.Session, epoch: a.Epoch}, nil
}

// Still says whether a caller that was verified is not void by now. Who hands something out that outlives the request (a place, a ticket,
// a party, a stream) asks again after it, and takes it back: a sign-out of the meantime has looked for such things before there was one.
func (s *Service) Still(c Caller) bool { return c.epoch >= uint64(s.epochs.of(c.Player)) }

// ended makes known that access tokens of an account are void and its sockets are to be closed, once the store has said so.
func (s *Service) ended(r store.Revoked, err error) error {
	if err != nil {
		return gone(err)
	}
	s.epochs.raise(r.Account, r.Epoch, s.cfg.Clock())
	s.cfg.Ended(r.Account)
	return nil
}

// fresh says whether the caller has signed in lately enough to change how the account is opened. A guest has nothing to sign in
// with again, and nothing that could be taken from it: it always is. Errors: ErrStale, ErrGone.
func (s *Service) fresh(ctx context.Context, c Caller) error {
	ids, err := s.cfg.Store.Identities(ctx, c.Player)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		_, err := s.Account(ctx, c.Player)
		return err
	}
	list, err := s.cfg.Store.Sessions(ctx, c.Player, s.cfg.Clock())
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.ID == c.Session && s.cfg.Clock().Sub(f.CreatedAt) <= FreshFor {
			return nil
		}
	}
	return ErrStale
}

// epochs are the accounts that have voided access tokens, for as long as those could pass. A player voids its own, within the
// budget of its account, so that the map grows only with accounts that are used.
type epochs struct {
	mu      sync.Mutex
	least   map[string]epoch
	sweepAt int
}

type epoch struct {
	least int64
	until time.Time
}

// of is the least epoch of an account's tokens that pass.
func (e *epochs) of(account string) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.least[account].least
}

func (e *epochs) raise(account string, least int64, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.least == nil {
		e.least, e.sweepAt = map[string]epoch{}, 1024
	}
	e.least[account] = epoch{max(least, e.least[account].least), now.Add(tokenLife)}
	if len(e.least) < e.sweepAt {
		return
	}
	for id, old := range e.least {
		if now.After(old.until) {
			delete(e.least, id)
		}
	}
	e.sweepAt = max(1024, 2*len(e.least))
}
