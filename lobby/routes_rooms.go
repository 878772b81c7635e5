package lobby

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/internal/httpguard"
	"github.com/skirmish-dev/skirmish/internal/playername"
	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/party"
)

// Bounds of what a creator can say about a room: it is in every page of the list that shows the room.
const (
	maxMetadata      = 16
	maxMetadataBytes = 1024 // keys and values together
)

var metadataKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// RoomInfo is a room as clients see it.
type RoomInfo struct {
	ID         string    `json:"id" doc:"For POST /v1/rooms/{id}/join."`
	Game       string    `json:"game"`
	Name       string    `json:"name" doc:"Given by its creator, may be empty. Text, not markup."`
	Players    int       `json:"players"`
	MaxPlayers int       `json:"max_players"`
	Watchers   int       `json:"watchers" doc:"Who watches without playing."`
	Private    bool      `json:"private" doc:"Joined by code or id and never listed."`
	Locked     bool      `json:"locked" doc:"Joined and watched with a password."`
	State      string    `json:"state" enum:"open,finished" doc:"open: it runs. finished: its game is over, and nobody can join it."`
	CreatedAt  time.Time `json:"created_at"`

	Mode     string            `json:"mode,omitempty" example:"ffa" doc:"A free word of its creator, for the filter of the list. It is none of the matchmaking modes of GET /v1/config."`
	Metadata map[string]string `json:"metadata,omitempty" doc:"As its creator has said. Text, not markup."`
	Code     string            `json:"code,omitempty" example:"K5QXE3DFMN" doc:"Of a private room, told to its creator alone: for POST /v1/rooms/join."`
}

// RoomList is the public rooms.
type RoomList struct {
	Rooms []RoomInfo `json:"rooms" nullable:"false" doc:"In the order asked for."`
	Total int        `json:"total" doc:"Rooms that the filter lets through, on all pages."`
	Next  string     `json:"next,omitempty" doc:"For cursor of the next page; left out on the last."`
}

// Join is a place that was reserved.
type Join struct {
	RoomID string `json:"room_id"`
	URL    string `json:"url" doc:"WebSocket URL, to dial once and within 30 s. It holds the seat token: do not keep or share it."`
}

type joinOutput struct{ Body Join }

// GameRequest is the body of POST /v1/quickjoin.
type GameRequest struct {
	Game string `json:"game" minLength:"1" maxLength:"64" doc:"Name of the game."`
}

// CreateRoomRequest is the body of POST /v1/rooms.
type CreateRoomRequest struct {
	Game    string `json:"game" minLength:"1" maxLength:"64" doc:"Name of the game."`
	Name    string `json:"name,omitempty" maxLength:"256" doc:"Shown in the list; the same rules as for a player's name."`
	Private bool   `json:"private,omitempty" doc:"Joined by code or id and never listed. The answer has the code."`
	// A password is compared as it comes: whoever made the room tells the others.
	Password  string            `json:"password,omitempty" maxLength:"128" doc:"To join and to watch. The room is listed all the same, unless it is private."`
	Unwatched bool              `json:"unwatched,omitempty" doc:"Nobody may watch it."`
	Mode      string            `json:"mode,omitempty" pattern:"^[A-Za-z0-9_-]{1,64}$" example:"ffa" doc:"A free word for the filter of the list. It chooses no rules: matchmaking modes, of GET /v1/config, are for tickets."`
	Metadata  map[string]string `json:"metadata,omitempty" example:"{\"map\":\"ice\"}" doc:"An object of texts, shown in the list: up to 16 values of 128 bytes, 1 KiB with their keys; keys are 1 to 32 of A-Z a-z 0-9 _ -."`
	Options   json.RawMessage   `json:"options,omitempty" doc:"An object with what the game lets choose, such as {\"computer\":true} for draughts; its keys are the game's own. At most 4 KiB. What the game does not take is refused with bad_options."`
}

// JoinRoomRequest is the body of POST /v1/rooms/{id}/join and of spectate. It may be left out.
type JoinRoomRequest struct {
	Password string `json:"password,omitempty" maxLength:"128" doc:"Of a locked room."`
}

// JoinCodeRequest is the body of POST /v1/rooms/join.
type JoinCodeRequest struct {
	Code     string `json:"code" minLength:"1" maxLength:"64" example:"K5QXE3DFMN" doc:"Of a private room. Case does not matter."`
	Password string `json:"password,omitempty" maxLength:"128" doc:"Of a locked room."`
}

type roomInput struct {
	ID   string `path:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Room id, of GET /v1/rooms or of who has made it."`
	Body *JoinRoomRequest
}

type gameInput struct{ Body GameRequest }

func (l *Lobby) roomRoutes(api huma.API) {
	tags := []string{"rooms"}
	huma.Register(api, operation(huma.Operation{
		OperationID: "listRooms", Method: http.MethodGet, Path: "/v1/rooms", Tags: tags, Summary: "List public rooms",
		Description: "Page by page. The list is made once a second and is the same for everybody. Searches that nobody else has asked for in that second are limited, by network.", Responses: cacheableResponses[RoomList](api),
	}, "cancelled", "unknown_game", "bad_cursor", "too_many_requests"), l.listRooms)
	huma.Register(api, operation(huma.Operation{
		OperationID: "createRoom", Method: http.MethodPost, Path: "/v1/rooms", Tags: tags, Summary: "Make a room",
		Description: "Join it with POST /v1/rooms/{id}/join. A room that stays empty ends.", Security: needsBearer,
		DefaultStatus: http.StatusCreated,
	}, seating, "unknown_game", "bad_name", "bad_options", "too_many_rooms"), l.createRoom)
	huma.Register(api, operation(huma.Operation{
		OperationID: "joinRoom", Method: http.MethodPost, Path: "/v1/rooms/{id}/join", Tags: tags,
		Summary: "Reserve a place in a room", Security: needsBearer,
		Description: "The place is given up when it is not dialled within 30 s. A newer reservation takes the place of an older one.",
	}, seating, "no_room", "room_full", "wrong_password", "answer_expired"), l.joinRoom)
	huma.Register(api, operation(huma.Operation{
		OperationID: "joinRoomByCode", Method: http.MethodPost, Path: "/v1/rooms/join", Tags: tags,
		Summary: "Reserve a place in a private room", Security: needsBearer,
		Description: "By the code that its creator was told. Attempts are limited, by player and by network.",
	}, seating, "no_code", "no_room", "room_full", "wrong_password", "answer_expired"), l.joinByCode)
	huma.Register(api, operation(huma.Operation{
		OperationID: "spectateRoom", Method: http.MethodPost, Path: "/v1/rooms/{id}/spectate", Tags: tags,
		Summary: "Reserve a place to watch a room", Security: needsBearer,
		Description: "Takes no player's place. What is dialled is sent what every player sees, and takes no inputs and no calls.",
	}, seating, "no_room", "room_full", "not_watched", "plays_here", "wrong_password", "answer_expired"), l.spectateRoom)
	huma.Register(api, operation(huma.Operation{
		OperationID: "quickJoin", Method: http.MethodPost, Path: "/v1/quickjoin", Tags: tags,
		Summary: "Reserve a place in any room of a game", Security: needsBearer,
		Description: "In one that has players already, if there is room; otherwise in a new one.",
	}, seating, "unknown_game", "no_room", "room_full", "answer_expired"), l.quickJoin)
}

func (l *Lobby) listRooms(ctx context.Context, in *struct {
	Conditional
	Game   string `query:"game" maxLength:"64" doc:"Only rooms of this game."`
	Mode   string `query:"mode" maxLength:"64" doc:"Only rooms whose creators have said this word. Rooms that matchmaking made have none."`
	Free   int    `query:"free" minimum:"0" maximum:"1000" doc:"Only rooms with so many places left."`
	Name   string `query:"name" maxLength:"64" doc:"Only rooms with this in their name, in whatever case."`
	Sort   string `query:"sort" enum:"newest,players,free" doc:"Newest first, fullest first, emptiest first. Without it by game, then oldest first."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"100" doc:"Rooms of a page."`
	Cursor string `query:"cursor" maxLength:"400" doc:"next of the page before."`
}) (*cacheable, error) {
	now, err := l.listings.get(ctx)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	if in.Game != "" && !l.hasGame(in.Game) {
		return nil, l.problem(ctx, ErrUnknownGame)
	}
	list, err := now.page(roomQuery{
		game: in.Game, mode: in.Mode, name: strings.ToLower(in.Name), free: in.Free, sort: in.Sort, cursor: in.Cursor, limit: in.Limit,
	}, func() error {
		// Not Ask: what is left to a network is no part of an answer that everybody may be given.
		if wait, ok := l.lists.Take(limit.Network(httpguard.ClientAddr(ctx))); !ok {
			return tooMany(wait)
		}
		return nil
	})
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return list.given(in.Conditional), nil
}

func roomInfo(r Room, is note) RoomInfo {
	return RoomInfo{
		ID: r.ID, Game: r.Game, Name: r.Name, Players: r.Players, MaxPlayers: r.MaxPlayers, Watchers: r.Watchers, Private: is.Private,
		Locked: is.Lock != nil, State: r.State, CreatedAt: r.CreatedAt.UTC().Truncate(time.Second), Mode: is.Mode, Metadata: is.Metadata,
	}
}

func (l *Lobby) createRoom(ctx context.Context, in *struct{ Body CreateRoomRequest }) (*struct{ Body RoomInfo }, error) {
	if err := checkMetadata(in.Body.Metadata); err != nil {
		return nil, l.problem(ctx, err)
	}
	is := note{Mode: in.Body.Mode, Metadata: in.Body.Metadata, Private: in.Body.Private}
	if is.Private {
		is.Code = newCode()
	}
	if in.Body.Password != "" {
		is.Lock = newLock(in.Body.Password)
	}
	text, err := is.encode()
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	// To its game a room with a password is private, so that quick join leaves it alone.
	c := CreateRoom{
		Game: in.Body.Game, Private: is.Private || is.Lock != nil, Unwatched: in.Body.Unwatched, Options: in.Body.Options, Owner: playerID(ctx),
		Note: text,
	}
	if in.Body.Name != "" {
		name, err := playername.Clean(in.Body.Name)
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
	l.noteNew(ctx, room.ID, is)
	out := roomInfo(room, is)
	out.Code = is.Code
	return &struct{ Body RoomInfo }{out}, nil
}

// checkMetadata refuses what does not belong into a list.
func checkMetadata(m map[string]string) error {
	wrong := func(message string) error {
		p := newProblem(http.StatusUnprocessableEntity, "invalid", "metadata "+message)
		p.Errors = []FieldError{{Location: "body.metadata", Message: message}}
		return p
	}
	if len(m) > maxMetadata {
		return wrong("has more than 16 values")
	}
	size := 0
	for key, value := range m {
		if size += len(key) + len(value); size > maxMetadataBytes {
			return wrong("has more than 1024 bytes of keys and values")
		}
		if !metadataKey.MatchString(key) {
			return wrong("has a key that is not 1 to 32 of A-Z a-z 0-9 _ -")
		}
		if len(value) > 128 || strings.ContainsFunc(value, unicode.IsControl) {
			return wrong("has a value of more than 128 bytes, or with a control character")
		}
	}
	return nil
}

// enter says whether the player who asks may join or watch a room: with its password, if it has one.
func (l *Lobby) enter(ctx context.Context, room, password string) error {
	is, err := l.noteOf(ctx, room)
	if err != nil || is.Lock == nil {
		return err
	}
	if err := l.codes.take(ctx, "room "+room); err != nil {
		return err
	}
	if !is.Lock.opens(password) {
		return newProblem(http.StatusForbidden, "wrong_password", "this is not the password of the room")
	}
	return nil
}

func (in *roomInput) password() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Password
}

func (l *Lobby) joinByCode(ctx context.Context, in *struct{ Body JoinCodeRequest }) (*joinOutput, error) {
	if err := l.codes.take(ctx, "code"); err != nil {
		return nil, l.problem(ctx, err)
	}
	code := strings.ToUpper(strings.TrimSpace(in.Body.Code))
	room := l.notes.byCode(code)
	if room == "" { // it may be of a room that runs since before this lobby, which a listing meets
		if _, err := l.listings.get(ctx); err != nil {
			return nil, l.problem(ctx, err)
		}
		room = l.notes.byCode(code)
	}
	if room == "" {
		return nil, l.problem(ctx, party.ErrCode)
	}
	if err := l.enter(ctx, room, in.Body.Password); err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.join(ctx, l.reserve(ctx, room))
}

func (l *Lobby) joinRoom(ctx context.Context, in *roomInput) (*joinOutput, error) {
	if err := l.enter(ctx, in.ID, in.password()); err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.join(ctx, l.reserve(ctx, in.ID))
}

func (l *Lobby) spectateRoom(ctx context.Context, in *roomInput) (*joinOutput, error) {
	if err := l.enter(ctx, in.ID, in.password()); err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.join(ctx, func(p Player) (Seat, error) { return l.cfg.Allocator.Spectate(ctx, in.ID, p) })
}

func (l *Lobby) quickJoin(ctx context.Context, in *gameInput) (*joinOutput, error) {
	return l.join(ctx, func(p Player) (Seat, error) { return l.cfg.Allocator.QuickJoin(ctx, in.Body.Game, p) })
}

// reserve is how a place in a room is reserved, for a player of a match the one that it was given. The room of a match is none to others.
func (l *Lobby) reserve(ctx context.Context, room string) func(Player) (Seat, error) {
	return func(p Player) (Seat, error) {
		is, err := l.noteOf(ctx, room)
		if err != nil {
			return Seat{}, err
		}
		at, ok := is.takes(p.ID)
		if !ok {
			return Seat{}, ErrNoRoom
		}
		p.Team, p.Role = at.Team, at.Role
		return l.cfg.Allocator.Reserve(ctx, room, p)
	}
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
	if !l.auth.Still(caller(ctx)) {
		l.kick(account.ID)
		return Seat{}, auth.ErrGone
	}
	return seat, l.auth.Seated(ctx, account)
}

// seatURL is where to dial a seat. It is built from the configuration, and for a server that listens on every interface without a
// public URL from the address that this request has reached; never from Host, which is the client's word.
func (l *Lobby) seatURL(ctx context.Context, s Seat) string {
	holdsSeat(ctx)
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
