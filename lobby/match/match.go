// Package match brings waiting players together by the rules of a mode. It owns the tickets and their states: queued, asked whether
// they are ready, matched, ended.
//
// The lobby makes a Queue, runs it and calls it from its handlers. The package knows no HTTP and no SQL, and imports nothing else of this
// module: rooms, skills, the database and whom to tell are functions and a Keeper of its Config.
//
// One goroutine, Run, does everything that takes time. It copies the waiting tickets, lets Pass look at the copy, and then takes the
// tickets of a match together or not at all: only while each of them still waits. No lock is held while a pass runs, a room is made or
// the database is asked, and a request waits for none of them but for the storing of its own ticket.
package match

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// State is where a ticket stands.
type State string

// The states. Queued becomes Ready in modes that ask, then Matched; a match that falls apart makes those who wanted it Queued again.
// Cancelled and Expired are final.
const (
	Queued    State = "queued"
	Ready     State = "ready" // a match is found and its players are asked whether they are there
	Matched   State = "matched"
	Cancelled State = "cancelled"
	Expired   State = "expired"
)

// Why a ticket has ended, in Ticket.Ended.
const (
	EndCancelled = "cancelled" // a player of the ticket gave it up
	EndDeclined  = "declined"  // a player of the ticket declined the match
	EndNoAnswer  = "no_answer" // a player of the ticket did not say that they are ready
	EndParty     = "party"     // the party has changed
	EndTime      = "time"      // there was no match in time
	EndUnclaimed = "unclaimed" // nobody of the ticket came for the match
)

// Ticket is a snapshot of one ticket, for one of its players.
type Ticket struct {
	ID      string
	Version uint64 // another one means that something else below is another
	Player  string // who asked
	Players []string
	Party   string // empty for a single player
	Mode    string
	Game    string
	State   State
	Ended   string // why, when State is final

	Position int           // 1 is the longest waiting of the mode; 0 unless Queued. As of the last pass
	Estimate time.Duration // how long it may still take, by the last matches of the mode; 0 means not known. While Queued
	Reason   Reason        // why it is not matched yet. While Queued

	Answer Answer // while Ready

	Room    string   // set when State is Matched
	Region  string   // likewise; empty in modes without regions
	Team    int      // likewise, 1 is the first
	Role    string   // likewise, of this player; empty in modes without roles
	Claimed bool     // the player was given the way into Room
	Lineup  []Placed // who was matched together, as Order.Players. Not to be changed

	CreatedAt time.Time // when it was made: it keeps its age through matches that fall apart and restarts
	ExpiresAt time.Time // when a queued ticket gives up, an answer is missed, or a matched one must have been claimed
}

// Answer is how far the players of a match have said that they are ready.
type Answer struct {
	Given    bool // by this player
	Accepted int  // players
	Players  int  // in the match
}

// Errors that callers tell apart, besides *FullError, *QueuedError and *TicketError.
var (
	ErrNotFound = errors.New("match: no such ticket")
	ErrNoMode   = errors.New("match: no such mode")
	ErrClosed   = errors.New("match: the queue is closed")
	ErrNotAsked = errors.New("match: the ticket is not asked whether it is ready")
)

// FullError says that the queue holds as many tickets as it may.
type FullError struct{ RetryAfter time.Duration }

func (e *FullError) Error() string { return "match: too many tickets" }

// QueuedError says that a player has an open ticket already, in this or another mode.
type QueuedError struct{ Player string }

func (e *QueuedError) Error() string { return "match: player " + e.Player + " has an open ticket" }

// TicketError says why the rules of the mode could never match a ticket.
type TicketError struct{ Reason string }

func (e *TicketError) Error() string { return "match: " + e.Reason }

// Order asks for the room of a match.
type Order struct {
	Mode    Mode
	Region  string // empty in modes without regions
	Teams   int
	Players []Placed // team after team
	Skill   float64  // the mean of its tickets
	// Attributes that all of its players have in common; for those who are let in later.
	Attributes map[string][]string
}

// Placed is where a player of a match plays.
type Placed struct {
	Player string `json:"player"`
	Team   int    `json:"team"`           // 1 is the first
	Role   string `json:"role,omitempty"` // empty in modes without roles
}

// Keeper stores tickets, so that a restart loses none. Implementations are concurrent-safe.
type Keeper interface {
	// PutTicket stores a ticket whole, in place of what there is of it and of other tickets of its players.
	PutTicket(ctx context.Context, k Kept) error
	// MoveTickets notes where tickets that are stored play. One that is not there any more is left out and no error: a player of it
	// may have taken the place and queued again, and the new ticket must stay.
	MoveTickets(ctx context.Context, list []Moved) error
	// DropTickets removes tickets; those that are not there are no error.
	DropTickets(ctx context.Context, ids []string) error
	// Tickets returns all that is stored, in any order.
	Tickets(ctx context.Context) ([]Kept, error)
}

// Kept is a ticket as it is stored.
type Kept struct {
	ID         string
	Mode       string
	Party      string
	Members    []Member // the first is who asked
	Latency    map[string]int
	Attributes map[string][]string
	Since      time.Time // millisecond precision is enough
	ExpiresAt  time.Time // likewise
	Placement            // when it is matched
}

// Moved is a stored ticket that has got a room, or lost it and waits again.
type Moved struct {
	ID        string
	ExpiresAt time.Time
	Placement // zero: it waits
}

// Placement is where a matched ticket plays.
type Placement struct {
	Room   string
	Region string   // empty in modes without regions
	Team   int      // 1 is the first
	Roles  []string // of each member, nil in modes without roles
	Lineup []Placed // who was matched together, as Order.Players. Not to be changed
}

// Config is what New needs.
type Config struct {
	Modes   []Mode                                                   // names are unique
	NewRoom func(ctx context.Context, o Order) (string, error)       // makes the room of a match, returns its id; required
	Runs    func(ctx context.Context, room string) (bool, error)     // whether a room runs; required
	NewID   func() string                                            // makes unguessable ticket ids; required
	Open    func(ctx context.Context, m Mode) ([]Opening, error)     // rooms to backfill; zero means none
	Skills  func(ctx context.Context, r SkillsOf) ([]float64, error) // of each player; zero means that all have the same
	Keeper  Keeper                                                   // zero means that tickets end with the process
	Notify  func(player string, t Ticket)                            // is told what changes, in order, must not wait; zero means nobody
	Tickets int                                                      // tickets held at once; zero means 10 000
	Waiters int                                                      // waits held at once; zero means 2000
	Wait    time.Duration                                            // life of a queued ticket where the mode does not say; zero means 10 min
	Claim   time.Duration                                            // time to claim a match; zero means 30 s
	Every   time.Duration                                            // time between passes while nothing changes; zero means 1 s
	Clock   func() time.Time                                         // zero means time.Now
	Log     *zap.Logger                                              // zero means no log
}

// SkillsOf asks for the skills of players in a mode.
type SkillsOf struct {
	Mode    Mode
	Players []string
}

// Validate reports the first missing or unusable field.
func (c Config) Validate() error {
	if c.NewRoom == nil || c.NewID == nil || c.Runs == nil {
		return errors.New("match: Config.NewRoom, Config.Runs or Config.NewID is missing")
	}
	names := map[string]Mode{}
	for _, m := range c.Modes {
		if err := m.Validate(); err != nil {
			return err
		}
		if other, twice := names[m.Name]; twice {
			return fmt.Errorf("match: %s: mode %q is that of %s too; name one of them otherwise", m.Where(), m.Name, other.Where())
		}
		names[m.Name] = m
	}
	if c.Tickets < 0 || c.Waiters < 0 || c.Wait < 0 || c.Claim < 0 || c.Every < 0 {
		return errors.New("match: a limit in Config is negative")
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Tickets == 0 {
		c.Tickets = 10_000
	}
	if c.Waiters == 0 {
		c.Waiters = 2000
	}
	if c.Wait == 0 {
		c.Wait = DefaultWait
	}
	if c.Claim == 0 {
		c.Claim = 30 * time.Second
	}
	if c.Every == 0 {
		c.Every = time.Second
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Open == nil {
		c.Open = func(context.Context, Mode) ([]Opening, error) { return nil, nil }
	}
	if c.Skills == nil {
		c.Skills = func(_ context.Context, r SkillsOf) ([]float64, error) { return make([]float64, len(r.Players)), nil }
	}
	if c.Notify == nil {
		c.Notify = func(string, Ticket) {}
	}
	if c.Keeper == nil {
		c.Keeper = forgetful{}
	}
	return c
}

// forgetful keeps nothing.
type forgetful struct{}

func (forgetful) PutTicket(context.Context, Kept) error       { return nil }
func (forgetful) MoveTickets(context.Context, []Moved) error  { return nil }
func (forgetful) DropTickets(context.Context, []string) error { return nil }
func (forgetful) Tickets(context.Context) ([]Kept, error)     { return nil, nil }
