package game

import (
	"time"

	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// PlayerID names a player in its room: 1, 2, ... in the order of joining, never used again.
type PlayerID uint32

// NetKind makes PlayerID a field type for `net:` tags.
func (PlayerID) NetKind() schema.Kind { return schema.Player }

// Player is someone seated in a room. It is valid from Join to Leave, in the game's methods only; after Leave it can
// still be named in a Result.
type Player struct {
	ID   PlayerID
	Name string // as chosen by the player: 1 to 24 characters, to be shown as text
	// Entity is the game's to set: the row that the player controls.
	Entity EntityID
	// Groups is the game's to set: the groups whose rows the player sees in tables with the Option Groups, one per bit.
	Groups uint64

	// Static after Join.
	team int
	role string

	// Owned by the room.
	account string           // lobby account
	client  *client          // nil once its socket is gone
	session *netcode.Session // of client, or of the socket that was lost
	away    *client          // the lost socket whose place is kept; nil: there is one, or never was
	awayAt  time.Time        // since when
	dropped bool             // the game knows that it is away
	bot     *Room            // whose bot it is; nil: a client plays it
	input   inputBuffer
	row     EntityID // in the players table
	text    Text
	kicked  string // reason; empty: not kicked
	gone    bool
	view    view
	seen    seen
}

// Kick sends the player away at the end of the tick; it will not come back by itself. reason is shown to it, at most 123 bytes.
func (p *Player) Kick(reason string) {
	if reason == "" {
		reason = "kicked"
	}
	p.kicked = reason
}

// Team is the team in which matchmaking has put the player: 1 is the first. It is 0 for a bot, and in a room that matchmaking has not
// made: such a game divides its players itself. It is known from Admit on and stays the same when the player comes back, also in
// another seat. As Standing.Team it says who were one side.
func (p *Player) Team() int { return p.team }

// Role is the player's place in the team, by the name that the rules of the mode give it; empty where Team is 0, and in modes without
// roles.
func (p *Player) Role() string { return p.role }

// Limited reports whether the player's client is told less than there is: its link, or Config.SnapshotBytes, is too small for
// what it sees, so that its newest snapshot was cut to fit or the newest one due was left out. A game may show less then, or say so; the
// page learns it, as `room.stats.limited`, from the next snapshot that comes. It depends on the network: what the world does with it is not the same in
// two runs with the same inputs.
func (p *Player) Limited() bool { return p.client != nil && p.client.session.Limited() }

// playerRow is a row of the built-in table 0, players.
type playerRow struct {
	ID   PlayerID `net:"id,once"`
	Name Text     `net:"name"`
}
