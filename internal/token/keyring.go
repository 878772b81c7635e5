package token

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// use names what a key may sign; it is part of the file name on disk and never crosses: an access key signs no seat.
type use string

const (
	useAccess use = "access"
	useSeat   use = "seat"
)

// Times of a key's life. A key is made, known to all for a while, signs until its successor does, and verifies until no token of
// its making can be in time any more.
const (
	RotateAfter = 30 * 24 * time.Hour // a key of this age gets a successor
	SignAfter   = 10 * time.Minute    // from its making, so that whoever keeps the JWKS for less knows it before it signs
	RetireAfter = time.Hour           // from its successor's first signature; over MaxSeatTTL, and AccessTTL with AccessSkew
)

// key is one Ed25519 key and its id. The id is derived from the public half, so it needs no storage and cannot collide by
// mistake.
type key struct {
	id      string
	private ed25519.PrivateKey
	made    time.Time
	file    string // where it is kept; empty: in memory only
}

func (k key) public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

// keyset is the keys of one use, oldest first; at least one.
type keyset []key

// signing is the newest key that has been known for long enough, or the oldest when none has.
func (s keyset) signing(now time.Time) key {
	for i := len(s) - 1; i > 0; i-- {
		if !now.Before(s[i].made.Add(SignAfter)) {
			return s[i]
		}
	}
	return s[0]
}

// retired is how many of the oldest keys verify nothing any more.
func (s keyset) retired(now time.Time) (n int) {
	for n < len(s)-1 && !now.Before(s[n+1].made.Add(SignAfter+RetireAfter)) {
		n++
	}
	return n
}

func (s keyset) byID(id string) (key, bool) {
	for _, k := range s {
		if k.id == id {
			return k, true
		}
	}
	return key{}, false
}

// keysets is what a ring holds at a moment.
type keysets struct{ access, seat keyset }

func (s *keysets) of(u use) keyset {
	if u == useSeat {
		return s.seat
	}
	return s.access
}

// Keyring holds the access keys and the seat keys. It is concurrent-safe.
type Keyring struct {
	dir string // empty: in memory only
	now atomic.Pointer[keysets]
}

// NewKeyring makes a ring of fresh keys that live in memory only: tokens end with the process. For tests and throwaway
// servers; LoadKeyring is the one that survives a restart.
func NewKeyring() (*Keyring, error) {
	access, err1 := newKey()
	seat, err2 := newKey()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return ringOf(keyset{access}, keyset{seat}), nil
}

func ringOf(access, seat keyset) *Keyring {
	r := new(Keyring)
	r.now.Store(&keysets{access, seat})
	return r
}

func (r *Keyring) set(u use) keyset { return r.now.Load().of(u) }

// JWK is the public half of a key in the form of RFC 8037.
type JWK struct {
	Kty string `json:"kty" example:"OKP"`
	Crv string `json:"crv" example:"Ed25519"`
	Use string `json:"use" example:"sig"`
	Alg string `json:"alg" example:"EdDSA"`
	Kid string `json:"kid" example:"pYb6VEhJ0FIX" doc:"The kid in the head of the tokens that it verifies."`
	X   string `json:"x" doc:"The public key in base64url."`
}

// Public lists the keys that verify access tokens, oldest first, the one included that will sign next. Keep it for less than
// SignAfter.
func (r *Keyring) Public() []JWK {
	var list []JWK
	for _, k := range r.set(useAccess) {
		list = append(list, JWK{Kty: "OKP", Crv: "Ed25519", Use: "sig", Alg: "EdDSA", Kid: k.id, X: base64.RawURLEncoding.EncodeToString(k.public())})
	}
	return list
}

func newKey() (key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return key{}, fmt.Errorf("token: generate key: %w", err)
	}
	return keyOf(private), nil
}

func keyOf(private ed25519.PrivateKey) key {
	sum := sha256.Sum256(private.Public().(ed25519.PublicKey))
	return key{id: base64.RawURLEncoding.EncodeToString(sum[:9]), private: private}
}
