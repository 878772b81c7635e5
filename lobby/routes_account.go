package lobby

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/lobby/auth"
)

// AccountInfo is the caller's own account.
type AccountInfo struct {
	PlayerID   string         `json:"player_id" example:"yhdfdmze5v5edwwk3fwirnzd2v" doc:"Account id."`
	Name       string         `json:"name" example:"Ann"`
	Role       string         `json:"role" enum:"player,moderator,admin"`
	CreatedAt  time.Time      `json:"created_at"`
	Identities []IdentityInfo `json:"identities" nullable:"false" doc:"The ways to sign in; a guest has none."`
}

// IdentityInfo is one way to sign in.
type IdentityInfo struct {
	Provider string    `json:"provider" example:"email" doc:"email, or the name of an OpenID provider."`
	Label    string    `json:"label" example:"ann@example.org" doc:"What the player knows it by. Text, not markup."`
	LinkedAt time.Time `json:"linked_at"`
}

// SessionInfo is one sign-in of the caller.
type SessionInfo struct {
	ID         string    `json:"id" example:"MZXW6YTBOI2DKNRXGQ3TQOJQGE" doc:"For DELETE /v1/account/sessions/{id}."`
	Current    bool      `json:"current" doc:"It is the one of this request."`
	SignedInAt time.Time `json:"signed_in_at"`
	UsedAt     time.Time `json:"used_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Network    string    `json:"network" example:"203.0.113.7/32" doc:"Where it was used last."`
	Device     string    `json:"device" example:"Mozilla/5.0" doc:"What the client said it is. Text, not markup."`
}

// SessionList is the caller's sessions.
type SessionList struct {
	Sessions []SessionInfo `json:"sessions" nullable:"false" doc:"The one used last first; at most 20."`
}

// RenameRequest is the body of PATCH /v1/account.
type RenameRequest struct {
	Name string `json:"name" maxLength:"256" example:"Ann" doc:"As in POST /v1/auth/guest."`
}

// SetEmailRequest is the body of POST /v1/account/email.
type SetEmailRequest struct {
	Email    string `json:"email" maxLength:"254" example:"ann@example.org"`
	Password string `json:"password" maxLength:"256" example:"correct horse battery" doc:"At least 8 characters and at most 256 bytes."`
}

type (
	accountOutput struct{ Body AccountInfo }
	exportOutput  struct {
		Disposition string `header:"Content-Disposition"`
		Body        map[string][]map[string]any
	}
	sessionsInput struct{ Agent }
	renameInput   struct{ Body RenameRequest }
	setEmailInput struct {
		Agent
		Body SetEmailRequest
	}
	sessionsOutput struct{ Body SessionList }
	sessionInput   struct {
		ID string `path:"id" maxLength:"64" example:"MZXW6YTBOI2DKNRXGQ3TQOJQGE" doc:"One of GET /v1/account/sessions."`
	}
)

func (l *Lobby) accountRoutes(api huma.API) {
	tags := []string{"account"}
	huma.Register(api, operation(huma.Operation{
		OperationID: "getAccount", Method: http.MethodGet, Path: "/v1/account", Tags: tags, Summary: "The own account",
		Description: "With the ways to sign in to it.", Security: needsBearer,
	}, stored), l.account)
	huma.Register(api, operation(huma.Operation{
		OperationID: "renameAccount", Method: http.MethodPatch, Path: "/v1/account", Tags: tags, Summary: "Take another name",
		Description: "Rooms show it from the next seat on.", Security: needsBearer, DefaultStatus: http.StatusNoContent,
	}, stored, "bad_name"), l.rename)
	huma.Register(api, operation(huma.Operation{
		OperationID: "exportAccount", Method: http.MethodGet, Path: "/v1/account/export", Tags: tags, Summary: "All that is kept about the account",
		Description: "A JSON object with the rows of each table of the database, without secrets. Its form changes with the database's.",
		Security:    needsBearer,
	}, stored), l.export)
	huma.Register(api, operation(huma.Operation{
		OperationID: "deleteAccount", Method: http.MethodDelete, Path: "/v1/account", Tags: tags, Summary: "Delete the account for good",
		Description: "Sessions and sockets end. Results of matches stay for the others, without id and name. Needs a sign-in of the last " +
			"ten minutes, except of guests.",
		Security: needsBearer, DefaultStatus: http.StatusNoContent,
	}, stored, "sign_in_again"), l.deleteAccount)
	huma.Register(api, operation(huma.Operation{
		OperationID: "setEmail", Method: http.MethodPost, Path: "/v1/account/email", Tags: tags, Summary: "Sign in with e-mail and password from now on",
		Description: "Sends a link to the address; opening it does it, and replaces an address that the account had. A guest becomes an " +
			"account that can be signed in to anywhere. Needs a sign-in of the last ten minutes, except of guests.",
		Security: needsBearer, DefaultStatus: http.StatusAccepted,
	}, stored, "sign_in_again", "bad_email", "bad_password", "busy"), l.setEmail)
	huma.Register(api, operation(huma.Operation{
		OperationID: "listSessions", Method: http.MethodGet, Path: "/v1/account/sessions", Tags: tags, Summary: "Where the account is signed in",
		Description: "Each sign-in that has not ended, with what its client and its network were.",
		Security:    needsBearer,
	}, stored), l.sessions)
	huma.Register(api, operation(huma.Operation{
		OperationID: "endSession", Method: http.MethodDelete, Path: "/v1/account/sessions/{id}", Tags: tags, Summary: "End one session",
		Description: "Every access token of the account is void at once, so that the other sessions refresh; its sockets are closed.",
		Security:    needsBearer, DefaultStatus: http.StatusNoContent,
	}, stored, "no_session"), l.endSession)
	huma.Register(api, operation(huma.Operation{
		OperationID: "endSessions", Method: http.MethodDelete, Path: "/v1/account/sessions", Tags: tags, Summary: "End every session",
		Description: "The one of this request too. Sockets of the account are closed.",
		Security:    needsBearer, DefaultStatus: http.StatusNoContent,
	}, stored), l.endSessions)
}

func (l *Lobby) export(ctx context.Context, _ *struct{}) (*exportOutput, error) {
	tables, err := l.auth.Export(ctx, caller(ctx))
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return &exportOutput{Disposition: `attachment; filename="account.json"`, Body: tables}, nil
}

func (l *Lobby) deleteAccount(ctx context.Context, _ *struct{}) (*logoutOutput, error) {
	if err := l.auth.Delete(ctx, caller(ctx)); err != nil {
		return nil, l.problem(ctx, err)
	}
	return &logoutOutput{SetCookie: []http.Cookie{l.cookie("", -time.Second)}}, nil
}

func (l *Lobby) account(ctx context.Context, _ *struct{}) (*accountOutput, error) {
	a, ids, err := l.auth.Profile(ctx, playerID(ctx))
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	out := AccountInfo{PlayerID: a.ID, Name: a.Name, Role: a.Role, CreatedAt: a.CreatedAt.Truncate(time.Second), Identities: []IdentityInfo{}}
	for _, i := range ids {
		out.Identities = append(out.Identities, IdentityInfo{i.Provider, i.Label, i.CreatedAt.Truncate(time.Second)})
	}
	return &accountOutput{out}, nil
}

func (l *Lobby) rename(ctx context.Context, in *renameInput) (*struct{}, error) {
	return l.done(ctx, l.auth.Rename(ctx, playerID(ctx), in.Body.Name))
}

func (l *Lobby) setEmail(ctx context.Context, in *setEmailInput) (*struct{}, error) {
	return l.done(ctx, l.auth.SetEmail(ctx, in.client(ctx), caller(ctx), in.Body.Email, in.Body.Password))
}

func (l *Lobby) sessions(ctx context.Context, _ *sessionsInput) (*sessionsOutput, error) {
	list, err := l.auth.Sessions(ctx, caller(ctx))
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	out := SessionList{Sessions: []SessionInfo{}}
	for _, s := range list {
		out.Sessions = append(out.Sessions, SessionInfo{
			ID: s.ID, Current: s.ID == caller(ctx).Session, SignedInAt: s.CreatedAt.Truncate(time.Second),
			UsedAt: s.UsedAt.Truncate(time.Second), ExpiresAt: s.ExpiresAt.Truncate(time.Second), Network: s.Network, Device: s.Device,
		})
	}
	return &sessionsOutput{out}, nil
}

func (l *Lobby) endSession(ctx context.Context, in *sessionInput) (*struct{}, error) {
	err := l.auth.EndSession(ctx, caller(ctx), in.ID)
	if errors.Is(err, auth.ErrGone) {
		return nil, newProblem(http.StatusNotFound, "no_session", "you have no such session; it may have ended")
	}
	return l.done(ctx, err)
}

func (l *Lobby) endSessions(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return l.done(ctx, l.auth.EndSessions(ctx, caller(ctx)))
}
