// Package password turns passwords into what is stored of them, and compares. It owns the parameters of argon2id, and what a process
// answers that computes it for another.
//
// lobby/auth calls it. It knows no accounts, and imports of this module only internal/cpuwork: an evaluation takes tens of
// milliseconds and 19 MiB, which must never be taken from a tick.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/skirmish-dev/skirmish/internal/cpuwork"
)

// The second of the parameter sets that OWASP's Password Storage Cheat Sheet names for argon2id.
const (
	memory  = 19 << 10 // KiB
	passes  = 2
	lanes   = 1
	saltLen = 16
	sumLen  = 32
)

// Limits of a password. Nothing is asked of what it is made of (NIST SP 800-63B, 5.1.1.2).
const (
	MinRunes = 8
	MaxBytes = 256
)

// mostWait is how long a password may wait for its turn: with the time that the process may take for it, less than the minute for which
// the server keeps a request.
const mostWait = 10 * time.Second

// Errors that callers tell apart.
var (
	ErrWrong = errors.New("password: it is another")
	ErrBusy  = errors.New("password: too many are being checked")
)

// WeakError says why a password cannot be chosen, in words for the player.
type WeakError struct{ Reason string }

func (e *WeakError) Error() string { return "password " + e.Reason }

// Check says whether a password may be chosen by the owner of email. Errors: *WeakError.
func Check(password, email string) error {
	switch {
	case !utf8.ValidString(password):
		return &WeakError{"is not valid UTF-8"}
	case len(password) > MaxBytes:
		return &WeakError{fmt.Sprintf("is longer than %d bytes", MaxBytes)}
	case utf8.RuneCountInString(password) < MinRunes:
		return &WeakError{fmt.Sprintf("is shorter than %d characters", MinRunes)}
	case strings.EqualFold(password, email):
		return &WeakError{"is the e-mail address"}
	}
	return nil
}

// Hasher computes on a pool. It is concurrent-safe.
type Hasher struct {
	pool        *cpuwork.Pool
	evaluations atomic.Int64
}

// New makes a Hasher that computes on pool, which the caller closes.
func New(pool *cpuwork.Pool) *Hasher { return &Hasher{pool: pool} }

// Evaluations counts how often argon2 was computed.
func (h *Hasher) Evaluations() int64 { return h.evaluations.Load() }

// Hash is what is stored of a password: "$argon2id$v=19$m=19456,t=2,p=1$salt$sum", the form of the reference implementation.
// Errors: ErrBusy, ctx's.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLen)
	rand.Read(salt) // never fails: crypto/rand ends the process instead
	sum, err := h.sum(ctx, password, salt)
	if err != nil {
		return "", err
	}
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, encode(salt), encode(sum)), nil
}

// Verify compares a password with a stored hash. An empty hash stands for an account that is not there: it costs the same and is
// wrong. Errors: ErrWrong, ErrBusy, ctx's.
func (h *Hasher) Verify(ctx context.Context, password, hash string) error {
	salt, want := make([]byte, saltLen), make([]byte, sumLen)
	rand.Read(want)
	known := false
	if hash != "" {
		var err error
		if salt, want, err = parse(hash); err != nil {
			return err
		}
		known = true
	}
	if len(password) > MaxBytes {
		password, known = "", false // never a chosen one; the same work
	}
	sum, err := h.sum(ctx, password, salt)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(sum, want) != 1 || !known {
		return ErrWrong
	}
	return nil
}

func (h *Hasher) sum(caller context.Context, password string, salt []byte) (sum []byte, err error) {
	ctx, cancel := context.WithTimeout(caller, mostWait)
	defer cancel()
	sum, err = h.pool.Call(ctx, append(slices.Clone(salt), password...))
	if err == nil && len(sum) != sumLen || errors.Is(err, cpuwork.ErrProcess) {
		err = h.pool.Do(ctx, func() { sum = evaluate(password, salt) })
	}
	if err == nil {
		h.evaluations.Add(1)
	}
	waited := errors.Is(err, context.DeadlineExceeded) && caller.Err() == nil
	if waited || errors.Is(err, cpuwork.ErrBusy) || errors.Is(err, cpuwork.ErrClosed) {
		return nil, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return sum, err
}

func evaluate(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, passes, memory, lanes, sumLen)
}

// Serve computes for the Hashers of another process until that is done with it; see cpuwork.Config.Command.
func Serve(in io.Reader, out io.Writer) error {
	return cpuwork.Serve(in, out, func(request []byte) []byte {
		if len(request) < saltLen {
			return nil // which no Hasher takes for an answer
		}
		return evaluate(string(request[saltLen:]), request[:saltLen])
	})
}

// parse reads a stored hash. Only what Hash writes is known: other parameters come with a change of this package.
func parse(hash string) (salt, sum []byte, err error) {
	prefix := fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, memory, passes, lanes)
	rest, ok := strings.CutPrefix(hash, prefix)
	first, second, two := strings.Cut(rest, "$")
	salt, err1 := base64.RawStdEncoding.DecodeString(first)
	sum, err2 := base64.RawStdEncoding.DecodeString(second)
	if !ok || !two || err1 != nil || err2 != nil || len(salt) != saltLen || len(sum) != sumLen {
		return nil, nil, errors.New("password: the stored hash is of no known form")
	}
	return salt, sum, nil
}
