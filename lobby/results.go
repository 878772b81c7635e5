package lobby

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/lobby/match"
	"github.com/skirmish-dev/skirmish/lobby/rating"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

const (
	maxPayload = 64 << 10 // bytes of a match result
	maxPlaces  = 1024     // players of a match
	maxRiding  = 4 << 10  // bytes of a result that rides in its event; asking for it would double the round trips
)

// skills is how results change ratings. Tau is the usual one: a skill never freezes.
var skills = rating.Config{Tau: 25.0 / 300}

// RecordResult stores the outcome of a match, with the ratings it changes if its mode is ranked, and tells its players. It is
// idempotent: a second report of a match changes nothing and is no error. While the database is not available the result is kept in
// Config.ResultsFile, and applied when it is back, by this process or the next. Errors: ErrResult, naming the field that does not fit; the
// store's, after which nothing has changed and it can be reported again.
func (l *Lobby) RecordResult(ctx context.Context, r Result) error {
	if err := r.check(); err != nil {
		return err
	}
	if len(r.Payload) == 0 {
		r.Payload = json.RawMessage("null")
	}
	if l.backlog != nil {
		return l.backlog.record(ctx, r)
	}
	return l.applyResult(ctx, r)
}

// ResultsWaiting is how many results are in Config.ResultsFile.
func (l *Lobby) ResultsWaiting() int {
	if l.backlog == nil {
		return 0
	}
	return l.backlog.len()
}

// applyResult is RecordResult of a result that fits, with the database there.
func (l *Lobby) applyResult(ctx context.Context, r Result) error {
	sides := sidesOf(r.Places)
	stored := store.Result{
		ID: r.MatchID, Room: r.RoomID, Game: r.Game, Mode: r.Mode, FinishedAt: r.FinishedAt, Payload: r.Payload, Places: sides.places(),
	}
	var before, after []store.Skill
	if l.ranked(r.Mode) && len(sides) > 1 {
		stored.New = skillOf(skills.New())
		stored.Rate = func(b []store.Skill) (a []store.Skill, err error) {
			before = b
			after, err = sides.rate(b)
			return after, err
		}
	}
	fresh, err := l.cfg.Store.PutResult(ctx, stored)
	if err != nil {
		return err
	}
	if !fresh {
		l.log.Info("match result reported again", zap.String("match", r.MatchID))
		return nil
	}
	for i, p := range stored.Places {
		e := ResultEvent{MatchID: r.MatchID, Game: r.Game, Mode: r.Mode, FinishedAt: r.FinishedAt, Rank: p.Rank, Outcome: p.Outcome}
		if after != nil {
			e.Rating = &RatingChange{Before: shown(before[i].Ordinal), After: shown(after[i].Ordinal)}
		}
		if len(r.Payload) <= maxRiding {
			e.Result = r.Payload
		}
		if err := l.events.Publish(p.Account, kindResult, e); err != nil {
			l.log.Warn("a match result could not be told", zap.String("match", r.MatchID), zap.Error(err))
		}
	}
	return nil
}

func (r *Result) check() error {
	for name, v := range map[string]string{"MatchID": r.MatchID, "RoomID": r.RoomID, "Game": r.Game} {
		if n := len(v); n == 0 || n > 64 {
			return fmt.Errorf("%w: %s has %d bytes, want 1 to 64", ErrResult, name, n)
		}
	}
	if len(r.Mode) > 64 {
		return fmt.Errorf("%w: Mode has %d bytes, want at most 64", ErrResult, len(r.Mode))
	}
	if len(r.Payload) > maxPayload || len(r.Payload) > 0 && !json.Valid(r.Payload) {
		return fmt.Errorf("%w: the payload of match %s is not JSON of at most %d bytes", ErrResult, r.MatchID, maxPayload)
	}
	if len(r.Places) > maxPlaces {
		return fmt.Errorf("%w: match %s has %d places, want at most %d", ErrResult, r.MatchID, len(r.Places), maxPlaces)
	}
	for _, p := range r.Places {
		if len(p.Account) > 64 || !(p.Played > 0 && p.Played <= 1) {
			return fmt.Errorf("%w: match %s has a place with an account of %d bytes that played %v of it, want at most 64, and above 0 to 1",
				ErrResult, r.MatchID, len(p.Account), p.Played)
		}
	}
	return nil
}

// ranked says whether the results of a mode change ratings. A match that matchmaking did not make has no mode: players who choose
// their opponents could agree on who wins.
func (l *Lobby) ranked(mode string) bool {
	return slices.ContainsFunc(l.queue.Modes(), func(m match.Mode) bool { return m.Name == mode && m.Ranked })
}

// side is a team of a match.
type side struct {
	rank    int
	outcome string
	players []Place
}

type sides []side

// sidesOf puts the places of a match into their teams and says who has won: those with the best rank have, unless they share it.
func sidesOf(places []Place) sides {
	var list sides
	index, seen := map[int]int{}, map[string]bool{"": true}
	for _, p := range places {
		if seen[p.Account] {
			continue
		}
		seen[p.Account] = true
		i, known := index[p.Team]
		if !known || p.Team == 0 {
			i = len(list)
			index[p.Team] = i
			list = append(list, side{rank: p.Rank})
		}
		list[i].rank = min(list[i].rank, p.Rank)
		list[i].players = append(list[i].players, p)
	}
	best, winners := math.MaxInt, 0
	for _, s := range list {
		best = min(best, s.rank)
	}
	for _, s := range list {
		if s.rank == best {
			winners++
		}
	}
	for i := range list {
		switch {
		case len(list) < 2:
		case list[i].rank != best:
			list[i].outcome = store.Loss
		case winners > 1:
			list[i].outcome = store.Draw
		default:
			list[i].outcome = store.Win
		}
	}
	slices.SortStableFunc(list, func(a, b side) int { return cmp.Compare(a.rank, b.rank) })
	return list
}

// places is all players, side by side.
func (s sides) places() []store.Place {
	var list []store.Place
	for i, side := range s {
		for _, p := range side.players {
			list = append(list, store.Place{Account: p.Account, Team: i, Rank: side.rank, Score: p.Score, Outcome: side.outcome})
		}
	}
	return list
}

// rate works out the skills after the match; both lists are in the order of places.
func (s sides) rate(before []store.Skill) ([]store.Skill, error) {
	teams := make([]rating.Team, len(s))
	n := 0
	for i, side := range s {
		teams[i].Rank = side.rank
		for _, p := range side.players {
			skill := rating.Skill{Mu: before[n].Mu, Sigma: before[n].Sigma}
			teams[i].Players = append(teams[i].Players, rating.Player{Skill: skill, Played: p.Played})
			n++
		}
	}
	rated, err := skills.Rate(teams)
	if err != nil {
		return nil, err
	}
	var after []store.Skill
	for _, team := range rated {
		for _, skill := range team {
			after = append(after, skillOf(skill))
		}
	}
	return after, nil
}

func skillOf(s rating.Skill) store.Skill {
	return store.Skill{Mu: s.Mu, Sigma: s.Sigma, Ordinal: s.Ordinal()}
}

// shown is a rating as players see it, with two decimals: the rest is noise.
func shown(ordinal float64) float64 { return math.Round(ordinal*100) / 100 }
