package lobby

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/internal/httpguard"
	"github.com/skirmish-dev/skirmish/internal/playername"
	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/auth/oidc"
	"github.com/skirmish-dev/skirmish/lobby/auth/password"
	"github.com/skirmish-dev/skirmish/lobby/events"
	"github.com/skirmish-dev/skirmish/lobby/match"
	"github.com/skirmish-dev/skirmish/lobby/party"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// Problem is every error answer: RFC 9457 with a code that does not change between versions.
type Problem struct {
	Type   string       `json:"type" doc:"urn:skirmish:problem: and the code"`
	Code   string       `json:"code" doc:"Stable name of the error, for programs."`
	Title  string       `json:"title" doc:"The status in words."`
	Status int          `json:"status" doc:"HTTP status."`
	Detail string       `json:"detail" doc:"What went wrong and what to do, for people."`
	Errors []FieldError `json:"errors,omitempty" nullable:"false" doc:"The fields that do not fit."`

	retryAfter time.Duration
}

// FieldError is one field of a request that does not fit. The value is not repeated: it may be a secret.
type FieldError struct {
	Location string `json:"location" doc:"Such as body.name or query.wait."`
	Message  string `json:"message"`
}

func newProblem(status int, code, detail string) *Problem {
	return &Problem{
		Type: "urn:skirmish:problem:" + code, Code: code, Title: http.StatusText(status), Status: status, Detail: detail,
	}
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is what huma asks an error for.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is what huma asks a body for.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders is what huma asks an error for.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds(p.retryAfter)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

func (p *Problem) after(d time.Duration) *Problem {
	p.retryAfter = max(d, time.Second)
	return p
}

// write answers with the problem where huma does not.
func (p *Problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	w.Write(append(body, '\n')) // an error means that the client has gone
}

// huma's error constructor is a package variable; only the lobby imports huma, so that it is set here, once and before any API is
// built. It serves huma's own refusals: a body that is no JSON, a field that does not fit.
func init() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		p := newProblem(status, statusCode(status), detail)
		if status >= 500 {
			p.Detail = "the server failed; its log has the request id of this answer"
			return p // the reasons are nobody's business
		}
		for _, err := range errs {
			var d huma.ErrorDetailer
			if errors.As(err, &d) {
				p.Errors = append(p.Errors, FieldError{Location: d.ErrorDetail().Location, Message: d.ErrorDetail().Message})
			} else if err != nil {
				p.Errors = append(p.Errors, FieldError{Message: err.Error()})
			}
		}
		return p
	}
}

func statusCode(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "bad_request"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusMethodNotAllowed:
		return "method_not_allowed"
	case http.StatusRequestEntityTooLarge:
		return "body_too_large"
	case http.StatusUnsupportedMediaType:
		return "unsupported_media_type"
	case http.StatusUnprocessableEntity:
		return "invalid"
	}
	return "internal"
}

// overloadRetry is how long nobody is taken at least once ticks run late.
const overloadRetry = 5 * time.Second

// databaseRetry is how long a client is asked to wait for a database that is not available.
const databaseRetry = 5 * time.Second

var (
	errUnauthorized = newProblem(http.StatusUnauthorized, "unauthorized",
		"send a valid access token as Authorization: Bearer; refresh it or sign in again")
	errBadLogin   = newProblem(http.StatusUnauthorized, "login_refused", "e-mail and password do not fit together")
	errBadRefresh = newProblem(http.StatusUnauthorized, "refresh_refused", "the refresh token is not valid any more; sign in again")
	errNoTicket   = newProblem(http.StatusNotFound, "no_ticket", "there is no such ticket; make a new one")
)

// problem turns an error of the layers below into the answer for it. What it does not know is logged and answered with 500.
func (l *Lobby) problem(ctx context.Context, err error) error {
	var (
		known  *Problem
		name   *playername.Error
		over   *auth.LimitError
		busy   *BusyError
		full   *match.FullError
		unfit  *match.TicketError
		queued *match.QueuedError
		odd    *OptionsError

		weak   *password.WeakError
		email  *auth.EmailError
		banned *auth.BannedError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &name):
		p := newProblem(http.StatusUnprocessableEntity, "bad_name", name.Error())
		p.Errors = []FieldError{{Location: "body.name", Message: name.Reason}}
		return p
	case errors.As(err, &odd):
		p := newProblem(http.StatusUnprocessableEntity, "bad_options", "the game does not take these options: "+odd.Reason)
		p.Errors = []FieldError{{Location: "body.options", Message: odd.Reason}}
		return p
	case errors.As(err, &over):
		return tooMany(over.RetryAfter)
	case errors.Is(err, auth.ErrLogin):
		return errBadLogin
	case errors.As(err, &weak):
		p := newProblem(http.StatusUnprocessableEntity, "bad_password", weak.Error())
		p.Errors = []FieldError{{Location: "body.password", Message: weak.Reason}}
		return p
	case errors.As(err, &email):
		p := newProblem(http.StatusUnprocessableEntity, "bad_email", email.Error())
		p.Errors = []FieldError{{Location: "body.email", Message: email.Reason}}
		return p
	case errors.As(err, &banned):
		return bannedProblem(banned)
	case errors.Is(err, auth.ErrBusy):
		return newProblem(http.StatusServiceUnavailable, "busy", "too many are signing in; try again later").after(2 * time.Second)
	case errors.Is(err, auth.ErrHas):
		return newProblem(http.StatusConflict, "identity_exists", "your account has an identity of this provider; unlink it first")
	case errors.Is(err, auth.ErrLast):
		return newProblem(http.StatusConflict, "last_identity", "it is the only way to sign in to your account; link another first")
	case errors.Is(err, oidc.ErrProvider):
		return newProblem(http.StatusNotFound, "no_provider", "there is no such provider; GET /v1/auth/oidc lists them")
	case errors.Is(err, oidc.ErrReturnTo):
		return newProblem(http.StatusUnprocessableEntity, "bad_return_to", "return_to is not on the server's list; see --oidc")
	case errors.Is(err, oidc.ErrFlow):
		return newProblem(http.StatusBadRequest, "sign_in_expired", "this sign-in is too old, was used, or began elsewhere; begin again")
	case errors.Is(err, oidc.ErrDown):
		return newProblem(http.StatusServiceUnavailable, "provider_unavailable", "the provider does not answer; try again later").after(5 * time.Second)
	case errors.Is(err, oidc.ErrBusy):
		return newProblem(http.StatusServiceUnavailable, "busy", "too many are signing in; try again later").after(5 * time.Second)
	case errors.Is(err, auth.ErrLink):
		return newProblem(http.StatusGone, "link_expired", "the link is not valid any more; ask for another")
	case errors.Is(err, auth.ErrTaken):
		return newProblem(http.StatusConflict, "identity_taken", "it belongs to another account; sign in to that one")
	case errors.Is(err, auth.ErrStale):
		return newProblem(http.StatusForbidden, "sign_in_again", "this needs a sign-in of the last ten minutes; sign in again and repeat it")
	case errors.Is(err, auth.ErrRefresh):
		return errBadRefresh
	case errors.Is(err, auth.ErrGone), errors.Is(err, auth.ErrAccess), errors.Is(err, events.ErrEnded):
		return errUnauthorized
	case errors.Is(err, events.ErrReplaced):
		return newProblem(http.StatusConflict, "replaced", "newer readers of the account have taken the place of this one; share one of them")
	case errors.Is(err, match.ErrNotFound):
		return errNoTicket
	case errors.Is(err, party.ErrNone):
		return newProblem(http.StatusNotFound, "no_party", "you are in no party; make one, or join one by its code")
	case errors.Is(err, party.ErrIn):
		return newProblem(http.StatusConflict, "in_party", "you are in a party; leave it first")
	case errors.Is(err, party.ErrCode):
		return newProblem(http.StatusNotFound, "no_code", "there is nothing with this code; ask for a new one")
	case errors.Is(err, party.ErrFull):
		return newProblem(http.StatusConflict, "party_full", "the party is full")
	case errors.Is(err, party.ErrNotLeader):
		return newProblem(http.StatusForbidden, "not_leader", "only the leader of the party may do this")
	case errors.Is(err, party.ErrNoMember):
		return newProblem(http.StatusNotFound, "no_member", "the party has no such member besides you; load it again")
	case errors.Is(err, party.ErrTooMany):
		return newProblem(http.StatusServiceUnavailable, "too_many_parties", "there are too many parties; try again later").after(time.Minute)
	case errors.Is(err, match.ErrNoMode):
		return newProblem(http.StatusNotFound, "unknown_mode", "there is no such mode; GET /v1/config lists them")
	case errors.Is(err, match.ErrNotAsked):
		return newProblem(http.StatusConflict, "not_asked", "no match is waiting for an answer by this ticket; look how it stands")
	case errors.As(err, &unfit):
		return newProblem(http.StatusUnprocessableEntity, "bad_ticket", "the mode could never match this ticket: "+unfit.Reason)
	case errors.As(err, &queued):
		return newProblem(http.StatusConflict, "already_queued", "there is an open ticket of yours or of a member of your party; cancel it first")
	case errors.As(err, &full):
		return newProblem(http.StatusServiceUnavailable, "too_many_tickets", "too many players are waiting; try again later").
			after(full.RetryAfter)
	case errors.Is(err, ErrUnknownGame):
		return newProblem(http.StatusNotFound, "unknown_game", "there is no such game; GET /v1/config lists them")
	case errors.Is(err, ErrNoRoom):
		return newProblem(http.StatusNotFound, "no_room", "there is no such room; it may have ended")
	case errors.Is(err, ErrRoomFull):
		return newProblem(http.StatusConflict, "room_full", "the room is full; join another")
	case errors.Is(err, ErrUnwatched):
		return newProblem(http.StatusForbidden, "not_watched", "nobody may watch this room; join it")
	case errors.Is(err, ErrPlaysHere):
		return newProblem(http.StatusConflict, "plays_here", "you play in this room; leave it to watch")
	case errors.As(err, &busy):
		return newProblem(http.StatusServiceUnavailable, "busy", "the server is busy; try again later").after(busy.RetryAfter)
	case errors.Is(err, ErrBusy):
		return newProblem(http.StatusServiceUnavailable, "busy", "the server is busy; try again later").after(time.Second)
	case errors.Is(err, ErrOverloaded):
		return newProblem(http.StatusServiceUnavailable, "overloaded", "the server's ticks run late, so it takes nobody in now; try again later").
			after(overloadRetry)
	case errors.Is(err, ErrDraining), errors.Is(err, match.ErrClosed), errors.Is(err, events.ErrClosed):
		return newProblem(http.StatusServiceUnavailable, "draining", "the server is shutting down; try again later").
			after(5 * time.Second)
	case ctx.Err() != nil:
		// The client has gone; nobody reads the answer, and it is no fault of the server.
		return newProblem(http.StatusServiceUnavailable, "cancelled", "the request was cancelled")
	}
	if errors.Is(err, store.ErrUnavailable) {
		l.log.Warn("the database is not available", zap.String("request_id", httpguard.RequestID(ctx)), zap.Error(err))
		return newProblem(http.StatusServiceUnavailable, "database_unavailable",
			"accounts and results cannot be read or kept right now, nothing was changed; games go on; try again later").
			after(databaseRetry)
	}
	l.log.Error("request failed", zap.String("request_id", httpguard.RequestID(ctx)), zap.Error(err))
	return newProblem(http.StatusInternalServerError, "internal", "the server failed; its log has the request id of this answer")
}

func bannedProblem(b *auth.BannedError) *Problem {
	until := "for good"
	if !b.Until.IsZero() {
		until = "until " + b.Until.Format(time.RFC3339)
	}
	return newProblem(http.StatusForbidden, "banned", "the account is banned "+until+": "+b.Reason)
}

func tooMany(retryAfter time.Duration) *Problem {
	return newProblem(http.StatusTooManyRequests, "too_many_requests", "too many requests; wait as long as Retry-After says").
		after(retryAfter)
}
