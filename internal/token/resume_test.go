package token

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// resumesAt makes Resumes whose clock a test moves.
func resumesAt(now *time.Time) *Resumes {
	return NewResumes(func() time.Time { return *now })
}

func (s *Resumes) mustAppend(t testing.TB, r Resume) string {
	t.Helper()
	text, err := s.Append(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestResumeRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := t0.Add(700 * time.Millisecond)
		s := resumesAt(&now)
		want := Resume{
			Session:   rapid.Uint64Min(1).Draw(rt, "session"),
			Epoch:     rapid.Uint64().Draw(rt, "epoch"),
			ExpiresAt: t0.Add(time.Duration(rapid.IntRange(1, int(MaxResumeTTL.Seconds())).Draw(rt, "seconds")) * time.Second),
		}
		text, err := s.Append([]byte("before"), want)
		if err != nil {
			rt.Fatal(err)
		}
		token, ok := strings.CutPrefix(string(text), "before")
		if !ok || len(token) != ResumeBytes {
			rt.Fatalf("appended %q", text)
		}
		got, err := s.Open(token)
		if err != nil || got.Session != want.Session || got.Epoch != want.Epoch || !got.ExpiresAt.Equal(want.ExpiresAt) {
			rt.Fatalf("got %+v (%v), want %+v", got, err, want)
		}
		now = want.ExpiresAt.Add(-1)
		if _, err := s.Open(token); err != nil {
			rt.Fatalf("just before its end: %v", err)
		}
		now = want.ExpiresAt
		if _, err := s.Open(token); !errors.Is(err, ErrInvalid) {
			rt.Fatalf("at its end: %v, want ErrInvalid", err)
		}
	})
}

func TestResumeOfAnotherBootIsRefused(t *testing.T) {
	now := t0
	r := Resume{Session: 1, Epoch: 1, ExpiresAt: t0.Add(time.Minute)}
	if _, err := resumesAt(&now).Open(resumesAt(&now).mustAppend(t, r)); !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

// Whatever byte of it is changed, cut off or added, and whatever claims are put before the mac.
func TestResumeTamperedWithIsRefused(t *testing.T) {
	now := t0
	s := resumesAt(&now)
	text := s.mustAppend(t, Resume{Session: 1, Epoch: 1, ExpiresAt: t0.Add(time.Minute)})
	refused := func(changed string) {
		t.Helper()
		if _, err := s.Open(changed); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v, want ErrInvalid", changed, err)
		}
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n"
	for i := range text {
		refused(text[:i])
		refused(text[:i] + "\n" + text[i:])
		for _, c := range alphabet {
			if changed := text[:i] + string(c) + text[i+1:]; changed != text {
				refused(changed)
			}
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(raw) {
		changed := append([]byte(nil), raw...)
		changed[bit/8] ^= 1 << (bit % 8)
		refused(base64.RawURLEncoding.EncodeToString(changed))
	}
}

// The tokens of all kinds are dialled at one door: none is taken for another.
func TestResumeAndSeatDoNotSwap(t *testing.T) {
	b := newBench(t)
	s := resumesAt(&b.now)
	resume := s.mustAppend(t, Resume{Session: 1, Epoch: 1, ExpiresAt: b.now.Add(time.Minute)})
	if _, err := b.verifier.Seat(resume); !errors.Is(err, ErrInvalid) {
		t.Errorf("a resume token opened the door of a first seat: %v", err)
	}
	if _, err := b.verifier.Access(resume); !errors.Is(err, ErrInvalid) {
		t.Errorf("a resume token was taken as access: %v", err)
	}
	for name, text := range map[string]string{"a seat": b.seat(t), "an access": b.access(t)} {
		if _, err := s.Open(text); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s token resumed: %v", name, err)
		}
	}
}

func TestResumeClaimsAreBounded(t *testing.T) {
	now := t0
	s := resumesAt(&now)
	for name, r := range map[string]Resume{
		"session 0":    {Epoch: 1, ExpiresAt: t0.Add(time.Minute)},
		"too long":     {Session: 1, ExpiresAt: t0.Add(MaxResumeTTL + time.Second)},
		"over already": {Session: 1, ExpiresAt: t0},
		"no end":       {Session: 1},
	} {
		if text, err := s.Append(nil, r); err == nil || len(text) != 0 {
			t.Errorf("%s was sealed as %q (%v)", name, text, err)
		}
	}
}

func TestResumeAppendZeroAlloc(t *testing.T) {
	now := t0
	s := resumesAt(&now)
	buf := make([]byte, 0, ResumeBytes)
	r := Resume{Session: 1, Epoch: 1, ExpiresAt: t0.Add(time.Minute)}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := s.Append(buf, r); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%.1f allocations", n)
	}
}

func BenchmarkResumeAppend(b *testing.B) {
	now := t0
	s := resumesAt(&now)
	buf := make([]byte, 0, ResumeBytes)
	r := Resume{Session: 1, Epoch: 1, ExpiresAt: t0.Add(time.Minute)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Append(buf, r); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzResumeOpen(f *testing.F) {
	now := t0
	s := resumesAt(&now)
	good := s.mustAppend(f, Resume{Session: 1, Epoch: 1, ExpiresAt: t0.Add(time.Minute)})
	for _, text := range []string{"", good, good[1:], good + "=", strings.Repeat("A", ResumeBytes), strings.Repeat("\n", ResumeBytes)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		switch r, err := s.Open(text); {
		case err == nil && text != good:
			t.Errorf("accepted %q as %+v", text, r)
		case err != nil && !errors.Is(err, ErrInvalid):
			t.Errorf("error does not wrap ErrInvalid: %v", err)
		}
	})
}
