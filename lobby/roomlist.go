package lobby

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// How many answers a listing keeps encoded. Others are encoded for each who asks, as often as its network may.
const (
	maxPages     = 256
	maxPageBytes = 4 << 20
)

// roomQuery is what a page of the room list shows.
type roomQuery struct {
	game, mode, name string // name: part of it, in lower case
	free             int    // places at least
	sort             string // a key of roomOrders, or empty
	cursor           string
	limit            int
}

// plainQuery is what a client asks that wants the list as it is. Its page is always kept.
var plainQuery = roomQuery{limit: 100}

// roomOrders are the orders that a list can have. Each ends with the id: no two rooms are equal, so that a page can begin after any.
var roomOrders = map[string]func(a, b RoomInfo) int{
	"": func(a, b RoomInfo) int {
		return cmp.Or(cmp.Compare(a.Game, b.Game), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	},
	"newest": func(a, b RoomInfo) int { return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID)) },
	"players": func(a, b RoomInfo) int {
		return cmp.Or(cmp.Compare(b.Players, a.Players), cmp.Compare(a.ID, b.ID))
	},
	"free": func(a, b RoomInfo) int { return cmp.Or(cmp.Compare(b.free(), a.free()), cmp.Compare(a.ID, b.ID)) },
}

func (r RoomInfo) free() int { return max(0, r.MaxPlayers-r.Players) }

// roomCursor is the last room of a page, as much of it as any order looks at. A page begins after that place, whether the room is still
// there or not.
type roomCursor struct {
	ID      string    `json:"i"`
	Game    string    `json:"g"`
	Created time.Time `json:"c"`
	Players int       `json:"p"`
	Most    int       `json:"m"`
}

func (r RoomInfo) cursor() string {
	text, err := json.Marshal(roomCursor{r.ID, r.Game, r.CreatedAt, r.Players, r.MaxPlayers})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func readCursor(text string) (RoomInfo, error) {
	var c roomCursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		return RoomInfo{}, badCursor("cursor")
	}
	return RoomInfo{ID: c.ID, Game: c.Game, CreatedAt: c.Created, Players: c.Players, MaxPlayers: c.Most}, nil
}

// publicRooms are the rooms that everybody may see.
func publicRooms(rooms []Room, notes map[string]note) []RoomInfo {
	list := []RoomInfo{}
	for _, r := range rooms {
		is, known := notes[r.ID]
		// To its game a room with a password is a private one, so that quick join leaves it alone; it is listed all the same.
		if known && !is.Private || !known && !r.Private {
			list = append(list, roomInfo(r, is))
		}
	}
	slices.SortFunc(list, roomOrders[""])
	return list
}

// page is what a query shows of a list.
func (q roomQuery) page(list []RoomInfo) (RoomList, error) {
	out := RoomList{Rooms: []RoomInfo{}}
	for _, r := range list {
		if (q.game == "" || r.Game == q.game) && (q.mode == "" || r.Mode == q.mode) && r.free() >= q.free &&
			(q.name == "" || strings.Contains(strings.ToLower(r.Name), q.name)) {
			out.Rooms = append(out.Rooms, r)
		}
	}
	out.Total = len(out.Rooms)
	order := roomOrders[q.sort]
	slices.SortFunc(out.Rooms, order)
	if q.cursor != "" {
		after, err := readCursor(q.cursor)
		if err != nil {
			return RoomList{}, err
		}
		begin, found := slices.BinarySearchFunc(out.Rooms, after, order)
		if found {
			begin++
		}
		out.Rooms = out.Rooms[begin:]
	}
	if len(out.Rooms) > q.limit {
		out.Rooms = out.Rooms[:q.limit]
		out.Next = out.Rooms[q.limit-1].cursor()
	}
	return out, nil
}
