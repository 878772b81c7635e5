package lobby

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/lobby/store"
)

// Leaderboard is a part of the board of a mode.
type Leaderboard struct {
	Mode string     `json:"mode"`
	Rows []BoardRow `json:"rows" nullable:"false" doc:"The best first."`
	Next string     `json:"next,omitempty" doc:"For after, when there may be more."`
}

// BoardRow is a player's standing in a mode.
type BoardRow struct {
	PlayerID string `json:"player_id"`
	Name     string `json:"name" doc:"Text, not markup."`
	Standing
}

// Standing is what a player has come to in a mode.
type Standing struct {
	Rating     float64   `json:"rating" doc:"Skill that the player has with 99.7 % certainty: mu - 3 sigma. 0 for a new player."`
	Mu         float64   `json:"mu" doc:"Skill as it is estimated; 25 for a new player."`
	Sigma      float64   `json:"sigma" doc:"Uncertainty of the estimate."`
	Rank       int64     `json:"rank" doc:"1 is best; equal ratings share a rank."`
	Of         int64     `json:"of" doc:"Players on the board."`
	Percentile float64   `json:"percentile" doc:"How many of the board's players are not better, in percent."`
	Matches    int64     `json:"matches"`
	Wins       int64     `json:"wins"`
	Losses     int64     `json:"losses"`
	Draws      int64     `json:"draws"`
	UpdatedAt  time.Time `json:"updated_at" doc:"When the last of the matches ended."`
}

// Profile is what everybody may know of a player.
type Profile struct {
	PlayerID  string         `json:"player_id"`
	Name      string         `json:"name" doc:"Text, not markup."`
	CreatedAt time.Time      `json:"created_at"`
	Ratings   []ModeStanding `json:"ratings" nullable:"false" doc:"By mode; empty before the first ranked match."`
}

// ModeStanding is a Standing in a named mode.
type ModeStanding struct {
	Mode string `json:"mode"`
	Standing
}

// boardCache is as long as an answer is kept here: a client that waits gets one that is new.
var boardCache = fmt.Sprintf("public, max-age=%d", int(boardFor.Seconds()))

func (l *Lobby) boardRoutes(api huma.API) {
	tags := []string{"leaderboards"}
	huma.Register(api, operation(huma.Operation{
		OperationID: "getLeaderboard", Method: http.MethodGet, Path: "/v1/leaderboards/{mode}", Tags: tags,
		Summary: "Best players of a mode", Description: "Page by page, or the rows around one player. It may be some seconds old.",
		Responses: cacheableResponses[Leaderboard](api),
	}, stored, "no_board", "not_on_board", "bad_cursor"), l.getLeaderboard)
	huma.Register(api, operation(huma.Operation{
		OperationID: "getPlayer", Method: http.MethodGet, Path: "/v1/players/{id}", Tags: tags, Summary: "Public profile of a player",
		Description: "Of one who has taken a seat at least once.",
		Responses:   cacheableResponses[Profile](api),
	}, stored, "no_player"), l.getPlayer)
}

type boardInput struct {
	Conditional
	Mode   string `path:"mode" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Mode of matchmaking, of GET /v1/config."`
	After  string `query:"after" maxLength:"160" doc:"next of the page before."`
	Around string `query:"around" pattern:"^[A-Za-z0-9_-]{0,64}$" doc:"Player id: the player's row, with limit rows above and below it."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Rows of a page."`
}

func (l *Lobby) getLeaderboard(ctx context.Context, in *boardInput) (*cacheable, error) {
	if !l.ranked(in.Mode) {
		return nil, newProblem(http.StatusNotFound, "no_board", "there is no ranked mode of this name; GET /v1/config lists them")
	}
	key := strings.Join([]string{in.Mode, in.After, in.Around, strconv.Itoa(in.Limit)}, "\x00")
	answer, err := l.boards.get(ctx, key, func(ctx context.Context) (cacheable, error) { return l.board(ctx, in) })
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	return answer.given(in.Conditional), nil
}

func (l *Lobby) board(ctx context.Context, in *boardInput) (cacheable, error) {
	var rows []store.Ranking
	var err error
	switch {
	case in.Around != "" && in.After != "":
		return cacheable{}, newProblem(http.StatusUnprocessableEntity, "invalid", "give after or around, not both")
	case in.Around != "":
		rows, err = l.cfg.Store.Around(ctx, in.Mode, in.Around, in.Limit)
	case in.After != "":
		after, ok := parseBoardCursor(in.After)
		if !ok {
			return cacheable{}, badCursor("after")
		}
		rows, err = l.cfg.Store.Board(ctx, in.Mode, &after, in.Limit)
	default:
		rows, err = l.cfg.Store.Board(ctx, in.Mode, nil, in.Limit)
	}
	if errors.Is(err, store.ErrNotFound) {
		return cacheable{}, newProblem(http.StatusNotFound, "not_on_board", "the player has no ranked match in this mode")
	}
	if err != nil {
		return cacheable{}, err
	}
	out := Leaderboard{Mode: in.Mode, Rows: []BoardRow{}}
	for _, r := range rows {
		out.Rows = append(out.Rows, BoardRow{PlayerID: r.Account, Name: r.Name, Standing: standing(r)})
	}
	if len(rows) == in.Limit && in.Around == "" {
		out.Next = boardCursor(rows[len(rows)-1])
	}
	return encodeJSON(boardCache, out)
}

func standing(r store.Ranking) Standing {
	return Standing{
		Rating: shown(r.Skill.Ordinal), Mu: shown(r.Skill.Mu), Sigma: shown(r.Skill.Sigma), Rank: r.Rank, Of: r.Of,
		Percentile: shown(100 * float64(r.Of-r.Rank+1) / float64(r.Of)),
		Matches:    r.Matches, Wins: r.Wins, Losses: r.Losses, Draws: r.Draws, UpdatedAt: r.UpdatedAt,
	}
}

// boardCursor is the row after which the next page begins. The ordinal is in it bit by bit: rounded, a page would skip rows or
// repeat them.
func boardCursor(r store.Ranking) string {
	return strconv.FormatUint(math.Float64bits(r.Skill.Ordinal), 16) + "." + hex.EncodeToString([]byte(r.Account))
}

func parseBoardCursor(text string) (store.BoardAfter, bool) {
	bits, account, _ := strings.Cut(text, ".")
	b, err1 := strconv.ParseUint(bits, 16, 64)
	id, err2 := hex.DecodeString(account)
	ordinal := math.Float64frombits(b)
	fits := err1 == nil && err2 == nil && isID(string(id)) && !math.IsNaN(ordinal) && !math.IsInf(ordinal, 0)
	return store.BoardAfter{Ordinal: ordinal, Account: string(id)}, fits
}

func (l *Lobby) getPlayer(ctx context.Context, in *struct {
	Conditional
	ID string `path:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Player id, such as your own from signing in."`
}) (*cacheable, error) {
	account, err := l.cfg.Store.Account(ctx, in.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !account.Seated {
		return nil, newProblem(http.StatusNotFound, "no_player", "there is no such player, or one that has never taken a seat")
	}
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	rows, err := l.cfg.Store.RankingsOf(ctx, in.ID)
	if err != nil {
		return nil, l.problem(ctx, err)
	}
	out := Profile{PlayerID: account.ID, Name: account.Name, CreatedAt: account.CreatedAt.UTC(), Ratings: []ModeStanding{}}
	for _, r := range rows {
		out.Ratings = append(out.Ratings, ModeStanding{Mode: r.Mode, Standing: standing(r)})
	}
	return cacheJSON(in.Conditional, historyCache, out)
}
