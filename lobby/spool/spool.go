// Package spool keeps entries in a file until they are done with: what a server must not lose while its database is not available, not even
// when its process is killed.
//
// The lobby keeps results of matches in one. The package does not know what is in an entry, and imports nothing of this module.
//
// The file has its full size from the start, so that an entry can still be kept when the disk is full. It begins with the entries, one
// after the other; the first length of zero ends them:
//
//	length  4 bytes, big endian
//	sum     4 bytes, CRC-32C of the entry
//	entry
//
// An entry and the zero behind it are one write, synced before Append returns. A process that is killed meanwhile leaves an entry whose
// sum is wrong, which nobody was told is kept; reading ends there.
package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// ErrFull says that an entry does not fit into what is left of the file.
var ErrFull = errors.New("spool: the file is full")

const (
	head = 8 // bytes before an entry
	tail = 4 // bytes of the length that ends the entries
)

var table = crc32.MakeTable(crc32.Castagnoli)

// File is an open spool. It is concurrent-safe.
type File struct {
	mu   sync.Mutex
	f    *os.File
	size int64
	end  int64 // of the entries
}

// Found is what a file held when it was opened.
type Found struct {
	Entries [][]byte // in the order of Append
	Torn    bool     // behind them there was something that is no entry: one that was not kept to its end, or a damaged file
}

// Open opens a spool of size bytes, or makes it with mode 0600. A file that is larger stays so.
func Open(path string, size int64) (*File, Found, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, Found{}, fmt.Errorf("spool: %w", err)
	}
	s := &File{f: f, size: size}
	found, err := s.read()
	if err != nil {
		return nil, Found{}, errors.Join(fmt.Errorf("spool: %w", err), f.Close())
	}
	return s, found, nil
}

// read reads the entries and brings the file to its size.
func (s *File) read() (Found, error) {
	raw, err := io.ReadAll(s.f)
	if err != nil {
		return Found{}, err
	}
	var found Found
	found.Entries, s.end, found.Torn = parse(raw)
	if have := int64(len(raw)); have < s.size {
		// Written, not only reserved: on a full disk a reserved block may still want a place for what says that it is in use.
		if _, err := s.f.WriteAt(make([]byte, s.size-have), have); err != nil {
			return found, err
		}
		return found, errors.Join(s.f.Sync(), syncDir(filepath.Dir(s.f.Name())))
	} else if have > s.size {
		s.size = have
	}
	return found, nil
}

// parse returns the entries of a file, where they end, and whether something follows that is none.
func parse(raw []byte) (entries [][]byte, end int64, torn bool) {
	rest := raw
	for len(rest) >= tail {
		n := int64(binary.BigEndian.Uint32(rest))
		if n == 0 {
			return entries, int64(len(raw) - len(rest)), false
		}
		if n > int64(len(rest)-head) || crc32.Checksum(rest[head:head+n], table) != binary.BigEndian.Uint32(rest[4:]) {
			return entries, int64(len(raw) - len(rest)), true
		}
		entries = append(entries, rest[head:head+n])
		rest = rest[head+n:]
	}
	return entries, int64(len(raw) - len(rest)), len(rest) > 0
}

// Append keeps an entry, which is not empty, behind the others; when it returns nil the entry is on the disk. Errors: ErrFull, those of
// the file, after which the entry is not kept.
func (s *File) Append(entry []byte) error {
	if len(entry) == 0 {
		return errors.New("spool: an entry is empty")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := int64(head + len(entry))
	if s.end+n+tail > s.size {
		return ErrFull
	}
	out := make([]byte, n+tail)
	binary.BigEndian.PutUint32(out, uint32(len(entry)))
	binary.BigEndian.PutUint32(out[4:], crc32.Checksum(entry, table))
	copy(out[head:], entry)
	_, err := s.f.WriteAt(out, s.end)
	if err == nil {
		err = s.f.Sync()
	}
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	s.end += n
	return nil
}

// Clear forgets all entries and overwrites them: they may name people.
func (s *File) Clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.f.WriteAt(make([]byte, min(s.end+tail, s.size)), 0); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	s.end = 0
	if err := s.f.Sync(); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// Close closes the file. What is in it stays.
func (s *File) Close() error { return s.f.Close() }

// syncDir makes sure that a file which was made in a folder is found there after the power was cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, os.ErrInvalid) && !errors.Is(err, os.ErrPermission) { // which Windows says of folders
		return err
	}
	return nil
}
