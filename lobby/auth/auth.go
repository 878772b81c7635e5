// Package auth signs guests in and keeps them signed in: access tokens, rotating refresh tokens, and the limits on both. It
// owns the form of the refresh token and the rules for names.
//
// The lobby's handlers call it. It knows no HTTP (cookies are the handlers'), keeps its state in lobby/store and imports
// besides that only lobby/limit and internal/token.
//
// # Guests
//
// A guest is a row from the moment of signing in, marked as not seated. Keeping it in memory until the first seat would save
// that row, but then a restart would turn a browser that just signed in into a stranger with a cookie nobody knows. What
// "written at the first seat" is to achieve, that guests who never play cost nothing, holds by removal instead: a guest
// without a seat goes 24 hours after signing in, earlier if there are more than Config.UnseatedGuests, and signing in is
// limited per network and in total. What follows for a client:
//
//   - a guest who had a seat survives restart and crash, and refreshes until RefreshTTL after the last refresh; then the
//     account is removed, since nothing opens it any more;
//   - a guest who had none survives them too, for 24 hours; then a refresh is refused and the client signs in anew.
package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

const (
	// RefreshTTL is how long a refresh token is good if it is not used; using it starts the time again.
	RefreshTTL = 30 * 24 * time.Hour
	// RefreshGrace is how long after a refresh the replaced token still gets the same successor: two tabs that start together,
	// or an answer that was lost.
	RefreshGrace = 10 * time.Second
	// UnseatedTTL is how long a guest who never took a seat is kept.
	UnseatedTTL = 24 * time.Hour

	purgeEvery = time.Minute // at most one clean-up per this time, done by the call that finds it due
)

// Errors that callers tell apart, besides *NameError and *LimitError.
var (
	ErrRefresh = errors.New("auth: refresh token is not valid")
	ErrReused  = fmt.Errorf("%w: it was used before, the session is ended", ErrRefresh)
	ErrAccess  = errors.New("auth: access token is not valid")
	ErrGone    = errors.New("auth: the account is gone")
)

// LimitError says that there were too many requests.
type LimitError struct {
	RetryAfter time.Duration
}

func (e *LimitError) Error() string { return "auth: too many requests" }

// Config is what New needs.
type Config struct {
	Store    *store.Store    // required
	Signer   *token.Signer   // required
	Verifier *token.Verifier // required

	Guests         limit.Rate       // sign-ins per IPv4 or IPv6 /64; zero means burst 200, then one per second
	GuestsTotal    limit.Rate       // sign-ins in the process; zero means burst 2000, then 50 per second
	Refreshes      limit.Rate       // refreshes and sign-outs per IPv4 or IPv6 /64; zero means burst 400, then 20 per second
	UnseatedGuests int              // guests without a seat that are kept, oldest go first; zero means 50 000
	Clock          func() time.Time // zero means time.Now
}

// Validate reports the first missing or unusable field.
func (c Config) Validate() error {
	switch {
	case c.Store == nil:
		return errors.New("auth: Config.Store is missing")
	case c.Signer == nil || c.Verifier == nil:
		return errors.New("auth: Config.Signer or Config.Verifier is missing")
	case c.UnseatedGuests < 0:
		return fmt.Errorf("auth: Config.UnseatedGuests is %d, want at least 0", c.UnseatedGuests)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Guests == (limit.Rate{}) {
		c.Guests = limit.Rate{Burst: 200, Every: time.Second}
	}
	if c.GuestsTotal == (limit.Rate{}) {
		c.GuestsTotal = limit.Rate{Burst: 2000, Every: 20 * time.Millisecond}
	}
	if c.Refreshes == (limit.Rate{}) {
		c.Refreshes = limit.Rate{Burst: 400, Every: 50 * time.Millisecond}
	}
	if c.UnseatedGuests == 0 {
		c.UnseatedGuests = 50_000
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// Session is what a client gets when it signs in or refreshes.
type Session struct {
	Player           string        // account id
	Access           string        // access token
	AccessExpiresIn  time.Duration // whole seconds
	Refresh          string        // refresh token; the next refresh needs this one
	RefreshExpiresIn time.Duration
}

// Service is the package's one object. It is concurrent-safe.
type Service struct {
	cfg       Config
	guests    *limit.Set[netip.Prefix]
	refreshes *limit.Set[netip.Prefix]
	purged    atomic.Int64 // Unix ms of the last clean-up
}

// New checks cfg and returns the service.
func New(cfg Config) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	guests, err1 := limit.New[netip.Prefix](limit.Config{PerKey: cfg.Guests, Total: cfg.GuestsTotal, Clock: cfg.Clock})
	refreshes, err2 := limit.New[netip.Prefix](limit.Config{PerKey: cfg.Refreshes, Clock: cfg.Clock})
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	return &Service{cfg: cfg, guests: guests, refreshes: refreshes}, nil
}

// Guest makes a new guest account for a client at addr. Errors: *NameError, *LimitError.
func (s *Service) Guest(ctx context.Context, addr netip.Addr, name string) (Session, error) {
	name, err := CleanName(name)
	if err != nil {
		return Session{}, err
	}
	if wait, ok := s.guests.Take(limit.Network(addr)); !ok {
		return Session{}, &LimitError{RetryAfter: wait}
	}
	now := s.cfg.Clock()
	if err := s.purge(ctx, now); err != nil {
		return Session{}, err
	}
	account := store.Account{ID: strings.ToLower(rand.Text()), Name: name, CreatedAt: now}
	first := newRefresh()
	family := store.Family{ID: first.family, Hash: first.hash(), ExpiresAt: now.Add(RefreshTTL)}
	if err := s.cfg.Store.CreateGuest(ctx, account, family); err != nil {
		return Session{}, err
	}
	return s.session(account.ID, first, now, family.ExpiresAt)
}

// Refresh trades a refresh token for its successor and a new access token. The presented token is spent; within RefreshGrace it
// gets the same successor again, later it ends the session for every holder. Errors: ErrRefresh, ErrReused, *LimitError.
func (s *Service) Refresh(ctx context.Context, addr netip.Addr, text string) (Session, error) {
	presented, err := s.admit(addr, text)
	if err != nil {
		return Session{}, err
	}
	now := s.cfg.Clock()
	nonce := rand.Text()
	done, err := s.cfg.Store.Rotate(ctx, store.Rotation{
		Family: presented.family, Presented: presented.hash(), Next: presented.successor(nonce).hash(), Nonce: nonce,
		Now: now, Grace: RefreshGrace, ExpiresAt: now.Add(RefreshTTL),
	})
	switch {
	case errors.Is(err, store.ErrReused):
		return Session{}, ErrReused
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrRevoked):
		return Session{}, ErrRefresh
	case err != nil:
		return Session{}, err
	}
	return s.session(done.Account, presented.successor(done.Nonce), now, done.ExpiresAt)
}

// Logout ends the session that a refresh token belongs to. A token that is not valid ends nothing and is no error: the caller
// is signed out either way. Errors: *LimitError.
func (s *Service) Logout(ctx context.Context, addr netip.Addr, text string) error {
	presented, err := s.admit(addr, text)
	if errors.Is(err, ErrRefresh) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.cfg.Store.RevokeFamily(ctx, presented.family, presented.hash(), s.cfg.Clock())
}

// Verify returns the account id in an access token. It asks no store, so that the limits per account can be applied before
// anything costs. Errors wrap ErrAccess.
func (s *Service) Verify(access string) (player string, err error) {
	a, err := s.cfg.Verifier.Access(access)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrAccess, err)
	}
	return a.Player, nil
}

// Account returns the stored account of a verified player. Errors: ErrGone when it was removed since the token was made.
func (s *Service) Account(ctx context.Context, player string) (store.Account, error) {
	a, err := s.cfg.Store.Account(ctx, player)
	if errors.Is(err, store.ErrNotFound) {
		return store.Account{}, ErrGone
	}
	return a, err
}

// Seated keeps an account beyond UnseatedTTL when it takes its first seat. Errors: ErrGone.
func (s *Service) Seated(ctx context.Context, a store.Account) error {
	if a.Seated {
		return nil
	}
	err := s.cfg.Store.MarkSeated(ctx, a.ID, s.cfg.Clock())
	if errors.Is(err, store.ErrNotFound) {
		return ErrGone
	}
	return err
}

func (s *Service) admit(addr netip.Addr, text string) (refresh, error) {
	if wait, ok := s.refreshes.Take(limit.Network(addr)); !ok {
		return refresh{}, &LimitError{RetryAfter: wait}
	}
	return parseRefresh(text)
}

func (s *Service) session(player string, r refresh, now, expires time.Time) (Session, error) {
	access, a, err := s.cfg.Signer.Access(player)
	if err != nil {
		return Session{}, err
	}
	return Session{
		Player: player, Access: access, AccessExpiresIn: a.ExpiresAt.Sub(a.IssuedAt),
		Refresh: r.text(), RefreshExpiresIn: expires.Sub(now),
	}, nil
}

// purge removes what is over, at most once per purgeEvery. Signing in is what adds rows, so signing in pays for it: no
// goroutine, and no clean-up on an idle server.
func (s *Service) purge(ctx context.Context, now time.Time) error {
	last := s.purged.Load()
	if now.UnixMilli()-last < purgeEvery.Milliseconds() || !s.purged.CompareAndSwap(last, now.UnixMilli()) {
		return nil
	}
	if _, err := s.cfg.Store.PurgeGuests(ctx, now.Add(-UnseatedTTL), s.cfg.UnseatedGuests); err != nil {
		return err
	}
	return s.cfg.Store.PurgeExpired(ctx, now)
}
