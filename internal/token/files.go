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
	"strings"
	"time"
)

// pemType is the block type of PKCS #8, which other tools (openssl) read and write too.
const pemType = "PRIVATE KEY"

// fileTime is the form of a key's time in its file name; names of one use sort by age.
const fileTime = "20060102T150405Z"

// LoadKeyring reads the keys in dir (access-*.pem and seat-*.pem, PKCS #8, in the order of their names), makes those that are missing
// or due and removes those that are retired. The folder is created with mode 0700, files are written with mode 0600; a key file
// that others may read is refused.
func LoadKeyring(dir string, now time.Time) (*Keyring, error) {
	r := &Keyring{dir: dir}
	if err := r.Refresh(now); err != nil {
		return nil, err
	}
	return r, nil
}

// Refresh reads the folder again and rotates what is due. Call it every minute or so: then rotation needs nobody, and takes no token
// before its time. A ring that is in memory only stays as it is. When it fails, the ring is as before.
func (r *Keyring) Refresh(now time.Time) error {
	if r.dir == "" {
		return nil
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return fmt.Errorf("token: cannot create the key folder; check --data: %w", err)
	}
	access, err1 := loadSet(r.dir, useAccess, now)
	seat, err2 := loadSet(r.dir, useSeat, now)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	r.now.Store(&keysets{access, seat})
	return nil
}

// Rotate makes successors of all keys in dir. A server that runs on it takes them over by itself. drop removes the old ones at once,
// which voids every token that they have signed.
func Rotate(dir string, now time.Time, drop bool) error {
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("token: there are no keys; is --data the server's folder? %w", err)
	}
	for _, u := range []use{useAccess, useSeat} {
		set, err := readSet(dir, u)
		if err != nil {
			return err
		}
		if _, err := addKey(dir, u, now); err != nil {
			return err
		}
		if drop {
			if err := removeKeys(set); err != nil {
				return err
			}
		}
	}
	return nil
}

func loadSet(dir string, u use, now time.Time) (keyset, error) {
	set, err := readSet(dir, u)
	if err != nil {
		return nil, err
	}
	if len(set) == 0 || !now.Before(set[len(set)-1].made.Add(RotateAfter)) {
		k, err := addKey(dir, u, now)
		if err != nil {
			return nil, err
		}
		set = append(set, k)
	}
	n := set.retired(now)
	return set[n:], removeKeys(set[:n])
}

func readSet(dir string, u use) (keyset, error) {
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
	return set, nil
}

func addKey(dir string, u use, now time.Time) (key, error) {
	k, err := newKey()
	if err != nil {
		return key{}, err
	}
	k.made = now.UTC().Truncate(time.Second)
	k.file = filepath.Join(dir, fmt.Sprintf("%s-%s.pem", u, k.made.Format(fileTime)))
	if _, err := os.Stat(k.file); err == nil {
		return key{}, fmt.Errorf("token: %s was made this second; try again in the next", k.file)
	}
	return k, writeKey(dir, filepath.Base(k.file), k)
}

func removeKeys(set keyset) error {
	for _, k := range set {
		if err := os.Remove(k.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("token: remove an old key: %w", err)
		}
	}
	return nil
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
	k := keyOf(private)
	k.file = name
	// A name of another form is the operator's: its age is that of the file.
	_, stamp, _ := strings.Cut(strings.TrimSuffix(filepath.Base(name), ".pem"), "-")
	if k.made, err = time.Parse(fileTime, stamp); err != nil {
		k.made = info.ModTime()
	}
	return k, nil
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
