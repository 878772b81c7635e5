package auth

import (
	"context"
	"errors"

	"github.com/skirmish-dev/skirmish/internal/playername"
	"github.com/skirmish-dev/skirmish/lobby/auth/oidc"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// Why an identity is not linked or unlinked, besides ErrTaken and ErrStale.
var (
	ErrHas  = errors.New("auth: the account has an identity of this provider already")
	ErrLast = errors.New("auth: it is the account's only identity")
)

// Providers lists the OpenID providers that players may sign in with.
func (s *Service) Providers() []string {
	if s.cfg.OIDC == nil {
		return []string{}
	}
	return s.cfg.OIDC.Names()
}

// StartOIDC sends a browser to a provider; see oidc.Service.Start. Errors: those, *LimitError.
func (s *Service) StartOIDC(ctx context.Context, c Client, provider, returnTo, challenge string) (address, cookie string, err error) {
	if s.cfg.OIDC == nil {
		return "", "", oidc.ErrProvider
	}
	if wait, ok := s.logins.Ask(ctx, limit.Network(c.Addr)); !ok {
		return "", "", &LimitError{RetryAfter: wait}
	}
	return s.cfg.OIDC.Start(ctx, provider, returnTo, challenge)
}

// FinishOIDC takes a browser back from a provider; see oidc.Service.Finish. Errors: those, *LimitError.
func (s *Service) FinishOIDC(ctx context.Context, c Client, back oidc.Callback) (address string, err error) {
	if s.cfg.OIDC == nil {
		return "", oidc.ErrFlow
	}
	if wait, ok := s.logins.Ask(ctx, limit.Network(c.Addr)); !ok {
		return "", &LimitError{RetryAfter: wait}
	}
	return s.cfg.OIDC.Finish(ctx, back)
}

// RedeemOIDC signs in with the code of a finished sign-in. An identity that no account has makes one, called name, or when that is
// empty what the provider says. Never is it given to an account because the e-mail address is the same: who controls an address at
// one place need not at another. Errors: oidc.ErrFlow, *playername.Error, *BannedError, *LimitError.
func (s *Service) RedeemOIDC(ctx context.Context, c Client, code, verifier, name string) (Session, error) {
	if name != "" {
		var err error
		if name, err = playername.Clean(name); err != nil {
			return Session{}, err
		}
	}
	who, err := s.redeem(ctx, c, code, verifier)
	if err != nil {
		return Session{}, err
	}
	_, account, err := s.cfg.Store.Identity(ctx, who.Provider, who.Subject)
	switch {
	case err == nil:
		return s.signIn(ctx, c, account)
	case !errors.Is(err, store.ErrNotFound):
		return Session{}, err
	}
	if wait, ok := s.guests.Ask(ctx, limit.Network(c.Addr)); !ok {
		return Session{}, &LimitError{RetryAfter: wait}
	}
	if name == "" {
		name = nameFrom(who.Label)
	}
	session, err := s.newAccount(ctx, c, name, func(ctx context.Context, a store.Account, f store.Family) error {
		return s.cfg.Store.CreateLinked(ctx, a, s.identity(a.ID, who), f)
	})
	if !errors.Is(err, store.ErrTaken) {
		return session, err
	}
	// Two tabs were first at once: the other has made the account.
	if _, account, err = s.cfg.Store.Identity(ctx, who.Provider, who.Subject); err != nil {
		return Session{}, gone(err)
	}
	return s.signIn(ctx, c, account)
}

// LinkOIDC gives the caller's account another way to sign in. Errors: ErrStale, ErrTaken, ErrHas, ErrGone, oidc.ErrFlow, *LimitError.
func (s *Service) LinkOIDC(ctx context.Context, c Client, caller Caller, code, verifier string) error {
	if err := s.fresh(ctx, caller); err != nil {
		return err
	}
	who, err := s.redeem(ctx, c, code, verifier)
	if err != nil {
		return err
	}
	err = s.cfg.Store.Link(ctx, s.identity(caller.Player, who), int64(caller.epoch))
	switch {
	case errors.Is(err, store.ErrTaken):
		return ErrTaken
	case errors.Is(err, store.ErrHas):
		return ErrHas
	}
	return gone(err)
}

// Unlink takes a way to sign in away from the caller's account, and voids the links of its e-mails. An address is told. Errors: ErrStale,
// ErrLast, ErrGone when it has none of this provider.
func (s *Service) Unlink(ctx context.Context, caller Caller, provider string) error {
	if err := s.fresh(ctx, caller); err != nil {
		return err
	}
	subject, err := s.cfg.Store.Unlink(ctx, caller.Player, provider)
	if errors.Is(err, store.ErrLast) {
		return ErrLast
	}
	if err == nil && provider == store.ProviderEmail {
		s.tell(subject, "This e-mail address does not sign in to your account any more", removedText)
	}
	return gone(err)
}

func (s *Service) redeem(ctx context.Context, c Client, code, verifier string) (oidc.Identity, error) {
	if s.cfg.OIDC == nil {
		return oidc.Identity{}, oidc.ErrFlow
	}
	if wait, ok := s.logins.Ask(ctx, limit.Network(c.Addr)); !ok {
		return oidc.Identity{}, &LimitError{RetryAfter: wait}
	}
	return s.cfg.OIDC.Redeem(code, verifier)
}

func (s *Service) identity(account string, who oidc.Identity) store.Identity {
	return store.Identity{
		Provider: who.Provider, Subject: who.Subject, Account: account, Label: who.Label, CreatedAt: s.cfg.Clock(),
	}
}

// nameFrom makes a name of what a provider says, or a plain one when that is none. An e-mail address is not shown to other players.
func nameFrom(label string) string {
	for _, r := range label {
		if r == '@' {
			return "Player"
		}
	}
	if name, err := playername.Clean(label); err == nil {
		return name
	}
	return "Player"
}
