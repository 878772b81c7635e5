package lobby

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// listingFor is how long a listing is used: as long as the room list's Cache-Control lets clients keep it.
const listingFor = time.Second

const listingCache = "public, max-age=1, stale-while-revalidate=5"

// listing is the running rooms at one moment. It does not change; a page of it is encoded when it is first asked for.
type listing struct {
	taken  time.Time
	rooms  []Room     // private ones included, in any order
	public []RoomInfo // what everybody may see, in the first of the roomOrders

	mu    sync.Mutex
	pages map[roomQuery]func() (cacheable, error) // at most maxPages, and maxPageBytes when they are encoded
	bytes int                                     // of the encoded ones
}

// listings asks the directory at most once per listingFor, whatever clients ask: the directory answers from under the lock that
// joins and creations need, and a list of a thousand rooms takes milliseconds to encode.
type listings struct {
	dir   Directory
	notes *notes
	clock func() time.Time
	games []Game

	turn   chan struct{} // holds the one that asks the directory; the others wait for its answer
	latest atomic.Pointer[listing]
}

func newListings(dir Directory, notes *notes, clock func() time.Time) *listings {
	return &listings{dir: dir, notes: notes, clock: clock, games: dir.Games(), turn: make(chan struct{}, 1)}
}

// get returns a listing that is younger than listingFor. An error of the directory is the caller's alone: the next one asks again.
func (l *listings) get(ctx context.Context) (*listing, error) {
	if now := l.fresh(); now != nil {
		return now, nil
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-l.turn }()
	if now := l.fresh(); now != nil {
		return now, nil
	}
	taken := l.clock() // before asking: a room made meanwhile may be missing
	rooms, err := l.dir.Rooms(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("lobby: list rooms: %w", err)
	}
	now := &listing{
		taken: taken, rooms: rooms, public: publicRooms(rooms, l.notes.all(rooms)), pages: map[roomQuery]func() (cacheable, error){},
	}
	l.latest.Store(now)
	return now, nil
}

func (l *listings) fresh() *listing {
	now := l.latest.Load()
	if now == nil {
		return nil
	}
	if age := l.clock().Sub(now.taken); age < 0 || age >= listingFor { // negative: the clock was set back
		return nil
	}
	return now
}

// page is the answer to a query, which many may ask.
func (l *listing) page(q roomQuery) (cacheable, error) {
	l.mu.Lock()
	encoded, ok := l.pages[q]
	if !ok {
		encoded = sync.OnceValues(func() (cacheable, error) { return l.encode(q) })
		if len(l.pages) < maxPages {
			l.pages[q] = encoded
		}
	}
	l.mu.Unlock()
	return encoded()
}

// encode makes a page, and lets it go again when there is no room to keep it. A query that is none is not kept either.
func (l *listing) encode(q roomQuery) (cacheable, error) {
	answer := cacheable{}
	list, err := q.page(l.public)
	if err == nil {
		answer, err = encodeJSON(listingCache, list)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.pages[q] == nil:
	case err != nil || l.bytes+len(answer.Body) > maxPageBytes:
		delete(l.pages, q)
	default:
		l.bytes += len(answer.Body)
	}
	return answer, err
}
