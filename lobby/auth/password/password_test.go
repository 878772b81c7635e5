package password

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/skirmish-dev/skirmish/internal/cpuwork"
)

const childEnv = "PASSWORD_TEST_CHILD"

// TestMain turns this test binary into the process that computes when a pool starts it as one.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		goleak.VerifyTestMain(m)
		return
	}
	if err := Serve(os.Stdin, os.Stdout); err != nil {
		os.Exit(1)
	}
}

func newHasher(t *testing.T, cfg cpuwork.Config) (*Hasher, *cpuwork.Pool) {
	t.Helper()
	pool, err := cpuwork.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return New(pool), pool
}

func TestOnlyThePasswordVerifies(t *testing.T) {
	h, _ := newHasher(t, cpuwork.Config{})
	one, err1 := h.Hash(t.Context(), "correct horse")
	two, err2 := h.Hash(t.Context(), "correct horse")
	if err := errors.Join(err1, err2); err != nil || one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q and %q, %v", one, two, err)
	}
	if err := h.Verify(t.Context(), "correct horse", one); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "Correct horse", "correct horse ", strings.Repeat("x", MaxBytes+1)} {
		if err := h.Verify(t.Context(), wrong, one); !errors.Is(err, ErrWrong) {
			t.Errorf("%q: %v, want ErrWrong", wrong, err)
		}
	}
	if err := h.Verify(t.Context(), "x", "$2a$10$other"); err == nil || errors.Is(err, ErrWrong) {
		t.Errorf("an unknown form: %v, want an error that is not the player's", err)
	}
}

func TestAProcessComputesTheSame(t *testing.T) {
	t.Setenv(childEnv, "1")
	there, _ := newHasher(t, cpuwork.Config{Command: []string{os.Args[0]}, Failed: func(err error) { t.Error(err) }})
	here, _ := newHasher(t, cpuwork.Config{})
	for _, h := range [][2]*Hasher{{there, here}, {here, there}} {
		hash, err := h[0].Hash(t.Context(), "correct horse")
		if err != nil {
			t.Fatal(err)
		}
		if err := h[1].Verify(t.Context(), "correct horse", hash); err != nil {
			t.Error(err)
		}
	}
	if a, b := there.Evaluations(), here.Evaluations(); a != 2 || b != 2 {
		t.Errorf("%d and %d evaluations counted, want 2 and 2", a, b)
	}
}

// A process that cannot be had, or that answers nonsense, must not keep players from signing in.
func TestWithoutAProcessTheHashIsComputedHere(t *testing.T) {
	failed := 0
	h, _ := newHasher(t, cpuwork.Config{Command: []string{"/nowhere"}, Failed: func(error) { failed++ }})
	hash, err := h.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Verify(t.Context(), "correct horse", hash); err != nil {
		t.Error(err)
	}
	if n := h.Evaluations(); n != 2 || failed != 2 {
		t.Errorf("%d evaluations counted, %d failures told of; want 2 and 2", n, failed)
	}
}

func TestServeAnswersNonsenseWithNothing(t *testing.T) {
	var out bytes.Buffer
	if err := Serve(strings.NewReader("\x00\x03abc"), &out); err != nil || out.String() != "\x00\x00" {
		t.Errorf("a request without a salt: %x, %v; want an empty answer", out.String(), err)
	}
}

func TestAnUnknownAccountCostsTheSame(t *testing.T) {
	h, _ := newHasher(t, cpuwork.Config{})
	hash, err := h.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for name, stored := range map[string]string{"known": hash, "unknown": ""} {
		for _, password := range []string{"wrong one", strings.Repeat("x", MaxBytes+1)} {
			before := h.Evaluations()
			err := h.Verify(t.Context(), password, stored)
			if n := h.Evaluations() - before; n != 1 || !errors.Is(err, ErrWrong) {
				t.Errorf("%s account, %d bytes: %d evaluations, %v; want 1 and ErrWrong", name, len(password), n, err)
			}
		}
	}
}

func TestAFloodIsRefused(t *testing.T) {
	h, pool := newHasher(t, cpuwork.Config{Workers: 1, Queue: 1})
	hold, held := make(chan struct{}), make(chan struct{})
	if err := pool.Start(func() { close(held); <-hold }); err != nil {
		t.Fatal(err)
	}
	<-held
	if err := pool.Start(func() {}); err != nil {
		t.Fatal(err)
	}
	if err := h.Verify(t.Context(), "x", ""); !errors.Is(err, ErrBusy) {
		t.Errorf("with a full queue: %v, want ErrBusy", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(gone, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("for a caller that has gone: %v", err)
	}
	close(hold)
}

// With a processor that has no time for hashes the queue stands still, and whoever waits in it must be told so before the server cuts the
// connection without an answer.
func TestPasswordThatWaitsTooLongForItsTurnIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, pool := newHasher(t, cpuwork.Config{Workers: 1})
		hold := make(chan struct{})
		if err := pool.Start(func() { <-hold }); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := h.Verify(t.Context(), "x", ""); !errors.Is(err, ErrBusy) || time.Since(start) != mostWait {
			t.Errorf("after %v: %v, want ErrBusy after %v", time.Since(start), err, mostWait)
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Verify(impatient, "x", ""); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrBusy) {
			t.Errorf("for a caller that waits for a second: %v", err)
		}
		close(hold)
	})
}

func TestWeakPasswordsAreRefusedWithAReason(t *testing.T) {
	f := func(password, reason string) {
		t.Helper()
		var weak *WeakError
		err := Check(password, "ann@example.org")
		if reason == "" && err != nil || reason != "" && (!errors.As(err, &weak) || !strings.Contains(weak.Reason, reason)) {
			t.Errorf("%q: %v, want %q", password, err, reason)
		}
	}
	f("correct horse", "")
	f("pässword", "")
	f("short", "shorter")
	f("日本語日本語日", "shorter")
	f(strings.Repeat("x", MaxBytes), "")
	f(strings.Repeat("x", MaxBytes+1), "longer")
	f("Ann@Example.org", "address")
	f("\xff2345678", "UTF-8")
}
