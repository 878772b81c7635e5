package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// seats is how bots get into rooms: by quick join, into rooms they have made, or by a matchmaking ticket. It is concurrent-safe.
type seats struct {
	lobby   *lobby
	game    gameInfo
	options json.RawMessage // of the rooms made
	made    []madeRoom      // empty: the server chooses
}

// madeRoom is a place in the list of rooms that the bots make; who finds none there makes one.
type madeRoom struct {
	mu sync.Mutex
	id string
}

func newSeats(l *lobby, game gameInfo, cfg Config) *seats {
	return &seats{lobby: l, game: game, options: cfg.Options, made: make([]madeRoom, cfg.Rooms)}
}

// guest is who asks.
type guest struct {
	id    int // of the bot
	door  door
	token string
	watch bool // it takes a spectator's place, in one of the rooms made
}

// take returns a URL to dial once. It waits as long as matchmaking takes.
func (s *seats) take(ctx context.Context, g guest) (string, error) {
	switch {
	case len(s.made) > 0:
		return s.room(ctx, g)
	case s.game.MatchSize > 0:
		return s.ticket(ctx, g)
	}
	return s.join(ctx, g, "/v1/quickjoin", map[string]string{"game": s.game.Name})
}

func (s *seats) join(ctx context.Context, g guest, path string, body any) (string, error) {
	var a struct {
		URL string `json:"url"`
	}
	err := s.lobby.do(ctx, g.door, request{method: http.MethodPost, path: path, body: body, token: g.token, answer: &a})
	if err == nil && a.URL == "" {
		err = fmt.Errorf("bot: %s answered without url", path)
	}
	return a.URL, err
}

// room joins the bot's room and makes it if it is not there, or not there any more.
func (s *seats) room(ctx context.Context, g guest) (string, error) {
	r := &s.made[g.id%len(s.made)]
	// Held over the requests: the others of this room have to wait for it anyway.
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.id != "" {
		u, err := s.enter(ctx, g, r.id)
		var refused *statusError
		if !errors.As(err, &refused) || refused.status != http.StatusNotFound {
			return u, err
		}
		r.id = ""
	}
	var a struct {
		ID string `json:"id"`
	}
	body := map[string]any{"game": s.game.Name}
	if len(s.options) > 0 {
		body["options"] = s.options
	}
	err := s.lobby.do(ctx, g.door, request{method: http.MethodPost, path: "/v1/rooms", body: body, token: g.token, answer: &a})
	if err != nil {
		return "", err
	}
	if a.ID == "" {
		return "", errors.New("bot: /v1/rooms answered without id")
	}
	r.id = a.ID
	return s.enter(ctx, g, r.id)
}

func (s *seats) enter(ctx context.Context, g guest, room string) (string, error) {
	how := "/join"
	if g.watch {
		how = "/spectate"
	}
	return s.join(ctx, g, "/v1/rooms/"+url.PathEscape(room)+how, struct{}{})
}

// errTicket is a ticket that ended without a match.
var errTicket = errors.New("bot: the ticket led to no match")

// ticket waits in the queue until it is matched.
func (s *seats) ticket(ctx context.Context, g guest) (string, error) {
	var t struct {
		ID    string `json:"id"`
		State string `json:"state"`
		URL   string `json:"url"`
	}
	err := s.lobby.do(ctx, g.door, request{
		method: http.MethodPost, path: "/v1/tickets", body: map[string]string{"game": s.game.Name}, token: g.token, answer: &t,
	})
	if err != nil {
		return "", err
	}
	path := "/v1/tickets/" + url.PathEscape(t.ID)
	for t.URL == "" {
		if t.State != "queued" && t.State != "matched" {
			return "", fmt.Errorf("%w: it is %q", errTicket, t.State)
		}
		r := request{method: http.MethodGet, path: fmt.Sprintf("%s?wait=%d", path, pollSeconds), token: g.token, answer: &t, poll: true}
		if err := s.lobby.do(ctx, g.door, r); err != nil {
			s.withdraw(ctx, g, path)
			return "", err
		}
		if t.URL == "" {
			pause(ctx, pollPause) // a server with too many long polls answers at once
		}
	}
	return t.URL, nil
}

// withdraw takes a ticket out of the queue, so that nobody is matched with a bot that has gone.
func (s *seats) withdraw(ctx context.Context, g guest, path string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	// Without an answer the ticket runs out by itself.
	_ = s.lobby.do(ctx, g.door, request{method: http.MethodDelete, path: path, token: g.token})
}
