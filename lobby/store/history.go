package store

import (
	"context"
	"database/sql"
	"math"
	"time"
)

// Played is a match in the history of an account.
type Played struct {
	Match, Game, Mode string
	FinishedAt        time.Time
	Own               Place
	Rated             bool
	Before, After     float64 // ordinals, when Rated
	Players           []Player
}

// Player is somebody in a match of a history, by rank. Who is gone is not among them.
type Player struct {
	Name  string
	Place Place
}

// PlayedBefore is where a page of a history begins: after this match.
type PlayedBefore struct {
	FinishedAt time.Time
	Match      string
}

// History returns up to n matches of an account, newest first, from the newest or after one.
func (s *Store) History(ctx context.Context, account string, after *PlayedBefore, n int) (list []Played, err error) {
	finished, match := int64(math.MaxInt64), ""
	if after != nil {
		finished, match = millis(after.FinishedAt), after.Match
	}
	err = s.snapshot(ctx, "history", func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `select m.id, m.game, m.mode, p.finished_at, p.team, p.place, p.score, p.outcome,
			p.ordinal_before, p.ordinal_after from match_places p join match_results m on m.id = p.match_id
			where p.account_id = $1 and (p.finished_at < $2 or p.finished_at = $2 and p.match_id < $3)
			order by p.finished_at desc, p.match_id desc limit $4`, account, finished, match, n)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			p := Played{Own: Place{Account: account}}
			var at int64
			var before, after sql.NullFloat64
			err := rows.Scan(&p.Match, &p.Game, &p.Mode, &at, &p.Own.Team, &p.Own.Rank, &p.Own.Score, &p.Own.Outcome, &before, &after)
			if err != nil {
				return err
			}
			p.FinishedAt, p.Rated, p.Before, p.After = fromMillis(at), after.Valid, before.Float64, after.Float64
			list = append(list, p)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		return players(ctx, tx, list)
	})
	return list, err
}

// players fills in who else there was.
func players(ctx context.Context, tx *sql.Tx, list []Played) error {
	if len(list) == 0 {
		return nil
	}
	of, ids := map[string]*Played{}, make([]any, len(list))
	for i := range list {
		of[list[i].Match], ids[i] = &list[i], list[i].Match
	}
	rows, err := tx.QueryContext(ctx, `select p.match_id, p.account_id, a.name, p.team, p.place, p.score, p.outcome
		from match_places p join accounts a on a.id = p.account_id where p.match_id in (`+placeholders(1, len(ids))+`)
		order by p.place, p.team, p.account_id`, ids...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var match string
		var p Player
		if err := rows.Scan(&match, &p.Place.Account, &p.Name, &p.Place.Team, &p.Place.Rank, &p.Place.Score, &p.Place.Outcome); err != nil {
			return err
		}
		of[match].Players = append(of[match].Players, p)
	}
	return rows.Err()
}
