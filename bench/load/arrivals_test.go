//go:build linux

package load

import (
	"encoding/binary"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/bench/hist"
)

func TestFrameCameWhenItsLastPieceDid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frames, pieces := rapid.IntRange(1, 4).Draw(t, "frames"), rapid.IntRange(1, 2).Draw(t, "pieces")
		stale := rapid.Bool().Draw(t, "stale") // a note of what had been read before
		var a arrivals
		if stale && pieces == 1 {
			a.note(time.Hour)
		}
		for p := range frames * pieces {
			a.note(time.Duration(p))
		}
		for i := range frames {
			if got, want := a.of(i, frames), time.Duration((i+1)*pieces-1); got != want {
				t.Errorf("frame %d of %d in %d pieces each came at %d, want %d", i, frames, pieces, got, want)
			}
		}
	})
}

func TestArrivalsAreBoundedAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a arrivals
		notes, frames := rapid.IntRange(1, 40).Draw(t, "notes"), rapid.IntRange(1, 40).Draw(t, "frames")
		for n := range notes {
			a.note(time.Duration(n))
		}
		last := time.Duration(max(0, notes-len(a.at)))
		for i := range frames {
			at := a.of(i, frames)
			if at < last || at >= time.Duration(notes) {
				t.Errorf("frame %d of %d came at %d of %d", i, frames, at, notes)
			}
			last = at
		}
		if last != time.Duration(notes-1) {
			t.Errorf("the last frame came at %d, and something at %d", last, notes-1)
		}
	})
}

// pair is a client of a generator whose thread does not run, and the other end of its socket.
func pair(t *testing.T) (*Generator, *peer, int) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _, _ = syscall.Close(fds[0]), syscall.Close(fds[1]), syscall.Close(epoll) })
	g := &Generator{epoll: epoll, start: time.Now(), buf: make([]byte, 256), events: make([]syscall.EpollEvent, 2)}
	c := &peer{fd: fds[0], session: plainSession(nil), joined: true}
	g.clients = make([]*peer, c.fd+1)
	g.clients[c.fd] = c
	if err := g.watch(c); err != nil {
		t.Fatal(err)
	}
	return g, c, fds[1]
}

// TestSnapshotsReadTogetherKeepTheirOwnTimes has a client that reads once what came at three times.
func TestSnapshotsReadTogetherKeepTheirOwnTimes(t *testing.T) {
	g, c, server := pair(t)
	w := &window{period: time.Second}
	w.Gap = hist.New()
	g.window, c.counts = w, true
	send := func(tick uint32) {
		if _, err := syscall.Write(server, serverFrame(opBinary, binary.BigEndian.AppendUint32(nil, tick))); err != nil {
			t.Fatal(err)
		}
	}
	// The clock of arrivals is set back before each look, in place of waiting.
	for tick, ago := range []time.Duration{10 * time.Second, 7 * time.Second, 2 * time.Second} {
		send(uint32(tick + 1))
		g.look()
		c.came.at[c.came.n-1] -= ago
	}
	send(4) // nobody has looked since
	if err := g.receive(c); err != nil {
		t.Fatal(err)
	}
	if c.snapshots != 4 || c.tick != 4 || w.Missed != 3 || c.came.n != 0 {
		t.Errorf("%d snapshots, the last of tick %d, %d gaps over 1.5 s of 3, %d arrivals left", c.snapshots, c.tick, w.Missed, c.came.n)
	}
	for percent, want := range map[float64]float64{1: 2000, 50: 3000, 99: 5000} {
		if got := w.Gap.MS(percent); got < want*0.99 || got > want*1.05 {
			t.Errorf("%v %% of the gaps are up to %.0f ms, want %.0f", percent, got, want)
		}
	}
}

func TestClientReadsMoreThanItsBufferHolds(t *testing.T) {
	g, c, server := pair(t)
	long := serverFrame(opBinary, make([]byte, 100))
	var all []byte
	for range 10 {
		all = append(all, long...)
	}
	half := len(all) - len(long)/2
	for _, part := range [][]byte{all[:half], all[half:]} {
		if _, err := syscall.Write(server, part); err != nil {
			t.Fatal(err)
		}
		g.look()
		if err := g.receive(c); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.carry) != 0 || c.came.n != 0 {
		t.Errorf("%d bytes are left, %d arrivals", len(c.carry), c.came.n)
	}
	if _, err := syscall.Read(c.fd, make([]byte, 1)); err != syscall.EAGAIN {
		t.Errorf("there is more to read (%v)", err)
	}
}

func TestClientWhoseServerHasGoneIsDropped(t *testing.T) {
	g, c, server := pair(t)
	if err := syscall.Shutdown(server, syscall.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	g.look()
	if err := g.receive(c); err != errClosed {
		t.Errorf("it says %v", err)
	}
}
