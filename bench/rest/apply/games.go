//go:build linux

package apply

import (
	"context"

	"github.com/skirmish-dev/skirmish/lobby"
)

// game is the one game there is, with a ranked mode of the same name.
const game = "draughts"

// games is the side of the rooms, of which there are none.
type games struct{}

func (games) Create(context.Context, lobby.CreateRoom) (lobby.Room, error) {
	return lobby.Room{}, lobby.ErrBusy
}

func (games) Note(context.Context, string, []byte) error { return lobby.ErrNoRoom }

func (games) Reserve(context.Context, string, lobby.Player) (lobby.Seat, error) {
	return lobby.Seat{}, lobby.ErrNoRoom
}

func (games) Spectate(context.Context, string, lobby.Player) (lobby.Seat, error) {
	return lobby.Seat{}, lobby.ErrNoRoom
}

func (games) QuickJoin(context.Context, string, lobby.Player) (lobby.Seat, error) {
	return lobby.Seat{}, lobby.ErrBusy
}

func (games) Rooms(context.Context, string) ([]lobby.Room, error) { return nil, nil }

func (games) Room(context.Context, string) (lobby.Room, error) { return lobby.Room{}, lobby.ErrNoRoom }

func (games) Games() []lobby.Game {
	return []lobby.Game{{Name: game, TickRate: 10, MaxPlayers: 2, MatchSize: 2}}
}
