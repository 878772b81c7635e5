package spool

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const size = 1 << 10

// open opens a spool that is closed when the test ends, or earlier by the test.
func open(t *testing.T, path string) (*File, []string, bool) {
	t.Helper()
	s, found, err := Open(path, size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // may be closed by now
	var list []string
	for _, e := range found.Entries {
		list = append(list, string(e))
	}
	return s, list, found.Torn
}

func TestEntriesAreThereWhenTheFileIsOpenedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	s, list, torn := open(t, path)
	if list != nil || torn {
		t.Errorf("a new file holds %q, torn %t", list, torn)
	}
	for _, e := range []string{"one", "two", strings.Repeat("3", 300)} {
		if err := s.Append([]byte(e)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Append(nil); err == nil {
		t.Error("an empty entry, which would end the others, is taken")
	}
	// Nothing is closed: that is all a process that is killed leaves.
	s, list, torn = open(t, path)
	if len(list) != 3 || list[1] != "two" || len(list[2]) != 300 || torn {
		t.Fatalf("it holds %q, torn %t", list, torn)
	}
	if err := s.Append([]byte("four")); err != nil {
		t.Fatal(err)
	}
	if _, list, _ = open(t, path); len(list) != 4 || list[3] != "four" {
		t.Errorf("after another: %q", list)
	}
}

func TestFileHasItsSizeFromTheStartAndTakesNoMore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	s, _, _ := open(t, path)
	is := func() {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil || info.Size() != size || info.Mode().Perm() != 0o600 {
			t.Errorf("%d bytes, mode %o, %v", info.Size(), info.Mode().Perm(), err)
		}
	}
	is()
	kept := 0
	for s.Append(bytes.Repeat([]byte("x"), 92)) == nil {
		kept++
	}
	if kept != 10 { // 100 bytes each, and four for the end
		t.Errorf("%d entries fit", kept)
	}
	if err := s.Append(bytes.Repeat([]byte("x"), 92)); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
	if err := s.Append([]byte("small")); err != nil {
		t.Errorf("one that fits: %v", err)
	}
	is()
	if _, list, torn := open(t, path); len(list) != 11 || torn {
		t.Errorf("%d entries, torn %t", len(list), torn)
	}
}

func TestClearLeavesNothingToRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	s, _, _ := open(t, path)
	for range 5 {
		if err := s.Append([]byte("a secret of Ann")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Clear(); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(path); err != nil || bytes.Contains(raw, []byte("Ann")) || len(raw) != size {
		t.Errorf("%d bytes, %v; still readable: %t", len(raw), err, bytes.Contains(raw, []byte("Ann")))
	}
	if err := s.Append([]byte("next")); err != nil {
		t.Fatal(err)
	}
	if _, list, torn := open(t, path); !slices.Equal(list, []string{"next"}) || torn {
		t.Errorf("%q, torn %t", list, torn)
	}
}

// A process that is killed while it writes leaves any part of the write: what was kept before is there, and goes on to be.
func TestEntryThatWasCutOffCostsNoOther(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		entries := rapid.SliceOfN(rapid.StringN(1, 20, 40), 1, 6).Draw(rt, "entries")
		path := filepath.Join(t.TempDir(), "spool")
		s, _, _ := open(t, path)
		begins := int64(0)
		for _, e := range entries {
			begins = s.end
			if err := s.Append([]byte(e)); err != nil {
				rt.Fatal(err)
			}
		}
		cut := begins + int64(rapid.IntRange(0, head+len(entries[len(entries)-1])-1).Draw(rt, "cut"))
		if _, err := s.f.WriteAt(make([]byte, s.end-cut), cut); err != nil {
			rt.Fatal(err)
		}
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
		s, list, _ := open(t, path)
		whole := entries[:len(entries)-1]
		if len(list) == len(entries) && list[len(list)-1] == entries[len(entries)-1] {
			whole = entries // what was cut off were zeros
		}
		if !slices.Equal(list, whole) {
			rt.Fatalf("%q, want %q", list, whole)
		}
		if err := s.Append([]byte("next")); err != nil {
			rt.Fatal(err)
		}
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
		s, list, torn := open(t, path)
		if !slices.Equal(list, append(slices.Clone(whole), "next")) || torn {
			rt.Fatalf("after another %q, torn %t", list, torn)
		}
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}

// Whatever is in a file, opening it neither fails nor keeps the next entry from being kept.
func FuzzOpen(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 0, 7})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "spool")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, list, _ := open(t, path)
		err := s.Append([]byte("next"))
		if errors.Is(err, ErrFull) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, after, torn := open(t, path); len(after) != len(list)+1 || after[len(list)] != "next" || torn {
			t.Errorf("%q, then %q, torn %t", list, after, torn)
		}
	})
}
