//go:build amd64 || arm64

package conn

import (
	"runtime"
	"testing"
	"time"
)

// The kernel tells of a few hundred sockets at a time. Each is told of once, so that one that is passed over would be deaf for good.
func TestPollHearsAllHoweverManySpeakAtOnce(t *testing.T) {
	const n = 3*len(receiver{}.events) + 10
	tr, rec := NewPoller(Config{}), &recorder{}
	defer tr.Shutdown()
	clients := make([]*client, n)
	for i := range clients {
		server, nc := tcpPair(t)
		if err := tr.Attach(Socket{nc: server}, i); err != nil {
			t.Fatal(err)
		}
		clients[i] = &client{t: t, nc: nc, r: nc}
	}
	tr.Poll(rec)
	for _, c := range clients {
		c.send("hello")
	}
	for _, c := range clients {
		acknowledged(c)
	}
	rec.events = nil
	tr.Poll(rec)
	if heard := len(rec.events); heard != n {
		t.Errorf("one Poll has heard %d of %d", heard, n)
	}
}

// A server may have a thousand rooms of four: what each holds for itself counts, and 32 KiB to read into would be most of it.
func TestRoomsShareWhatTheyReadInto(t *testing.T) {
	const rooms, most = 500, 1 << 10
	pollers, rec := make([]*Poller, rooms), &recorder{}
	held := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := held()
	for i := range pollers {
		pollers[i] = NewPoller(Config{Now: func() time.Time { return time.Time{} }})
		pollers[i].Poll(rec)
	}
	each := (held() - before) / rooms
	for _, p := range pollers {
		p.Shutdown()
	}
	if each > most {
		t.Errorf("a room holds %d bytes when it does not poll, want at most %d", each, most)
	}
}
