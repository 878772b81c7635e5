package game

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// hosted is a Room as a Host keeps it: with its loop, its places and a way in for other goroutines.
type hosted struct {
	// Static after construction.
	host      *Host
	room      *Room
	transport conn.Transport
	info      RoomInfo // but what describe fills in
	epoch     uint64
	unwatched bool
	capacity  map[TakenPlace]int // of a match: RoomOptions.Places; nil of other rooms

	cost cost                 // of a step that has run a tick; concurrent-safe
	home atomic.Pointer[loop] // that has the room; changed with the mu of that loop held

	// Guarded by the mu of the loop that has the room.
	due   time.Time
	hung  bool // a step has taken so long that the others have left
	rests bool // nobody is there: due is only when it is looked at again
	woken bool // somebody came while it was stepped, perhaps too late to be seen
	stats roomStats

	// Owned by the loop.
	empty time.Time // since when nobody is there or expected; zero: somebody is
	ended time.Time

	// Guarded by host.mu.
	reserved map[string]reservation // by seat id
	open     int                    // seats of players claimed and not yet left
	placed   []*Seat                // those of them to whom matchmaking has given a place
	watching int                    // and those of spectators
	gone     bool                   // takes nobody any more
	note     []byte                 // RoomInfo.Note

	mu    sync.Mutex
	posts []func(*Room) // to be run before the next step
}

// reservation holds a place for a player until its seat is claimed or expires.
type reservation struct {
	seat    Seat
	expires time.Time
}

// post runs f on the goroutine that steps the room, before its next step. Concurrent-safe.
func (h *hosted) post(f func(*Room)) {
	h.mu.Lock()
	h.posts = append(h.posts, f)
	h.mu.Unlock()
	h.wake()
}

// wake has a room that rests stepped within one period. Concurrent-safe.
func (h *hosted) wake() {
	for !h.home.Load().wake(h) {
	}
}

// restFor is how long a room that rests is left alone, unless it is woken: it must be seen when nobody has come for long enough.
func (h *hosted) restFor() time.Duration { return max(h.room.period, h.host.cfg.EmptyFor/4) }

func (h *hosted) step() {
	h.mu.Lock()
	posts := h.posts
	h.posts = nil
	h.mu.Unlock()
	for _, f := range posts {
		f(h.room)
	}
	if h.hung {
		h.room.fail("a step of the room has taken too long")
	}
	h.room.Step(h.due)
}

// over decides, after a step, whether the loop should let the room go. A room ends when nobody has been there for
// HostConfig.EmptyFor.
func (h *hosted) over(now time.Time) bool {
	const lastWords = 2 * time.Second // longer than a transport waits for the client's close frame
	if !h.room.Ended() {
		if h.room.Seated() > 0 || h.host.inUse(h, now) {
			h.empty = time.Time{}
			return false
		}
		if h.empty.IsZero() {
			h.empty = now
		}
		if now.Sub(h.empty) < h.host.cfg.EmptyFor || !h.host.retire(h, now) {
			return false
		}
		h.room.End(netcode.CloseOver, "nobody is here", 0)
	}
	if h.room.result != nil {
		return false // it goes on counting as a room: so many results are kept at most
	}
	if h.ended.IsZero() {
		h.ended = now
		h.host.retireNow(h)
	}
	return h.room.Drained() || now.Sub(h.ended) > lastWords
}

// shutdown ends the sockets that are left and counts them out.
func (h *hosted) shutdown() {
	h.transport.Shutdown()
	h.room.Step(h.due)
}
