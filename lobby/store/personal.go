package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// personal says which rows of a table are an account's, and what of them its player is told. A test compares the list with the
// schema: a table or a column that is new has to be decided about here.
type personal struct {
	table    string
	account  string   // column with the account's id; rows go with the account
	told     []string // columns of the export
	times    []string // those of them that are times
	withheld []string // secrets, and what only makes sense to the server
}

var personalTables = []personal{
	{
		table: "accounts", account: "id",
		told:     []string{"id", "name", "created_at", "seated_at", "role", "banned_at", "ban_until", "ban_reason"},
		times:    []string{"created_at", "seated_at", "banned_at", "ban_until"},
		withheld: []string{"epoch", "epoch_at"},
	},
	{
		table: "identities", account: "account_id",
		told: []string{"provider", "subject", "label", "created_at"}, times: []string{"created_at"},
		withheld: []string{"account_id", "secret"},
	},
	{
		table: "refresh_families", account: "account_id",
		told:     []string{"id", "created_at", "rotated_at", "expires_at", "revoked_at", "network", "device"},
		times:    []string{"created_at", "rotated_at", "expires_at", "revoked_at"},
		withheld: []string{"account_id", "current_hash", "previous_hash", "successor_nonce"},
	},
	{
		table: "mail_tokens", account: "account_id",
		told: []string{"purpose", "email", "expires_at"}, times: []string{"expires_at"},
		withheld: []string{"hash", "account_id", "secret"},
	},
	{
		table: "ticket_members", account: "account_id",
		told:     []string{"ticket_id", "mode", "party", "skill", "roles", "shared", "queued_at", "expires_at", "room_id", "region", "team", "role"},
		times:    []string{"queued_at", "expires_at"},
		withheld: []string{"account_id", "number", "members", "lineup"},
	},
	{
		table: "ratings", account: "account_id",
		told:  []string{"mode", "mu", "sigma", "ordinal", "matches", "wins", "losses", "draws", "updated_at"},
		times: []string{"updated_at"}, withheld: []string{"account_id"},
	},
	{
		table: "match_places", account: "account_id",
		told:  []string{"match_id", "finished_at", "team", "place", "score", "outcome", "ordinal_before", "ordinal_after"},
		times: []string{"finished_at"}, withheld: []string{"account_id"},
	},
}

// sharedTables hold rows of several accounts, which export and deletion treat by hand.
var sharedTables = []string{"match_results"}

// Export returns everything that is kept about an account: rows by table, values by column, times in RFC 3339. Secrets and their
// hashes are left out. Errors: ErrNotFound.
func (s *Store) Export(ctx context.Context, account string) (map[string][]map[string]any, error) {
	out := map[string][]map[string]any{}
	err := s.inTx(ctx, "export", func(ctx context.Context, tx *sql.Tx) error {
		for _, p := range personalTables {
			rows, err := exportTable(ctx, tx, p, account)
			if err != nil {
				return err
			}
			out[p.table] = rows
		}
		if len(out["accounts"]) == 0 {
			return ErrNotFound
		}
		results, err := resultsOf(ctx, tx, account)
		out["match_results"] = []map[string]any{}
		for _, r := range results {
			out["match_results"] = append(out["match_results"], map[string]any{
				"id": r.ID, "room_id": r.Room, "game": r.Game, "mode": r.Mode, "finished_at": r.FinishedAt.Format(time.RFC3339), "payload": r.Payload,
			})
		}
		return err
	})
	return out, err
}

func exportTable(ctx context.Context, tx *sql.Tx, p personal, account string) ([]map[string]any, error) {
	// Names of tables and columns are this file's own.
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(`select %s from %s where %s = $1`, strings.Join(p.told, ", "), p.table, p.account), account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []map[string]any{}
	for rows.Next() {
		values, into := make([]any, len(p.told)), make([]any, len(p.told))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := map[string]any{}
		for i, column := range p.told {
			row[column] = values[i]
		}
		for _, column := range p.times {
			if ms, ok := row[column].(int64); ok {
				row[column] = fromMillis(ms).Format(time.RFC3339)
			}
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// Delete removes an account and everything that is kept about it. Results of matches stay for the others, without its id and
// name. Errors: ErrNotFound.
func (s *Store) Delete(ctx context.Context, account string) error {
	return s.inTx(ctx, "delete account", func(ctx context.Context, tx *sql.Tx) error {
		var id string
		if err := tx.QueryRowContext(ctx, `delete from accounts where id = $1 returning id`, account).Scan(&id); err != nil {
			return err
		}
		results, err := resultsOf(ctx, tx, account)
		if err != nil {
			return err
		}
		for _, r := range results {
			payload, _, err := anonymous(r.Payload, account)
			if err != nil {
				return fmt.Errorf("result %s: %w", r.ID, err)
			}
			if _, err := tx.ExecContext(ctx, `update match_results set payload = $2 where id = $1`, r.ID, string(payload)); err != nil {
				return err
			}
		}
		return nil
	})
}

// resultsOf finds the results that have a place for an account. They have no index for it: it is a scan, for the rare request.
func resultsOf(ctx context.Context, tx *sql.Tx, account string) ([]Result, error) {
	rows, err := tx.QueryContext(ctx, `select id, room_id, game, mode, finished_at, payload from match_results where payload like $1`,
		`%"`+account+`"%`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Result
	for rows.Next() {
		var r Result
		var finished int64
		var payload string
		if err := rows.Scan(&r.ID, &r.Room, &r.Game, &r.Mode, &finished, &payload); err != nil {
			return nil, err
		}
		r.FinishedAt, r.Payload = fromMillis(finished), json.RawMessage(payload)
		// The text may be anything, a player's name too.
		_, its, err := anonymous(r.Payload, account)
		if err != nil {
			return nil, fmt.Errorf("result %s: %w", r.ID, err)
		}
		if its {
			list = append(list, r)
		}
	}
	return list, rows.Err()
}

// anonymous takes the id and the name of an account out of a result: in every object whose "account" it is. its says whether there
// was one.
func anonymous(payload json.RawMessage, account string) (changed json.RawMessage, its bool, err error) {
	decoder := json.NewDecoder(strings.NewReader(string(payload)))
	decoder.UseNumber() // scores stay as they were written
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, false, err
	}
	its = forget(v, account)
	changed, err = json.Marshal(v)
	return changed, its, err
}

func forget(v any, account string) (found bool) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			found = forget(e, account) || found
		}
	case map[string]any:
		if v["account"] == account {
			v["account"], v["name"], found = "", "", true
		}
		for _, e := range v {
			found = forget(e, account) || found
		}
	}
	return found
}
