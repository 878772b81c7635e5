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
	rooms  []Room      // private ones included, in any order
	public []RoomInfo  // what everybody may see, in the first of the roomOrders
	making *sync.Mutex // of all listings: held while a page is made

	mu    sync.Mutex
	pages map[roomQuery]func() (cacheable, error) // at most maxPages and plainQuery, and maxPageBytes when they are encoded
	bytes int                                     // of the encoded ones
}

// listings asks the directory at most once per listingFor, whatever clients ask: the directory answers from under the lock that
// joins and creations need, and a list of a thousand rooms takes milliseconds to encode.
type listings struct {
	dir   Directory
	notes *notes
	clock func() time.Time
	games []Game

	making sync.Mutex    // held while a page of a listing is made
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
		taken: taken, rooms: rooms, public: publicRooms(rooms, l.notes.all(rooms)), making: &l.making,
		pages: map[roomQuery]func() (cacheable, error){},
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

// page is the answer to a query, which many may ask. One that nobody has asked yet costs milliseconds with a thousand rooms: admit says
// whether the caller may have it made.
func (l *listing) page(q roomQuery, admit func() error) (cacheable, error) {
	l.mu.Lock()
	encoded, ok := l.pages[q]
	l.mu.Unlock()
	if ok {
		return encoded()
	}
	if q != plainQuery {
		if err := admit(); err != nil {
			return cacheable{}, err
		}
	}
	l.mu.Lock()
	if encoded, ok = l.pages[q]; !ok { // nobody was quicker
		encoded = sync.OnceValues(func() (cacheable, error) { return l.encode(q) })
		if len(l.pages) < maxPages || q == plainQuery {
			l.pages[q] = encoded
		}
	}
	l.mu.Unlock()
	return encoded()
}

// encode makes a page, and lets it go again when there is no room to keep it. A query that is none is not kept either. Pages are made
// one after the other, whoever asks: they must not take the processors from the rooms. Compressing pays for a page that is kept.
func (l *listing) encode(q roomQuery) (cacheable, error) {
	l.making.Lock()
	defer l.making.Unlock()
	answer := cacheable{}
	list, err := q.page(l.public)
	if err == nil {
		answer, err = encodeJSON(listingCache, list)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.pages[q] == nil:
		answer.gzip = nil
	case err != nil || l.bytes+len(answer.Body) > maxPageBytes && q != plainQuery:
		delete(l.pages, q)
		answer.gzip = nil
	default:
		l.bytes += len(answer.Body)
	}
	return answer, err
}
