// Package token signs and verifies the tokens of Skirmish: the access token that a client shows to the lobby, the seat token
// that opens one WebSocket, and the resume token that opens another one for a player who is seated already. It is the only
// importer of golang-jwt.
//
// The lobby calls it for access tokens, the game side (through the root) for the others. It knows nothing of either: it
// holds no session state, no list of used seats and no account, and imports nothing else of this module.
//
// Access and seat tokens are JWTs with the algorithm pinned to EdDSA (Ed25519). They cannot be confused: each has its own audience
// and typ header and a key of its own, and each verifier demands all of that. Resume tokens are of a fixed length with a MAC; see
// Resumes.
package token

import (
	"errors"
	"fmt"
	"time"
)

// Limits that hold for every token. They are not configurable: the protocol text and the security rules name them.
const (
	MaxBytes   = 2048             // longest token that is parsed at all
	AccessTTL  = 10 * time.Minute // life of an access token
	AccessSkew = 30 * time.Second // clock difference forgiven when an access token is checked
	MaxSeatTTL = 30 * time.Second // longest life of a seat token; no skew, the node that signs is the node that checks
	// MaxResumeTTL is the longest life of a resume token; no skew either.
	MaxResumeTTL = 15 * time.Minute
)

// Roles of a seat.
const (
	RolePlayer    = "player"    // its holder plays
	RoleSpectator = "spectator" // its holder watches
)

// ErrInvalid is what every failed verification wraps. The text after it is for the log; a client is told only that the
// token is not valid.
var ErrInvalid = errors.New("token: not valid")

// Access says who is calling the lobby. It carries no role and no rights: those are read where they are stored.
type Access struct {
	Player    string    // account id, 1..64 bytes
	Session   string    // which of the account's sign-ins it was made for, 1..64 bytes
	Epoch     uint64    // of the account: the verifier's caller refuses those below the current one
	ID        string    // jti, unique per token
	IssuedAt  time.Time // second precision
	ExpiresAt time.Time // second precision
}

// Seat is the right to open one WebSocket into one room. Whether it was used before is the game side's knowledge (ID is what
// it remembers until ExpiresAt).
type Seat struct {
	Room      string // room id, 1..64 bytes
	Epoch     uint64 // instance of the room: a room that was recreated under the same id has another
	Player    string // account id, 1..64 bytes
	Name      string // display name, 1..64 bytes of UTF-8
	Node      string // boot id of the node that holds the place, 1..64 bytes
	Role      string // RolePlayer when empty
	Ticket    string // matchmaking ticket that led here, may be empty
	ID        string // jti, unique per token; Signer makes one when empty
	IssuedAt  time.Time
	ExpiresAt time.Time // when zero, the signer gives MaxSeatTTL
}

// maxID bounds every identifier in a token, so that a token that is signed is also short enough to be verified.
const maxID = 64

func checkIDs(fields ...[2]string) error {
	for _, f := range fields {
		if n := len(f[1]); n == 0 || n > maxID {
			return fmt.Errorf("token: %s has %d bytes, want 1 to %d", f[0], n, maxID)
		}
	}
	return nil
}
