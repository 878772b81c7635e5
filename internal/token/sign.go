package token

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Config is what Signer and Verifier share.
type Config struct {
	Keys   *Keyring         // required
	Issuer string           // iss of every token; zero means "skirmish"
	Clock  func() time.Time // zero means time.Now
}

// Validate reports a missing or unusable field.
func (c Config) Validate() error {
	if c.Keys == nil {
		return errors.New("token: Config.Keys is missing; load a Keyring first")
	}
	if len(c.Issuer) > 256 {
		return fmt.Errorf("token: Config.Issuer has %d bytes, want at most 256", len(c.Issuer))
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Issuer == "" {
		c.Issuer = "skirmish"
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// kind is the shape of one of the tokens: the audience and the typ header that belong to a use.
type kind struct {
	use      use
	audience string
	typ      string
	leeway   time.Duration
	ttl      time.Duration
}

var (
	accessKind = kind{use: useAccess, audience: "access", typ: "skirmish-access+jwt", leeway: AccessSkew, ttl: AccessTTL}
	seatKind   = kind{use: useSeat, audience: "seat", typ: "skirmish-seat+jwt", ttl: MaxSeatTTL}
)

// claims is the payload of all tokens; each leaves out the fields that it does not have.
type claims struct {
	jwt.RegisteredClaims
	Room   string `json:"room,omitempty"`
	Epoch  uint64 `json:"epoch,omitempty"`
	Name   string `json:"name,omitempty"`
	Node   string `json:"node,omitempty"`
	Role   string `json:"role,omitempty"`
	Ticket string `json:"ticket,omitempty"`
	SignIn string `json:"sid,omitempty"`
}

// Signer makes tokens. It is concurrent-safe.
type Signer struct {
	cfg Config
}

// NewSigner checks cfg and returns a signer.
func NewSigner(cfg Config) (*Signer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Signer{cfg: cfg.withDefaults()}, nil
}

// Access makes an access token for the account with the id player, valid for AccessTTL. session names the sign-in that it belongs
// to, epoch is the account's.
func (s *Signer) Access(player, session string, epoch uint64) (string, Access, error) {
	if err := checkIDs([2]string{"player", player}, [2]string{"session", session}); err != nil {
		return "", Access{}, err
	}
	now := s.cfg.Clock().Truncate(time.Second)
	a := Access{Player: player, Session: session, Epoch: epoch, ID: rand.Text(), IssuedAt: now, ExpiresAt: now.Add(AccessTTL)}
	text, err := s.sign(accessKind, claims{
		RegisteredClaims: registered(a.Player, a.ID, a.IssuedAt, a.ExpiresAt), SignIn: a.Session, Epoch: a.Epoch,
	})
	return text, a, err
}

// Seat makes a seat token. IssuedAt is set here; ExpiresAt is kept when it is set and at most MaxSeatTTL away. Errors name the
// field that does not fit.
func (s *Signer) Seat(seat Seat) (string, Seat, error) {
	if seat.ID == "" {
		seat.ID = rand.Text()
	}
	if seat.Role == "" {
		seat.Role = RolePlayer
	}
	err := checkIDs([2]string{"room", seat.Room}, [2]string{"player", seat.Player}, [2]string{"name", seat.Name},
		[2]string{"node", seat.Node}, [2]string{"id", seat.ID}, [2]string{"role", seat.Role})
	if err == nil && len(seat.Ticket) > maxID {
		err = fmt.Errorf("token: ticket has %d bytes, want at most %d", len(seat.Ticket), maxID)
	}
	if err != nil {
		return "", Seat{}, err
	}
	if seat.IssuedAt, seat.ExpiresAt, err = s.life(seatKind, seat.ExpiresAt); err != nil {
		return "", Seat{}, err
	}
	text, err := s.sign(seatKind, claims{
		RegisteredClaims: registered(seat.Player, seat.ID, seat.IssuedAt, seat.ExpiresAt),
		Room:             seat.Room, Epoch: seat.Epoch, Name: seat.Name, Node: seat.Node, Role: seat.Role, Ticket: seat.Ticket,
	})
	return text, seat, err
}

// life is the time for which a token of kind k is valid when it is to end at wanted; zero means as late as may be. Whole
// seconds, rounded down: a token never lives longer than it says.
func (s *Signer) life(k kind, wanted time.Time) (issued, expires time.Time, err error) {
	issued = s.cfg.Clock().Truncate(time.Second)
	if wanted.IsZero() {
		wanted = issued.Add(k.ttl)
	}
	expires = wanted.Truncate(time.Second)
	if ttl := expires.Sub(issued); ttl <= 0 || ttl > k.ttl {
		return issued, expires, fmt.Errorf("token: %s would live %s, want more than 0 and at most %s", k.audience, ttl, k.ttl)
	}
	return issued, expires, nil
}

func registered(subject, id string, issued, expires time.Time) jwt.RegisteredClaims {
	return jwt.RegisteredClaims{
		Subject: subject, ID: id,
		IssuedAt: jwt.NewNumericDate(issued), NotBefore: jwt.NewNumericDate(issued), ExpiresAt: jwt.NewNumericDate(expires),
	}
}

func (s *Signer) sign(k kind, c claims) (string, error) {
	c.Issuer = s.cfg.Issuer
	c.Audience = jwt.ClaimStrings{k.audience}
	signing := s.cfg.Keys.set(k.use).signing(s.cfg.Clock())
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	t.Header["typ"] = k.typ
	t.Header["kid"] = signing.id
	text, err := t.SignedString(signing.private)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	if len(text) > MaxBytes {
		return "", fmt.Errorf("token: signed token has %d bytes, want at most %d", len(text), MaxBytes)
	}
	return text, nil
}
