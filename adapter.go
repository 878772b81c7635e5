package skirmish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/lobby"
)

// allocator joins the two halves of the server: it is what the lobby asks of the games, answered by a game.Host.
// Neither package knows the other.
type allocator struct{ host *game.Host }

var (
	_ lobby.Allocator = allocator{}
	_ lobby.Directory = allocator{}
	_ lobby.Kicker    = allocator{}
)

// Create makes a room. Those that players ask for leave some free for quick join and matches.
func (a allocator) Create(_ context.Context, c lobby.CreateRoom) (lobby.Room, error) {
	var places map[game.TakenPlace]int
	if c.Places != nil {
		places = make(map[game.TakenPlace]int, len(c.Places))
		for p, n := range c.Places {
			places[game.TakenPlace(p)] = n
		}
	}
	info, err := a.host.Create(game.RoomOptions{
		Game: c.Game, Name: c.Name, Mode: c.Mode, Private: c.Private, Unwatched: c.Unwatched, Region: c.Region, Options: c.Options,
		Spare: c.Owner != "", Places: places, Note: c.Note,
	})
	if err != nil {
		return lobby.Room{}, lobbyError(err)
	}
	return lobbyRoom(info), nil
}

// Note replaces what the lobby keeps with a room.
func (a allocator) Note(_ context.Context, roomID string, note []byte) error {
	if err := a.host.SetNote(roomID, note); err != nil {
		return lobbyError(err)
	}
	return nil
}

// Reserve holds a place.
func (a allocator) Reserve(_ context.Context, roomID string, p lobby.Player) (lobby.Seat, error) {
	token, err := a.host.Reserve(roomID, game.Seat{Account: p.ID, Name: p.Name, Team: p.Team, Role: p.Role})
	if err != nil {
		return lobby.Seat{}, lobbyError(err)
	}
	return lobby.Seat{Token: token, RoomID: roomID}, nil
}

// Spectate holds a place to watch.
func (a allocator) Spectate(_ context.Context, roomID string, p lobby.Player) (lobby.Seat, error) {
	token, err := a.host.Reserve(roomID, game.Seat{Account: p.ID, Name: p.Name, Spectator: true})
	if err != nil {
		return lobby.Seat{}, lobbyError(err)
	}
	return lobby.Seat{Token: token, RoomID: roomID}, nil
}

// QuickJoin finds or makes a room and holds a place.
func (a allocator) QuickJoin(_ context.Context, name string, p lobby.Player) (lobby.Seat, error) {
	roomID, token, err := a.host.QuickJoin(name, game.Seat{Account: p.ID, Name: p.Name})
	if err != nil {
		return lobby.Seat{}, lobbyError(err)
	}
	return lobby.Seat{Token: token, RoomID: roomID}, nil
}

// Kick sends an account away from everywhere.
func (a allocator) Kick(account, reason string) { a.host.Kick(account, reason) }

// Rooms lists what runs.
func (a allocator) Rooms(_ context.Context, name string) ([]lobby.Room, error) {
	known := name == ""
	for _, g := range a.host.Games() {
		known = known || g.Name() == name
	}
	if !known {
		return nil, lobby.ErrUnknownGame
	}
	list := []lobby.Room{}
	for _, info := range a.host.Rooms() {
		if name == "" || info.Game == name {
			list = append(list, lobbyRoom(info))
		}
	}
	return list, nil
}

// Room is one of them.
func (a allocator) Room(_ context.Context, id string) (lobby.Room, error) {
	info, err := a.host.Room(id)
	if err != nil {
		return lobby.Room{}, lobbyError(err)
	}
	return lobbyRoom(info), nil
}

// Games lists what can be played.
func (a allocator) Games() []lobby.Game {
	var list []lobby.Game
	for _, g := range a.host.Games() {
		c := g.Config()
		list = append(list, lobby.Game{Name: g.Name(), TickRate: c.TickRate, MaxPlayers: c.MaxPlayers, MatchSize: c.MatchSize})
	}
	return list
}

func lobbyRoom(i game.RoomInfo) lobby.Room {
	var taken []lobby.TakenPlace
	for _, p := range i.Taken {
		taken = append(taken, lobby.TakenPlace(p))
	}
	return lobby.Room{
		ID: i.ID, Game: i.Game, Name: i.Name, Players: i.Players, MaxPlayers: i.MaxPlayers, Watchers: i.Spectators, Region: i.Region, Taken: taken, Seated: i.Seated,
		Private: i.Private, State: i.State, CreatedAt: i.CreatedAt, Note: i.Note,
	}
}

// lobbyError says in the lobby's words what the host has said.
func lobbyError(err error) error {
	var options *game.OptionsError
	switch {
	case errors.As(err, &options):
		return &lobby.OptionsError{Reason: options.Reason}
	case errors.Is(err, game.ErrUnknownGame):
		return lobby.ErrUnknownGame
	case errors.Is(err, game.ErrNoRoom):
		return lobby.ErrNoRoom
	case errors.Is(err, game.ErrRoomFull):
		return lobby.ErrRoomFull
	case errors.Is(err, game.ErrUnwatched):
		return lobby.ErrUnwatched
	case errors.Is(err, game.ErrPlaysHere):
		return lobby.ErrPlaysHere
	case errors.Is(err, game.ErrTooMany):
		return &lobby.BusyError{RetryAfter: 10 * time.Second}
	case errors.Is(err, game.ErrOverloaded):
		return lobby.ErrOverloaded
	case errors.Is(err, game.ErrDraining):
		return lobby.ErrDraining
	}
	return err
}

// recordResult hands a finished match to the lobby.
func recordResult(l *lobby.Lobby, now func() time.Time) func(context.Context, string, game.MatchResult) error {
	return func(ctx context.Context, id string, r game.MatchResult) error {
		payload, err := json.Marshal(r.Standings)
		if err != nil {
			return err
		}
		result := lobby.Result{MatchID: id, RoomID: r.Room, Game: r.Game, Mode: r.Mode, FinishedAt: now(), Payload: payload}
		for _, s := range r.Standings {
			result.Places = append(result.Places, lobby.Place{Account: s.Account, Rank: s.Rank, Score: s.Score, Team: s.Team, Played: s.Played})
		}
		err = l.RecordResult(ctx, result)
		if errors.Is(err, lobby.ErrResult) {
			return fmt.Errorf("%w: %w", game.ErrPermanent, err)
		}
		return err
	}
}
