package lobby

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

const (
	ownGrace  = 10 * time.Second // a new room counts for this long although the directory does not list it (yet)
	ownSweep  = 1024             // rooms remembered before the first sweep
	ownFactor = 2                // then a sweep when their number has grown by this
)

// owner is who counts for a room.
type owner struct {
	account string
	network netip.Prefix // as limit.Network gives it
}

// owned is a room that somebody asked for.
type owned struct {
	owner
	made time.Time
}

// owners bounds the rooms that one account, and one network, has running: accounts cost nothing, addresses do. It remembers ids and
// looks in the listing which of them are still there, so that the game side need not report the end of a room.
type owners struct {
	perAccount, perNetwork int
	listings               *listings

	mu        sync.Mutex
	rooms     map[string]owned     // by room id
	ofAccount map[string]int       // rooms running and being made
	ofNetwork map[netip.Prefix]int // the same
	sweepAt   int                  // number of rooms at which ended ones are looked for
	swept     *listing             // the last one that was compared with
}

func (o *owners) init(l Limits, from *listings) {
	o.perAccount, o.perNetwork, o.listings, o.sweepAt = l.RoomsPerAccount, l.RoomsPerNetwork, from, ownSweep
	o.rooms, o.ofAccount, o.ofNetwork = map[string]owned{}, map[string]int{}, map[netip.Prefix]int{}
}

// create makes a room for c.Owner, who asks from network, unless either has its share, rooms that are being made included.
func (o *owners) create(ctx context.Context, c CreateRoom, network netip.Prefix, alloc Allocator) (Room, error) {
	who := owner{c.Owner, network}
	if o.crowded(who) {
		now, err := o.listings.get(ctx)
		if err != nil {
			return Room{}, err
		}
		o.forget(now)
	}
	if err := o.take(who); err != nil {
		return Room{}, err
	}
	room, err := alloc.Create(ctx, c)
	o.settle(who, room.ID, err == nil)
	return room, err
}

// crowded says whether it is time to look which rooms have ended.
func (o *owners) crowded(who owner) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.full(who) != nil || len(o.rooms) >= o.sweepAt
}

// full is the refusal for an owner that has its share, nil for any other. o.mu is held.
func (o *owners) full(who owner) *Problem {
	switch {
	case o.ofAccount[who.account] >= o.perAccount:
		return newProblem(http.StatusTooManyRequests, "too_many_rooms",
			"too many of your rooms are running; use one of them or wait until it ends").after(ownGrace)
	case o.ofNetwork[who.network] >= o.perNetwork:
		return newProblem(http.StatusTooManyRequests, "too_many_rooms",
			"too many rooms made from your network are running; join one of them or wait until one ends").after(ownGrace)
	}
	return nil
}

// forget drops the rooms that have ended, of every owner: it is what keeps the maps as small as the set of running rooms.
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
	for id, room := range o.rooms {
		if !there[id] && now.taken.Sub(room.made) >= ownGrace {
			delete(o.rooms, id)
			o.release(room.owner)
		}
	}
	o.sweepAt = max(ownSweep, ownFactor*len(o.rooms))
}

func (o *owners) take(who owner) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.full(who); p != nil {
		return p
	}
	o.ofAccount[who.account]++
	o.ofNetwork[who.network]++
	return nil
}

// settle turns a place that take gave into a room, or gives it back.
func (o *owners) settle(who owner, id string, made bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if made {
		o.rooms[id] = owned{who, o.listings.clock()}
	} else {
		o.release(who)
	}
}

// release gives a place back. o.mu is held.
func (o *owners) release(who owner) {
	if o.ofAccount[who.account]--; o.ofAccount[who.account] == 0 {
		delete(o.ofAccount, who.account)
	}
	if o.ofNetwork[who.network]--; o.ofNetwork[who.network] == 0 {
		delete(o.ofNetwork, who.network)
	}
}
