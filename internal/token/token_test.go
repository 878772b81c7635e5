package token

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// bench is a signer and a verifier on one ring and one clock that the test moves.
type bench struct {
	now      time.Time
	keys     *Keyring
	signer   *Signer
	verifier *Verifier
}

func newBench(t testing.TB) *bench {
	t.Helper()
	keys, err := NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	return benchOn(t, keys)
}

func benchOn(t testing.TB, keys *Keyring) *bench {
	t.Helper()
	b := &bench{now: t0, keys: keys}
	cfg := Config{Keys: keys, Clock: func() time.Time { return b.now }}
	var err1, err2 error
	b.signer, err1 = NewSigner(cfg)
	b.verifier, err2 = NewVerifier(cfg)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) access(t testing.TB) string {
	t.Helper()
	text, _, err := b.signer.Access("p1", "s1", 7)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func goodSeat() Seat {
	return Seat{Room: "r1", Epoch: 1<<63 + 7, Player: "p1", Name: "Änn 🚀", Node: "boot1"}
}

func (b *bench) seat(t testing.TB) string {
	t.Helper()
	text, _, err := b.signer.Seat(goodSeat())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAccessRoundTrip(t *testing.T) {
	b := newBench(t)
	text, made, err := b.signer.Access("p1", "s1", 7)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.verifier.Access(text)
	if err != nil {
		t.Fatal(err)
	}
	if got.Player != "p1" || got.Session != "s1" || got.Epoch != 7 || got.ID != made.ID || !got.ExpiresAt.Equal(t0.Add(AccessTTL)) || !got.IssuedAt.Equal(t0) {
		t.Fatalf("got %+v, made %+v", got, made)
	}
}

func TestSeatRoundTrip(t *testing.T) {
	b := newBench(t)
	b.now = t0.Add(700 * time.Millisecond)
	want := goodSeat()
	want.Ticket = "t1"
	text, made, err := b.signer.Seat(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.verifier.Seat(text)
	if err != nil {
		t.Fatal(err)
	}
	want.Role, want.ID = RolePlayer, made.ID
	want.IssuedAt, want.ExpiresAt = t0, t0.Add(MaxSeatTTL)
	got.IssuedAt, got.ExpiresAt = got.IssuedAt.UTC(), got.ExpiresAt.UTC()
	if got != want || got.ID == "" {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}

func TestTokensLiveAsLongAsTheySay(t *testing.T) {
	b := newBench(t)
	access, seat := b.access(t), b.seat(t)
	check := func(at time.Duration, accessOK, seatOK bool) {
		t.Helper()
		b.now = t0.Add(at)
		if _, err := b.verifier.Access(access); (err == nil) != accessOK {
			t.Errorf("access token after %s: %v, want valid=%t", at, err, accessOK)
		}
		if _, err := b.verifier.Seat(seat); (err == nil) != seatOK {
			t.Errorf("seat token after %s: %v, want valid=%t", at, err, seatOK)
		}
	}
	check(-31*time.Second, false, false)
	check(-30*time.Second, true, false)
	check(0, true, true)
	check(29*time.Second, true, true)
	check(30*time.Second, true, false)
	check(AccessTTL+29*time.Second, true, false)
	check(AccessTTL+30*time.Second, false, false)
}

func TestSeatOfTooLongALifeIsRefused(t *testing.T) {
	b := newBench(t)
	s := goodSeat()
	s.ExpiresAt = t0.Add(MaxSeatTTL + time.Second)
	if _, _, err := b.signer.Seat(s); err == nil {
		t.Error("the signer made a seat of 31 s")
	}
	text := b.forge(t, seatKind, func(c *claims, h map[string]any) {
		c.ExpiresAt = jwt.NewNumericDate(t0.Add(MaxSeatTTL + time.Second))
	})
	if _, err := b.verifier.Seat(text); !errors.Is(err, ErrInvalid) {
		t.Errorf("the verifier took a seat of 31 s: %v", err)
	}
}

func TestSeatFieldsAreBounded(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("x", 65)
	for name, change := range map[string]func(*Seat){
		"no room": func(s *Seat) { s.Room = "" }, "long room": func(s *Seat) { s.Room = long },
		"no player": func(s *Seat) { s.Player = "" }, "long name": func(s *Seat) { s.Name = long },
		"no node": func(s *Seat) { s.Node = "" }, "long ticket": func(s *Seat) { s.Ticket = long },
		"long role": func(s *Seat) { s.Role = long }, "long id": func(s *Seat) { s.ID = long },
	} {
		s := goodSeat()
		change(&s)
		if _, _, err := b.signer.Seat(s); err == nil {
			t.Errorf("%s: the signer made a seat", name)
		}
	}
	full := strings.Repeat("\x01", 64) // six bytes each in JSON: the longest that can be signed
	text, _, err := b.signer.Seat(Seat{
		Room: full, Epoch: 1<<64 - 1, Player: full, Name: full, Node: full, Role: full, Ticket: full, ID: full,
	})
	if err == nil {
		t.Errorf("a token of %d bytes was signed", len(text))
	}
}

// forge signs claims with the real key of a kind after change has had its way with them.
func (b *bench) forge(t testing.TB, k kind, change func(*claims, map[string]any)) string {
	t.Helper()
	c := claims{RegisteredClaims: registered("p1", "id1", t0, t0.Add(k.ttl))}
	c.Issuer, c.Audience = "skirmish", jwt.ClaimStrings{k.audience}
	if k.use == useSeat {
		c.Room, c.Name, c.Node, c.Role = "r1", "Ann", "boot1", RolePlayer
	} else {
		c.SignIn = "s1"
	}
	signing := b.keys.set(k.use).signing(t0)
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, &c)
	tok.Header["typ"], tok.Header["kid"] = k.typ, signing.id
	change(&c, tok.Header)
	text, err := tok.SignedString(signing.private)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEveryClaimIsRequired(t *testing.T) {
	b := newBench(t)
	for _, k := range []kind{accessKind, seatKind} {
		verify := func(text string) error {
			if k.use == useSeat {
				_, err := b.verifier.Seat(text)
				return err
			}
			_, err := b.verifier.Access(text)
			return err
		}
		if err := verify(b.forge(t, k, func(*claims, map[string]any) {})); err != nil {
			t.Fatalf("%s: the unchanged forgery must pass: %v", k.use, err)
		}
		for name, change := range map[string]func(*claims, map[string]any){
			"no exp":        func(c *claims, _ map[string]any) { c.ExpiresAt = nil },
			"no nbf":        func(c *claims, _ map[string]any) { c.NotBefore = nil },
			"no iat":        func(c *claims, _ map[string]any) { c.IssuedAt = nil },
			"no iss":        func(c *claims, _ map[string]any) { c.Issuer = "" },
			"other iss":     func(c *claims, _ map[string]any) { c.Issuer = "skirmish2" },
			"no aud":        func(c *claims, _ map[string]any) { c.Audience = nil },
			"other aud":     func(c *claims, _ map[string]any) { c.Audience = jwt.ClaimStrings{"other"} },
			"two aud":       func(c *claims, _ map[string]any) { c.Audience = jwt.ClaimStrings{"access", "seat"} },
			"no sub":        func(c *claims, _ map[string]any) { c.Subject = "" },
			"long sub":      func(c *claims, _ map[string]any) { c.Subject = strings.Repeat("p", 65) },
			"no jti":        func(c *claims, _ map[string]any) { c.ID = "" },
			"no kid":        func(_ *claims, h map[string]any) { delete(h, "kid") },
			"unknown kid":   func(_ *claims, h map[string]any) { h["kid"] = "AAAAAAAAAAAA" },
			"kid no string": func(_ *claims, h map[string]any) { h["kid"] = 7 },
			"no typ":        func(_ *claims, h map[string]any) { delete(h, "typ") },
			"typ JWT":       func(_ *claims, h map[string]any) { h["typ"] = "JWT" },
			"future iat": func(c *claims, _ map[string]any) {
				c.IssuedAt = jwt.NewNumericDate(t0.Add(time.Minute))
			},
			"future nbf": func(c *claims, _ map[string]any) {
				c.NotBefore = jwt.NewNumericDate(t0.Add(time.Minute))
			},
			"long life": func(c *claims, _ map[string]any) { c.ExpiresAt = jwt.NewNumericDate(t0.Add(time.Hour)) },
		} {
			if err := verify(b.forge(t, k, change)); !errors.Is(err, ErrInvalid) {
				t.Errorf("%s with %s: %v, want ErrInvalid", k.use, name, err)
			}
		}
	}
}

func TestSeatAndAccessDoNotSwap(t *testing.T) {
	b := newBench(t)
	if _, err := b.verifier.Seat(b.access(t)); !errors.Is(err, ErrInvalid) {
		t.Errorf("an access token opened a seat: %v", err)
	}
	if _, err := b.verifier.Access(b.seat(t)); !errors.Is(err, ErrInvalid) {
		t.Errorf("a seat token was taken as access: %v", err)
	}
	// Even with every claim of the other kind, the key decides.
	for _, k := range []kind{accessKind, seatKind} {
		other := seatKind
		if k.use == useSeat {
			other = accessKind
		}
		crossed := k
		crossed.use = other.use // signs with the other key
		text := b.forge(t, crossed, func(c *claims, h map[string]any) {
			c.Room, c.Name, c.Node, c.Role = "r1", "Ann", "boot1", RolePlayer
			h["kid"] = b.keys.set(k.use).signing(t0).id
		})
		_, err1 := b.verifier.Access(text)
		_, err2 := b.verifier.Seat(text)
		if err1 == nil || err2 == nil {
			t.Errorf("claims of %s under the key of %s: access %v, seat %v", k.use, other.use, err1, err2)
		}
	}
}

func TestAlgorithmIsPinned(t *testing.T) {
	b := newBench(t)
	signing := b.keys.set(useAccess).signing(t0)
	c := claims{RegisteredClaims: registered("p1", "id1", t0, t0.Add(AccessTTL)), SignIn: "s1"}
	c.Issuer, c.Audience = "skirmish", jwt.ClaimStrings{"access"}
	for _, m := range []struct {
		method jwt.SigningMethod
		key    any
	}{
		{jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType},
		{jwt.SigningMethodHS256, []byte(signing.public())},
	} {
		tok := jwt.NewWithClaims(m.method, c)
		tok.Header["typ"], tok.Header["kid"] = accessKind.typ, signing.id
		text, err := tok.SignedString(m.key)
		if err != nil {
			t.Fatal(err)
		}
		// Refused for the algorithm itself, not only because the key does not fit it.
		if _, err := b.verifier.Access(text); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "signing method") {
			t.Errorf("alg %s: %v, want ErrInvalid for the signing method", m.method.Alg(), err)
		}
	}
}

func TestTokenOfAnotherServerIsRefused(t *testing.T) {
	b, other := newBench(t), newBench(t)
	if _, err := b.verifier.Access(other.access(t)); !errors.Is(err, ErrInvalid) {
		t.Errorf("access: %v", err)
	}
	// The same kid does not help: the signature is checked with our key.
	text := other.forge(t, accessKind, func(_ *claims, h map[string]any) { h["kid"] = b.keys.set(useAccess).signing(t0).id })
	if _, err := b.verifier.Access(text); !errors.Is(err, ErrInvalid) {
		t.Errorf("access with our kid: %v", err)
	}
}

func TestTamperedTokenIsRefused(t *testing.T) {
	b := newBench(t)
	text := b.access(t)
	rapid.Check(t, func(r *rapid.T) {
		i := rapid.IntRange(0, len(text)-1).Draw(r, "at")
		c := rapid.ByteRange(0, 255).Filter(func(c byte) bool { return c != text[i] }).Draw(r, "byte")
		changed := text[:i] + string([]byte{c}) + text[i+1:]
		if _, err := b.verifier.Access(changed); !errors.Is(err, ErrInvalid) {
			r.Fatalf("%q: %v, want ErrInvalid", changed, err)
		}
	})
	for i := range text {
		if _, err := b.verifier.Access(text[:i]); !errors.Is(err, ErrInvalid) {
			t.Fatalf("prefix of %d bytes: %v, want ErrInvalid", i, err)
		}
	}
}

// The last character of a signature has bits that decoders ignore unless told not to: sixteen texts would be one token.
func TestTokenHasOneSpelling(t *testing.T) {
	b := newBench(t)
	text := b.access(t)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, c := range alphabet {
		changed := text[:len(text)-1] + string(c)
		if _, err := b.verifier.Access(changed); changed != text && !errors.Is(err, ErrInvalid) {
			t.Errorf("%q in place of the last character: %v, want ErrInvalid", c, err)
		}
	}
}

// A token that is too long is refused before it costs a parse: the one here is otherwise perfect.
func TestHugeTokenIsRefusedBeforeParsing(t *testing.T) {
	b := newBench(t)
	text := b.forge(t, accessKind, func(c *claims, _ map[string]any) { c.Name = strings.Repeat("x", MaxBytes) })
	if _, err := b.verifier.Access(text); !errors.Is(err, ErrInvalid) {
		t.Fatalf("%d bytes: %v, want ErrInvalid", len(text), err)
	}
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := b.verifier.Access(strings.Repeat(".", 3) + text); err == nil {
			t.Fatal("accepted")
		}
	})
	if allocs > 10 {
		t.Errorf("%.0f allocations for a token that should not be parsed", allocs)
	}
}

func TestOldKeyStillVerifies(t *testing.T) {
	b := newBench(t)
	text := b.access(t)
	fresh, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	rotated := benchOn(t, ringOf(keyset{b.keys.set(useAccess)[0], fresh}, b.keys.set(useSeat)))
	if _, err := rotated.verifier.Access(text); err != nil {
		t.Errorf("a token of before the rotation: %v", err)
	}
	if _, err := b.verifier.Access(rotated.access(t)); !errors.Is(err, ErrInvalid) {
		t.Errorf("the newest key does not sign: %v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	if _, err := NewSigner(Config{}); err == nil {
		t.Error("a signer without keys")
	}
	keys, err := NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewVerifier(Config{Keys: keys, Issuer: strings.Repeat("i", 257)}); err == nil {
		t.Error("an issuer of 257 bytes")
	}
}

func FuzzVerify(f *testing.F) {
	b := newBench(f)
	access, seat := b.access(f), b.seat(f)
	for _, s := range []string{"", ".", "..", access, seat, access + ".", "eyJhbGciOiJub25lIn0.e30.", strings.Repeat("a.", 1500)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := b.verifier.Access(text); err == nil && text != access {
			t.Errorf("accepted %q as %+v", text, a)
		} else if err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("error does not wrap ErrInvalid: %v", err)
		}
		if s, err := b.verifier.Seat(text); err == nil && text != seat {
			t.Errorf("accepted %q as %+v", text, s)
		}
	})
}
