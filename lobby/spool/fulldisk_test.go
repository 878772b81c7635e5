//go:build linux || darwin

package spool

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// limitFiles lets this process write no file beyond most bytes until the test ends or restore is called, as a full disk does.
func limitFiles(t *testing.T, most uint64) (restore func()) {
	t.Helper()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	set := func(l syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
			t.Fatal(err)
		}
	}
	set(syscall.Rlimit{Cur: most, Max: was.Max})
	t.Cleanup(func() { set(was) })
	return func() { set(was) }
}

func TestAFileThatTheDiskHasNoRoomForIsRefusedAndMadeLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	restore := limitFiles(t, size/2)
	if _, _, err := Open(path, size); !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), path) {
		t.Errorf("without room for the file: %v", err)
	}
	restore()
	s, list, torn := open(t, path)
	if list != nil || torn {
		t.Errorf("the file that was refused holds %q, torn %t", list, torn)
	}
	if err := s.Append([]byte("one")); err != nil {
		t.Error(err)
	}
}

// The second entry is written in half. It was not kept, and takes neither the first with it nor what comes when there is room.
func TestAnEntryThatIsWrittenInHalfIsNotKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	s, _, _ := open(t, path)
	if err := s.Append([]byte("one")); err != nil {
		t.Fatal(err)
	}
	restore := limitFiles(t, 40)
	if err := s.Append([]byte(strings.Repeat("2", 200))); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("beyond the limit: %v", err)
	}
	restore()
	if raw, err := os.ReadFile(path); err != nil || !strings.Contains(string(raw), "222") {
		t.Fatalf("nothing was written: %v", err)
	}
	if _, list, torn := open(t, path); len(list) != 1 || list[0] != "one" || !torn {
		t.Errorf("another process finds %q, torn %t", list, torn)
	}
	if err := s.Append([]byte("three")); err != nil {
		t.Fatal(err)
	}
	if _, list, torn := open(t, path); len(list) != 2 || list[1] != "three" || torn {
		t.Errorf("with room again there are %q, torn %t", list, torn)
	}
}
