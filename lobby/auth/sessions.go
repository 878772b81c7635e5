package auth

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/skirmish-dev/skirmish/internal/playername"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// FreshFor is how long after signing in an account may change how it is opened.
const FreshFor = 10 * time.Minute

// BannedError says that an account may not sign in.
type BannedError struct {
	Reason string    // in the moderator's words
	Until  time.Time // zero: for good
}

func (e *BannedError) Error() string { return fmt.Sprintf("auth: banned: %s", e.Reason) }

// Sessions returns the caller's living sessions, the one used last first.
func (s *Service) Sessions(ctx context.Context, c Caller) ([]store.Session, error) {
	return s.cfg.Store.Sessions(ctx, c.Player, s.cfg.Clock())
}

// EndSession ends one of the caller's sessions. Errors: ErrGone when there is none with this id.
func (s *Service) EndSession(ctx context.Context, c Caller, id string) error {
	return s.ended(s.cfg.Store.RevokeSession(ctx, c.Player, id, s.cfg.Clock()))
}

// EndSessions ends all of the caller's sessions. Errors: ErrGone.
func (s *Service) EndSessions(ctx context.Context, c Caller) error {
	return s.ended(s.cfg.Store.RevokeAll(ctx, c.Player, s.cfg.Clock()))
}

// Ban keeps an account out until the given time, for good when that is zero, and ends its sessions. Who may, the caller knows.
// Errors: ErrGone.
func (s *Service) Ban(ctx context.Context, account, reason string, until time.Time) error {
	return s.ended(s.cfg.Store.Ban(ctx, account, store.Ban{At: s.cfg.Clock(), Until: until, Reason: reason}))
}

// Unban lets an account sign in again. Errors: ErrGone.
func (s *Service) Unban(ctx context.Context, account string) error {
	return gone(s.cfg.Store.Unban(ctx, account))
}

// Profile returns an account with its ways to sign in. Errors: ErrGone.
func (s *Service) Profile(ctx context.Context, player string) (store.Account, []store.Identity, error) {
	a, err := s.Account(ctx, player)
	if err != nil {
		return store.Account{}, nil, err
	}
	ids, err := s.cfg.Store.Identities(ctx, player)
	return a, ids, err
}

// Rename gives a player another name. Errors: *playername.Error, ErrGone.
func (s *Service) Rename(ctx context.Context, player, name string) error {
	name, err := playername.Clean(name)
	if err != nil {
		return err
	}
	return gone(s.cfg.Store.Rename(ctx, player, name))
}

// Export returns everything that is kept about the caller's account, by table. Errors: ErrGone.
func (s *Service) Export(ctx context.Context, c Caller) (map[string][]map[string]any, error) {
	out, err := s.cfg.Store.Export(ctx, c.Player)
	return out, gone(err)
}

// Delete removes the caller's account for good. Errors: ErrStale, ErrGone.
func (s *Service) Delete(ctx context.Context, c Caller) error {
	if err := s.fresh(ctx, c); err != nil {
		return err
	}
	err := s.cfg.Store.Delete(ctx, c.Player)
	return s.ended(store.Revoked{Account: c.Player, Epoch: math.MaxInt64}, err) // no token of it passes any more
}
