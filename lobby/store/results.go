package store

import (
	"context"
	"encoding/json"
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
	err = s.do(ctx, "put result", func(ctx context.Context) error {
		done, err := s.write.ExecContext(ctx, `insert into match_results (id, room_id, game, finished_at, payload)
			values ($1, $2, $3, $4, $5) on conflict (id) do nothing`,
			r.ID, r.Room, r.Game, millis(r.FinishedAt), string(r.Payload))
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		fresh = n == 1
		return err
	})
	return fresh, err
}

// Result returns a stored result. Errors: ErrNotFound.
func (s *Store) Result(ctx context.Context, id string) (Result, error) {
	r := Result{ID: id}
	var (
		finished int64
		payload  string
	)
	err := s.do(ctx, "result", func(ctx context.Context) error {
		return s.read.QueryRowContext(ctx, `select room_id, game, finished_at, payload from match_results where id = $1`, id).
			Scan(&r.Room, &r.Game, &finished, &payload)
	})
	if err != nil {
		return Result{}, err
	}
	r.FinishedAt, r.Payload = fromMillis(finished), json.RawMessage(payload)
	return r, nil
}
