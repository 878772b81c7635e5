package lobby

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/lobby/auth"
)

// RegisterRequest is the body of POST /v1/auth/register.
type RegisterRequest struct {
	Name      string `json:"name" maxLength:"256" example:"Ann" doc:"As in POST /v1/auth/guest."`
	Email     string `json:"email" maxLength:"254" example:"ann@example.org"`
	Password  string `json:"password" maxLength:"256" example:"correct horse battery" doc:"At least 8 characters and at most 256 bytes."`
	Transport string `json:"transport,omitempty" enum:"cookie,body" default:"cookie" doc:"How the refresh token travels."`
}

// LoginRequest is the body of POST /v1/auth/login.
type LoginRequest struct {
	Email     string `json:"email" maxLength:"254" example:"ann@example.org"`
	Password  string `json:"password" maxLength:"1024" example:"correct horse battery"`
	Transport string `json:"transport,omitempty" enum:"cookie,body" default:"cookie" doc:"How the refresh token travels."`
}

// AskResetRequest is the body of POST /v1/auth/reset.
type AskResetRequest struct {
	Email string `json:"email" maxLength:"254" example:"ann@example.org"`
}

// ResetRequest is the body of POST /v1/auth/password.
type ResetRequest struct {
	Token    string `json:"token" maxLength:"64" example:"MZXW6YTBOI2DKNRXGQ3TQOJQ" doc:"From the link: what stands behind #reset=."`
	Password string `json:"password" maxLength:"1024" example:"correct horse battery" doc:"The new one: at least 8 characters, at most 256 bytes."`
}

// ConfirmRequest is the body of POST /v1/auth/confirm.
type ConfirmRequest struct {
	Token string `json:"token" maxLength:"64" example:"MZXW6YTBOI2DKNRXGQ3TQOJQ" doc:"From the link: what stands behind #confirm=."`
}

type registerInput struct {
	Agent
	Body RegisterRequest
}

type loginInput struct {
	Agent
	Body LoginRequest
}

type askResetInput struct {
	Agent
	Body AskResetRequest
}

type resetInput struct {
	Agent
	Body ResetRequest
}

type confirmInput struct {
	Agent
	Body ConfirmRequest
}

func (l *Lobby) emailRoutes(api huma.API) {
	tags := []string{"auth"}
	huma.Register(api, operation(huma.Operation{
		OperationID: "register", Method: http.MethodPost, Path: "/v1/auth/register", Tags: tags, Summary: "Make an account with e-mail and password",
		Description: "Signs in at once, as a guest; the link in the e-mail makes address and password the way to come back. The answer " +
			"is the same for an address that has an account already: its link is then refused.",
	}, stored, "cross_origin", "bad_name", "bad_email", "bad_password", "too_many_requests", "busy"), l.register)
	huma.Register(api, operation(huma.Operation{
		OperationID: "signIn", Method: http.MethodPost, Path: "/v1/auth/login", Tags: tags, Summary: "Sign in with e-mail and password",
		Description: "401 login_refused does not say whether the address has an account. 403 banned comes only with the right password.",
	}, stored, "cross_origin", "login_refused", "banned", "too_many_requests", "busy"), l.signIn)
	huma.Register(api, operation(huma.Operation{
		OperationID: "confirmEmail", Method: http.MethodPost, Path: "/v1/auth/confirm", Tags: tags, Summary: "Confirm an e-mail address",
		Description:   "With the token of the link, which is spent by it. From then on address and password sign in to the account that asked.",
		DefaultStatus: http.StatusNoContent,
	}, stored, "link_expired", "identity_taken", "too_many_requests"), l.confirmEmail)
	huma.Register(api, operation(huma.Operation{
		OperationID: "askReset", Method: http.MethodPost, Path: "/v1/auth/reset", Tags: tags, Summary: "Ask for a link to set another password",
		Description:   "Always 202: whether the address has an account only its owner learns, by the e-mail.",
		DefaultStatus: http.StatusAccepted,
	}, "bad_email", "too_many_requests", "busy"), l.askReset)
	huma.Register(api, operation(huma.Operation{
		OperationID: "resetPassword", Method: http.MethodPost, Path: "/v1/auth/password", Tags: tags, Summary: "Set another password",
		Description: "With the token of the link. Ends every session of the account.", DefaultStatus: http.StatusNoContent,
	}, stored, "link_expired", "bad_password", "too_many_requests", "busy"), l.resetPassword)
}

func (l *Lobby) register(ctx context.Context, in *registerInput) (*sessionOutput, error) {
	bodied, err := inBody(ctx, in.Body.Transport)
	if err != nil {
		return nil, err
	}
	s, err := l.auth.Register(ctx, in.client(ctx), auth.Registration{Name: in.Body.Name, Email: in.Body.Email, Password: in.Body.Password})
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.answer(s, bodied), nil
}

func (l *Lobby) signIn(ctx context.Context, in *loginInput) (*sessionOutput, error) {
	bodied, err := inBody(ctx, in.Body.Transport)
	if err != nil {
		return nil, err
	}
	s, err := l.auth.Login(ctx, in.client(ctx), in.Body.Email, in.Body.Password)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.answer(s, bodied), nil
}

func (l *Lobby) confirmEmail(ctx context.Context, in *confirmInput) (*struct{}, error) {
	return l.done(ctx, l.auth.Confirm(ctx, in.client(ctx), in.Body.Token))
}

func (l *Lobby) askReset(ctx context.Context, in *askResetInput) (*struct{}, error) {
	return l.done(ctx, l.auth.AskReset(ctx, in.client(ctx), in.Body.Email))
}

func (l *Lobby) resetPassword(ctx context.Context, in *resetInput) (*struct{}, error) {
	return l.done(ctx, l.auth.Reset(ctx, in.client(ctx), in.Body.Token, in.Body.Password))
}

// done is the answer of an operation that has nothing to tell.
func (l *Lobby) done(ctx context.Context, err error) (*struct{}, error) {
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return nil, nil
}
