package lobby

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/internal/httpguard"
	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/limit"
)

// RoomInfo is a room as clients see it.
type RoomInfo struct {
	ID         string    `json:"id" doc:"For POST /v1/rooms/{id}/join."`
	Game       string    `json:"game"`
	Name       string    `json:"name" doc:"Given by its creator, may be empty. Text, not markup."`
	Players    int       `json:"players"`
	MaxPlayers int       `json:"max_players"`
	Watchers   int       `json:"watchers" doc:"Who watches without playing."`
	Private    bool      `json:"private" doc:"Joined by id only and never listed."`
	State      string    `json:"state"`
	CreatedAt  time.Time `json:"created_at"`
}

// RoomList is the public rooms.
type RoomList struct {
	Rooms []RoomInfo `json:"rooms" nullable:"false" doc:"By game, then oldest first."`
}

// Join is a place that was reserved.
type Join struct {
	RoomID string `json:"room_id"`
	URL    string `json:"url" doc:"WebSocket URL, to dial once and within 30 s. It holds the seat token: do not keep or share it."`
}

type joinOutput struct{ Body Join }

// GameRequest is the body of POST /v1/quickjoin and POST /v1/tickets.
type GameRequest struct {
	Game string `json:"game" minLength:"1" maxLength:"64" doc:"Name of the game."`
}

// CreateRoomRequest is the body of POST /v1/rooms.
type CreateRoomRequest struct {
	Game    string          `json:"game" minLength:"1" maxLength:"64" doc:"Name of the game."`
	Name    string          `json:"name,omitempty" maxLength:"256" doc:"Shown in the list; the same rules as for a player's name."`
	Private bool            `json:"private,omitempty" doc:"Joined by id only and never listed."`
	Options json.RawMessage `json:"options,omitempty" doc:"An object with what the game lets choose, at most 4 KiB."`
}

type gameInput struct{ Body GameRequest }

func (l *Lobby) roomRoutes(api huma.API) {
	tags := []string{"rooms"}
	huma.Register(api, operation(huma.Operation{
		OperationID: "listRooms", Method: http.MethodGet, Path: "/v1/rooms", Tags: tags, Summary: "List public rooms",
		Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity}, Responses: cacheableResponses[RoomList](api),
	}), l.listRooms)
	huma.Register(api, operation(huma.Operation{
		OperationID: "createRoom", Method: http.MethodPost, Path: "/v1/rooms", Tags: tags, Summary: "Make a room",
		Description: "Join it with POST /v1/rooms/{id}/join. A room that stays empty ends.", Security: needsBearer,
		DefaultStatus: http.StatusCreated,
		Errors:        []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}), l.createRoom)
	huma.Register(api, operation(huma.Operation{
		OperationID: "joinRoom", Method: http.MethodPost, Path: "/v1/rooms/{id}/join", Tags: tags,
		Summary: "Reserve a place in a room", Security: needsBearer,
		Errors: []int{
			http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable,
		},
	}), l.joinRoom)
	huma.Register(api, operation(huma.Operation{
		OperationID: "spectateRoom", Method: http.MethodPost, Path: "/v1/rooms/{id}/spectate", Tags: tags,
		Summary: "Reserve a place to watch a room", Security: needsBearer,
		Description: "Takes no player's place. What is dialled is sent the same snapshots, and takes no inputs and no calls.",
		Errors: []int{
			http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable,
		},
	}), l.spectateRoom)
	huma.Register(api, operation(huma.Operation{
		OperationID: "quickJoin", Method: http.MethodPost, Path: "/v1/quickjoin", Tags: tags,
		Summary: "Reserve a place in any room of a game", Security: needsBearer,
		Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}), l.quickJoin)
}

func (l *Lobby) listRooms(ctx context.Context, in *struct {
	IfNoneMatch string `header:"If-None-Match" doc:"ETag of the answer that the client has: 304 when it is still right."`
	Game        string `query:"game" maxLength:"64" doc:"Only rooms of this game."`
}) (*cacheable, error) {
	now, err := l.listings.get(ctx)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	list, err := now.answer(in.Game)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return list.unless(in.IfNoneMatch), nil
}

func roomInfo(r Room) RoomInfo {
	return RoomInfo{
		ID: r.ID, Game: r.Game, Name: r.Name, Players: r.Players, MaxPlayers: r.MaxPlayers, Watchers: r.Watchers, Private: r.Private, State: r.State,
		CreatedAt: r.CreatedAt.UTC().Truncate(time.Second),
	}
}

func (l *Lobby) createRoom(ctx context.Context, in *struct{ Body CreateRoomRequest }) (*struct{ Body RoomInfo }, error) {
	c := CreateRoom{Game: in.Body.Game, Private: in.Body.Private, Options: in.Body.Options, Owner: playerID(ctx)}
	if in.Body.Name != "" {
		name, err := auth.CleanName(in.Body.Name)
		if err != nil {
			return nil, l.problem(ctx, err)
		}
		c.Name = name
	}
	if _, err := l.auth.Account(ctx, c.Owner); err != nil {
		return nil, l.problem(ctx, err)
	}
	room, err := l.owners.create(ctx, c, limit.Network(httpguard.ClientAddr(ctx)), l.cfg.Allocator)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return &struct{ Body RoomInfo }{roomInfo(room)}, nil
}

func (l *Lobby) joinRoom(ctx context.Context, in *struct {
	ID string `path:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Room id."`
}) (*joinOutput, error) {
	return l.join(ctx, func(p Player) (Seat, error) { return l.cfg.Allocator.Reserve(ctx, in.ID, p) })
}

func (l *Lobby) spectateRoom(ctx context.Context, in *struct {
	ID string `path:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Room id."`
}) (*joinOutput, error) {
	return l.join(ctx, func(p Player) (Seat, error) { return l.cfg.Allocator.Spectate(ctx, in.ID, p) })
}

func (l *Lobby) quickJoin(ctx context.Context, in *gameInput) (*joinOutput, error) {
	return l.join(ctx, func(p Player) (Seat, error) { return l.cfg.Allocator.QuickJoin(ctx, in.Body.Game, p) })
}

func (l *Lobby) join(ctx context.Context, reserve func(Player) (Seat, error)) (*joinOutput, error) {
	seat, err := l.seat(ctx, reserve)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return &joinOutput{Join{RoomID: seat.RoomID, URL: l.seatURL(ctx, seat)}}, nil
}

// seat reserves a place for the caller. The account becomes permanent only once there is a seat: asking for rooms that do not
// exist must not keep a guest.
func (l *Lobby) seat(ctx context.Context, reserve func(Player) (Seat, error)) (Seat, error) {
	account, err := l.auth.Account(ctx, playerID(ctx))
	if err != nil {
		return Seat{}, err
	}
	seat, err := reserve(Player{ID: account.ID, Name: account.Name})
	if err != nil {
		return Seat{}, err
	}
	return seat, l.auth.Seated(ctx, account)
}

// seatURL is where to dial a seat. It is built from the configuration, and for a server that listens on every interface without a
// public URL from the address that this request has reached; never from Host, which is the client's word.
func (l *Lobby) seatURL(ctx context.Context, s Seat) string {
	host := l.base.Host
	if l.cfg.PublicURL == "" && everyInterface(l.cfg.ListenAddr) {
		if local, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr); ok {
			host = local.String()
		}
	}
	u := url.URL{Scheme: "ws", Host: host, Path: "/v1/play", RawQuery: url.Values{"seat": {s.Token}}.Encode()}
	if l.base.Scheme == "https" {
		u.Scheme = "wss"
	}
	return u.String()
}
