// Package lobby is the REST side of Skirmish: accounts, the room list, joining, the first matchmaking ticket and match
// results, under /v1. It owns the routes, their limits and their OpenAPI document.
//
// The root calls it: New, Handler behind internal/httpguard, RecordResult when a match ends, Close. It never sees a running
// room: what it needs from the game side it declares here as Allocator and Directory, and the root adapts game.Host to them.
// It imports nothing of game or netcode. huma is used here and nowhere else.
package lobby

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Allocator makes rooms and reserves places in them. Implementations are concurrent-safe and return quickly: a request waits
// for them. Errors are, or wrap, the sentinels below; any other error is answered with 500 and logged.
type Allocator interface {
	// Create makes a room and returns it. Errors: ErrUnknownGame, ErrBusy, ErrOverloaded, ErrDraining, OptionsError.
	Create(ctx context.Context, c CreateRoom) (Room, error)
	// Note keeps what the lobby knows of a room with it, in place of what was kept before: see CreateRoom.Note. Errors: ErrNoRoom.
	Note(ctx context.Context, roomID string, note []byte) error
	// Reserve holds a place for the player and returns the one-use seat token for it. A player has one outstanding seat: a
	// second Reserve replaces the first. Errors: ErrNoRoom, ErrRoomFull, ErrBusy, ErrOverloaded, ErrDraining.
	Reserve(ctx context.Context, roomID string, p Player) (Seat, error)
	// Spectate reserves a place to watch in a room and returns the one-use seat token for it. Otherwise it is as Reserve;
	// ErrRoomFull means that no more may watch. Errors besides: ErrUnwatched, ErrPlaysHere.
	Spectate(ctx context.Context, roomID string, p Player) (Seat, error)
	// QuickJoin reserves a place in any public room of the game that has one, making a room when none has. Errors:
	// ErrUnknownGame, ErrBusy, ErrOverloaded, ErrDraining.
	QuickJoin(ctx context.Context, game string, p Player) (Seat, error)
}

// Directory tells what is there to join. Implementations are concurrent-safe.
type Directory interface {
	// Rooms returns the running rooms of a game, of all games when game is empty, private ones included: the lobby never
	// lists those, but counts them. Any order. Errors: ErrUnknownGame.
	Rooms(ctx context.Context, game string) ([]Room, error)
	// Room returns one running room. Errors: ErrNoRoom.
	Room(ctx context.Context, id string) (Room, error)
	// Games returns the registered games. The answer does not change while the process runs.
	Games() []Game
}

// Kicker ends what an account is doing. Implementations are concurrent-safe and do not wait.
type Kicker interface {
	// Kick closes every socket of the account with a code after which clients do not come back by themselves, within a second, and
	// frees its outstanding seat. reason is shown to the player, at most 123 bytes.
	Kick(account, reason string)
}

// Game is what a client has to know about a game before it joins.
type Game struct {
	Name       string // 1..64 bytes, as in REST paths and bodies
	TickRate   int    // ticks per second, 1..128
	MaxPlayers int    // per room
	MatchSize  int    // players that a ticket brings together; 0 means the game takes no tickets
}

// Room is one running room.
type Room struct {
	ID         string // 1..64 characters of A-Z a-z 0-9 _ -
	Game       string
	Name       string // given by its creator, may be empty; shown as text only
	Players    int    // seated now, reservations included
	MaxPlayers int
	Watchers   int    // spectators, reservations included
	Region     string // as in CreateRoom
	// Taken has, for each of Players to whom matchmaking has given a place, that place, in any order.
	Taken     []TakenPlace
	Seated    []string  // account ids of those players
	Private   bool      // joined by id only, never listed
	State     string    // roomOpen or a word of the game side such as "draining"; shown as is
	CreatedAt time.Time // shown with second precision
	Note      []byte    // as in CreateRoom or Allocator.Note; empty when there was none. It is not changed
}

// TakenPlace is a place of a match that somebody has, as in Player.
type TakenPlace struct {
	Team int // 1 is the first
	Role string
}

// roomOpen is the State of a room that takes players.
const roomOpen = "open"

// CreateRoom asks for a room.
type CreateRoom struct {
	Game      string
	Name      string // at most 64 bytes, checked by the lobby
	Private   bool
	Unwatched bool // nobody may watch
	// Places are how many of each there are in the room of a match; nil for other rooms. Reserve answers ErrRoomFull to a player for whose
	// Team and Role others have them all, whoever had one before.
	Places  map[TakenPlace]int
	Mode    string          // of matchmaking, and said again by its Result; empty for a room that it has not made
	Options json.RawMessage // for the game, as the client has sent it; may be empty
	// Region is where the players of a match are to play, one of its mode's regions; empty where there are none. An Allocator of one
	// place makes the room there whatever it says.
	Region string
	// Note is what the lobby knows of the room and wants to read again in Room for as long as the room runs, also after the lobby alone was
	// restarted: who may find it and join it, by which password. It is the lobby's alone, a few kilobytes, and not changed afterwards.
	Note []byte
	// Owner is the account id of who asked, empty for a room that matchmaking makes. An Allocator with a bound on its rooms keeps
	// some for matches and QuickJoin: it answers ErrBusy to an owner earlier than to them.
	Owner string
}

// Player is who takes a seat.
type Player struct {
	ID   string // account id
	Name string // display name, 1..24 characters and at most 64 bytes
	// Team and Role are what matchmaking has given the player in the room: 1 is the first team. Zero where it has not made the room.
	Team int
	Role string
}

// Seat is a reserved place. Token goes into the WebSocket URL and nowhere else.
type Seat struct {
	Token  string
	RoomID string
}

// Result is the outcome of a match as the game reported it.
type Result struct {
	MatchID    string          // 1..64 characters, unique per match: a second report of it changes nothing
	RoomID     string          // 1..64 characters
	Game       string          // 1..64 characters
	Mode       string          // as in CreateRoom
	Places     []Place         // who took part, bots left out; at most 1024
	FinishedAt time.Time       // kept with millisecond precision
	Payload    json.RawMessage // one JSON value, at most 64 KiB; empty means null
}

// Place is what a match was for one player.
type Place struct {
	Account string  // at most 64 characters; an empty one, and one that came before, do not count
	Rank    int     // 1 is best; sides that tie share a rank. A team has the best rank of its players
	Score   int64   // as the game counts
	Team    int     // players of the same number were one side; zero means that the player was one alone
	Played  float64 // share of the match, above 0 up to 1
}

// What an Allocator or Directory answers when it cannot do as asked, with the status the client gets.
var (
	ErrNoRoom      = errors.New("lobby: no such room")            // 404
	ErrRoomFull    = errors.New("lobby: room is full")            // 409
	ErrUnwatched   = errors.New("lobby: nobody may watch")        // 403
	ErrPlaysHere   = errors.New("lobby: the player plays there")  // 409
	ErrUnknownGame = errors.New("lobby: no such game")            // 404
	ErrBusy        = errors.New("lobby: server is busy")          // 503; see BusyError for a Retry-After
	ErrOverloaded  = errors.New("lobby: ticks run late")          // 503
	ErrDraining    = errors.New("lobby: server is shutting down") // 503
)

// ErrResult is what RecordResult answers to a result that will never fit: trying again is of no use.
var ErrResult = errors.New("lobby: not a result")

// OptionsError says that a game does not take the options of a CreateRoom. The client gets 422 with the reason.
type OptionsError struct{ Reason string }

func (e *OptionsError) Error() string { return "lobby: room options: " + e.Reason }

// BusyError is an ErrBusy that knows when to come back.
type BusyError struct {
	RetryAfter time.Duration // rounded up to whole seconds, at least 1
}

func (e *BusyError) Error() string { return ErrBusy.Error() }

// Is makes errors.Is(err, ErrBusy) true.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }
