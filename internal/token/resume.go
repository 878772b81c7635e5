package token

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"sync"
	"time"
)

// A resume token is 48 bytes in base64url, which makes 64 characters with no bit to spare: each has one spelling.
//
//	session   8 bytes, big endian
//	epoch     8 bytes
//	expires   8 bytes, Unix seconds
//	mac      24 bytes: the first of HMAC-SHA256(key, resumeDomain, the 24 bytes before)
const (
	resumeClaims = 24
	resumeMAC    = 24
	// ResumeBytes is the length of every resume token.
	ResumeBytes = (resumeClaims + resumeMAC) * 4 / 3
	// resumeDomain keeps what is sealed here apart from whatever else the key could be used for.
	resumeDomain = "skirmish resume token 1\x00"
)

// Resume is the right to open another WebSocket for a player who is seated. Whether it was used before is the game side's
// knowledge.
type Resume struct {
	Session   uint64    // from 1; names the connection that was given it, and with it the player
	Epoch     uint64    // instance of the room, as in Seat
	ExpiresAt time.Time // second precision, at most MaxResumeTTL away
}

// Resumes seals and opens the resume tokens of one node. Its key is drawn by NewResumes and never leaves the process, so that a
// token of an earlier boot, or of another node, opens nothing. It is concurrent-safe.
//
// A player is given a new token every few seconds while it plays. That is why these are no JWTs: one is made in a microsecond and
// with no object, and who makes it is who checks it, so that nobody else need be able to read it.
type Resumes struct {
	clock func() time.Time

	mu  sync.Mutex
	mac hash.Hash
	buf [resumeClaims + sha256.Size]byte // scratch: what an interface is given is on the heap
}

// NewResumes draws a key. Zero (nil) for clock means time.Now.
func NewResumes(clock func() time.Time) *Resumes {
	if clock == nil {
		clock = time.Now
	}
	var key [sha256.Size]byte
	rand.Read(key[:]) // it never fails: crypto/rand ends the process instead
	return &Resumes{clock: clock, mac: hmac.New(sha256.New, key[:])}
}

// Append appends the token of r. Errors name the field that is out of bounds.
func (s *Resumes) Append(dst []byte, r Resume) ([]byte, error) {
	if r.Session == 0 {
		return dst, fmt.Errorf("token: session is 0, want 1 or more")
	}
	if ttl := r.ExpiresAt.Sub(s.clock()); ttl <= 0 || ttl > MaxResumeTTL {
		return dst, fmt.Errorf("token: resume would live %s, want more than 0 and at most %s", ttl, MaxResumeTTL)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := binary.BigEndian.AppendUint64(s.buf[:0], r.Session)
	b = binary.BigEndian.AppendUint64(b, r.Epoch)
	b = binary.BigEndian.AppendUint64(b, uint64(r.ExpiresAt.Unix()))
	return base64.RawURLEncoding.AppendEncode(dst, s.seal(b)), nil
}

// seal appends the mac to claims, which lie in s.buf. mu is held.
func (s *Resumes) seal(claims []byte) []byte {
	s.mac.Reset()
	// A hash takes everything.
	_, _ = s.mac.Write(resumePrefix)
	_, _ = s.mac.Write(claims)
	return s.mac.Sum(claims)[:resumeClaims+resumeMAC]
}

var resumePrefix = []byte(resumeDomain)

// Open checks a token and returns what it says. The error wraps ErrInvalid.
func (s *Resumes) Open(text string) (Resume, error) {
	if len(text) != ResumeBytes {
		return Resume{}, fmt.Errorf("%w: %d bytes, want %d", ErrInvalid, len(text), ResumeBytes)
	}
	var got [resumeClaims + resumeMAC]byte
	// Go's decoder skips line breaks wherever they are; then fewer bytes come out.
	if n, err := base64.RawURLEncoding.Strict().Decode(got[:], []byte(text)); err != nil || n != len(got) {
		return Resume{}, fmt.Errorf("%w: not base64url", ErrInvalid)
	}
	s.mu.Lock()
	same := hmac.Equal(s.seal(append(s.buf[:0], got[:resumeClaims]...))[resumeClaims:], got[resumeClaims:])
	s.mu.Unlock()
	if !same {
		return Resume{}, fmt.Errorf("%w: not made by this server since it started", ErrInvalid)
	}
	r := Resume{
		Session:   binary.BigEndian.Uint64(got[0:]),
		Epoch:     binary.BigEndian.Uint64(got[8:]),
		ExpiresAt: time.Unix(int64(binary.BigEndian.Uint64(got[16:])), 0),
	}
	if !s.clock().Before(r.ExpiresAt) {
		return Resume{}, fmt.Errorf("%w: expired", ErrInvalid)
	}
	return r, nil
}
