package lobby

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// champions plays a round in which each beats all after them.
func (w *world) champions(n int) []player {
	w.t.Helper()
	list := make([]player, n)
	for i := range list {
		list[i] = w.seated(fmt.Sprint("P", i))
	}
	for i := range list {
		for j := i + 1; j < n; j++ {
			w.record(duel(fmt.Sprintf("m%d-%d", i, j), list[i], list[j]))
		}
	}
	return list
}

func TestLeaderboardHasPagesRanksAndPercentiles(t *testing.T) {
	w := newWorld(t, nil)
	players := w.champions(5)
	var all []BoardRow
	for after := ""; ; {
		a := w.call("GET", "/v1/leaderboards/draughts?limit=2&after="+after, nil)
		if got := a.Header().Get("Cache-Control"); got != "public, max-age=5" {
			t.Errorf("Cache-Control %q", got)
		}
		tag := a.Header().Get("ETag")
		page := into[Leaderboard](a, 200)
		w.call("GET", "/v1/leaderboards/draughts?limit=2&after="+after, nil, "If-None-Match", tag).is(304)
		all = append(all, page.Rows...)
		if after = page.Next; after == "" {
			break
		}
	}
	if len(all) != 5 {
		t.Fatalf("%d rows", len(all))
	}
	for i, r := range all {
		if r.PlayerID != players[i].PlayerID || r.Rank != int64(i+1) || r.Of != 5 || r.Percentile != float64(100-20*i) || r.Matches != 4 ||
			r.Wins != int64(4-i) || r.Name != fmt.Sprint("P", i) {
			t.Errorf("row %d: %+v", i, r)
		}
	}
	around := into[Leaderboard](w.call("GET", "/v1/leaderboards/draughts?limit=1&around="+players[2].PlayerID, nil), 200)
	if len(around.Rows) != 3 || around.Rows[1].PlayerID != players[2].PlayerID || around.Rows[0].Rank != 2 || around.Next != "" {
		t.Errorf("around %+v", around)
	}
	if got := w.profile(players[2]); got.Name != "P2" || len(got.Ratings) != 1 || got.Ratings[0].Mode != "draughts" || got.Ratings[0].Standing != all[2].Standing {
		t.Errorf("profile %+v", got)
	}
}

func TestLeaderboardRefusals(t *testing.T) {
	w := newWorld(t, nil)
	p := w.seated("Ann")
	w.call("GET", "/v1/leaderboards/arena", nil).refused(404, "no_board")
	w.call("GET", "/v1/leaderboards/draughts?around="+p.PlayerID, nil).refused(404, "not_on_board")
	w.call("GET", "/v1/leaderboards/draughts?around=a&after=b", nil).refused(422, "invalid")
	w.call("GET", "/v1/leaderboards/draughts?limit=101", nil).refused(422, "invalid")
	for _, after := range []string{"x", "1.", "1.zz", "7ff8000000000001.61", "7ff0000000000000.61", "0.00", "1" + strings.Repeat("0", 40)} {
		w.call("GET", "/v1/leaderboards/draughts?after="+after, nil).refused(422, "bad_cursor")
	}
	for _, after := range []string{"x", "1", "1.", "x.m", "1.%00"} {
		w.call("GET", "/v1/matches?player=a&after="+after, nil).refused(422, "bad_cursor")
	}
	w.call("GET", "/v1/matches", nil).refused(422, "invalid")
	w.call("GET", "/v1/matches?player=%00", nil).refused(422, "invalid")
	w.call("GET", "/v1/players/nobody", nil).refused(404, "no_player")
	w.call("GET", "/v1/players/"+w.guest("Eve").PlayerID, nil).refused(404, "no_player") // never took a seat
	if list := into[MatchList](w.call("GET", "/v1/matches?player=nobody", nil), 200); list.Matches == nil || len(list.Matches) != 0 {
		t.Errorf("history of nobody %+v", list)
	}
}

func TestHistoryHasPages(t *testing.T) {
	w := newWorld(t, nil)
	ann, ben := w.seated("Ann"), w.seated("Ben")
	for n := range 7 {
		r := duel(fmt.Sprint("m", n), ann, ben)
		r.FinishedAt = t0.Add(time.Duration(n/3) * time.Minute)
		w.record(r)
	}
	var ids []string
	for after := ""; ; {
		page := into[MatchList](w.call("GET", "/v1/matches?limit=3&player="+ann.PlayerID+"&after="+after, nil), 200)
		for _, m := range page.Matches {
			ids = append(ids, m.ID)
			if m.Rating == nil || m.Rating.After <= m.Rating.Before || m.Players[1].PlayerID != ben.PlayerID || m.Players[1].Name != "Ben" {
				t.Errorf("match %+v", m)
			}
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if got := strings.Join(ids, " "); got != "m6 m5 m4 m3 m2 m1 m0" {
		t.Errorf("history %s", got)
	}
}

func TestBoardIsMadeOnceForManyWhoAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoards(time.Now)
		made := 0
		build := func(context.Context) (cacheable, error) {
			made++
			time.Sleep(time.Second)
			return cacheable{ETag: fmt.Sprint(made)}, nil
		}
		ask := func(want string) {
			if got, err := b.get(t.Context(), "key", build); err != nil || got.ETag != want {
				t.Errorf("answer %q, %v; want %q", got.ETag, err, want)
			}
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		var wait sync.WaitGroup
		for range 100 {
			wait.Go(func() { ask("1") })
		}
		synctest.Wait()
		if _, err := b.get(gone, "key", build); !errors.Is(err, context.Canceled) {
			t.Errorf("one who has gone waits: %v", err)
		}
		wait.Wait()
		time.Sleep(boardFor - time.Second - time.Nanosecond)
		ask("1")
		time.Sleep(time.Nanosecond)
		ask("2")
		if made != 2 {
			t.Errorf("made %d times", made)
		}
	})
}

func TestBoardsKeepFewAnswersAndNoFailures(t *testing.T) {
	b := newBoards(func() time.Time { return t0 })
	fail := errors.New("down")
	if _, err := b.get(t.Context(), "key", func(context.Context) (cacheable, error) { return cacheable{}, fail }); !errors.Is(err, fail) {
		t.Error(err)
	}
	if len(b.kept) != 0 {
		t.Error("a failure is kept")
	}
	for n := range 3 * boardMost {
		if _, err := b.get(t.Context(), fmt.Sprint(n), func(context.Context) (cacheable, error) { return cacheable{}, nil }); err != nil {
			t.Fatal(err)
		}
		if len(b.kept) > boardMost {
			t.Fatalf("%d answers", len(b.kept))
		}
	}
}

func FuzzBoardCursor(f *testing.F) {
	for _, text := range []string{"", "0.61", "bff0000000000000.616e6e", "7ff8000000000001.61", "x.y"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := parseBoardCursor(text)
		if !ok {
			return
		}
		if !isID(at.Account) || at.Ordinal != at.Ordinal {
			t.Errorf("%q gives %+v", text, at)
		}
	})
}
