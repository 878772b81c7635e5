package token

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// Verifier checks tokens against the ring it was made with. It is concurrent-safe and asks nobody: no store, no network.
type Verifier struct {
	cfg          Config
	access, seat *jwt.Parser
}

// NewVerifier checks cfg and returns a verifier.
func NewVerifier(cfg Config) (*Verifier, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	parser := func(k kind) *jwt.Parser {
		return jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
			jwt.WithIssuer(cfg.Issuer),
			jwt.WithAudience(k.audience),
			jwt.WithExpirationRequired(),
			jwt.WithNotBeforeRequired(),
			jwt.WithIssuedAt(),
			jwt.WithStrictDecoding(),
			jwt.WithLeeway(k.leeway),
			jwt.WithTimeFunc(cfg.Clock),
		)
	}
	return &Verifier{cfg: cfg, access: parser(accessKind), seat: parser(seatKind)}, nil
}

// Access verifies an access token. Every error wraps ErrInvalid.
func (v *Verifier) Access(text string) (Access, error) {
	c, err := v.verify(accessKind, v.access, text)
	if err != nil {
		return Access{}, err
	}
	if err := checkIDs([2]string{"sid", c.SignIn}); err != nil {
		return Access{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return Access{
		Player: c.Subject, Session: c.SignIn, Epoch: c.Epoch, ID: c.ID, IssuedAt: c.IssuedAt.Time, ExpiresAt: c.ExpiresAt.Time,
	}, nil
}

// Seat verifies a seat token: signature, life and shape. The caller still compares Room, Epoch and Node with its own and
// remembers ID, since a seat is good once. Every error wraps ErrInvalid.
func (v *Verifier) Seat(text string) (Seat, error) {
	c, err := v.verify(seatKind, v.seat, text)
	if err != nil {
		return Seat{}, err
	}
	err = checkIDs([2]string{"room", c.Room}, [2]string{"name", c.Name}, [2]string{"node", c.Node}, [2]string{"role", c.Role})
	if err == nil && !utf8.ValidString(c.Name) {
		err = errors.New("token: name is not UTF-8")
	}
	if err != nil {
		return Seat{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return Seat{
		Room: c.Room, Epoch: c.Epoch, Player: c.Subject, Name: c.Name, Node: c.Node, Role: c.Role, Ticket: c.Ticket,
		ID: c.ID, IssuedAt: c.IssuedAt.Time, ExpiresAt: c.ExpiresAt.Time,
	}, nil
}

func (v *Verifier) verify(k kind, p *jwt.Parser, text string) (*claims, error) {
	// Before any parsing: the text comes from a header or a query and may be as long as those.
	if len(text) == 0 || len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, want 1 to %d", ErrInvalid, len(text), MaxBytes)
	}
	c := new(claims)
	if _, err := p.ParseWithClaims(text, c, v.keyFunc(k)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	switch {
	case len(c.Audience) != 1:
		return nil, fmt.Errorf("%w: %d audiences, want 1", ErrInvalid, len(c.Audience))
	case c.IssuedAt == nil:
		return nil, fmt.Errorf("%w: iat is missing", ErrInvalid)
	case c.ExpiresAt.Sub(c.IssuedAt.Time) > k.ttl:
		return nil, fmt.Errorf("%w: lives %s, want at most %s", ErrInvalid, c.ExpiresAt.Sub(c.IssuedAt.Time), k.ttl)
	}
	if err := checkIDs([2]string{"sub", c.Subject}, [2]string{"jti", c.ID}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return c, nil
}

// keyFunc picks the key by kid among those of this kind only, so that a seat never verifies as an access token even if a
// claim check were lost.
func (v *Verifier) keyFunc(k kind) jwt.Keyfunc {
	return func(t *jwt.Token) (any, error) {
		if typ, _ := t.Header["typ"].(string); typ != k.typ {
			return nil, fmt.Errorf("typ is %q, want %q", typ, k.typ)
		}
		kid, _ := t.Header["kid"].(string)
		found, ok := v.cfg.Keys.set(k.use).byID(kid)
		if !ok {
			return nil, errors.New("kid is not a key of this server")
		}
		return found.public(), nil
	}
}
