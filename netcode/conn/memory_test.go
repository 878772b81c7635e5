package conn

import (
	"testing"
	"time"
)

func TestMemoryStalledClientIsBehind(t *testing.T) {
	m, rec := NewMemory(), &recorder{}
	slow, quick := m.Dial("slow"), m.Dial("quick")
	m.Poll(rec)
	first, second := appendMessage(nil, []byte("first")), appendMessage(nil, []byte("second"))
	slow.Stall(true)
	if m.Ready(rec.idOf("slow")) || m.TrySend(rec.idOf("slow"), first) != Behind {
		t.Error("a stalled client takes messages")
	}
	if got := m.TrySend(rec.idOf("quick"), first); got != Sent {
		t.Errorf("TrySend to the other client: %d", got)
	}
	slow.Stall(false)
	if got := m.TrySend(rec.idOf("slow"), second); got != Sent {
		t.Errorf("TrySend after the stall: %d", got)
	}
	if got := slow.Recv(); len(got) != 1 || string(got[0]) != "second" {
		t.Errorf("slow got %q", got)
	}
	if got := quick.Recv(); len(got) != 1 || string(got[0]) != "first" {
		t.Errorf("quick got %q", got)
	}
}

func TestMemoryStalledClientMissesCloseFrame(t *testing.T) {
	m, rec := NewMemory(), &recorder{}
	c := m.Dial("a")
	m.Poll(rec)
	c.Stall(true)
	m.Close(rec.idOf("a"), appendMessage(nil, []byte("last")), 4101, "behind")
	if code, _, closed := c.CloseInfo(); !closed || code != closedAbnormally || len(c.Recv()) != 0 {
		t.Errorf("closed %v with %d", closed, code)
	}
	m.Poll(rec)
	err, _ := rec.closed(rec.idOf("a"))
	if e := closeError(t, err); e.Code != 4101 {
		t.Errorf("closed with %+v", e)
	}
}

func TestMemoryEndsAreQuietAfterTheEnd(t *testing.T) {
	m, rec := NewMemory(), &recorder{}
	c := m.Dial("a")
	c.Close(1000, "bye")
	c.Send([]byte("late"))
	c.Leave()
	c.Close(4000, "")
	m.Poll(rec)
	if got := rec.of(1); len(got) != 2 {
		t.Errorf("got %q, want opened and closed", got)
	}
	if code, reason, closed := c.CloseInfo(); code != 1000 || reason != "bye" || !closed {
		t.Errorf("closed %v with %d %q", closed, code, reason)
	}
	m.Shutdown()
	late := m.Dial("late")
	if code, _, closed := late.CloseInfo(); code != closedAbnormally || !closed {
		t.Errorf("dialled after Shutdown: closed %v with %d", closed, code)
	}
	late.Send([]byte("x"))
	n := len(rec.events)
	if m.Poll(rec); len(rec.events) != n {
		t.Errorf("reported %+v", rec.events[n:])
	}
}

func TestMemoryServesNoSocket(t *testing.T) {
	if err := NewMemory().Attach(Socket{}, nil); err != errNoSockets {
		t.Errorf("Attach: %v", err)
	}
}

func TestMemoryStampsWithTheWallClockByDefault(t *testing.T) {
	m, rec := NewMemory(), &recorder{}
	c := m.Dial("a")
	start := time.Now()
	c.Send([]byte("x"))
	m.Poll(rec)
	if at := rec.events[1].at; at.Before(start) || at.After(time.Now()) {
		t.Errorf("stamped %v", at)
	}
}

// What is not a row of whole frames would break the stream of a real client; a test must not pass with it.
func TestMemoryRefusesBrokenFrames(t *testing.T) {
	whole := appendMessage(nil, []byte("hello"))
	for name, frames := range map[string][]byte{
		"cut":         whole[:len(whole)-1],
		"no header":   []byte("hello"),
		"half header": whole[:1],
		"masked":      clientFrame(2, true, []byte("hello")),
		"text":        append([]byte{0x81}, whole[1:]...),
	} {
		m, rec := NewMemory(), &recorder{}
		m.Dial("a")
		m.Poll(rec)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: taken", name)
				}
			}()
			m.TrySend(rec.idOf("a"), frames)
		}()
	}
}
