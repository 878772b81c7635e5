package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKeysSurviveRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "keys")
	first, err := LoadKeyring(dir, t0)
	if err != nil {
		t.Fatal(err)
	}
	access, seat := benchOn(t, first).access(t), benchOn(t, first).seat(t)
	second, err := LoadKeyring(dir, t0.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	b := benchOn(t, second)
	if _, err := b.verifier.Access(access); err != nil {
		t.Errorf("access token of before the restart: %v", err)
	}
	if _, err := b.verifier.Seat(seat); err != nil {
		t.Errorf("seat token of before the restart: %v", err)
	}
	if first.set(useAccess)[0].id == first.set(useSeat)[0].id {
		t.Error("access and seat share a key")
	}
}

func TestKeyFilesKeepOthersOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := LoadKeyring(dir, t0); err != nil {
		t.Fatal(err)
	}
	expectMode(t, dir, 0o700)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d files, %v; want 2 and no temporary one", len(entries), err)
	}
	for _, e := range entries {
		expectMode(t, filepath.Join(dir, e.Name()), 0o600)
	}
}

func expectMode(t *testing.T, name string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: mode %v, %v; want %o", filepath.Base(name), info.Mode(), err, want)
	}
}

func TestKeyFileThatOthersReadIsRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadKeyring(dir, t0); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "seat-*.pem"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if err := os.Chmod(names[0], 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeyring(dir, t0); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v, want an error that says what to do", err)
	}
}

func TestDamagedKeyIsNotReplaced(t *testing.T) {
	for name, text := range map[string]string{
		"empty":     "",
		"other pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"not pkcs8": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "access-1.pem"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKeyring(dir, t0); err == nil {
			t.Errorf("%s: a damaged key was ignored", name)
		}
	}
}

func TestFolderThatCannotBeMadeIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeyring(filepath.Join(file, "keys"), t0); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("got %v, want an error naming --data", err)
	}
}

// A server rotates by itself: at every moment what was signed before verifies for as long as it lives, and in the end the old key is gone.
func TestRotationVoidsNothingAndForgetsTheOldKey(t *testing.T) {
	dir := t.TempDir()
	ring, err := LoadKeyring(dir, t0)
	if err != nil {
		t.Fatal(err)
	}
	now := t0
	cfg := Config{Keys: ring, Clock: func() time.Time { return now }}
	signer, err1 := NewSigner(cfg)
	verifier, err2 := NewVerifier(cfg)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	first := ring.set(useAccess)[0].id
	type signed struct {
		text string
		at   time.Time
	}
	var tokens []signed
	known := map[string]time.Time{} // since when the JWKS has had a key
	kid := func(text string) string {
		head, _, _ := strings.Cut(text, ".")
		raw, err := base64.RawURLEncoding.DecodeString(head)
		var h struct{ Kid string }
		if err := errors.Join(err, json.Unmarshal(raw, &h)); err != nil {
			t.Fatal(err)
		}
		return h.Kid
	}
	for now = t0.Add(RotateAfter - 20*time.Minute); now.Before(t0.Add(RotateAfter + 2*time.Hour)); now = now.Add(time.Minute) {
		if err := ring.Refresh(now); err != nil {
			t.Fatal(err)
		}
		for _, k := range ring.Public() {
			if known[k.Kid].IsZero() {
				known[k.Kid] = now
			}
		}
		text, _, err := signer.Access("p1", "s1", 0)
		if err != nil {
			t.Fatal(err)
		}
		if since := now.Sub(known[kid(text)]); kid(text) != first && since < SignAfter {
			t.Fatalf("a key signs %s after it was made known", since)
		}
		tokens = append(tokens, signed{text, now})
		for _, s := range tokens[max(0, len(tokens)-10):] { // those that are in time
			if _, err := verifier.Access(s.text); err != nil && now.Sub(s.at) < AccessTTL {
				t.Fatalf("%s after the rotation a token of %s before is refused: %v", now.Sub(t0)-RotateAfter, now.Sub(s.at), err)
			}
		}
	}
	for _, u := range []use{useAccess, useSeat} {
		names, err := filepath.Glob(filepath.Join(dir, string(u)+"-*.pem"))
		if err != nil || len(names) != 1 || len(ring.set(u)) != 1 || ring.set(u)[0].id == first {
			t.Errorf("%s: files %v, %d keys, %v; want the new key alone", u, names, len(ring.set(u)), err)
		}
	}
}

func TestRotateByHandIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	ring, err := LoadKeyring(dir, t0)
	if err != nil {
		t.Fatal(err)
	}
	b := benchOn(t, ring)
	access := b.access(t)
	if err := Rotate(dir, t0.Add(time.Second), false); err != nil {
		t.Fatal(err)
	}
	if err := ring.Refresh(t0.Add(2 * time.Second)); err != nil || len(ring.Public()) != 2 {
		t.Fatalf("%d keys, %v; want 2", len(ring.Public()), err)
	}
	if _, err := b.verifier.Access(access); err != nil {
		t.Errorf("a token of before: %v", err)
	}
	if err := Rotate(dir, t0.Add(3*time.Second), true); err != nil {
		t.Fatal(err)
	}
	if err := ring.Refresh(t0.Add(4 * time.Second)); err != nil || len(ring.Public()) != 1 {
		t.Fatalf("%d keys after dropping the old, %v; want 1", len(ring.Public()), err)
	}
	if _, err := b.verifier.Access(access); !errors.Is(err, ErrInvalid) {
		t.Errorf("a token of a dropped key: %v, want ErrInvalid", err)
	}
	if _, err := b.verifier.Access(b.access(t)); err != nil {
		t.Errorf("a token of the new key: %v", err)
	}
	if err := Rotate(dir, t0.Add(3*time.Second), false); err == nil {
		t.Error("a key was overwritten")
	}
}
