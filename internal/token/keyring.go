package token

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// use names what a key may sign; it is part of the file name on disk and never crosses: an access key signs no seat.
type use string

const (
	useAccess use = "access"
	useSeat   use = "seat"
)

// key is one Ed25519 key and its id. The id is derived from the public half, so it needs no storage and cannot collide by
// mistake.
type key struct {
	id      string
	private ed25519.PrivateKey
}

func (k key) public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

// keyset is the keys of one use, oldest first. The newest signs, all verify: adding a key rotates without ending a session.
type keyset []key

func (s keyset) signing() key { return s[len(s)-1] }

func (s keyset) byID(id string) (key, bool) {
	for _, k := range s {
		if k.id == id {
			return k, true
		}
	}
	return key{}, false
}

// Keyring holds the access keys and the seat keys. It does not change after it was made and is concurrent-safe.
type Keyring struct {
	access, seat keyset
}

// NewKeyring makes a ring of fresh keys that live in memory only: tokens end with the process. For tests and throwaway
// servers; LoadKeyring is the one that survives a restart.
func NewKeyring() (*Keyring, error) {
	access, err1 := newKey()
	seat, err2 := newKey()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &Keyring{access: keyset{access}, seat: keyset{seat}}, nil
}

func (r *Keyring) set(u use) keyset {
	if u == useSeat {
		return r.seat
	}
	return r.access
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
