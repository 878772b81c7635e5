package lobby

import (
	"context"
	"net/http"
	"sync"
	"time"
)

const (
	ownGrace  = 10 * time.Second // a new room counts for this long although the directory does not list it (yet)
	ownSweep  = 1024             // accounts remembered before the first sweep
	ownFactor = 2                // then a sweep when their number has grown by this
)

// owners bounds the rooms that one account has running. It remembers ids and asks the directory which of them are still there, so
// that the game side need not report the end of a room.
type owners struct {
	limit    int
	listings *listings

	mu      sync.Mutex
	rooms   map[string]map[string]time.Time // account -> room id -> when it was made
	pending map[string]int                  // account -> rooms being made
	sweepAt int                             // number of accounts at which ended rooms are looked for
	swept   *listing                        // the last one that was compared with
}

func (o *owners) init(limit int, l *listings) {
	o.limit, o.listings, o.sweepAt = limit, l, ownSweep
	o.rooms, o.pending = map[string]map[string]time.Time{}, map[string]int{}
}

// create makes a room for c.Owner unless the account has its share, rooms that are being made included.
func (o *owners) create(ctx context.Context, c CreateRoom, alloc Allocator) (Room, error) {
	if o.crowded(c.Owner) {
		now, err := o.listings.get(ctx)
		if err != nil {
			return Room{}, err
		}
		o.forget(now)
	}
	if !o.take(c.Owner) {
		return Room{}, newProblem(http.StatusTooManyRequests, "too_many_rooms",
			"too many of your rooms are running; use one of them or wait until it ends").after(ownGrace)
	}
	room, err := alloc.Create(ctx, c)
	o.settle(c.Owner, room.ID, err == nil)
	return room, err
}

// crowded says whether it is time to look which rooms have ended.
func (o *owners) crowded(account string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.rooms[account])+o.pending[account] >= o.limit || len(o.rooms) >= o.sweepAt
}

// forget drops the rooms that have ended, of every account: it is what keeps the map as small as the set of running rooms.
func (o *owners) forget(now *listing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.swept == now {
		return
	}
	o.swept = now
	there := make(map[string]bool, len(now.rooms))
	for _, r := range now.rooms {
		there[r.ID] = true
	}
	for account, rooms := range o.rooms {
		for id, made := range rooms {
			if !there[id] && now.taken.Sub(made) >= ownGrace {
				delete(rooms, id)
			}
		}
		if len(rooms) == 0 {
			delete(o.rooms, account)
		}
	}
	o.sweepAt = max(ownSweep, ownFactor*len(o.rooms))
}

func (o *owners) take(account string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.rooms[account])+o.pending[account] >= o.limit {
		return false
	}
	o.pending[account]++
	return true
}

// settle turns a place that take gave into a room, or gives it back.
func (o *owners) settle(account, id string, made bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pending[account]--; o.pending[account] == 0 {
		delete(o.pending, account)
	}
	if !made {
		return
	}
	if o.rooms[account] == nil {
		o.rooms[account] = map[string]time.Time{}
	}
	o.rooms[account][id] = o.listings.clock()
}
