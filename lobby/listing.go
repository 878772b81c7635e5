package lobby

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// listingFor is how long a listing is used: as long as the room list's Cache-Control lets clients keep it.
const listingFor = time.Second

const listingCache = "public, max-age=1, stale-while-revalidate=5"

// listing is the running rooms at one moment. It does not change; the public list of a game is encoded when it is first asked for.
type listing struct {
	taken   time.Time
	rooms   []Room // private ones included, in any order
	answers map[string]func() (cacheable, error)
}

// listings asks the directory at most once per listingFor, whatever clients ask: the directory answers from under the lock that
// joins and creations need, and a list of a thousand rooms takes milliseconds to encode.
type listings struct {
	dir   Directory
	clock func() time.Time
	games []Game

	turn   chan struct{} // holds the one that asks the directory; the others wait for its answer
	latest atomic.Pointer[listing]
}

func newListings(dir Directory, clock func() time.Time) *listings {
	return &listings{dir: dir, clock: clock, games: dir.Games(), turn: make(chan struct{}, 1)}
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
	now := &listing{taken: taken, rooms: rooms, answers: map[string]func() (cacheable, error){}}
	now.answers[""] = sync.OnceValues(func() (cacheable, error) { return now.encode("") })
	for _, g := range l.games {
		now.answers[g.Name] = sync.OnceValues(func() (cacheable, error) { return now.encode(g.Name) })
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

// answer is the public list of a game, of all games when game is empty. Errors: ErrUnknownGame.
func (l *listing) answer(game string) (cacheable, error) {
	encoded, ok := l.answers[game]
	if !ok {
		return cacheable{}, ErrUnknownGame
	}
	return encoded()
}

func (l *listing) encode(game string) (cacheable, error) {
	list := RoomList{Rooms: []RoomInfo{}}
	for _, r := range l.rooms {
		if !r.Private && (game == "" || r.Game == game) {
			list.Rooms = append(list.Rooms, roomInfo(r))
		}
	}
	// The same rooms are the same bytes, whatever order the directory keeps them in: the ETag depends on it.
	slices.SortFunc(list.Rooms, func(a, b RoomInfo) int {
		return cmp.Or(cmp.Compare(a.Game, b.Game), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return encodeJSON(listingCache, list)
}
