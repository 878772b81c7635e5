package lobby

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/internal/httpguard"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/auth"
)

const (
	refreshCookie = "skirmish_refresh"
	cookiePath    = "/v1/auth"
)

// GuestRequest is the body of POST /v1/auth/guest.
//
// Here and in RefreshRequest, Transport says how the refresh token travels. In a cookie no script can read it. In the body any
// script on the page can steal it (XSS); that is for programs without a browser and for games on another origin.
type GuestRequest struct {
	Name      string `json:"name" maxLength:"256" example:"Ann" doc:"1 to 24 characters and at most 64 bytes after trimming, none invisible."`
	Transport string `json:"transport,omitempty" enum:"cookie,body" default:"cookie" doc:"How the refresh token travels."`
}

// RefreshRequest is the body of POST /v1/auth/refresh and logout. It may be left out when the cookie says it all.
type RefreshRequest struct {
	Transport    string `json:"transport,omitempty" enum:"cookie,body" default:"cookie" doc:"How the refresh token travels."`
	RefreshToken string `json:"refresh_token,omitempty" maxLength:"256" doc:"The refresh token, when transport is body."`
}

type guestInput struct {
	Agent
	Body GuestRequest
}

// Agent is what a client says it is.
type Agent struct {
	UserAgent string `header:"User-Agent" hidden:"true"`
}

// client is where a request comes from.
func (a Agent) client(ctx context.Context) auth.Client {
	return auth.Client{Addr: clientAddr(ctx), Device: a.UserAgent}
}

type refreshInput struct {
	Agent
	Cookie string `cookie:"skirmish_refresh" doc:"The refresh token, unless transport is body."`
	Body   *RefreshRequest
}

// JWKS is the public keys of access tokens (RFC 7517).
type JWKS struct {
	Keys []token.JWK `json:"keys" nullable:"false" doc:"Oldest first; the one that will sign next included."`
}

// Session is the answer to signing in and refreshing.
type Session struct {
	PlayerID     string `json:"player_id" example:"yhdfdmze5v5edwwk3fwirnzd2v" doc:"Account id."`
	AccessToken  string `json:"access_token" example:"eyJhbGciOiJFZERTQSJ9.e30.c2ln" doc:"For Authorization: Bearer. Keep it in memory."`
	ExpiresIn    int    `json:"expires_in" example:"600" doc:"Seconds until access_token expires."`
	RefreshToken string `json:"refresh_token,omitempty" example:"MZXW6YTBOI2DKNRXGQ3TQOJQGE.c2VjcmV0" doc:"With transport body only: for the next refresh, good once."`
}

type sessionOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Session
}

type logoutOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (l *Lobby) authRoutes(api huma.API) {
	tags := []string{"auth"}
	huma.Register(api, operation(huma.Operation{
		OperationID: "keys", Method: http.MethodGet, Path: "/v1/auth/keys", Tags: tags, Summary: "Public keys of access tokens",
		Description: "A JWK set, for services beside this one that check access tokens (EdDSA alone; iss, aud access, exp). What was ended " +
			"early only this server knows.",
		Responses: cacheableResponses[JWKS](api),
	}), l.keys)
	huma.Register(api, operation(huma.Operation{
		OperationID: "signInGuest", Method: http.MethodPost, Path: "/v1/auth/guest", Tags: tags, Summary: "Sign in as a new guest",
		Description: "Makes an account. One that never takes a seat is removed after 24 hours. The refresh token is set as a " +
			"cookie; with transport body it is in the answer instead, where any script on the page can steal it.",
	}, stored, "cross_origin", "bad_name", "too_many_requests"), l.signInGuest)
	huma.Register(api, operation(huma.Operation{
		OperationID: "refresh", Method: http.MethodPost, Path: "/v1/auth/refresh", Tags: tags, Summary: "Get a new access token",
		Description: "Spends the refresh token and gives its successor. Using a spent one again, later than 10 s after or when " +
			"its successor was used, ends the session.",
	}, stored, "cross_origin", "refresh_refused", "too_many_requests"), l.refresh)
	huma.Register(api, operation(huma.Operation{
		OperationID: "signOut", Method: http.MethodPost, Path: "/v1/auth/logout", Tags: tags, Summary: "End the session",
		Description:   "Of the refresh token: its access tokens are void and the sockets are closed. A token that is not valid any more is no error.",
		DefaultStatus: http.StatusNoContent,
	}, stored, "cross_origin", "too_many_requests"), l.signOut)
}

// keysFor is how long the public keys may be kept: less than token.SignAfter.
const keysFor = "public, max-age=300"

type keysInput struct {
	Conditional
}

func (l *Lobby) keys(_ context.Context, in *keysInput) (*cacheable, error) {
	return cacheJSON(in.Conditional, keysFor, JWKS{Keys: l.cfg.Keys.Public()})
}

func (l *Lobby) signInGuest(ctx context.Context, in *guestInput) (*sessionOutput, error) {
	bodied, err := inBody(ctx, in.Body.Transport)
	if err != nil {
		return nil, err
	}
	s, err := l.auth.Guest(ctx, in.client(ctx), in.Body.Name)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.answer(s, bodied), nil
}

func (l *Lobby) refresh(ctx context.Context, in *refreshInput) (*sessionOutput, error) {
	text, bodied, err := in.token(ctx)
	if err != nil {
		return nil, err
	}
	s, err := l.auth.Refresh(ctx, in.client(ctx), text)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return l.answer(s, bodied), nil
}

func (l *Lobby) signOut(ctx context.Context, in *refreshInput) (*logoutOutput, error) {
	text, bodied, err := in.token(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.auth.Logout(ctx, in.client(ctx), text); err != nil {
		return nil, l.problem(ctx, err)
	}
	if bodied {
		return &logoutOutput{}, nil
	}
	gone := l.cookie("", -time.Second)
	return &logoutOutput{SetCookie: []http.Cookie{gone}}, nil
}

// inBody says whether the refresh token travels in the body, and refuses the cookie to pages of another origin: they cannot hold
// it, and must not be able to set or spend it.
func inBody(ctx context.Context, transport string) (bool, error) {
	if transport == "body" {
		return true, nil
	}
	if crossOrigin(ctx) {
		return false, newProblem(http.StatusForbidden, "cross_origin",
			`a page of another origin cannot use the refresh cookie; send "transport":"body", as new Lobby({ refresh: "memory" }) does`)
	}
	return false, nil
}

// token is the refresh token of a request, from the one place where it may be.
func (in *refreshInput) token(ctx context.Context) (text string, bodied bool, err error) {
	var transport, token string
	if in.Body != nil {
		transport, token = in.Body.Transport, in.Body.RefreshToken
	}
	bodied, err = inBody(ctx, transport)
	switch {
	case err != nil:
		return "", false, err
	case bodied:
		return token, true, nil
	case token != "":
		return "", false, newProblem(http.StatusUnprocessableEntity, "invalid",
			`refresh_token in the body needs "transport":"body"`)
	}
	return in.Cookie, false, nil
}

func (l *Lobby) answer(s auth.Session, bodied bool) *sessionOutput {
	out := &sessionOutput{Body: Session{PlayerID: s.Player, AccessToken: s.Access, ExpiresIn: int(s.AccessExpiresIn.Seconds())}}
	if bodied {
		out.Body.RefreshToken = s.Refresh
	} else {
		out.SetCookie = []http.Cookie{l.cookie(s.Refresh, s.RefreshExpiresIn)}
	}
	return out
}

// cookie holds a refresh token for pages of this server. It is not Secure only where browsers could not keep it otherwise and
// nobody listens in between: plain http on the machine itself.
func (l *Lobby) cookie(value string, life time.Duration) http.Cookie {
	return http.Cookie{
		Name: refreshCookie, Value: value, Path: cookiePath, MaxAge: int(life.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: l.base.Scheme == "https" || !isLoopback(l.base.Hostname()),
	}
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func clientAddr(ctx context.Context) netip.Addr { return httpguard.ClientAddr(ctx) }
