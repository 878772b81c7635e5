package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// schema reads tables and their columns from the database itself.
func schema(t *testing.T, s *Store, db database) map[string][]string {
	t.Helper()
	query := `select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite_%'`
	if db.cfg.URL != "" {
		query = `select table_name::text, column_name::text from information_schema.columns where table_schema = current_schema()`
	}
	rows, err := s.read.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tables := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		if table != "goose_db_version" {
			tables[table] = append(tables[table], column)
		}
	}
	if err := rows.Err(); err != nil || len(tables) < 5 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	return tables
}

func TestExportAndDeletionKnowEveryTable(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		for table, columns := range schema(t, db.open(t), db) {
			i := slices.IndexFunc(personalTables, func(p personal) bool { return p.table == table })
			if i < 0 {
				if !slices.Contains(sharedTables, table) {
					t.Errorf("table %s: say in personalTables whose its rows are, or treat it in Export and Delete and name it in sharedTables", table)
				}
				continue
			}
			p := personalTables[i]
			listed := slices.Concat(p.told, p.withheld)
			slices.Sort(listed)
			slices.Sort(columns)
			if !slices.Equal(listed, columns) {
				t.Errorf("table %s has the columns %v; personalTables tells or withholds %v", table, columns, listed)
			}
		}
	})
}

// full makes an account with rows in every personal table, and a result.
func full(t *testing.T, s *Store, id, other string) {
	t.Helper()
	addGuest(t, s, id, t0)
	err1 := s.Link(t.Context(), identity(id, "google", "sub-"+id), 0)
	err2 := s.PutMailToken(t.Context(), MailToken{Hash: "hash-" + id, Purpose: PurposeReset, Account: id, Email: id + "@example.org", Secret: "secret-x",
		ExpiresAt: t0.Add(time.Hour)})
	payload := fmt.Sprintf(`[{"account":%q,"name":"Ann","rank":1,"score":9007199254740993},{"account":%q,"name":"Ben","rank":2}]`, id, other)
	_, err3 := s.PutResult(t.Context(), Result{ID: "m-" + id, Room: "r", Game: "g", FinishedAt: t0, Payload: json.RawMessage(payload), Places: []Place{{Account: id}},
		Mode: "m", Rate: func(before []Skill) ([]Skill, error) { return before, nil }})
	err4 := s.PutTicket(t.Context(), ticket("t-"+id, id))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
}

func TestExportTellsEverythingButSecrets(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		full(t, s, "acc-ann", "acc-ben")
		full(t, s, "acc-eve", "acc-cid")
		out, err := s.Export(t.Context(), "acc-ann")
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		for table := range schema(t, s, db) {
			if len(out[table]) != 1 {
				t.Errorf("%d rows of %s, want 1: %s", len(out[table]), table, text)
			}
		}
		if out["accounts"][0]["created_at"] != "2026-11-24T06:00:00Z" || out["accounts"][0]["seated_at"] != nil {
			t.Errorf("account %v", out["accounts"][0])
		}
		for _, secret := range []string{"h0", "secret-x", "hash-acc-ann", "acc-eve"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("the export has %q: %s", secret, text)
			}
		}
		if _, err := s.Export(t.Context(), "nobody"); !errors.Is(err, ErrNotFound) {
			t.Errorf("nobody: %v, want ErrNotFound", err)
		}
	})
}

func TestDeletionLeavesNothingOfTheAccount(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		full(t, s, "acc-ann", "acc-ben")
		full(t, s, "acc-eve", "acc-ann")
		if err := s.Delete(t.Context(), "acc-ann"); err != nil {
			t.Fatal(err)
		}
		for table, columns := range schema(t, s, db) {
			for _, column := range columns {
				if table == "match_results" && column == "id" {
					continue // the test named it so
				}
				var n int
				err := s.read.QueryRow(fmt.Sprintf(`select count(*) from %s where cast(%s as text) like '%%acc-ann%%'`, table, column)).Scan(&n)
				if err != nil || n != 0 {
					t.Errorf("%s.%s still has the account in %d rows, %v", table, column, n, err)
				}
			}
		}
		r, err := s.Result(t.Context(), "m-acc-ann")
		want := `[{"account":"","name":"","rank":1,"score":9007199254740993},{"account":"acc-ben","name":"Ben","rank":2}]`
		if err != nil || string(r.Payload) != want {
			t.Errorf("the match of both is %s, %v; want %s", r.Payload, err, want)
		}
		if _, err := s.Export(t.Context(), "acc-eve"); err != nil {
			t.Errorf("somebody else is gone: %v", err)
		}
		if err := s.Delete(t.Context(), "acc-ann"); !errors.Is(err, ErrNotFound) {
			t.Errorf("again: %v, want ErrNotFound", err)
		}
	})
}
