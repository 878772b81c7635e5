package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Result is the outcome of one match.
type Result struct {
	ID         string // match id
	Room       string
	Game       string
	FinishedAt time.Time // millisecond precision
	Payload    json.RawMessage
}

// PutResult stores a result unless one with its id is there already; fresh says which. The first report wins.
func (s *Store) PutResult(ctx context.Context, r Result) (fresh bool, err error) {
	done, err := s.write.ExecContext(ctx, `insert into match_results (id, room_id, game, finished_at, payload)
		values ($1, $2, $3, $4, $5) on conflict (id) do nothing`,
		r.ID, r.Room, r.Game, millis(r.FinishedAt), string(r.Payload))
	if err != nil {
		return false, fmt.Errorf("store: put result: %w", err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("store: put result: %w", err)
	}
	return n == 1, nil
}

// Result returns a stored result. Errors: ErrNotFound.
func (s *Store) Result(ctx context.Context, id string) (Result, error) {
	r := Result{ID: id}
	var (
		finished int64
		payload  string
	)
	err := s.read.QueryRowContext(ctx, `select room_id, game, finished_at, payload from match_results where id = $1`, id).
		Scan(&r.Room, &r.Game, &finished, &payload)
	if err != nil {
		return Result{}, notFound("result", err)
	}
	r.FinishedAt, r.Payload = fromMillis(finished), json.RawMessage(payload)
	return r, nil
}
