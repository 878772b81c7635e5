package lobby

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// BanRequest is the body of POST /v1/moderation/players/{id}/ban.
type BanRequest struct {
	Reason string `json:"reason" minLength:"1" maxLength:"200" example:"insults" doc:"Shown to the player."`
	Hours  int    `json:"hours,omitempty" minimum:"0" maximum:"87600" example:"24" doc:"How long; 0 or left out means for good."`
}

type (
	// PlayerInput names a player.
	PlayerInput struct {
		ID string `path:"id" maxLength:"64" doc:"Account id."`
	}
	banInput struct {
		PlayerInput
		Body BanRequest
	}
)

func (l *Lobby) moderationRoutes(api huma.API) {
	tags := []string{"moderation"}
	huma.Register(api, operation(huma.Operation{
		OperationID: "ban", Method: http.MethodPost, Path: "/v1/moderation/players/{id}/ban", Tags: tags, Summary: "Keep a player out",
		Description: "For moderators. Ends the account's sessions and closes its sockets. Moderators are banned by an admin only, admins by nobody.",
		Security:    needsBearer, DefaultStatus: http.StatusNoContent,
	}, stored, "forbidden", "no_player"), l.ban)
	huma.Register(api, operation(huma.Operation{
		OperationID: "unban", Method: http.MethodDelete, Path: "/v1/moderation/players/{id}/ban", Tags: tags, Summary: "Let a player in again",
		Description: "For moderators.", Security: needsBearer, DefaultStatus: http.StatusNoContent,
	}, stored, "forbidden", "no_player"), l.unban)
}

func (l *Lobby) ban(ctx context.Context, in *banInput) (*struct{}, error) {
	if err := l.mayModerate(ctx, in.ID); err != nil {
		return nil, err
	}
	var until time.Time
	if in.Body.Hours > 0 {
		until = l.cfg.Clock().Add(time.Duration(in.Body.Hours) * time.Hour)
	}
	return l.done(ctx, l.auth.Ban(ctx, in.ID, in.Body.Reason, until))
}

func (l *Lobby) unban(ctx context.Context, in *PlayerInput) (*struct{}, error) {
	if err := l.mayModerate(ctx, in.ID); err != nil {
		return nil, err
	}
	return l.done(ctx, l.auth.Unban(ctx, in.ID))
}

// rank orders the roles: each may moderate those below it.
var rank = map[string]int{store.RolePlayer: 0, store.RoleModerator: 1, store.RoleAdmin: 2}

// mayModerate checks that the caller's role, as it is stored now, lets it moderate a player.
func (l *Lobby) mayModerate(ctx context.Context, player string) error {
	me, err := l.auth.Account(ctx, playerID(ctx))
	if err != nil {
		return l.problem(ctx, err)
	}
	forbidden := newProblem(http.StatusForbidden, "forbidden", "your role does not allow this")
	if rank[me.Role] == 0 {
		return forbidden
	}
	other, err := l.auth.Account(ctx, player)
	switch {
	case errors.Is(err, auth.ErrGone):
		return newProblem(http.StatusNotFound, "no_player", "there is no such player")
	case err != nil:
		return l.problem(ctx, err)
	case rank[other.Role] >= rank[me.Role]:
		return forbidden
	}
	return nil
}
