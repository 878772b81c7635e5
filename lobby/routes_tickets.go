package lobby

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

// maxWait is the longest ?wait in seconds: below the 30 s at which proxies tend to give up.
const maxWait = 25

// Ticket is a place in the matchmaking queue. Tickets are kept in memory: after a restart of the server they are gone, and a
// client makes a new one.
type Ticket struct {
	ID        string    `json:"id"`
	Game      string    `json:"game"`
	State     string    `json:"state" enum:"queued,matched,cancelled,expired"`
	Position  int       `json:"position,omitempty" doc:"While queued: 1 is next."`
	RoomID    string    `json:"room_id,omitempty" doc:"When matched."`
	URL       string    `json:"url,omitempty" doc:"When matched: as in Join. Each answer has a new one, which replaces the last."`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at" doc:"While queued: when waiting ends. When matched: when the place is given up."`
}

type ticketOutput struct {
	Status int
	Body   Ticket
}

func (l *Lobby) ticketRoutes(api huma.API) {
	tags := []string{"tickets"}
	huma.Register(api, operation(huma.Operation{
		OperationID: "createTicket", Method: http.MethodPost, Path: "/v1/tickets", Tags: tags, Summary: "Queue for a match",
		Description: "One open ticket per player and game: asking again answers 200 with the one there is.", Security: needsBearer,
		DefaultStatus: http.StatusCreated,
		Responses:     map[string]*huma.Response{"200": jsonResponse[Ticket](api, "The open ticket that there was already.")},
		Errors:        []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}), l.createTicket)
	huma.Register(api, operation(huma.Operation{
		OperationID: "getTicket", Method: http.MethodGet, Path: "/v1/tickets/{id}", Tags: tags, Summary: "See how a ticket stands",
		Security: needsBearer, Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}), l.getTicket)
	huma.Register(api, operation(huma.Operation{
		OperationID: "cancelTicket", Method: http.MethodDelete, Path: "/v1/tickets/{id}", Tags: tags, Summary: "Leave the queue",
		Security: needsBearer, DefaultStatus: http.StatusNoContent,
		Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity},
	}), l.cancelTicket)
}

func (l *Lobby) createTicket(ctx context.Context, in *gameInput) (*ticketOutput, error) {
	if !l.hasGame(in.Body.Game) {
		return nil, l.problem(ctx, ErrUnknownGame)
	}
	if _, err := l.auth.Account(ctx, playerID(ctx)); err != nil {
		return nil, l.problem(ctx, err)
	}
	t, fresh, err := l.queue.Add(ctx, playerID(ctx), in.Body.Game)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return l.ticket(ctx, status, t)
}

func (l *Lobby) getTicket(ctx context.Context, in *struct {
	ID   string `path:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Ticket id."`
	Wait int    `query:"wait" minimum:"0" maximum:"25" doc:"Seconds to wait for the ticket to leave the queue."`
}) (*ticketOutput, error) {
	t, err := l.queue.Wait(ctx, in.ID, playerID(ctx), time.Duration(in.Wait)*time.Second)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.ticket(ctx, http.StatusOK, t)
}

func (l *Lobby) cancelTicket(ctx context.Context, in *struct {
	ID string `path:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Ticket id."`
}) (*struct{}, error) {
	if _, err := l.queue.Cancel(in.ID, playerID(ctx)); err != nil {
		return nil, l.problem(ctx, err)
	}
	return nil, nil
}

// ticket is the answer for a ticket, for a matched one with a fresh seat. The seat is made when the player asks, not when the
// match is made: it lives 30 s, and the player may ask a moment later, or twice.
func (l *Lobby) ticket(ctx context.Context, status int, t match.Ticket) (*ticketOutput, error) {
	url := ""
	if t.State == match.Matched {
		seat, err := l.seat(ctx, func(p Player) (Seat, error) { return l.cfg.Allocator.Reserve(ctx, t.Room, p) })
		switch {
		case errors.Is(err, ErrNoRoom):
			if t, err = l.queue.Lost(t.ID, t.Player); err != nil {
				return nil, l.problem(ctx, err)
			}
		case err != nil:
			return nil, l.problem(ctx, err)
		default:
			url = l.seatURL(ctx, seat)
			if err := l.queue.Claim(t.ID, t.Player); err != nil {
				return nil, l.problem(ctx, err)
			}
		}
	}
	return &ticketOutput{Status: status, Body: Ticket{
		ID: t.ID, Game: t.Game, State: string(t.State), Position: t.Position, RoomID: t.Room, URL: url,
		CreatedAt: t.CreatedAt.UTC().Truncate(time.Millisecond), ExpiresAt: t.ExpiresAt.UTC().Truncate(time.Millisecond),
	}}, nil
}

func (l *Lobby) hasGame(name string) bool {
	for _, g := range l.games {
		if g.Name == name {
			return true
		}
	}
	return false
}
