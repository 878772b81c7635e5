package lobby

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/lobby/store"
)

// kindResult is the event that a match of the account has ended.
const kindResult = "result"

// ResultEvent is the data of a result event.
type ResultEvent struct {
	MatchID    string          `json:"match_id" doc:"For GET /v1/matches/{id}."`
	Game       string          `json:"game"`
	Mode       string          `json:"mode" doc:"Empty when matchmaking did not make the match."`
	FinishedAt time.Time       `json:"finished_at"`
	Rank       int             `json:"rank" doc:"Of the player's side; 1 is best."`
	Outcome    string          `json:"outcome" doc:"win, loss or draw; empty when there was nobody to play against."`
	Rating     *RatingChange   `json:"rating,omitempty" doc:"Left out when the match changed no rating."`
	Result     json.RawMessage `json:"result,omitempty" doc:"What the game reported; left out above 4 KiB: ask for the match."`
}

// RatingChange is what a match did to a rating.
type RatingChange struct {
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

// MatchResult is the outcome of a match.
type MatchResult struct {
	ID         string          `json:"id"`
	RoomID     string          `json:"room_id"`
	Game       string          `json:"game"`
	Mode       string          `json:"mode" doc:"Empty when matchmaking did not make the match."`
	FinishedAt time.Time       `json:"finished_at"`
	Result     json.RawMessage `json:"result" doc:"What the game reported."`
}

func (l *Lobby) resultRoutes(api huma.API) {
	huma.Register(api, operation(huma.Operation{
		OperationID: "getMatch", Method: http.MethodGet, Path: "/v1/matches/{id}", Tags: []string{"matches"},
		Summary:     "Result of a match",
		Description: "A result does not change, except that a player whose account is deleted is not named any more.",
		Responses:   cacheableResponses[MatchResult](api),
	}, stored, "no_match"), func(ctx context.Context, in *struct {
		Conditional
		ID string `path:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Match id, of GET /v1/matches."`
	}) (*cacheable, error) {
		r, err := l.cfg.Store.Result(ctx, in.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil, newProblem(http.StatusNotFound, "no_match", "there is no result of such a match")
		}
		if err != nil {
			return nil, l.problem(ctx, err)
		}
		return cacheJSON(in.Conditional, "public, max-age=3600", MatchResult{
			ID: r.ID, RoomID: r.Room, Game: r.Game, Mode: r.Mode, FinishedAt: r.FinishedAt, Result: r.Payload,
		})
	})
}
