package lobby

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/internal/httpguard"
	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/match"
	"github.com/skirmish-dev/skirmish/lobby/party"
)

// kindParty is the kind of the events that say how a party stands.
const kindParty = "party"

// codeLength is that of the codes of parties and rooms: ten letters of 32, 50 bits.
const codeLength = 10

func newCode() string { return rand.Text()[:codeLength] }

// codes throttles attempts at codes and passwords: by player, and by network, because accounts cost nothing.
type codes struct {
	players  *limit.Set[string]
	networks *limit.Set[netip.Prefix]
}

func newCodes(cfg Config) (c codes, err error) {
	var err2 error
	c.players, err = limit.New[string](limit.Config{Name: "codes", PerKey: cfg.Limits.Codes, Clock: cfg.Clock})
	many := limit.Rate{Burst: 20 * cfg.Limits.Codes.Burst, Every: cfg.Limits.Codes.Every / 20}
	c.networks, err2 = limit.New[netip.Prefix](limit.Config{Name: "codes-network", PerKey: many, Clock: cfg.Clock})
	return c, errors.Join(err, err2)
}

// take counts an attempt by the player who asks, at a key of what it is an attempt at.
func (c codes) take(ctx context.Context, at string) error {
	if wait, ok := c.players.Ask(ctx, playerID(ctx)+" "+at); !ok {
		return tooMany(wait)
	}
	if wait, ok := c.networks.Ask(ctx, limit.Network(httpguard.ClientAddr(ctx))); !ok {
		return tooMany(wait)
	}
	return nil
}

// Party is players who want to play together.
type Party struct {
	ID       string        `json:"id" example:"gq3tqojqgemzxw6ytboi2dknrx"`
	Version  uint64        `json:"version" example:"4" doc:"Grows with each change."`
	Code     string        `json:"code" example:"K5QXE3DFMN" doc:"For POST /v1/party/join."`
	URL      string        `json:"url" doc:"A page of the game with the code, to share. The code is behind the #, which no server is sent."`
	LeaderID string        `json:"leader_id" doc:"Who queues for all."`
	Members  []PartyMember `json:"members" nullable:"false" doc:"In the order in which they came; empty in the event that says that the party is over."`
	TicketID string        `json:"ticket_id,omitempty" doc:"The party's open ticket."`
}

// PartyMember is a player of a party.
type PartyMember struct {
	PlayerID string   `json:"player_id"`
	Name     string   `json:"name" example:"Ann" doc:"Text, not markup."`
	Ready    bool     `json:"ready"`
	Roles    []string `json:"roles" nullable:"false" doc:"Those the player would take; none means any."`
}

// JoinPartyRequest is the body of POST /v1/party/join.
type JoinPartyRequest struct {
	Code string `json:"code" minLength:"1" maxLength:"64" example:"K5QXE3DFMN" doc:"Case does not matter."`
}

// maxWord is the longest name of a role or a region in bytes: what members say goes to all of them in one event.
const maxWord = 64

// ReadyRequest is the body of POST /v1/party/ready.
type ReadyRequest struct {
	Ready     bool           `json:"ready" doc:"Not ready any more ends the party's ticket."`
	Roles     []string       `json:"roles,omitempty" maxItems:"16" nullable:"false" doc:"As in POST /v1/tickets."`
	LatencyMS map[string]int `json:"latency_ms,omitempty" doc:"As in POST /v1/tickets."`
}

// LeaderRequest is the body of POST /v1/party/leader.
type LeaderRequest struct {
	PlayerID string `json:"player_id" minLength:"1" maxLength:"64" doc:"A member, who leads from now on."`
}

type partyOutput struct{ Body Party }

func (l *Lobby) partyRoutes(api huma.API) {
	tags := []string{"parties"}
	add := func(op huma.Operation, codes ...string) huma.Operation {
		op.Tags, op.Security = tags, needsBearer
		return operation(op, codes...)
	}
	huma.Register(api, add(huma.Operation{
		OperationID: "createParty", Method: http.MethodPost, Path: "/v1/party", Summary: "Make a party",
		Description:   "A player is in one party at most. Parties end with the process, and when nobody has used them for six hours.",
		DefaultStatus: http.StatusCreated,
	}, stored, "in_party", "too_many_parties"), func(ctx context.Context, _ *struct{}) (*partyOutput, error) {
		return l.named(ctx, func(name string) (party.Party, error) { return l.parties.Create(playerID(ctx), name) })
	})
	huma.Register(api, add(huma.Operation{
		OperationID: "getParty", Method: http.MethodGet, Path: "/v1/party", Summary: "See the party that one is in",
		Description: "Each change of it is also an event of the kind party.",
	}, "no_party"), func(ctx context.Context, _ *struct{}) (*partyOutput, error) {
		p, err := l.parties.Of(playerID(ctx))
		return l.party(ctx, p, err)
	})
	huma.Register(api, add(huma.Operation{
		OperationID: "joinParty", Method: http.MethodPost, Path: "/v1/party/join", Summary: "Join a party by its code",
		Description: "Attempts are limited, by player and by network.",
	}, stored, "no_code", "in_party", "party_full"), func(ctx context.Context, in *struct{ Body JoinPartyRequest }) (*partyOutput, error) {
		if err := l.codes.take(ctx, "party"); err != nil {
			return nil, l.problem(ctx, err)
		}
		code := strings.ToUpper(strings.TrimSpace(in.Body.Code))
		return l.named(ctx, func(name string) (party.Party, error) { return l.parties.Join(code, playerID(ctx), name) })
	})
	huma.Register(api, add(huma.Operation{
		OperationID: "readyParty", Method: http.MethodPost, Path: "/v1/party/ready", Summary: "Say that one is ready, and what for",
		Description: "The leader queues with POST /v1/tickets once all members are ready.",
	}, "no_party"), func(ctx context.Context, in *struct{ Body ReadyRequest }) (*partyOutput, error) {
		if len(in.Body.LatencyMS) > match.MaxRegions {
			return nil, newProblem(http.StatusUnprocessableEntity, "invalid", "latency_ms has too many regions")
		}
		for region, ms := range in.Body.LatencyMS {
			if len(region) > maxWord || ms < 0 {
				return nil, newProblem(http.StatusUnprocessableEntity, "invalid", "latency_ms has a name of over 64 bytes, or less than 0 ms")
			}
		}
		for _, role := range in.Body.Roles {
			if len(role) > maxWord {
				return nil, newProblem(http.StatusUnprocessableEntity, "invalid", "roles has a name of over 64 bytes")
			}
		}
		p, err := l.parties.Say(playerID(ctx), party.Member{Ready: in.Body.Ready, Roles: in.Body.Roles, Latency: in.Body.LatencyMS})
		return l.party(ctx, p, err)
	})
	huma.Register(api, add(huma.Operation{
		OperationID: "leaveParty", Method: http.MethodDelete, Path: "/v1/party", Summary: "Leave the party",
		Description: "Who has been there longest leads it then. Ends the party's ticket.", DefaultStatus: http.StatusNoContent,
	}, "no_party"), func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		if err := l.parties.Leave(playerID(ctx)); err != nil {
			return nil, l.problem(ctx, err)
		}
		return nil, nil
	})
	huma.Register(api, add(huma.Operation{
		OperationID: "kickPartyMember", Method: http.MethodDelete, Path: "/v1/party/members/{id}", Summary: "Send a member away",
		Description: "The leader only. The party has a new code then. Ends the party's ticket.",
	}, "no_party", "not_leader", "no_member"), func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"64" doc:"Player id."`
	}) (*partyOutput, error) {
		p, err := l.parties.Kick(playerID(ctx), in.ID)
		return l.party(ctx, p, err)
	})
	huma.Register(api, add(huma.Operation{
		OperationID: "leadParty", Method: http.MethodPost, Path: "/v1/party/leader", Summary: "Hand the party over",
		Description: "The leader only, to another member.",
	}, "no_party", "not_leader", "no_member"), func(ctx context.Context, in *struct{ Body LeaderRequest }) (*partyOutput, error) {
		p, err := l.parties.Lead(playerID(ctx), in.Body.PlayerID)
		return l.party(ctx, p, err)
	})
	huma.Register(api, add(huma.Operation{
		OperationID: "renewPartyCode", Method: http.MethodPost, Path: "/v1/party/code", Summary: "Give the party a new code",
		Description: "The leader only. The old code is void.",
	}, "no_party", "not_leader"), func(ctx context.Context, _ *struct{}) (*partyOutput, error) {
		p, err := l.parties.Recode(playerID(ctx))
		return l.party(ctx, p, err)
	})
}

// named takes the player who asks into a party, under the account's name.
func (l *Lobby) named(ctx context.Context, do func(name string) (party.Party, error)) (*partyOutput, error) {
	account, err := l.auth.Account(ctx, playerID(ctx))
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	p, err := do(account.Name)
	if err == nil && !l.auth.Still(caller(ctx)) {
		_ = l.parties.Leave(account.ID) // the sign-out may have come late enough to find it
		err = auth.ErrGone
	}
	return l.party(ctx, p, err)
}

func (l *Lobby) party(ctx context.Context, p party.Party, err error) (*partyOutput, error) {
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	out := l.partyInfo(p)
	if t, err := l.queue.Open(playerID(ctx)); err == nil && t.Party == p.ID {
		out.TicketID = t.ID
	}
	return &partyOutput{out}, nil
}

func (l *Lobby) partyInfo(p party.Party) Party {
	out := Party{
		ID: p.ID, Version: p.Version, Code: p.Code, URL: l.base.String() + "/#party=" + p.Code, LeaderID: p.Leader, Members: []PartyMember{},
	}
	for _, m := range p.Members {
		out.Members = append(out.Members, PartyMember{
			PlayerID: m.Player, Name: m.Name, Ready: m.Ready, Roles: append([]string{}, m.Roles...),
		})
	}
	return out
}

// partyChanged follows a change of a party: its ticket ends if it is not the same players any more, or not all are ready, and everybody
// is told, who has left too. It waits for nothing.
func (l *Lobby) partyChanged(p party.Party, left []string) {
	info := l.partyInfo(p)
	for _, m := range p.Members {
		if !p.Ready() || len(left) > 0 {
			l.queue.LeaveParty(p.ID, m.Player)
		}
		l.tellParty(m.Player, info)
	}
	info.Members, info.Code, info.URL = []PartyMember{}, "", ""
	for _, player := range left {
		l.queue.LeaveParty(p.ID, player)
		l.tellParty(player, info)
	}
}

func (l *Lobby) tellParty(player string, p Party) {
	if err := l.events.Publish(player, kindParty, p); err != nil {
		l.log.Debug("a party's change is not published", zap.Error(err))
	}
}

// request is the ticket that the caller asks for: for its whole party, if it is in one with others. version is that of the party.
func (l *Lobby) request(player, mode string, body CreateTicketRequest) (r match.Request, version uint64, err error) {
	r = match.Request{
		Mode: mode, Members: []match.Member{{Player: player, Roles: body.Roles}}, Latency: body.LatencyMS, Attributes: body.Attributes,
	}
	p, err := l.parties.Of(player)
	if err != nil || len(p.Members) < 2 {
		return r, 0, nil
	}
	if p.Leader != player {
		return r, 0, party.ErrNotLeader
	}
	r.Party = p.ID
	for _, m := range p.Members {
		if m.Player == player {
			continue // who asks is ready, and has said the rest in the request
		}
		if !m.Ready {
			return r, 0, newProblem(http.StatusConflict, "party_not_ready", m.Name+" is not ready; each member says so with POST /v1/party/ready")
		}
		r.Members = append(r.Members, match.Member{Player: m.Player, Roles: m.Roles})
		r.Latency = worst(r.Latency, m.Latency)
	}
	return r, p.Version, nil
}

// worst is the latency of a party: to the regions where all of it can play, that of its worst member.
func worst(a, b map[string]int) map[string]int {
	out := map[string]int{}
	for region, ms := range a {
		if other, ok := b[region]; ok {
			out[region] = max(ms, other)
		}
	}
	return out
}

// stillParty ends a party's ticket that was made while the party changed: whoever changed it has not found the ticket.
func (l *Lobby) stillParty(player, id string, version uint64) {
	if p, err := l.parties.Of(player); id != "" && (err != nil || p.Version != version) {
		l.queue.LeaveParty(id, player)
	}
}
