package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// refresh is a refresh token taken apart. On the wire it is
//
//	family "." secret        26 characters of base32, a dot, 43 of base64url
//
// The family names the sign-in and never changes; only the hash of the secret is stored. Every secret but the first is made
// from its predecessor and a stored nonce. So the server can repeat its answer to a repeated refresh without having kept the
// secret, while neither the database nor an old token alone gives away the current one.
type refresh struct {
	family string
	secret [32]byte
}

const (
	familyLen = 26
	secretLen = 43
)

func newRefresh() refresh {
	r := refresh{family: rand.Text()}
	rand.Read(r.secret[:]) // never fails: crypto/rand ends the process instead
	return r
}

// parseRefresh takes a token apart. Everything that is not exactly of the form is ErrRefresh.
func parseRefresh(text string) (refresh, error) {
	family, secret, ok := strings.Cut(text, ".")
	if !ok || len(family) != familyLen || len(secret) != secretLen {
		return refresh{}, ErrRefresh
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil || len(raw) != 32 {
		return refresh{}, ErrRefresh
	}
	return refresh{family: family, secret: [32]byte(raw)}, nil
}

func (r refresh) text() string {
	return r.family + "." + base64.RawURLEncoding.EncodeToString(r.secret[:])
}

// hash is what is stored. The secret has 256 random bits, so a plain hash cannot be searched.
func (r refresh) hash() string {
	sum := sha256.Sum256(r.secret[:])
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (r refresh) successor(nonce string) refresh {
	mac := hmac.New(sha256.New, r.secret[:])
	mac.Write([]byte("skirmish refresh successor " + nonce))
	return refresh{family: r.family, secret: [32]byte(mac.Sum(nil))}
}
