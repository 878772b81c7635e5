package token

import (
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
	if first.access.signing().id == first.seat.signing().id {
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
