package lobby

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/lobby/match"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// seated is a guest that has taken a seat once: results and boards know no others.
func (w *world) seated(name string) player {
	w.t.Helper()
	p := w.guest(name)
	if err := w.store.MarkSeated(w.t.Context(), p.PlayerID, t0); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// duel is a ranked match of draughts that the first has won.
func duel(id string, winner, loser player) Result {
	return Result{
		MatchID: id, RoomID: id, Game: "draughts", Mode: "draughts", FinishedAt: t0, Payload: json.RawMessage(`{"moves":40}`),
		Places: []Place{{Account: winner.PlayerID, Rank: 1, Score: 1, Played: 1}, {Account: loser.PlayerID, Rank: 2, Played: 1}},
	}
}

func (w *world) record(r Result) {
	w.t.Helper()
	if err := w.lobby.RecordResult(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) profile(p player) Profile {
	w.t.Helper()
	w.advance(time.Minute) // past what is kept
	return into[Profile](w.call("GET", "/v1/players/"+p.PlayerID, nil), 200)
}

// Each result comes as an event to its players, once, with what it did to their rating, in the store and in the profile.
func TestResultIsAppliedOnceWhenReportedTenTimes(t *testing.T) {
	w := newWorld(t, nil)
	ann, ben := w.seated("Ann"), w.seated("Ben")
	fromAnn, fromBen := ann.poll("wait=0").Cursor, ben.poll("wait=0").Cursor
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if err := w.lobby.RecordResult(t.Context(), duel("m1", ann, ben)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, c := range []struct {
		player
		cursor, outcome string
		rank            int
		wins            int64
	}{{ann, fromAnn, "win", 1, 1}, {ben, fromBen, "loss", 2, 0}} {
		list := c.poll("wait=0&since=" + c.cursor)
		if len(list.Events) != 1 || list.Events[0].Kind != "result" {
			t.Fatalf("%s is told %+v", c.PlayerID, list.Events)
		}
		var e ResultEvent
		if err := json.Unmarshal(list.Events[0].Data, &e); err != nil {
			t.Fatal(err)
		}
		if e.MatchID != "m1" || e.Outcome != c.outcome || e.Rank != c.rank || e.Rating == nil || e.Rating.Before != 0 ||
			string(e.Result) != `{"moves":40}` {
			t.Errorf("event %+v", e)
		}
		got := w.profile(c.player)
		if len(got.Ratings) != 1 || got.Ratings[0].Matches != 1 || got.Ratings[0].Wins != c.wins || got.Ratings[0].Rating != e.Rating.After {
			t.Errorf("profile %+v after %+v", got, e.Rating)
		}
	}
	if up, down := w.profile(ann).Ratings[0].Mu, w.profile(ben).Ratings[0].Mu; up <= 25 || down >= 25 {
		t.Errorf("the winner has %g, the loser %g", up, down)
	}
}

func TestLargeResultIsToldAndFetched(t *testing.T) {
	w := newWorld(t, nil)
	ann, ben := w.seated("Ann"), w.seated("Ben")
	for name, c := range map[string]struct {
		bytes int
		rides bool
	}{"fits": {4096, true}, "large": {4097, false}} {
		cursor := ann.poll("wait=0").Cursor
		r := duel("m-"+name, ann, ben)
		r.Payload = json.RawMessage(`"` + strings.Repeat("x", c.bytes-2) + `"`)
		w.record(r)
		var e ResultEvent
		if err := json.Unmarshal(ann.poll("wait=0&since=" + cursor).Events[0].Data, &e); err != nil {
			t.Fatal(err)
		}
		if rides := e.Result != nil; rides != c.rides || e.MatchID != r.MatchID {
			t.Errorf("%d bytes: rides=%t, match %s", c.bytes, rides, e.MatchID)
		}
		if got := into[MatchResult](w.call("GET", "/v1/matches/"+e.MatchID, nil), 200); len(got.Result) != c.bytes || got.Mode != "draughts" {
			t.Errorf("%d bytes fetched", len(got.Result))
		}
	}
}

func TestOnlyMatchesOfARankedModeChangeRatings(t *testing.T) {
	w := newWorld(t, nil)
	ann, ben := w.seated("Ann"), w.seated("Ben")
	friendly := duel("m1", ann, ben) // in a room of their own, where they could agree on who wins
	friendly.Mode = ""
	alone := duel("m2", ann, ben)
	alone.Places = alone.Places[:1]
	twice := duel("m3", ann, ann)
	other := duel("m4", ann, ben)
	other.Game, other.Mode = "arena", "arena" // takes no tickets
	for _, r := range []Result{friendly, alone, twice, other} {
		w.record(r)
	}
	if got := w.profile(ann); len(got.Ratings) != 0 {
		t.Errorf("ratings %+v", got.Ratings)
	}
	list := into[MatchList](w.call("GET", "/v1/matches?player="+ann.PlayerID, nil), 200)
	if len(list.Matches) != 4 || list.Matches[0].Rating != nil {
		t.Errorf("history %+v", list)
	}
}

func TestResultOfTeamsTiesAndPartialPlay(t *testing.T) {
	w := newWorld(t, nil)
	var p [6]player
	for i := range p {
		p[i] = w.seated(fmt.Sprint("P", i))
	}
	w.record(Result{MatchID: "m1", RoomID: "r", Game: "draughts", Mode: "draughts", FinishedAt: t0, Places: []Place{
		{Account: p[0].PlayerID, Team: 7, Rank: 1, Played: 1}, {Account: p[1].PlayerID, Team: 7, Rank: 1, Played: 0.25},
		{Account: p[2].PlayerID, Team: 3, Rank: 2, Played: 1}, {Account: p[3].PlayerID, Team: 3, Rank: 2, Played: 1},
		{Account: p[4].PlayerID, Rank: 2, Played: 1}, {Account: p[5].PlayerID, Rank: 4, Played: 1},
		{Account: "", Rank: 1, Played: 1}, {Account: p[5].PlayerID, Rank: 1, Played: 1},
	}})
	mu := func(i int) float64 { return w.profile(p[i]).Ratings[0].Mu }
	if math.Abs((mu(0)-25)*0.25-(mu(1)-25)) > 0.01 || mu(0) <= 25 {
		t.Errorf("all of the match brings %g, a quarter %g", mu(0)-25, mu(1)-25)
	}
	if mu(2) != mu(3) || mu(5) >= 25 {
		t.Errorf("a team of equals has %g and %g, the last %g", mu(2), mu(3), mu(5))
	}
	list := into[MatchList](w.call("GET", "/v1/matches?player="+p[4].PlayerID, nil), 200)
	m := list.Matches[0]
	if m.Outcome != "loss" || m.Rank != 2 || len(m.Players) != 6 || m.Players[0].Team != m.Players[1].Team || m.Players[2].Team == m.Players[4].Team {
		t.Errorf("history %+v", m)
	}
	w.record(Result{MatchID: "m2", RoomID: "r", Game: "draughts", Mode: "draughts", FinishedAt: t0, Places: []Place{
		{Account: p[0].PlayerID, Rank: 1, Played: 1}, {Account: p[5].PlayerID, Rank: 1, Played: 1},
	}})
	if s := w.profile(p[0]).Ratings[0].Standing; s.Wins != 1 || s.Draws != 1 || s.Matches != 2 {
		t.Errorf("after a draw %+v", s)
	}
}

func TestResultWaitsForTheDatabase(t *testing.T) {
	w := newWorld(t, nil)
	ann, ben := w.seated("Ann"), w.seated("Ben")
	broken, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := broken.Close(); err != nil {
		t.Fatal(err)
	}
	good := w.lobby.cfg.Store
	w.lobby.cfg.Store = broken
	cursor := ann.poll("wait=0").Cursor
	if err := w.lobby.RecordResult(t.Context(), duel("m1", ann, ben)); err == nil || errors.Is(err, ErrResult) {
		t.Errorf("without a database: %v, want an error after which it is tried again", err)
	}
	if list := ann.poll("wait=0&since=" + cursor); len(list.Events) != 0 {
		t.Errorf("told without being stored: %+v", list.Events)
	}
	w.lobby.cfg.Store = good
	w.record(duel("m1", ann, ben))
	w.record(duel("m1", ann, ben))
	if s := w.profile(ann).Ratings[0]; s.Matches != 1 {
		t.Errorf("applied %d times", s.Matches)
	}
}

// Whatever a game reports, each account has one place, sides share a rank, and who wins is who has the best one alone.
func TestSidesOfAnyPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Place {
			return Place{
				Account: rapid.StringMatching("[a-f]?").Draw(t, "account"), Team: rapid.IntRange(0, 3).Draw(t, "team"),
				Rank: rapid.IntRange(1, 3).Draw(t, "rank"), Played: 1,
			}
		}), 0, 8).Draw(t, "places")
		s := sidesOf(places)
		seen, winners, best := map[string]bool{}, 0, math.MaxInt
		for _, p := range s.places() {
			if p.Account == "" || seen[p.Account] {
				t.Fatalf("%q twice, or nobody", p.Account)
			}
			seen[p.Account] = true
			best = min(best, p.Rank)
		}
		for i, side := range s {
			if len(side.players) == 0 || i > 0 && s[i-1].rank > side.rank {
				t.Fatalf("sides %+v", s)
			}
			if side.outcome == store.Win {
				winners++
			}
			if good := side.outcome == store.Win || side.outcome == store.Draw; len(s) > 1 && good != (side.rank == best) || len(s) < 2 && side.outcome != "" {
				t.Fatalf("rank %d of best %d is %q", side.rank, best, side.outcome)
			}
		}
		if winners > 1 {
			t.Fatalf("%d winners", winners)
		}
		if len(s) > 1 {
			if _, err := s.rate(make([]store.Skill, len(s.places()))); err == nil {
				t.Fatal("skills without uncertainty were rated")
			}
			before := make([]store.Skill, len(s.places()))
			for i := range before {
				before[i] = skillOf(skills.New())
			}
			after, err := s.rate(before)
			if err != nil || len(after) != len(before) {
				t.Fatalf("%d skills of %d, %v", len(after), len(before), err)
			}
		}
	})
}

// Matchmaking compares the skills that results have made.
func TestMatchmakingKnowsTheRatings(t *testing.T) {
	w := newWorld(t, nil)
	ann, ben, cid := w.seated("Ann"), w.seated("Ben"), w.seated("Cid")
	w.record(duel("m1", ann, ben))
	mode := w.lobby.queue.Modes()[0]
	got, err := w.lobby.queue.skills(t.Context(), match.SkillsOf{Mode: mode, Players: []string{cid.PlayerID, ben.PlayerID, ann.PlayerID}})
	if err != nil || len(got) != 3 || got[0] != 25 || got[1] >= 25 || got[2] <= 25 {
		t.Errorf("skills %v, %v", got, err)
	}
	mode.Name = "another"
	if got, err := w.lobby.queue.skills(t.Context(), match.SkillsOf{Mode: mode, Players: []string{ann.PlayerID}}); err != nil || got[0] != 25 {
		t.Errorf("in another mode %v, %v", got, err)
	}
}
