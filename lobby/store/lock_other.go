//go:build !unix

package store

import (
	"fmt"
	"os"
	"path/filepath"
)

// lock only makes the file where the system has no lock that ends with its process: a lock file left behind would keep the server down.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: cannot write to the data folder %s; choose another with --data: %w", dir, err)
	}
	return f, nil
}
