package store

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Ranking is an account's row of the board of a mode.
type Ranking struct {
	Mode                         string
	Account, Name                string
	Skill                        Skill
	Matches, Wins, Losses, Draws int64
	UpdatedAt                    time.Time
	Rank                         int64 // 1 is best; equal ordinals share a rank
	Of                           int64 // rows of the board
}

// BoardAfter is where a page of a board begins: after the row with this ordinal and account.
type BoardAfter struct {
	Ordinal float64
	Account string
}

const rankingColumns = `r.mode, r.account_id, a.name, r.mu, r.sigma, r.ordinal, r.matches, r.wins, r.losses, r.draws, r.updated_at`

func (r *Ranking) scan(rows interface{ Scan(...any) error }) error {
	var updated int64
	err := rows.Scan(&r.Mode, &r.Account, &r.Name, &r.Skill.Mu, &r.Skill.Sigma, &r.Skill.Ordinal, &r.Matches, &r.Wins, &r.Losses,
		&r.Draws, &updated)
	r.UpdatedAt = fromMillis(updated)
	return err
}

// Board returns up to n rows of a mode's board, best first, from the beginning or after a row.
func (s *Store) Board(ctx context.Context, mode string, after *BoardAfter, n int) (rows []Ranking, err error) {
	err = s.snapshot(ctx, "board", func(ctx context.Context, tx *sql.Tx) error {
		if after == nil {
			rows, err = rankings(ctx, tx, `where r.mode = $1 order by r.ordinal desc, r.account_id limit $2`, mode, n)
		} else {
			rows, err = worse(ctx, tx, mode, *after, n)
		}
		if err != nil {
			return err
		}
		return number(ctx, tx, mode, rows)
	})
	return rows, err
}

// Around returns the row of an account with up to n better and n worse ones, best first. Errors: ErrNotFound.
func (s *Store) Around(ctx context.Context, mode, account string, n int) (rows []Ranking, err error) {
	err = s.snapshot(ctx, "board", func(ctx context.Context, tx *sql.Tx) error {
		own, err := rankings(ctx, tx, `where r.mode = $1 and r.account_id = $2`, mode, account)
		if err != nil {
			return err
		}
		if len(own) == 0 {
			return ErrNotFound
		}
		at := BoardAfter{own[0].Skill.Ordinal, account}
		better, err := rankings(ctx, tx, `where r.mode = $1 and (r.ordinal > $2 or r.ordinal = $2 and r.account_id < $3)
			order by r.ordinal, r.account_id desc limit $4`, mode, at.Ordinal, at.Account, n)
		if err != nil {
			return err
		}
		lower, err := worse(ctx, tx, mode, at, n)
		if err != nil {
			return err
		}
		slices.Reverse(better)
		rows = slices.Concat(better, own, lower)
		return number(ctx, tx, mode, rows)
	})
	return rows, err
}

// RankingsOf returns an account's rows in all modes, by mode.
func (s *Store) RankingsOf(ctx context.Context, account string) (rows []Ranking, err error) {
	err = s.snapshot(ctx, "rankings", func(ctx context.Context, tx *sql.Tx) error {
		if rows, err = rankings(ctx, tx, `where r.account_id = $1 order by r.mode`, account); err != nil {
			return err
		}
		for i := range rows {
			if err := number(ctx, tx, rows[i].Mode, rows[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	})
	return rows, err
}

// Skills returns what is known of accounts in a mode; those without a ranked match are left out.
func (s *Store) Skills(ctx context.Context, mode string, accounts []string) (map[string]Skill, error) {
	known := map[string]Skill{}
	if len(accounts) == 0 {
		return known, nil
	}
	args := []any{mode}
	for _, a := range accounts {
		args = append(args, a)
	}
	err := s.do(ctx, "skills", func(ctx context.Context) error {
		rows, err := s.read.QueryContext(ctx, `select account_id, mu, sigma, ordinal from ratings
			where mode = $1 and account_id in (`+placeholders(2, len(accounts))+`)`, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			var k Skill
			if err := rows.Scan(&id, &k.Mu, &k.Sigma, &k.Ordinal); err != nil {
				return err
			}
			known[id] = k
		}
		return rows.Err()
	})
	return known, err
}

func worse(ctx context.Context, tx *sql.Tx, mode string, than BoardAfter, n int) ([]Ranking, error) {
	return rankings(ctx, tx, `where r.mode = $1 and (r.ordinal < $2 or r.ordinal = $2 and r.account_id > $3)
		order by r.ordinal desc, r.account_id limit $4`, mode, than.Ordinal, than.Account, n)
}

func rankings(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]Ranking, error) {
	rows, err := tx.QueryContext(ctx, `select `+rankingColumns+` from ratings r join accounts a on a.id = r.account_id `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Ranking
	for rows.Next() {
		var r Ranking
		if err := r.scan(rows); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// number fills in Rank and Of of consecutive rows of a board. One row is counted, the others follow from it.
func number(ctx context.Context, tx *sql.Tx, mode string, rows []Ranking) error {
	if len(rows) == 0 {
		return nil
	}
	var of, better, same int64
	err := tx.QueryRowContext(ctx, `select count(*), coalesce(sum(case when ordinal > $2 then 1 else 0 end), 0),
		coalesce(sum(case when ordinal = $2 and account_id < $3 then 1 else 0 end), 0) from ratings where mode = $1`,
		mode, rows[0].Skill.Ordinal, rows[0].Account).Scan(&of, &better, &same)
	if err != nil {
		return err
	}
	rank := better + 1
	for i := range rows {
		if i > 0 && rows[i].Skill.Ordinal != rows[i-1].Skill.Ordinal {
			rank = better + same + 1 + int64(i)
		}
		rows[i].Rank, rows[i].Of = rank, of
	}
	return nil
}
