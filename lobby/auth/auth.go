// Package auth signs players in and keeps them signed in: guests, e-mail and password; access tokens, rotating refresh tokens,
// the limits on both, and what ends them early. It owns the form of the refresh token and the rules for names and addresses.
//
// The lobby's handlers call it. It knows no HTTP (cookies are the handlers'), keeps its state in lobby/store and imports
// besides that only lobby/limit, lobby/mail, its own subpackages and internal packages.
//
// # What a stranger cannot learn
//
// Whether an address has an account shows nowhere: signing in computes one argon2 either way, registering makes a new account with an
// unconfirmed address either way, and asking for a reset only puts a letter into the outbox, which looks the address up later.
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

	"github.com/skirmish-dev/skirmish/internal/cpuwork"
	"github.com/skirmish-dev/skirmish/internal/playername"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/auth/oidc"
	"github.com/skirmish-dev/skirmish/lobby/auth/password"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/mail"
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

// Errors that callers tell apart, besides *playername.Error, *EmailError, *password.WeakError, *BannedError and *LimitError.
var (
	ErrLogin   = errors.New("auth: e-mail and password do not fit")
	ErrBusy    = errors.New("auth: too many are signing in")
	ErrLink    = errors.New("auth: the link is not valid any more")
	ErrTaken   = errors.New("auth: it belongs to another account")
	ErrStale   = errors.New("auth: the sign-in is too long ago")
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
	Pool     *cpuwork.Pool   // required; computes argon2
	Outbox   *mail.Outbox    // required
	OIDC     *oidc.Service   // zero means that there are no OpenID providers
	// LinkURL is the page that the links in e-mails open; what it needs is in the fragment. Required.
	LinkURL string
	// Ended is told the account whose sessions have ended, so that its sockets can be closed. Zero means that nobody is told.
	Ended func(account string)

	Guests         limit.Rate       // sign-ins per IPv4 or IPv6 /64; zero means burst 200, then one per second
	GuestsTotal    limit.Rate       // sign-ins in the process; zero means burst 2000, then 50 per second
	Refreshes      limit.Rate       // refreshes and sign-outs per IPv4 or IPv6 /64; zero means burst 400, then 20 per second
	Logins         limit.Rate       // sign-ins with a password per IPv4 or IPv6 /64; zero means burst 100, then one per second
	Tries          limit.Rate       // the same for one address (e-mail) from one network; zero means burst 10, then one per 30 s
	Mails          limit.Rate       // e-mails asked for per IPv4 or IPv6 /64; zero means burst 20, then one per minute
	MailsTo        limit.Rate       // e-mails to one address; zero means burst 3, then one per 20 min
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
	case c.Pool == nil || c.Outbox == nil || c.LinkURL == "":
		return errors.New("auth: Config.Pool, Outbox or LinkURL is missing")
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
	if c.Logins == (limit.Rate{}) {
		c.Logins = limit.Rate{Burst: 100, Every: time.Second}
	}
	if c.Tries == (limit.Rate{}) {
		c.Tries = limit.Rate{Burst: 10, Every: 30 * time.Second}
	}
	if c.Mails == (limit.Rate{}) {
		c.Mails = limit.Rate{Burst: 20, Every: time.Minute}
	}
	if c.MailsTo == (limit.Rate{}) {
		c.MailsTo = limit.Rate{Burst: 3, Every: 20 * time.Minute}
	}
	if c.Ended == nil {
		c.Ended = func(string) {}
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

// Client is where a request comes from. Both are shown to the player in the list of sessions.
type Client struct {
	Addr   netip.Addr
	Device string // what the client says it is; cut to 120 bytes
}

// Service is the package's one object. It is concurrent-safe.
type Service struct {
	cfg       Config
	passwords *password.Hasher
	guests    *limit.Set[netip.Prefix]
	refreshes *limit.Set[netip.Prefix]
	logins    *limit.Set[netip.Prefix]
	tries     *limit.Set[attempt]
	mails     *limit.Set[netip.Prefix]
	mailsTo   *limit.Set[string]
	purged    atomic.Int64 // Unix ms of the last clean-up
	epochs    epochs
}

// New checks cfg and returns the service. It asks the store which access tokens of before are void.
func New(ctx context.Context, cfg Config) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s := &Service{cfg: cfg, passwords: password.New(cfg.Pool)}
	var errs [6]error
	s.guests, errs[0] = limit.New[netip.Prefix](limit.Config{Name: "guests", PerKey: cfg.Guests, Total: cfg.GuestsTotal, Clock: cfg.Clock})
	s.refreshes, errs[1] = limit.New[netip.Prefix](limit.Config{Name: "refreshes", PerKey: cfg.Refreshes, Clock: cfg.Clock})
	s.logins, errs[2] = limit.New[netip.Prefix](limit.Config{Name: "logins", PerKey: cfg.Logins, Clock: cfg.Clock})
	s.tries, errs[3] = limit.New[attempt](limit.Config{Name: "login-tries", PerKey: cfg.Tries, Clock: cfg.Clock})
	s.mails, errs[4] = limit.New[netip.Prefix](limit.Config{Name: "mails", PerKey: cfg.Mails, Clock: cfg.Clock})
	s.mailsTo, errs[5] = limit.New[string](limit.Config{PerKey: cfg.MailsTo, Clock: cfg.Clock})
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	now := cfg.Clock()
	void, err := cfg.Store.Epochs(ctx, now.Add(-tokenLife))
	if err != nil {
		return nil, err
	}
	for _, r := range void {
		s.epochs.raise(r.Account, r.Epoch, now)
	}
	return s, nil
}

// Evaluations counts how often argon2 was computed: a stranger must not change it by knowing an address.
func (s *Service) Evaluations() int64 { return s.passwords.Evaluations() }

// Guest makes a new guest account. Errors: *playername.Error, *LimitError.
func (s *Service) Guest(ctx context.Context, c Client, name string) (Session, error) {
	name, err := playername.Clean(name)
	if err != nil {
		return Session{}, err
	}
	if wait, ok := s.guests.Ask(ctx, limit.Network(c.Addr)); !ok {
		return Session{}, &LimitError{RetryAfter: wait}
	}
	return s.newAccount(ctx, c, name, s.cfg.Store.CreateGuest)
}

// newAccount makes an account and its first session, which create stores together.
func (s *Service) newAccount(
	ctx context.Context, c Client, name string, create func(context.Context, store.Account, store.Family) error,
) (Session, error) {
	now := s.cfg.Clock()
	if err := s.purge(ctx, now); err != nil {
		return Session{}, err
	}
	account := store.Account{ID: strings.ToLower(rand.Text()), Name: name, CreatedAt: now}
	first, family := c.family(now)
	if err := create(ctx, account, family); err != nil {
		return Session{}, err
	}
	return s.session(account, first, now, family.ExpiresAt)
}

// signIn begins a session of an account that has shown who it is. Errors: *BannedError, ErrGone.
func (s *Service) signIn(ctx context.Context, c Client, a store.Account) (Session, error) {
	now := s.cfg.Clock()
	if a.Ban.Active(now) {
		return Session{}, &BannedError{Reason: a.Ban.Reason, Until: a.Ban.Until}
	}
	first, family := c.family(now)
	var err error
	if a.Epoch, err = s.cfg.Store.AddFamily(ctx, a.ID, family, now); err != nil {
		return Session{}, gone(err)
	}
	return s.session(a, first, now, family.ExpiresAt)
}

// family is a new sign-in of c.
func (c Client) family(now time.Time) (refresh, store.Family) {
	first := newRefresh()
	return first, store.Family{
		ID: first.family, Hash: first.hash(), ExpiresAt: now.Add(RefreshTTL), Network: c.network(), Device: c.device(),
	}
}

// network is the address as it is kept: enough to recognise a place, in the unit that the limits use.
func (c Client) network() string {
	if !c.Addr.IsValid() {
		return ""
	}
	return limit.Network(c.Addr).String()
}

// device is what is kept of what the client says it is.
func (c Client) device() string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, c.Device)
	return clean[:min(len(clean), 120)]
}

// Refresh trades a refresh token for its successor and a new access token. The presented token is spent; within RefreshGrace it
// gets the same successor again, later it ends the session for every holder, with its access tokens
// and sockets. Errors: ErrRefresh, ErrReused, *LimitError.
func (s *Service) Refresh(ctx context.Context, c Client, text string) (Session, error) {
	presented, err := s.admit(ctx, c.Addr, text)
	if err != nil {
		return Session{}, err
	}
	now := s.cfg.Clock()
	nonce := rand.Text()
	done, err := s.cfg.Store.Rotate(ctx, store.Rotation{
		Family: presented.family, Presented: presented.hash(), Next: presented.successor(nonce).hash(), Nonce: nonce,
		Now: now, Grace: RefreshGrace, ExpiresAt: now.Add(RefreshTTL), Network: c.network(), Device: c.device(),
	})
	switch {
	case errors.Is(err, store.ErrReused):
		return Session{}, errors.Join(ErrReused, s.ended(store.Revoked{Account: done.Account, Epoch: done.Epoch}, nil))
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrRevoked):
		return Session{}, ErrRefresh
	case err != nil:
		return Session{}, err
	}
	return s.session(store.Account{ID: done.Account, Epoch: done.Epoch}, presented.successor(done.Nonce), now, done.ExpiresAt)
}

// Logout ends the session that a refresh token belongs to, its access tokens and sockets. A token that is not valid ends nothing and
// is no error: the caller is signed out either way. Errors: *LimitError.
func (s *Service) Logout(ctx context.Context, c Client, text string) error {
	presented, err := s.admit(ctx, c.Addr, text)
	if errors.Is(err, ErrRefresh) {
		return nil
	}
	if err != nil {
		return err
	}
	err = s.ended(s.cfg.Store.RevokeFamily(ctx, presented.family, presented.hash(), s.cfg.Clock()))
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// Account returns the stored account of a verified player. Errors: ErrGone when it was removed since the token was made.
func (s *Service) Account(ctx context.Context, player string) (store.Account, error) {
	a, err := s.cfg.Store.Account(ctx, player)
	return a, gone(err)
}

// Seated keeps an account beyond UnseatedTTL when it takes its first seat. Errors: ErrGone.
func (s *Service) Seated(ctx context.Context, a store.Account) error {
	if a.Seated {
		return nil
	}
	return gone(s.cfg.Store.MarkSeated(ctx, a.ID, s.cfg.Clock()))
}

// gone is err with the store's "not found" as ErrGone.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrGone
	}
	return err
}

func (s *Service) admit(ctx context.Context, addr netip.Addr, text string) (refresh, error) {
	if wait, ok := s.refreshes.Ask(ctx, limit.Network(addr)); !ok {
		return refresh{}, &LimitError{RetryAfter: wait}
	}
	return parseRefresh(text)
}

func (s *Service) session(account store.Account, r refresh, now, expires time.Time) (Session, error) {
	access, a, err := s.cfg.Signer.Access(account.ID, r.family, uint64(account.Epoch))
	if err != nil {
		return Session{}, err
	}
	return Session{
		Player: account.ID, Access: access, AccessExpiresIn: a.ExpiresAt.Sub(a.IssuedAt),
		Refresh: r.text(), RefreshExpiresIn: expires.Sub(now),
	}, nil
}

// purge removes what is over, at most once per purgeEvery. Signing in is what adds rows, so signing in pays for it.
func (s *Service) purge(ctx context.Context, now time.Time) error {
	last := s.purged.Load()
	if now.UnixMilli()-last < purgeEvery.Milliseconds() || !s.purged.CompareAndSwap(last, now.UnixMilli()) {
		return nil
	}
	return s.CleanUp(ctx)
}

// CleanUp removes what is over. Signing in does it too; a server on which nobody signs in has to call it, hourly is enough, or it
// would keep the networks of sessions longer than their thirty days.
func (s *Service) CleanUp(ctx context.Context) error {
	now := s.cfg.Clock()
	if _, err := s.cfg.Store.PurgeGuests(ctx, now.Add(-UnseatedTTL), s.cfg.UnseatedGuests); err != nil {
		return err
	}
	return s.cfg.Store.PurgeExpired(ctx, now)
}
