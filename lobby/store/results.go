package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Result is the outcome of one match.
type Result struct {
	ID         string // match id
	Room       string
	Game       string
	Mode       string    // of matchmaking; empty for any other match
	FinishedAt time.Time // millisecond precision
	Payload    json.RawMessage
	Places     []Place // accounts that took part, each once; those that are gone are left out of the history

	// Rate returns the skills after the match for those before it, both in the order of Places. It runs in the transaction and must
	// not wait. Nil means that the match changes no rating.
	Rate func(before []Skill) (after []Skill, err error)
	New  Skill // of an account that has none in Mode; used when Rate is set
}

// What a match can have been for a place.
const (
	Win  = "win"
	Loss = "loss"
	Draw = "draw"
)

// Place is what a match was for one account.
type Place struct {
	Account string
	Team    int // from 0, of the match
	Rank    int // of the team, 1 is best
	Score   int64
	Outcome string // Win, Loss or Draw; empty when there was nobody to win against
}

// Skill is what is known of an account in a mode. The store orders by Ordinal and does not know what the numbers mean.
type Skill struct{ Mu, Sigma, Ordinal float64 }

// PutResult stores a result, the ratings that it changes and a place in the history of each account, together or not at all. When a
// result with its id is there already, nothing changes and fresh is false: the first report wins.
func (s *Store) PutResult(ctx context.Context, r Result) (fresh bool, err error) {
	err = s.inTx(ctx, "put result", func(ctx context.Context, tx *sql.Tx) error {
		known, err := r.known(ctx, tx)
		if err != nil {
			return err
		}
		if fresh, err = r.insert(ctx, tx, known); err != nil || !fresh {
			return err
		}
		var before, after []Skill
		if r.Rate != nil {
			if before, after, err = r.rate(ctx, tx, known); err != nil {
				return err
			}
		}
		return r.history(ctx, tx, known, before, after)
	})
	return fresh && err == nil, err
}

// known finds out which accounts there still are.
func (r *Result) known(ctx context.Context, tx *sql.Tx) (map[string]bool, error) {
	known := map[string]bool{}
	if len(r.Places) == 0 {
		return known, nil
	}
	accounts := make([]any, len(r.Places))
	for i, p := range r.Places {
		accounts[i] = p.Account
	}
	rows, err := tx.QueryContext(ctx, `select id from accounts where id in (`+placeholders(1, len(accounts))+`)`, accounts...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		known[id] = true
	}
	return known, rows.Err()
}

// insert stores the result itself, unless it is there. An account that was deleted while its match ran is not named in it.
func (r *Result) insert(ctx context.Context, tx *sql.Tx, known map[string]bool) (fresh bool, err error) {
	payload := r.Payload
	for _, p := range r.Places {
		if !known[p.Account] {
			if payload, _, err = anonymous(payload, p.Account); err != nil {
				return false, fmt.Errorf("result %s: %w", r.ID, err)
			}
		}
	}
	done, err := tx.ExecContext(ctx, `insert into match_results (id, room_id, game, mode, finished_at, payload)
		values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing`,
		r.ID, r.Room, r.Game, r.Mode, millis(r.FinishedAt), string(payload))
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n == 1, err
}

// rate changes the ratings. Their rows are taken in the order of accounts, so that two results with the same players wait for each
// other and never for ever; the write that takes a row also makes sure that it is there.
func (r *Result) rate(ctx context.Context, tx *sql.Tx, known map[string]bool) (before, after []Skill, err error) {
	before = make([]Skill, len(r.Places))
	for _, i := range r.inOrder() {
		before[i] = r.New
		if !known[r.Places[i].Account] {
			continue
		}
		err := tx.QueryRowContext(ctx, `insert into ratings
			(mode, account_id, mu, sigma, ordinal, matches, wins, losses, draws, updated_at)
			values ($1, $2, $3, $4, $5, 0, 0, 0, 0, $6)
			on conflict (mode, account_id) do update set updated_at = ratings.updated_at returning mu, sigma, ordinal`,
			r.Mode, r.Places[i].Account, r.New.Mu, r.New.Sigma, r.New.Ordinal, millis(r.FinishedAt)).
			Scan(&before[i].Mu, &before[i].Sigma, &before[i].Ordinal)
		if err != nil {
			return nil, nil, err
		}
	}
	if after, err = r.Rate(slices.Clone(before)); err != nil {
		return nil, nil, fmt.Errorf("result %s: %w", r.ID, err)
	}
	for _, i := range r.inOrder() {
		p := r.Places[i]
		if !known[p.Account] {
			continue
		}
		_, err := tx.ExecContext(ctx, `update ratings set mu = $3, sigma = $4, ordinal = $5, matches = matches + 1,
			wins = wins + $6, losses = losses + $7, draws = draws + $8, updated_at = $9 where mode = $1 and account_id = $2`,
			r.Mode, p.Account, after[i].Mu, after[i].Sigma, after[i].Ordinal,
			one(p.Outcome == Win), one(p.Outcome == Loss), one(p.Outcome == Draw), millis(r.FinishedAt))
		if err != nil {
			return nil, nil, err
		}
	}
	return before, after, nil
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// inOrder is the indexes of Places by account.
func (r *Result) inOrder() []int {
	order := make([]int, len(r.Places))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(r.Places[a].Account, r.Places[b].Account) })
	return order
}

// history stores what the match was for each account.
func (r *Result) history(ctx context.Context, tx *sql.Tx, known map[string]bool, before, after []Skill) error {
	var rows []any
	for _, i := range r.inOrder() {
		p := r.Places[i]
		if !known[p.Account] {
			continue
		}
		var was, is sql.NullFloat64
		if after != nil {
			was, is = sql.NullFloat64{Float64: before[i].Ordinal, Valid: true}, sql.NullFloat64{Float64: after[i].Ordinal, Valid: true}
		}
		rows = append(rows, r.ID, p.Account, millis(r.FinishedAt), p.Team, p.Rank, p.Score, p.Outcome, was, is)
	}
	// SQLite looks each of a statement's parameters up among all of them, so that one statement for very many takes seconds.
	const columns, atOnce = 9, 32
	for some := range slices.Chunk(rows, columns*atOnce) {
		_, err := tx.ExecContext(ctx, `insert into match_places
			(match_id, account_id, finished_at, team, place, score, outcome, ordinal_before, ordinal_after)
			values `+valueRows(len(some)/columns, columns), some...)
		if err != nil {
			return err
		}
	}
	return nil
}

// Result returns a stored result, without Places. Errors: ErrNotFound.
func (s *Store) Result(ctx context.Context, id string) (Result, error) {
	r := Result{ID: id}
	var (
		finished int64
		payload  string
	)
	err := s.do(ctx, "result", func(ctx context.Context) error {
		return s.read.QueryRowContext(ctx, `select room_id, game, mode, finished_at, payload from match_results where id = $1`, id).
			Scan(&r.Room, &r.Game, &r.Mode, &finished, &payload)
	})
	if err != nil {
		return Result{}, err
	}
	r.FinishedAt, r.Payload = fromMillis(finished), json.RawMessage(payload)
	return r, nil
}
