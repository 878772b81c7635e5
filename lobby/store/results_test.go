package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// addPlayers makes seated accounts.
func addPlayers(t *testing.T, s *Store, ids ...string) {
	t.Helper()
	for _, id := range ids {
		addGuest(t, s, id, t0)
		if err := s.MarkSeated(t.Context(), id, t0); err != nil {
			t.Fatal(err)
		}
	}
}

// ranked is a duel in mode "duel": the winner gains and the loser loses one. It is plain on purpose: a skill that was counted twice shows.
func ranked(id, winner, loser string, at time.Time) Result {
	return Result{
		ID: id, Room: "room", Game: "draughts", Mode: "duel", FinishedAt: at,
		Payload: fmt.Appendf(nil, `[{"account":%q,"name":"W"},{"account":%q,"name":"L"}]`, winner, loser),
		Places: []Place{
			{Account: winner, Rank: 1, Score: 1, Outcome: Win, Team: 0}, {Account: loser, Rank: 2, Outcome: Loss, Team: 1},
		},
		New: Skill{Mu: 25, Sigma: 8, Ordinal: 1},
		Rate: func(b []Skill) ([]Skill, error) {
			return []Skill{{b[0].Mu + 1, b[0].Sigma, b[0].Ordinal + 1}, {b[1].Mu - 1, b[1].Sigma, b[1].Ordinal - 1}}, nil
		},
	}
}

func put(t *testing.T, s *Store, r Result) {
	t.Helper()
	if fresh, err := s.PutResult(t.Context(), r); err != nil || !fresh {
		t.Fatalf("result %s: fresh=%t, %v", r.ID, fresh, err)
	}
}

// stands checks matches, wins and ordinal of an account in "duel", and that the history agrees.
func stands(t *testing.T, s *Store, account string, matches, wins int64, ordinal float64) {
	t.Helper()
	rows, err := s.RankingsOf(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	var r Ranking
	if len(rows) == 1 {
		r = rows[0]
	}
	history, err := s.History(t.Context(), account, nil, 100)
	if err != nil || int64(len(history)) != matches {
		t.Errorf("%s has %d matches in the history, want %d; %v", account, len(history), matches, err)
	}
	if r.Matches != matches || r.Wins != wins || r.Wins+r.Losses+r.Draws != matches || matches > 0 && r.Skill.Ordinal != ordinal {
		t.Errorf("%s: %+v, want %d matches, %d won, ordinal %g", account, r, matches, wins, ordinal)
	}
}

func TestResultChangesRatingsAndHistoryOnce(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addPlayers(t, s, "ann", "ben")
		var wait sync.WaitGroup
		fresh := make(chan bool, 10)
		for range 10 {
			wait.Go(func() {
				f, err := s.PutResult(t.Context(), ranked("m1", "ann", "ben", t0))
				if err != nil {
					t.Error(err)
				}
				fresh <- f
			})
		}
		wait.Wait()
		close(fresh)
		n := 0
		for f := range fresh {
			if f {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d of ten reports count as the first", n)
		}
		stands(t, s, "ann", 1, 1, 2)
		stands(t, s, "ben", 1, 0, 0)
		put(t, s, ranked("m2", "ben", "ann", t0.Add(time.Hour)))
		stands(t, s, "ann", 2, 1, 1)
		stands(t, s, "ben", 2, 1, 1)
	})
}

// Results with the same players at once: none overwrites the other's change, and none waits for the other for ever.
func TestResultsOfTheSamePlayersAddUp(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addPlayers(t, s, "ann", "ben")
		var wait sync.WaitGroup
		for n := range 20 {
			wait.Go(func() {
				r := ranked(fmt.Sprint("a", n), "ann", "ben", t0)
				if n%2 == 1 {
					r = ranked(fmt.Sprint("b", n), "ben", "ann", t0)
				}
				for errors.Is(func() error { _, err := s.PutResult(t.Context(), r); return err }(), ErrUnavailable) {
					t.Error("a result met another") // a deadlock is an error that a caller may repeat
				}
			})
		}
		wait.Wait()
		stands(t, s, "ann", 20, 10, 1)
		stands(t, s, "ben", 20, 10, 1)
	})
}

func TestResultOfADeletedAccountCountsForTheOthers(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addPlayers(t, s, "ann")
		put(t, s, ranked("m1", "ann", "gone", t0))
		stands(t, s, "ann", 1, 1, 2)
		stands(t, s, "gone", 0, 0, 0)
		if r, err := s.Result(t.Context(), "m1"); err != nil ||
			string(r.Payload) != `[{"account":"ann","name":"W"},{"account":"","name":""}]` || r.Mode != "duel" {
			t.Errorf("result %+v %s, %v", r, r.Payload, err)
		}
	})
}

func TestResultOfAnUnrankedMatchIsHistoryOnly(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addPlayers(t, s, "ann", "ben")
		r := ranked("m1", "ann", "ben", t0)
		r.Rate, r.Mode = nil, ""
		put(t, s, r)
		rows, err1 := s.RankingsOf(t.Context(), "ann")
		history, err2 := s.History(t.Context(), "ann", nil, 10)
		if err := errors.Join(err1, err2); err != nil || len(rows) != 0 || len(history) != 1 || history[0].Rated ||
			history[0].Own.Outcome != Win || len(history[0].Players) != 2 || history[0].Players[1].Place.Account != "ben" {
			t.Errorf("%+v %+v, %v", rows, history, err)
		}
	})
}

func TestResultWhoseRatingFailsChangesNothing(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addPlayers(t, s, "ann", "ben")
		r := ranked("m1", "ann", "ben", t0)
		r.Rate = func([]Skill) ([]Skill, error) { return nil, errors.New("no") }
		if fresh, err := s.PutResult(t.Context(), r); err == nil || fresh {
			t.Errorf("fresh=%t, %v", fresh, err)
		}
		put(t, s, ranked("m1", "ann", "ben", t0))
		stands(t, s, "ann", 1, 1, 2)
	})
}

func TestBoardPagesAreTheWholeBoard(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		var ids []string
		for n := range 12 {
			ids = append(ids, fmt.Sprintf("p%02d", n))
		}
		addPlayers(t, s, append(ids, "other")...)
		other := ranked("other", "other", "p00", t0)
		other.Mode = "another"
		put(t, s, other)
		for n := range 12 { // p11 leads; three pairs have equal ordinals
			r := ranked("m"+ids[n], ids[n], "gone", t0)
			r.Rate = func(b []Skill) ([]Skill, error) {
				return []Skill{{Mu: 25, Sigma: 8, Ordinal: float64(n / 2 * 2)}, b[1]}, nil
			}
			put(t, s, r)
		}
		for _, size := range []int{1, 5, 12, 100} {
			var all []Ranking
			var after *BoardAfter
			for {
				page, err := s.Board(t.Context(), "duel", after, size)
				if err != nil || len(page) > size {
					t.Fatalf("%d rows, %v", len(page), err)
				}
				if len(page) == 0 {
					break
				}
				all = append(all, page...)
				last := page[len(page)-1]
				after = &BoardAfter{last.Skill.Ordinal, last.Account}
			}
			if len(all) != 12 {
				t.Fatalf("pages of %d: %d rows", size, len(all))
			}
			for i, r := range all {
				if want := ids[10-i/2*2+i%2]; r.Account != want || r.Rank != int64(i/2*2+1) || r.Of != 12 {
					t.Errorf("pages of %d, row %d: %s rank %d of %d, want %s rank %d", size, i, r.Account, r.Rank, r.Of, want, i/2*2+1)
				}
			}
		}
		around, err := s.Around(t.Context(), "duel", "p05", 2)
		if err != nil || len(around) != 5 || around[0].Account != "p07" || around[0].Rank != 5 || around[2].Account != "p05" || around[2].Rank != 7 ||
			around[4].Account != "p03" || around[4].Rank != 9 {
			t.Errorf("around p05: %+v, %v", around, err)
		}
		if _, err := s.Around(t.Context(), "duel", "nobody", 2); !errors.Is(err, ErrNotFound) {
			t.Errorf("around nobody: %v", err)
		}
		if rows, err := s.Board(t.Context(), "nothing", nil, 5); err != nil || len(rows) != 0 {
			t.Errorf("an empty board: %+v, %v", rows, err)
		}
	})
}

func TestHistoryPagesAreTheWholeHistory(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		addPlayers(t, s, "ann", "ben", "eve")
		for n := range 9 { // three at a time
			put(t, s, ranked(fmt.Sprint("m", n), "ann", "ben", t0.Add(time.Duration(n/3)*time.Hour)))
		}
		put(t, s, ranked("m9", "eve", "ben", t0))
		var all []Played
		var after *PlayedBefore
		for {
			page, err := s.History(context.Background(), "ann", after, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			all = append(all, page...)
			after = &PlayedBefore{page[len(page)-1].FinishedAt, page[len(page)-1].Match}
		}
		if len(all) != 9 {
			t.Fatalf("%d matches", len(all))
		}
		for i, p := range all {
			if want := fmt.Sprint("m", 8-i); p.Match != want || p.After != p.Before+1 || !p.Rated || len(p.Players) != 2 {
				t.Errorf("match %d: %+v, want %s", i, p, want)
			}
		}
	})
}

func TestAResultOfManyPlacesIsStored(t *testing.T) {
	on(t, func(t *testing.T, db database) {
		s := db.open(t)
		const most = 100 // more than one statement takes
		r := ranked("m", "p0", "p1", t0)
		r.Rate, r.Places = nil, nil
		var rows []any
		for i := range most {
			id := fmt.Sprint("p", i)
			rows = append(rows, id, "Ann", 0)
			r.Places = append(r.Places, Place{Account: id, Rank: i + 1, Team: i})
		}
		if _, err := s.write.Exec(`insert into accounts (id, name, created_at) values `+valueRows(most, 3), rows...); err != nil {
			t.Fatal(err)
		}
		put(t, s, r)
		list, err := s.History(t.Context(), "p99", nil, 10)
		if err != nil || len(list) != 1 || list[0].Own.Rank != most || len(list[0].Players) != most {
			t.Errorf("%d matches, %v", len(list), err)
		}
	})
}
