package lobby

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

// note is what the lobby knows of a room that its game does not: who may find it and who may join it. It is kept with the room, as JSON, so
// that it lives exactly as long as the room does, whatever becomes of the lobby. A note that was handed out is not changed.
type note struct {
	Version  int               `json:"v"`              // noteVersion; encode sets it
	Mode     string            `json:"mode,omitempty"` // a free word of its creator
	Metadata map[string]string `json:"metadata,omitempty"`
	Private  bool              `json:"private,omitempty"` // found by its id or its code only
	Code     string            `json:"code,omitempty"`    // of a private room, but not of one of matchmaking
	Lock     *lock             `json:"lock,omitempty"`    // nil: it has no password
	Match    *madeMatch        `json:"match,omitempty"`   // nil: matchmaking has not made it
	made     time.Time
}

// madeMatch is what there is to know of a room that matchmaking has made.
type madeMatch struct {
	Mode       string              `json:"mode"`
	Skill      float64             `json:"skill"`                // as in match.Order
	Attributes map[string][]string `json:"attributes,omitempty"` // likewise
	Places     [][]string          `json:"places"`               // all there are, by team, each with its role
	Players    []match.Placed      `json:"players"`              // who may join, and where they play
}

// noteVersion is raised when a note says something new or otherwise: who does not know what it says must not open the room.
const noteVersion = 1

// nobodys is the note of a room that nobody may join: of one whose own cannot be read.
var nobodys = note{Private: true, Match: new(madeMatch)}

// unread says that the room has a note which this lobby cannot read, and must not replace.
func (n *note) unread() bool { return n.Match == nobodys.Match }

// takes says whether an account may join the room, and as what.
func (n *note) takes(account string) (p match.Placed, ok bool) {
	if n.Match == nil {
		return match.Placed{Player: account}, true
	}
	if at := slices.IndexFunc(n.Match.Players, func(p match.Placed) bool { return p.Player == account }); at >= 0 {
		return n.Match.Players[at], true
	}
	return match.Placed{}, false
}

// letIn is the note of the room of a match from when somebody has a place in it. When more have that place than there are of it, of those who
// are not there the one who was let in longest ago has none any more, and so on. seated are the accounts of those who are there.
func (n note) letIn(p match.Placed, seated []string) note {
	m := *n.Match
	m.Players = append(slices.DeleteFunc(slices.Clone(m.Players), func(had match.Placed) bool { return had.Player == p.Player }), p)
	at := TakenPlace{p.Team, p.Role}
	over := -capacity(m.Places)[at]
	for _, had := range m.Players {
		if (TakenPlace{had.Team, had.Role}) == at {
			over++
		}
	}
	m.Players = slices.DeleteFunc(m.Players, func(had match.Placed) bool {
		gone := over > 0 && had.Player != p.Player && (TakenPlace{had.Team, had.Role}) == at && !slices.Contains(seated, had.Player)
		if gone {
			over--
		}
		return gone
	})
	n.Match = &m
	return n
}

// encode is the note as the room keeps it.
func (n note) encode() ([]byte, error) {
	n.Version = noteVersion
	text, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("lobby: the note of a room: %w", err)
	}
	return text, nil
}

// noteIn is the note that a room keeps. It errs on the closed side: what another version has written and this one cannot read may be the
// room of a match.
func noteIn(r Room) note {
	if len(r.Note) == 0 {
		return note{}
	}
	var n note
	dec := json.NewDecoder(bytes.NewReader(r.Note))
	dec.DisallowUnknownFields()
	if !json.Valid(r.Note) || dec.Decode(&n) != nil || n.Version != noteVersion {
		return nobodys
	}
	return n
}

// lock is the password of a room. One hash is enough: the room is gone in an hour, attempts are throttled, and a hash that takes time would be
// a way to keep the server busy.
type lock struct {
	Salt []byte `json:"salt"`
	Hash []byte `json:"hash"` // of salt and password
}

func newLock(password string) *lock {
	l := &lock{Salt: make([]byte, 16)}
	rand.Read(l.Salt)
	l.Hash = l.hash(password)
	return l
}

func (l *lock) hash(password string) []byte {
	sum := sha256.Sum256(append(slices.Clone(l.Salt), password...))
	return sum[:]
}

// opens says whether a password is the room's, in the same time for every wrong one.
func (l *lock) opens(password string) bool {
	return subtle.ConstantTimeCompare(l.hash(password), l.Hash) == 1
}

// notes are those of the rooms that run, as far as this lobby has made or met them. They are concurrent-safe.
type notes struct {
	clock func() time.Time

	mu      sync.Mutex
	rooms   map[string]note
	codes   map[string]string // room id by code
	sweepAt int               // number of rooms at which ended ones are looked for
}

func newNotes(clock func() time.Time) *notes {
	return &notes{clock: clock, rooms: map[string]note{}, codes: map[string]string{}, sweepAt: ownSweep}
}

// put keeps the note of a room, in place of what there was.
func (n *notes) put(room string, is note) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keep(room, is)
}

// keep is put with n.mu held.
func (n *notes) keep(room string, is note) {
	if is.made = n.rooms[room].made; is.made.IsZero() {
		is.made = n.clock()
	}
	n.rooms[room] = is
	if is.Code != "" {
		n.codes[is.Code] = room
	}
}

// crowded says whether it is time to look which rooms have ended, with all.
func (n *notes) crowded() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.rooms) >= n.sweepAt
}

// of is the note of a room; there is none of rooms that quick join has made, nor of those that this lobby has not met.
func (n *notes) of(room string) (note, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	is, ok := n.rooms[room]
	return is, ok
}

// meet is the note of a room that runs: what is known of it already, or else what the room has kept since before this lobby was started.
func (n *notes) meet(r Room) note {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.met(r)
}

// met is meet with n.mu held.
func (n *notes) met(r Room) note {
	is, known := n.rooms[r.ID]
	if !known && len(r.Note) > 0 {
		is = noteIn(r)
		n.keep(r.ID, is)
	}
	return is
}

// byCode is the room with a code, empty when there is none.
func (n *notes) byCode(code string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.codes[code]
}

// all is every note, and forgets those of rooms that have ended.
func (n *notes) all(running []Room) map[string]note {
	n.mu.Lock()
	defer n.mu.Unlock()
	there := make(map[string]bool, len(running))
	for _, r := range running {
		there[r.ID] = true
		n.met(r)
	}
	now := n.clock()
	for id, is := range n.rooms {
		if !there[id] && now.Sub(is.made) >= ownGrace {
			delete(n.rooms, id)
			delete(n.codes, is.Code)
		}
	}
	n.sweepAt = max(ownSweep, ownFactor*len(n.rooms))
	return maps.Clone(n.rooms)
}
