package lobby

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/auth/oidc"
)

const (
	oidcPath   = "/v1/auth/oidc"
	oidcCookie = "skirmish_oidc"
)

// ProviderList is the OpenID providers.
type ProviderList struct {
	Providers []string `json:"providers" nullable:"false" doc:"Names, in the order in which to show them."`
}

// RedeemRequest is the body of POST /v1/auth/oidc/redeem.
type RedeemRequest struct {
	Code      string `json:"code" maxLength:"64" example:"MZXW6YTBOI2DKNRXGQ3TQOJQ" doc:"From the page's address: what stands behind #code=."`
	Verifier  string `json:"verifier" minLength:"32" maxLength:"128" example:"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" doc:"What the challenge is the SHA-256 of."`
	Name      string `json:"name,omitempty" maxLength:"256" example:"Ann" doc:"Of a new account; without it what the provider says, unless that is an address."`
	Transport string `json:"transport,omitempty" enum:"cookie,body" default:"cookie" doc:"How the refresh token travels."`
}

// LinkRequest is the body of POST /v1/account/identities.
type LinkRequest struct {
	Code     string `json:"code" maxLength:"64" example:"MZXW6YTBOI2DKNRXGQ3TQOJQ" doc:"From the page's address: what stands behind #code=."`
	Verifier string `json:"verifier" minLength:"32" maxLength:"128" example:"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" doc:"What the challenge is the SHA-256 of."`
}

type (
	providersOutput struct{ Body ProviderList }
	startOIDCInput  struct {
		Agent
		Provider  string `path:"provider" maxLength:"32" example:"example" doc:"Name of the provider."`
		ReturnTo  string `query:"return_to" required:"true" maxLength:"500" doc:"One of the server's list, letter for letter."`
		Challenge string `query:"challenge" required:"true" maxLength:"64" doc:"SHA-256 of a random verifier that the page keeps, in base64url."`
	}
	finishOIDCInput struct {
		Agent
		Provider string `path:"provider" maxLength:"32" example:"example" doc:"Name of the provider."`
		State    string `query:"state" maxLength:"64" doc:"As start has sent it to the provider."`
		Code     string `query:"code" maxLength:"4096" doc:"The provider's, when it has signed the player in."`
		Issuer   string `query:"iss" maxLength:"512" doc:"The provider's issuer (RFC 9207)."`
		Error    string `query:"error" maxLength:"64" doc:"The provider's, when it has not."`
		Cookie   string `cookie:"skirmish_oidc" doc:"Set by start."`
	}
	redirectOutput struct {
		SetCookie []http.Cookie `header:"Set-Cookie"`
		Location  string        `header:"Location"`
	}
	redeemInput struct {
		Agent
		Body RedeemRequest
	}
	linkInput struct {
		Agent
		Body LinkRequest
	}
	unlinkInput struct {
		Provider string `path:"provider" maxLength:"32" doc:"email, or the name of an OpenID provider."`
	}
)

func (l *Lobby) oidcRoutes(api huma.API) {
	tags := []string{"auth"}
	huma.Register(api, operation(huma.Operation{
		OperationID: "listProviders", Method: http.MethodGet, Path: oidcPath, Tags: tags, Summary: "OpenID providers to sign in with",
		Description: "The list is empty where there are none.",
	}), l.providers)
	huma.Register(api, operation(huma.Operation{
		OperationID: "startOidc", Method: http.MethodGet, Path: oidcPath + "/{provider}/start", Tags: tags, Summary: "Go to a provider to sign in",
		Description:   "To navigate to, not to fetch. The browser ends on return_to with #code= or #error= and &challenge= behind it.",
		DefaultStatus: http.StatusSeeOther,
	}, "no_provider", "bad_return_to", "sign_in_expired", "provider_unavailable", "busy", "too_many_requests"), l.startOIDC)
	finish := operation(huma.Operation{
		OperationID: "finishOidc", Method: http.MethodGet, Path: oidcPath + "/{provider}/callback", Tags: tags, Summary: "Come back from a provider",
		Description: "Where providers send browsers; to be registered with them.", DefaultStatus: http.StatusSeeOther,
	}, "sign_in_expired", "too_many_requests")
	finish.SkipValidateParams = true // providers send what they like
	huma.Register(api, finish, l.finishOIDC)
	huma.Register(api, operation(huma.Operation{
		OperationID: "redeemOidc", Method: http.MethodPost, Path: oidcPath + "/redeem", Tags: tags, Summary: "Sign in with the code of a provider's sign-in",
		Description: "The code is good once and for 60 s, and only with the verifier. An identity that is new makes an account.",
	}, stored, "cross_origin", "sign_in_expired", "bad_name", "banned", "too_many_requests"), l.redeemOIDC)
	huma.Register(api, operation(huma.Operation{
		OperationID: "linkIdentity", Method: http.MethodPost, Path: "/v1/account/identities", Tags: []string{"account"}, Summary: "Link a provider's identity",
		Description: "With the code of a provider's sign-in, to the account of the access token. Needs a sign-in of the last ten minutes, except of guests.",
		Security:    needsBearer, DefaultStatus: http.StatusNoContent,
	}, stored, "sign_in_again", "sign_in_expired", "identity_taken", "identity_exists"), l.linkIdentity)
	huma.Register(api, operation(huma.Operation{
		OperationID: "unlinkIdentity", Method: http.MethodDelete, Path: "/v1/account/identities/{provider}", Tags: []string{"account"}, Summary: "Unlink an identity",
		Description: "Not the only one. Needs a sign-in of the last ten minutes.", Security: needsBearer, DefaultStatus: http.StatusNoContent,
	}, stored, "sign_in_again", "last_identity", "no_identity"), l.unlinkIdentity)
}

func (l *Lobby) providers(context.Context, *struct{}) (*providersOutput, error) {
	return &providersOutput{ProviderList{l.auth.Providers()}}, nil
}

func (l *Lobby) startOIDC(ctx context.Context, in *startOIDCInput) (*redirectOutput, error) {
	address, cookie, err := l.auth.StartOIDC(ctx, in.client(ctx), in.Provider, in.ReturnTo, in.Challenge)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return &redirectOutput{Location: address, SetCookie: []http.Cookie{l.flowCookie(cookie, 10*time.Minute)}}, nil
}

func (l *Lobby) finishOIDC(ctx context.Context, in *finishOIDCInput) (*redirectOutput, error) {
	address, err := l.auth.FinishOIDC(ctx, in.client(ctx), oidc.Callback{
		Provider: in.Provider, State: in.State, Code: in.Code, Issuer: in.Issuer, Error: in.Error, Cookie: in.Cookie,
	})
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return &redirectOutput{Location: address, SetCookie: []http.Cookie{l.flowCookie("", -time.Second)}}, nil
}

// flowCookie binds a sign-in to the browser that began it. It is Lax because the provider's page sends the browser back.
func (l *Lobby) flowCookie(value string, life time.Duration) http.Cookie {
	c := l.cookie(value, life)
	c.Name, c.Path, c.SameSite = oidcCookie, oidcPath, http.SameSiteLaxMode
	return c
}

func (l *Lobby) redeemOIDC(ctx context.Context, in *redeemInput) (*sessionOutput, error) {
	bodied, err := inBody(ctx, in.Body.Transport)
	if err != nil {
		return nil, err
	}
	s, err := l.auth.RedeemOIDC(ctx, in.client(ctx), in.Body.Code, in.Body.Verifier, in.Body.Name)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.answer(s, bodied), nil
}

func (l *Lobby) linkIdentity(ctx context.Context, in *linkInput) (*struct{}, error) {
	return l.done(ctx, l.auth.LinkOIDC(ctx, in.client(ctx), caller(ctx), in.Body.Code, in.Body.Verifier))
}

func (l *Lobby) unlinkIdentity(ctx context.Context, in *unlinkInput) (*struct{}, error) {
	err := l.auth.Unlink(ctx, caller(ctx), in.Provider)
	if errors.Is(err, auth.ErrGone) {
		return nil, newProblem(http.StatusNotFound, "no_identity", "your account has no identity of this provider")
	}
	return l.done(ctx, err)
}
