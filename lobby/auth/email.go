package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"strings"
	"time"

	"github.com/skirmish-dev/skirmish/internal/playername"
	"github.com/skirmish-dev/skirmish/lobby/auth/password"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	outbox "github.com/skirmish-dev/skirmish/lobby/mail"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// LinkTTL is how long a link in an e-mail is good.
const LinkTTL = 30 * time.Minute

// EmailError says why an address cannot be used, in words for the player.
type EmailError struct{ Reason string }

func (e *EmailError) Error() string { return "e-mail address " + e.Reason }

// CleanEmail checks an address and gives the form in which addresses are compared: ASCII, in lower case. Errors: *EmailError.
func CleanEmail(text string) (string, error) {
	text = strings.TrimSpace(text)
	if len(text) > 254 {
		return "", &EmailError{"is longer than 254 bytes"}
	}
	for _, r := range text {
		if r <= ' ' || r > '~' {
			return "", &EmailError{"has a character that is not allowed"}
		}
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || parsed.Name != "" || strings.ContainsAny(text, `"<>()[],;:\`) {
		return "", &EmailError{"is not of the form name@example.org"}
	}
	return strings.ToLower(text), nil
}

// attempt is who tries to sign in from where.
type attempt struct {
	email string
	from  netip.Prefix
}

// Login signs in with e-mail and password. Known and unknown addresses cost one evaluation of argon2 each. Errors: ErrLogin,
// *BannedError, *LimitError, ErrBusy.
func (s *Service) Login(ctx context.Context, c Client, email, secret string) (Session, error) {
	from := limit.Network(c.Addr)
	if wait, ok := s.logins.Ask(ctx, from); !ok {
		return Session{}, &LimitError{RetryAfter: wait}
	}
	email, err := CleanEmail(email)
	if err != nil {
		return Session{}, ErrLogin // no address of this form has an account, which is no secret
	}
	if wait, ok := s.tries.Ask(ctx, attempt{email, from}); !ok {
		return Session{}, &LimitError{RetryAfter: wait}
	}
	known, account, err := s.cfg.Store.Identity(ctx, store.ProviderEmail, email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Session{}, err
	}
	err = s.passwords.Verify(ctx, secret, known.Secret)
	switch {
	case errors.Is(err, password.ErrWrong):
		return Session{}, ErrLogin
	case errors.Is(err, password.ErrBusy):
		return Session{}, ErrBusy
	case err != nil:
		return Session{}, err
	}
	return s.signIn(ctx, c, account)
}

// Registration is a player that wants to sign in with e-mail and password.
type Registration struct {
	Name, Email, Password string
}

// Register makes a new account, signed in at once, and sends a link to its address. When that is opened the account can be signed
// in to with address and password; until then it is a guest's. The same happens whether the address has an account or not, since only
// its owner may learn that. Errors: *playername.Error, *EmailError, *password.WeakError, *LimitError, ErrBusy.
func (s *Service) Register(ctx context.Context, c Client, r Registration) (Session, error) {
	name, err := playername.Clean(r.Name)
	if err != nil {
		return Session{}, err
	}
	if wait, ok := s.guests.Ask(ctx, limit.Network(c.Addr)); !ok {
		return Session{}, &LimitError{RetryAfter: wait}
	}
	email, hash, err := s.prepareEmail(ctx, c, r.Email, r.Password)
	if err != nil {
		return Session{}, err
	}
	session, err := s.newAccount(ctx, c, name, s.cfg.Store.CreateGuest)
	if err != nil {
		return Session{}, err
	}
	return session, s.askToConfirm(ctx, Caller{Player: session.Player}, email, hash)
}

// SetEmail sends a link to an address; opening it makes address and password the way to sign in to the caller's account, in place of
// another address. Errors: ErrStale, ErrGone, *EmailError, *password.WeakError, *LimitError, ErrBusy.
func (s *Service) SetEmail(ctx context.Context, c Client, who Caller, email, secret string) error {
	if err := s.fresh(ctx, who); err != nil {
		return err
	}
	email, hash, err := s.prepareEmail(ctx, c, email, secret)
	if err != nil {
		return err
	}
	return s.askToConfirm(ctx, who, email, hash)
}

func (s *Service) prepareEmail(ctx context.Context, c Client, email, secret string) (clean, hash string, err error) {
	if clean, err = CleanEmail(email); err != nil {
		return "", "", err
	}
	if err := password.Check(secret, clean); err != nil {
		return "", "", err
	}
	if wait, ok := s.mails.Ask(ctx, limit.Network(c.Addr)); !ok {
		return "", "", &LimitError{RetryAfter: wait}
	}
	hash, err = s.passwords.Hash(ctx, secret)
	if errors.Is(err, password.ErrBusy) {
		err = ErrBusy
	}
	return clean, hash, err
}

func (s *Service) askToConfirm(ctx context.Context, who Caller, email, hash string) error {
	secret := rand.Text()
	m := store.MailToken{
		Hash: linkHash(secret), Purpose: store.PurposeConfirm, Account: who.Player, Email: email, Secret: hash, Epoch: int64(who.epoch),
		ExpiresAt: s.cfg.Clock().Add(LinkTTL),
	}
	if err := s.cfg.Store.PutMailToken(ctx, m); err != nil {
		return gone(err)
	}
	letter := func(context.Context) (*outbox.Mail, error) {
		return &outbox.Mail{To: email, Subject: "Confirm your e-mail address", Text: fmt.Sprintf(confirmText, s.link("confirm", secret))}, nil
	}
	return s.post("confirm "+email, letter)
}

// post puts a letter into the outbox. One too many to the same address is left out without a word: who asked must not learn that
// somebody else has asked too. about is the purpose and the address: who asks for the one kind must not use up the other.
func (s *Service) post(about string, l outbox.Letter) error {
	if _, ok := s.mailsTo.Take(about); !ok {
		return nil
	}
	if !s.cfg.Outbox.Offer(l) {
		return ErrBusy
	}
	return nil
}

// Confirm spends the secret of a confirmation link. The address that was the account's until then is told. Errors: ErrLink, ErrTaken when
// the address belongs to another account: its owner learns it, who holds the link.
func (s *Service) Confirm(ctx context.Context, c Client, secret string) error {
	if err := s.openLink(ctx, c); err != nil {
		return err
	}
	done, err := s.cfg.Store.Confirm(ctx, linkHash(secret), s.cfg.Clock())
	switch {
	case errors.Is(err, store.ErrTaken):
		return ErrTaken
	case errors.Is(err, store.ErrNotFound):
		return ErrLink
	case err == nil && done.Replaced != "":
		s.tell(done.Replaced, "Another e-mail address signs in to your account", changedText)
	}
	return err
}

// tell sends a letter without a link to an address that signs in to an account no more. It is not counted against MailsTo: who changes
// addresses often must not be able to use the letter up. One that the full outbox does not take is left out, since the change stands.
func (s *Service) tell(email, subject, text string) {
	s.cfg.Outbox.Offer(func(context.Context) (*outbox.Mail, error) {
		return &outbox.Mail{To: email, Subject: subject, Text: text}, nil
	})
}

// AskReset sends a link to set another password, if the address has an account. It looks that up later, so that neither answer nor
// time says it. Errors: *EmailError, *LimitError, ErrBusy.
func (s *Service) AskReset(ctx context.Context, c Client, email string) error {
	email, err := CleanEmail(email)
	if err != nil {
		return err
	}
	if wait, ok := s.mails.Ask(ctx, limit.Network(c.Addr)); !ok {
		return &LimitError{RetryAfter: wait}
	}
	return s.post("reset "+email, func(ctx context.Context) (*outbox.Mail, error) {
		_, account, err := s.cfg.Store.Identity(ctx, store.ProviderEmail, email)
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		secret := rand.Text()
		err = s.cfg.Store.PutMailToken(ctx, store.MailToken{
			Hash: linkHash(secret), Purpose: store.PurposeReset, Account: account.ID, Email: email, ExpiresAt: s.cfg.Clock().Add(LinkTTL),
		})
		if err != nil {
			return nil, err
		}
		return &outbox.Mail{To: email, Subject: "Set another password", Text: fmt.Sprintf(resetText, account.Name, s.link("reset", secret))}, nil
	})
}

// Reset spends the secret of a reset link: the account has another password, and every session of it ends. Errors: ErrLink,
// *password.WeakError, *LimitError, ErrBusy.
func (s *Service) Reset(ctx context.Context, c Client, secret, chosen string) error {
	if err := s.openLink(ctx, c); err != nil {
		return err
	}
	if err := password.Check(chosen, ""); err != nil {
		return err
	}
	hash := linkHash(secret)
	err := s.cfg.Store.MailTokenWaits(ctx, hash, store.PurposeReset, s.cfg.Clock())
	if errors.Is(err, store.ErrNotFound) {
		return ErrLink // before argon2: guessing costs the guesser more than the server
	}
	if err != nil {
		return err
	}
	stored, err := s.passwords.Hash(ctx, chosen)
	if errors.Is(err, password.ErrBusy) {
		return ErrBusy
	}
	if err != nil {
		return err
	}
	err = s.ended(s.cfg.Store.ResetPassword(ctx, hash, stored, s.cfg.Clock()))
	if errors.Is(err, ErrGone) {
		return ErrLink
	}
	return err
}

func (s *Service) openLink(ctx context.Context, c Client) error {
	if wait, ok := s.logins.Ask(ctx, limit.Network(c.Addr)); !ok {
		return &LimitError{RetryAfter: wait}
	}
	return nil
}

// link is the address in an e-mail. The secret is in the fragment, which browsers send to no server and put into no Referer.
func (s *Service) link(purpose, secret string) string {
	return s.cfg.LinkURL + "#" + purpose + "=" + secret
}

// linkHash is what is stored of a link's secret, which has 128 random bits: a plain hash cannot be searched.
func linkHash(secret string) string {
	sum := sha256.Sum256([]byte("skirmish mail link " + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

const confirmText = `Somebody, hopefully you, wants to sign in to a game with this e-mail address.

Open this link within 30 minutes to confirm it:

%s

If it was not you, do nothing: without the link the address is not used.
`

const resetText = `Hello %s,

somebody, hopefully you, wants to set another password for your account. Open this link within 30 minutes:

%s

It ends every session of the account. If it was not you, do nothing.
`

const changedText = `Your account of a game was signed in to with this e-mail address. From now on another one does,
and this one opens the account no more. Somebody who was signed in to it has asked for that.

If it was you, there is nothing to do. If not, tell those who run the game: they can ban the account until it is yours again.
`

const removedText = `Your account of a game was signed in to with this e-mail address. Somebody who was signed in to it
has taken the address away, and it opens the account no more.

If it was you, there is nothing to do. If not, tell those who run the game: they can ban the account until it is yours again.
`
