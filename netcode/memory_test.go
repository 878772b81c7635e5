//go:build amd64 || arm64

package netcode

import (
	"testing"
	"unsafe"
)

// Go rounds objects up to a size of 320 and then 352 bytes: of 15 000 clients a field more is half a megabyte, and what the
// collector lets the heap grow by.
func TestSessionIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Session{}); n > 320 {
		t.Errorf("a Session has %d bytes, want at most 320: put what few sessions need behind a pointer, as extras are", n)
	}
}
