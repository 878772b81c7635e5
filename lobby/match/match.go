// Package match brings waiting players together: first come, first served, as many as the game's match size. It owns the
// tickets and their states.
//
// The lobby's handlers call it. It knows no HTTP and no store, makes rooms only through Config.NewRoom, and imports nothing
// else of this module. Tickets live in memory: they end with the process, and clients ask for new ones.
package match

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// State is where a ticket stands.
type State string

// The states. Queued becomes any of the others, Matched becomes Cancelled or Expired, those two are final.
const (
	Queued    State = "queued"
	Matched   State = "matched"
	Cancelled State = "cancelled"
	Expired   State = "expired"
)

// Ticket is a snapshot of one ticket.
type Ticket struct {
	ID        string
	Player    string
	Game      string
	State     State
	Position  int       // 1 is next; 0 unless State is Queued
	Room      string    // set when State is Matched
	CreatedAt time.Time // when it was made
	ExpiresAt time.Time // when a queued ticket gives up, or a matched one must have been claimed
}

// Errors that callers tell apart, besides *FullError.
var (
	ErrNotFound = errors.New("match: no such ticket")
	ErrNoMatch  = errors.New("match: the game takes no tickets")
	ErrClosed   = errors.New("match: the queue is closed")
)

// FullError says that the queue holds as many tickets as it may.
type FullError struct {
	RetryAfter time.Duration
}

func (e *FullError) Error() string { return "match: too many tickets" }

// Config is what New needs.
type Config struct {
	Sizes   map[string]int                                         // players per match by game; required, each at least 2
	NewRoom func(ctx context.Context, game string) (string, error) // makes the room of a match, returns its id; required
	NewID   func() string                                          // makes unguessable ticket ids; required
	Tickets int                                                    // tickets held at once; zero means 10 000
	Waiters int                                                    // waits held at once; zero means 2000
	Wait    time.Duration                                          // life of a queued ticket; zero means 10 min
	Claim   time.Duration                                          // time to claim a match; zero means 30 s
	Clock   func() time.Time                                       // zero means time.Now
}

// Validate reports the first missing or unusable field.
func (c Config) Validate() error {
	if c.NewRoom == nil || c.NewID == nil {
		return errors.New("match: Config.NewRoom or Config.NewID is missing")
	}
	for game, size := range c.Sizes {
		if size < 2 {
			return fmt.Errorf("match: match size of %s is %d, want at least 2", game, size)
		}
	}
	if c.Tickets < 0 || c.Waiters < 0 || c.Wait < 0 || c.Claim < 0 {
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
		c.Wait = 10 * time.Minute
	}
	if c.Claim == 0 {
		c.Claim = 30 * time.Second
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}
