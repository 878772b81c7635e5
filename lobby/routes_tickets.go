package lobby

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/match"
)

// maxWait is the longest ?wait in seconds: below the 30 s at which proxies tend to give up.
const maxWait = 25

// Ticket is a place in the matchmaking queue. It outlives a restart of the server: then it waits again, with its age, once one of its
// players has asked for it, or is still matched if its room runs.
type Ticket struct {
	ID        string   `json:"id" example:"mzxw6ytboi2dknrxgq3tqojqge"`
	Version   uint64   `json:"version" example:"3" doc:"Another one means that something else here is another. For since of GET."`
	Game      string   `json:"game" example:"draughts"`
	Mode      string   `json:"mode" example:"draughts"`
	PartyID   string   `json:"party_id,omitempty" doc:"When a party has queued."`
	PlayerIDs []string `json:"player_ids" nullable:"false" doc:"Who plays by this ticket; the first has asked for it."`
	State     string   `json:"state" enum:"queued,ready,matched,cancelled,expired" doc:"ready: a match is found; accept or decline it."`
	Ended     string   `json:"ended,omitempty" enum:"cancelled,declined,no_answer,party,time,unclaimed" doc:"When cancelled or expired: why."`

	Position  int           `json:"position,omitempty" example:"2" doc:"While queued: 1 waits longest of the mode."`
	EstimateS int           `json:"estimate_s,omitempty" example:"20" doc:"While queued: seconds it may still take, by the last matches of the mode; left out while not known."`
	Reason    *TicketReason `json:"reason,omitempty" doc:"While queued: why there is no match yet."`
	Ready     *TicketReady  `json:"ready,omitempty" doc:"While ready."`

	RoomID string        `json:"room_id,omitempty" doc:"When matched."`
	Region string        `json:"region,omitempty" doc:"When matched, in modes with regions."`
	Team   int           `json:"team,omitempty" example:"1" doc:"When matched: 1 is the first. The game is told the same."`
	Role   string        `json:"role,omitempty" doc:"When matched, in modes with roles: the one of the player who asks."`
	Lineup []TicketPlace `json:"lineup,omitempty" nullable:"false" doc:"When matched: everybody who was matched together, team after team."`
	URL    string        `json:"url,omitempty" doc:"When matched, never in an event: as in Join. Each answer has a new one, which replaces the last."`

	CreatedAt time.Time `json:"created_at" doc:"A ticket keeps its age when a match falls apart."`
	ExpiresAt time.Time `json:"expires_at" doc:"While queued: when waiting ends. While ready: when the answer has to be there. When matched: when the place is given up."`
}

// TicketPlace is where a player of a match plays.
type TicketPlace struct {
	PlayerID string `json:"player_id" example:"yhdfdmze5v5edwwk3fwirnzd2v" doc:"Account id."`
	Team     int    `json:"team" example:"2" doc:"1 is the first."`
	Role     string `json:"role,omitempty" example:"healer" doc:"In modes with roles."`
}

// TicketReason is why a ticket waits.
type TicketReason struct {
	Cause    string     `json:"cause" enum:"latency,skill,roles,party,attributes,balance,players,room" doc:"What keeps it; players: there are too few; room: the server can make none for the match now and tries again."`
	Found    int        `json:"found" example:"3" doc:"Players it could play with, its own included."`
	Needed   int        `json:"needed" example:"4" doc:"Players of the smallest match it may be in."`
	WidensAt *time.Time `json:"widens_at,omitempty" doc:"When its limits widen next."`
}

// TicketReady is how far a ready check is.
type TicketReady struct {
	Accepted bool `json:"accepted" doc:"By the player who asks."`
	Given    int  `json:"given" example:"3" doc:"Players who have accepted."`
	Players  int  `json:"players" example:"4" doc:"Players in the match."`
}

// CreateTicketRequest is the body of POST /v1/tickets.
type CreateTicketRequest struct {
	Mode       string              `json:"mode,omitempty" maxLength:"64" example:"draughts" doc:"One of GET /v1/config."`
	Game       string              `json:"game,omitempty" maxLength:"64" example:"draughts" doc:"Without mode: the first mode of this game."`
	Roles      []string            `json:"roles,omitempty" maxItems:"16" nullable:"false" doc:"Those the player would take; none means any."`
	LatencyMS  map[string]int      `json:"latency_ms,omitempty" doc:"Round trip to each region of the mode where the player can play."`
	Attributes map[string][]string `json:"attributes,omitempty" doc:"Values of the attributes of the mode."`
}

type ticketOutput struct{ Body Ticket }

type newTicketOutput struct {
	Status   int
	Location string `header:"Location"` // of a ticket that was made
	Body     Ticket
}

type ticketInput struct {
	ID string `path:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Ticket id, of the answer to POST /v1/tickets."`
}

func (l *Lobby) ticketRoutes(api huma.API) {
	tags := []string{"tickets"}
	huma.Register(api, operation(huma.Operation{
		OperationID: "createTicket", Method: http.MethodPost, Path: "/v1/tickets", Tags: tags, Summary: "Queue for a match",
		Description: "One open ticket per player over all modes: asking again for the same answers 200 with the one there is, for another " +
			"409 already_queued. In a party the leader queues for all; each member must be ready.",
		Security: needsBearer, DefaultStatus: http.StatusCreated,
		Responses: map[string]*huma.Response{"200": jsonResponse[Ticket](api, "The open ticket that there was already.")},
	}, seating, "unknown_game", "unknown_mode", "no_matchmaking", "bad_ticket", "already_queued", "not_leader", "party_not_ready",
		"too_many_tickets", "answer_expired"), l.createTicket)
	huma.Register(api, operation(huma.Operation{
		OperationID: "getTicket", Method: http.MethodGet, Path: "/v1/tickets/{id}", Tags: tags, Summary: "See how a ticket stands",
		Description: "Without since a wait ends when the ticket is not queued any more, with since when its version is another one.",
		Security:    needsBearer,
	}, seating, "no_ticket"), l.getTicket)
	huma.Register(api, operation(huma.Operation{
		OperationID: "acceptTicket", Method: http.MethodPost, Path: "/v1/tickets/{id}/accept", Tags: tags, Summary: "Say that one is ready",
		Description: "While the ticket is ready. Once all players of the match have accepted, it is matched.", Security: needsBearer,
	}, seating, "no_ticket", "not_asked", "answer_expired"), l.acceptTicket)
	huma.Register(api, operation(huma.Operation{
		OperationID: "declineTicket", Method: http.MethodPost, Path: "/v1/tickets/{id}/decline", Tags: tags, Summary: "Decline a match",
		Description: "While the ticket is ready. It ends; the others of the match wait again, with their age.", Security: needsBearer,
	}, "no_ticket", "not_asked"), l.declineTicket)
	huma.Register(api, operation(huma.Operation{
		OperationID: "cancelTicket", Method: http.MethodDelete, Path: "/v1/tickets/{id}", Tags: tags, Summary: "Leave the queue",
		Description: "For all players of the ticket.", Security: needsBearer, DefaultStatus: http.StatusNoContent,
	}, "no_ticket"), l.cancelTicket)
}

func (l *Lobby) createTicket(ctx context.Context, in *struct{ Body CreateTicketRequest }) (*newTicketOutput, error) {
	mode, err := l.modeOf(in.Body)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	if _, err := l.auth.Account(ctx, playerID(ctx)); err != nil {
		return nil, l.problem(ctx, err)
	}
	r, version, err := l.request(playerID(ctx), mode, in.Body)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	t, fresh, err := l.queue.Add(ctx, r)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	if fresh && !l.auth.Still(caller(ctx)) {
		_, _ = l.queue.Cancel(t.ID, playerID(ctx)) // it may have ended by now
		return nil, l.problem(ctx, auth.ErrGone)
	}
	l.stillParty(playerID(ctx), r.Party, version)
	out, err := l.ticket(ctx, t)
	if err != nil {
		return nil, err
	}
	if !fresh {
		return &newTicketOutput{Status: http.StatusOK, Body: out.Body}, nil
	}
	return &newTicketOutput{Status: http.StatusCreated, Location: "/v1/tickets/" + t.ID, Body: out.Body}, nil
}

// modeOf is the mode that a request means.
func (l *Lobby) modeOf(r CreateTicketRequest) (string, error) {
	if r.Mode == "" && r.Game == "" {
		p := newProblem(http.StatusUnprocessableEntity, "invalid", "say in which mode to play; GET /v1/config lists them")
		p.Errors = []FieldError{{Location: "body.mode", Message: "mode or game is required"}}
		return "", p
	}
	if r.Game != "" && !l.hasGame(r.Game) {
		return "", ErrUnknownGame
	}
	for _, m := range l.queue.Modes() {
		if (r.Mode == "" || m.Name == r.Mode) && (r.Game == "" || m.Game == r.Game) {
			return m.Name, nil
		}
	}
	if r.Mode != "" {
		return "", match.ErrNoMode
	}
	return "", newProblem(http.StatusUnprocessableEntity, "no_matchmaking", "the game takes no tickets; use POST /v1/quickjoin")
}

func (l *Lobby) getTicket(ctx context.Context, in *struct {
	ID    string `path:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Ticket id, of the answer to POST /v1/tickets."`
	Wait  int    `query:"wait" minimum:"0" maximum:"25" doc:"Seconds to wait for a change."`
	Since string `query:"since" pattern:"^[0-9]{1,18}$" doc:"Version of the ticket that the client has."`
}) (*ticketOutput, error) {
	until := match.Until{At: time.Duration(in.Wait) * time.Second}
	if in.Since != "" {
		known, err := strconv.ParseUint(in.Since, 10, 64)
		if err != nil {
			return nil, l.problem(ctx, err) // the pattern lets only numbers pass
		}
		until.Known = &known
	}
	if until.At > 0 {
		if l.waiting.begin(playerID(ctx)) {
			defer l.waiting.end(playerID(ctx))
		} else {
			until.At = 0
		}
	}
	t, err := l.queue.Wait(ctx, in.ID, playerID(ctx), until)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.ticket(ctx, t)
}

func (l *Lobby) acceptTicket(ctx context.Context, in *ticketInput) (*ticketOutput, error) {
	t, err := l.queue.Accept(in.ID, playerID(ctx))
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.ticket(ctx, t)
}

func (l *Lobby) declineTicket(ctx context.Context, in *ticketInput) (*ticketOutput, error) {
	t, err := l.queue.Decline(in.ID, playerID(ctx))
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.ticket(ctx, t)
}

func (l *Lobby) cancelTicket(ctx context.Context, in *ticketInput) (*struct{}, error) {
	if _, err := l.queue.Cancel(in.ID, playerID(ctx)); err != nil {
		return nil, l.problem(ctx, err)
	}
	return nil, nil
}

// ticket is the answer for a ticket, for a matched one with a fresh seat. The seat is made when the player asks, not when the
// match is made: it lives 30 s, and the player may ask a moment later, or twice.
func (l *Lobby) ticket(ctx context.Context, t match.Ticket) (*ticketOutput, error) {
	url := ""
	if t.State == match.Matched {
		seat, err := l.seat(ctx, func(p Player) (Seat, error) {
			if !t.Claimed { // who has had the place may have lost it since
				if err := l.letIn(ctx, t.Room, match.Placed{Player: p.ID, Team: t.Team, Role: t.Role}); err != nil {
					return Seat{}, err
				}
			}
			return l.reserve(ctx, t.Room)(p)
		})
		switch {
		case errors.Is(err, ErrNoRoom), errors.Is(err, ErrRoomFull):
			if t, err = l.queue.Lost(t.ID, playerID(ctx)); err != nil {
				return nil, l.problem(ctx, err)
			}
		case err != nil:
			return nil, l.problem(ctx, err)
		default:
			url = l.seatURL(ctx, seat)
			if err := l.queue.Claim(t.ID, playerID(ctx)); err != nil {
				return nil, l.problem(ctx, err)
			}
		}
	}
	out := &ticketOutput{ticketInfo(t)}
	out.Body.URL = url
	return out, nil
}

// ticketInfo is a ticket as its players see it.
func ticketInfo(t match.Ticket) Ticket {
	out := Ticket{
		ID: t.ID, Version: t.Version, Game: t.Game, Mode: t.Mode, PartyID: t.Party, PlayerIDs: t.Players, State: string(t.State), Ended: t.Ended,
		RoomID: t.Room, Region: t.Region, Role: t.Role, CreatedAt: millis(t.CreatedAt), ExpiresAt: millis(t.ExpiresAt),
	}
	switch t.State {
	case match.Queued:
		out.Position, out.EstimateS = t.Position, int((t.Estimate+time.Second-1)/time.Second)
		if t.Reason.Cause != match.NotWaiting {
			out.Reason = &TicketReason{Cause: t.Reason.Cause.String(), Found: int(t.Reason.Found), Needed: int(t.Reason.Needed)}
			if !t.Reason.Widens.IsZero() {
				at := millis(t.Reason.Widens)
				out.Reason.WidensAt = &at
			}
		}
	case match.Ready:
		out.Ready = &TicketReady{Accepted: t.Answer.Given, Given: t.Answer.Accepted, Players: t.Answer.Players}
	case match.Matched:
		out.Team = t.Team
		out.Lineup = lineupOf(t.Lineup)
	}
	return out
}

// lineupOf is who plays where, as players see it, and as it is stored.
func lineupOf(list []match.Placed) []TicketPlace {
	var out []TicketPlace
	for _, p := range list {
		out = append(out, TicketPlace{PlayerID: p.Player, Team: p.Team, Role: p.Role})
	}
	return out
}

func (l *Lobby) hasGame(name string) bool {
	for _, g := range l.games {
		if g.Name == name {
			return true
		}
	}
	return false
}
