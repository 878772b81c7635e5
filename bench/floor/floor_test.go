//go:build linux

package floor

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/bench/proc"
)

func TestFloorSendsEachClientAFramePerTick(t *testing.T) {
	program, err := Build(t.TempDir())
	if errors.Is(err, ErrNoCompiler) {
		t.Log("there is no C compiler: only the message is tested")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	all, err := proc.Allowed()
	if err != nil {
		t.Fatal(err)
	}
	for _, bytes := range []int{4, 125, 126, 2000} {
		p, err := Start(program, all, Work{Groups: 2, Clients: 2, Rate: 100, Bytes: bytes})
		if err != nil {
			t.Fatal(err)
		}
		for range 4 { // of which the last ones are in the second group
			c, err := net.Dial("tcp", p.Addr)
			if err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			tick := uint32(0)
			for n := range 3 {
				if _, err := c.Write([]byte("an input")); err != nil {
					t.Fatal(err)
				}
				if next := frame(t, c, bytes); n > 0 && next != tick+1 {
					t.Errorf("tick %d after %d", next, tick)
				} else {
					tick = next
				}
			}
			_ = c.Close()
		}
		p.Stop()
	}
}

// frame reads one frame, whose payload must have that many bytes, and returns its tick.
func frame(t *testing.T, c net.Conn, bytes int) uint32 {
	t.Helper()
	head := make([]byte, 2, 4)
	_, err := io.ReadFull(c, head)
	n := int(head[1])
	if n == 126 {
		head = head[:4]
		_, err = io.ReadFull(c, head[2:])
		n = int(binary.BigEndian.Uint16(head[2:]))
	}
	payload := make([]byte, n)
	if err == nil {
		_, err = io.ReadFull(c, payload)
	}
	if err != nil || head[0] != 0x82 || n != bytes {
		t.Fatalf("a frame that begins with % x has %d bytes, want %d: %v", head, n, bytes, err)
	}
	return binary.BigEndian.Uint32(payload)
}

func TestBuildSaysWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Build(t.TempDir()); !errors.Is(err, ErrNoCompiler) {
		t.Errorf("without a compiler: %v", err)
	}
}
