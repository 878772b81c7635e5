package lobby

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

// note is what the lobby knows of a room that its game does not: who may find it and who may join it.
type note struct {
	mode     string
	metadata map[string]string
	private  bool   // found by its id or its code only
	code     string // of a private room
	salt     [16]byte
	password [sha256.Size]byte // hash of salt and password
	locked   bool              // it has a password
	made     time.Time
	// players are who may join a room that matchmaking has made, and where they play; nil for other rooms, which everybody may.
	players map[string]match.Placed
}

// takes says whether an account may join the room.
func (n *note) takes(account string) bool {
	_, ok := n.players[account]
	return ok || n.players == nil
}

// lock gives the room a password. One hash is enough: the room is gone in an hour, attempts are throttled, and a hash that takes time
// would be a way to keep the server busy.
func (n *note) lock(password string) {
	rand.Read(n.salt[:])
	n.password, n.locked = n.hash(password), true
}

func (n *note) hash(password string) [sha256.Size]byte {
	return sha256.Sum256(append(n.salt[:], password...))
}

// opens says whether a password is the room's, in the same time for every wrong one.
func (n *note) opens(password string) bool {
	got := n.hash(password)
	return subtle.ConstantTimeCompare(got[:], n.password[:]) == 1
}

// notes are those of the rooms that run. They are concurrent-safe.
type notes struct {
	clock func() time.Time

	mu    sync.Mutex
	rooms map[string]note
	codes map[string]string // room id by code
}

func newNotes(clock func() time.Time) *notes {
	return &notes{clock: clock, rooms: map[string]note{}, codes: map[string]string{}}
}

// put keeps the note of a new room, with a code if it is private, and returns it.
func (n *notes) put(room string, is note) note {
	is.made = n.clock()
	if is.private {
		is.code = newCode()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rooms[room] = is
	if is.private {
		n.codes[is.code] = room
	}
	return is
}

// match notes whose room one of matchmaking is.
func (n *notes) match(room string, players ...match.Placed) {
	n.change(room, func(may map[string]match.Placed) {
		for _, p := range players {
			may[p.Player] = p
		}
	})
}

// replace notes that somebody is let into the room of a match, and forgets those who had that place and are not there: there are never
// many more players than places. seated are the accounts of those who are there.
func (n *notes) replace(room string, p match.Placed, seated []string) {
	n.change(room, func(may map[string]match.Placed) {
		maps.DeleteFunc(may, func(account string, had match.Placed) bool {
			return had.Team == p.Team && had.Role == p.Role && !slices.Contains(seated, account)
		})
		may[p.Player] = p
	})
}

// change changes who may join the room of a match.
func (n *notes) change(room string, do func(map[string]match.Placed)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	is := n.rooms[room]
	if is.made.IsZero() {
		is.made = n.clock()
	}
	may := make(map[string]match.Placed, len(is.players)+1) // a note that was handed out is read without the lock
	maps.Copy(may, is.players)
	do(may)
	is.players, is.private = may, true
	n.rooms[room] = is
}

// of is the note of a room; there is none of rooms that quick join has made.
func (n *notes) of(room string) (note, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	is, ok := n.rooms[room]
	return is, ok
}

// byCode is the room with a code, empty when there is none.
func (n *notes) byCode(code string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.codes[code]
}

// all is every note, and forgets those of rooms that have ended: there are never many more notes than rooms.
func (n *notes) all(running []Room) map[string]note {
	there := make(map[string]bool, len(running))
	for _, r := range running {
		there[r.ID] = true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.clock()
	for id, is := range n.rooms {
		if !there[id] && now.Sub(is.made) >= ownGrace {
			delete(n.rooms, id)
			delete(n.codes, is.code)
		}
	}
	return maps.Clone(n.rooms)
}
