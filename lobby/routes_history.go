package lobby

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/lobby/store"
)

// MatchList is a page of a player's history.
type MatchList struct {
	Matches []PlayedMatch `json:"matches" nullable:"false" doc:"The newest first."`
	Next    string        `json:"next,omitempty" doc:"For after, when there may be more."`
}

// PlayedMatch is a match in a player's history.
type PlayedMatch struct {
	ID         string        `json:"id" doc:"For GET /v1/matches/{id}."`
	Game       string        `json:"game"`
	Mode       string        `json:"mode" doc:"Empty when matchmaking did not make the match."`
	FinishedAt time.Time     `json:"finished_at"`
	Rank       int           `json:"rank" doc:"Of the player's side; 1 is best."`
	Outcome    string        `json:"outcome" doc:"win, loss or draw; empty when there was nobody to play against."`
	Score      int64         `json:"score"`
	Rating     *RatingChange `json:"rating,omitempty" doc:"Left out when the match changed no rating."`
	Players    []MatchPlayer `json:"players" nullable:"false" doc:"By rank, the player too. Who has deleted their account is left out."`
}

// MatchPlayer is one who took part in a match.
type MatchPlayer struct {
	PlayerID string `json:"player_id"`
	Name     string `json:"name" doc:"Text, not markup."`
	Team     int    `json:"team" doc:"From 0; players of one number were a side."`
	Rank     int    `json:"rank"`
	Score    int64  `json:"score"`
}

// historyCache lets a page be shown again without asking; what has just been played is told by an event.
const historyCache = "public, max-age=5"

func (l *Lobby) historyRoutes(api huma.API) {
	huma.Register(api, operation(huma.Operation{
		OperationID: "listMatches", Method: http.MethodGet, Path: "/v1/matches", Tags: []string{"matches"},
		Summary: "Matches that a player has played", Description: "Of a player that there is not, the list is empty.", Responses: cacheableResponses[MatchList](api),
	}, stored, "bad_cursor"), l.listMatches)
}

func (l *Lobby) listMatches(ctx context.Context, in *struct {
	Conditional
	Player string `query:"player" required:"true" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Player id, such as your own from signing in."`
	After  string `query:"after" maxLength:"96" doc:"next of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"50" default:"20" doc:"Matches of a page."`
}) (*cacheable, error) {
	var after *store.PlayedBefore
	if in.After != "" {
		at, match, ok := strings.Cut(in.After, ".")
		ms, err := strconv.ParseInt(at, 10, 64)
		if !ok || err != nil || !isID(match) {
			return nil, badCursor("after")
		}
		after = &store.PlayedBefore{FinishedAt: time.UnixMilli(ms), Match: match}
	}
	list, err := l.cfg.Store.History(ctx, in.Player, after, in.Limit)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	out := MatchList{Matches: []PlayedMatch{}}
	for _, p := range list {
		m := PlayedMatch{
			ID: p.Match, Game: p.Game, Mode: p.Mode, FinishedAt: p.FinishedAt, Rank: p.Own.Rank, Outcome: p.Own.Outcome, Score: p.Own.Score,
			Players: []MatchPlayer{},
		}
		if p.Rated {
			m.Rating = &RatingChange{Before: shown(p.Before), After: shown(p.After)}
		}
		for _, o := range p.Players {
			m.Players = append(m.Players, MatchPlayer{
				PlayerID: o.Place.Account, Name: o.Name, Team: o.Place.Team, Rank: o.Place.Rank, Score: o.Place.Score,
			})
		}
		out.Matches = append(out.Matches, m)
	}
	if len(list) == in.Limit {
		last := list[len(list)-1]
		out.Next = strconv.FormatInt(last.FinishedAt.UnixMilli(), 10) + "." + last.Match
	}
	return cacheJSON(in.Conditional, historyCache, out)
}

// isID says whether a text has the form of an id. Cursors are checked for it: no database takes every text.
func isID(text string) bool {
	for _, c := range []byte(text) {
		if c != '_' && c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return text != "" && len(text) <= 64
}

// badCursor refuses the parameter that says where a page begins.
func badCursor(parameter string) error {
	p := newProblem(http.StatusUnprocessableEntity, "bad_cursor", parameter+" is not from an answer of this list; begin without it")
	p.Errors = []FieldError{{Location: "query." + parameter, Message: "not a cursor of this list"}}
	return p
}
