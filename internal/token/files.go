package token

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// pemType is the block type of PKCS #8, which other tools (openssl) read and write too.
const pemType = "PRIVATE KEY"

// LoadKeyring reads the keys in dir (access-*.pem and seat-*.pem, PKCS #8, in the order of their names) and makes the ones
// that are missing. The folder is created with mode 0700, files are written with mode 0600; a key file that others may read
// is refused. now names the new files.
func LoadKeyring(dir string, now time.Time) (*Keyring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("token: cannot create the key folder; check --data: %w", err)
	}
	access, err1 := loadSet(dir, useAccess, now)
	seat, err2 := loadSet(dir, useSeat, now)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &Keyring{access: access, seat: seat}, nil
}

func loadSet(dir string, u use, now time.Time) (keyset, error) {
	names, err := filepath.Glob(filepath.Join(dir, string(u)+"-*.pem"))
	if err != nil {
		return nil, fmt.Errorf("token: list keys: %w", err)
	}
	var set keyset
	for _, name := range names {
		k, err := readKey(name)
		if err != nil {
			return nil, err
		}
		set = append(set, k)
	}
	if len(set) > 0 {
		return set, nil
	}
	k, err := newKey()
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s-%s.pem", u, now.UTC().Format("20060102T150405Z"))
	if err := writeKey(dir, name, k); err != nil {
		return nil, err
	}
	return keyset{k}, nil
}

func readKey(name string) (key, error) {
	info, err := os.Stat(name)
	if err != nil {
		return key{}, fmt.Errorf("token: read key: %w", err)
	}
	// Windows reports 0666 for every writable file and guards files by other means.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return key{}, fmt.Errorf("token: key file %s may be read by others (mode %04o); run chmod 600 on it",
			name, info.Mode().Perm())
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return key{}, fmt.Errorf("token: read key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return key{}, fmt.Errorf("token: key file %s is not a PEM %s; restore it, or remove it to end all sessions", name, pemType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return key{}, fmt.Errorf("token: key file %s: %w", name, err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return key{}, fmt.Errorf("token: key file %s holds a %T, want an Ed25519 key", name, parsed)
	}
	return keyOf(private), nil
}

// writeKey writes through a temporary file that is flushed and renamed, so that a crash leaves a whole key or none.
func writeKey(dir, name string, k key) (err error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return fmt.Errorf("token: encode key: %w", err)
	}
	f, err := os.CreateTemp(dir, ".key-*") // CreateTemp gives mode 0600
	if err != nil {
		return fmt.Errorf("token: cannot write keys; is the data folder writable? %w", err)
	}
	defer func() {
		if err == nil {
			return
		}
		if rm := os.Remove(f.Name()); rm != nil && !errors.Is(rm, fs.ErrNotExist) {
			err = errors.Join(err, rm)
		}
	}()
	_, werr := f.Write(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("token: write key: %w", err)
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("token: write key: %w", err)
	}
	return syncDir(dir)
}

// syncDir makes the rename itself durable. Windows cannot flush a folder and needs no flush.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("token: flush key folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("token: flush key folder: %w", err)
	}
	return nil
}
