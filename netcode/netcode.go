// Package netcode speaks the protocol of PROTOCOL.md for one client: a Session takes the messages of a connection
// apart, holds what the protocol remembers of it, and puts together what it is sent each tick.
//
// A game.Room owns one Session per connection and implements Receiver. A Session touches no socket and keeps no time of
// its own; it belongs to the goroutine that steps the room. Beneath it: msg (messages), schema (fields), snapshot
// (state), conn (sockets), client (the other side).
package netcode

import (
	"fmt"
	"time"
)

// Limits of PROTOCOL.md section 1.
const (
	JoinTimeout    = 5 * time.Second  // from the upgrade to JOIN
	SilenceTimeout = 10 * time.Second // without any message of the client
	BehindTimeout  = 10 * time.Second // without the client taking or acknowledging any message
	SeatEvery      = 10 * time.Second // between two resume seats of a connection

	// A client may leave this many events unacknowledged, or this many bytes of them: far more than a game emits in a round
	// trip, so that no burst, of the game or of other players' calls, ends a client that reads.
	MaxUnacked      = 2048
	MaxUnackedBytes = 512 << 10

	CallsPerSecond = 5
	CallBurst      = 10
	// maxReplies bounds the answers to calls that wait for the next tick, refusals of too many calls included. It is more
	// than CallBurst, so only a client that goes on calling after refusals gets there.
	maxReplies = 64
)

// Close codes of PROTOCOL.md section 9.
const (
	CloseBadMessage uint16 = 4000
	CloseVersion    uint16 = 4001
	CloseKicked     uint16 = 4002
	CloseReplaced   uint16 = 4003
	CloseTooMany    uint16 = 4004
	CloseOver       uint16 = 4005
	CloseGoingDown  uint16 = 4100
	CloseBehind     uint16 = 4101
	CloseRoomError  uint16 = 4102
	CloseNoJoin     uint16 = 4103
	CloseSilent     uint16 = 4104
	CloseNoPlace    uint16 = 4105
)

// MayReconnect reports whether a client closed with code should come back with the same intent.
func MayReconnect(code uint16) bool {
	return code >= 4100 && code < 4200 || code == 1006 || code == 1001
}

// MayResume reports whether a client closed with code is lost, not gone: its player is kept for a while, and its resume seat is
// good.
func MayResume(code uint16) bool {
	return code == CloseBehind || code == CloseSilent || code == 1006 || code == 1001
}

// Violation is why a session must end: the close code and a sentence for the client's developer.
type Violation struct {
	Code   uint16
	Reason string // at most 123 bytes, it rides in the close frame
}

// Error says both.
func (v *Violation) Error() string { return fmt.Sprintf("netcode: close %d: %s", v.Code, v.Reason) }

// The violations without details are made once: a flood of bad messages costs no memory.
var (
	errNoJoin     = &Violation{CloseNoJoin, "no JOIN within 5 s"}
	errSilent     = &Violation{CloseSilent, "no message for 10 s: send INPUT at least every 250 ms"}
	errBehind     = &Violation{CloseBehind, "no message taken or acknowledged for 10 s"}
	errUnacked    = &Violation{CloseBehind, "too many events without EVENTACK"}
	errReplies    = &Violation{CloseTooMany, "too many calls: 5 per second"}
	errTooMany    = &Violation{CloseTooMany, "too many messages: one INPUT per tick"}
	errType       = &Violation{CloseBadMessage, "unknown message type"}
	errFirst      = &Violation{CloseBadMessage, "the first message must be JOIN, and only the first"}
	errAckTick    = &Violation{CloseBadMessage, "ack_tick is newer than any snapshot sent"}
	errLastEvent  = &Violation{CloseBadMessage, "last_event of an event that was not sent"}
	errFirstSeat  = &Violation{CloseBadMessage, "last_event must be nil on a first seat"}
	errEventAck   = &Violation{CloseBadMessage, "EVENTACK of an event that was not sent"}
	errProtocol   = &Violation{CloseVersion, "this server speaks protocol 1"}
	errInputHash  = &Violation{CloseVersion, "built for another input schema: reload"}
	errSpectator  = &Violation{CloseBadMessage, "a spectator sends INPUT without inputs"}
	errInputShape = &Violation{CloseBadMessage, "an input does not fit the input schema"}
)

// SpectatorViolation is what a Receiver returns for inputs of a client that only watches.
func SpectatorViolation() *Violation { return errSpectator }

// InputViolation is what a Receiver returns for inputs that do not fit the schema.
func InputViolation() *Violation { return errInputShape }
