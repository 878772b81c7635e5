package rating

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// vector is one match of testdata/openskill.json; its README says where the figures come from.
type vector struct {
	Name          string
	Tau           float64
	Rank          []int
	Before, After [][][2]float64
}

func TestRateGivesTheFiguresOfOpenskill(t *testing.T) {
	blob, err := os.ReadFile("testdata/openskill.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(blob, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 100 {
		t.Fatalf("%d vectors, want them all", len(vectors))
	}
	const near = 1e-9
	for _, v := range vectors {
		teams := make([]Team, len(v.Before))
		for i, players := range v.Before {
			teams[i].Rank = v.Rank[i]
			for _, p := range players {
				teams[i].Players = append(teams[i].Players, Player{Skill: Skill{Mu: p[0], Sigma: p[1]}, Played: 1})
			}
		}
		got, err := Config{Tau: v.Tau}.Rate(teams)
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		for i, players := range v.After {
			for j, want := range players {
				if g := got[i][j]; math.Abs(g.Mu-want[0]) > near || math.Abs(g.Sigma-want[1]) > near {
					t.Errorf("%s: team %d player %d: got %v, want %v", v.Name, i, j, g, want)
				}
			}
		}
	}
}

func TestRateRefusesWhatIsNoMatch(t *testing.T) {
	ok := Player{Skill: Config{}.New(), Played: 1}
	with := func(change func(*Player)) []Team {
		p := ok
		change(&p)
		return []Team{{Rank: 1, Players: []Player{ok}}, {Rank: 2, Players: []Player{p}}}
	}
	refuses := func(name string, want error, teams []Team) {
		t.Helper()
		if _, err := (Config{}).Rate(teams); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	refuses("nobody", ErrTeams, nil)
	refuses("one team", ErrTeams, []Team{{Rank: 1, Players: []Player{ok}}})
	refuses("an empty team", ErrEmpty, []Team{{Rank: 1, Players: []Player{ok}}, {Rank: 2}})
	refuses("mu is NaN", ErrSkill, with(func(p *Player) { p.Skill.Mu = math.NaN() }))
	refuses("mu is infinite", ErrSkill, with(func(p *Player) { p.Skill.Mu = math.Inf(1) }))
	refuses("sigma is 0", ErrSkill, with(func(p *Player) { p.Skill.Sigma = 0 }))
	refuses("sigma is NaN", ErrSkill, with(func(p *Player) { p.Skill.Sigma = math.NaN() }))
	refuses("played twice", ErrPlayed, with(func(p *Player) { p.Played = 2 }))
	refuses("played NaN", ErrPlayed, with(func(p *Player) { p.Played = math.NaN() }))
}

func TestConfigRefusesWhatIsNoNumber(t *testing.T) {
	for _, c := range []Config{{Mu: -1}, {Sigma: math.NaN()}, {Beta: math.Inf(1)}, {Tau: -1}, {Floor: 1}} {
		if c.Validate() == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	if err := (Config{}).Validate(); err != nil {
		t.Error(err)
	}
}

func anyTeams(t *rapid.T) []Team {
	teams := make([]Team, rapid.IntRange(2, 12).Draw(t, "teams"))
	for i := range teams {
		teams[i].Rank = rapid.IntRange(1, len(teams)).Draw(t, "rank")
		for range rapid.IntRange(1, 40).Draw(t, "size") {
			teams[i].Players = append(teams[i].Players, Player{
				Skill:  Skill{Mu: rapid.Float64Range(-500, 500).Draw(t, "mu"), Sigma: rapid.Float64Range(0.01, 30).Draw(t, "sigma")},
				Played: rapid.Float64Range(0, 1).Draw(t, "played"),
			})
		}
	}
	return teams
}

// However far apart the skills are, what comes out can be stored and rated again.
func TestSkillsStayNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		teams := anyTeams(t)
		after, err := Config{Tau: 25.0 / 300}.Rate(teams)
		if err != nil {
			t.Fatal(err)
		}
		for i, players := range after {
			for j, s := range players {
				if math.IsNaN(s.Mu) || math.IsInf(s.Mu, 0) || !(s.Sigma > 0) || math.IsInf(s.Sigma, 0) {
					t.Fatalf("team %d player %d: %v became %v", i, j, teams[i].Players[j].Skill, s)
				}
				if teams[i].Players[j].Played == 0 && s != teams[i].Players[j].Skill {
					t.Fatalf("team %d player %d did not play and changed from %v to %v", i, j, teams[i].Players[j].Skill, s)
				}
			}
		}
	})
}

// exp(mu / scale) of these teams fits no float64, in either direction.
func TestLargeTeamsFarApartStayNumbers(t *testing.T) {
	team := func(rank int, mu float64) Team {
		players := make([]Player, 40)
		for i := range players {
			players[i] = Player{Skill: Skill{Mu: mu, Sigma: 0.01}, Played: 1}
		}
		return Team{Rank: rank, Players: players}
	}
	for _, mu := range []float64{500, -500} {
		after, err := Config{}.Rate([]Team{team(1, -mu), team(2, mu), team(3, mu)})
		if err != nil {
			t.Fatal(err)
		}
		if second, third := after[1][0], after[2][0]; !(second.Mu > third.Mu) {
			t.Errorf("teams of %v: the second has %v, the third %v", mu, second, third)
		}
		for i := range after {
			if s := after[i][0]; math.IsNaN(s.Mu) || math.IsInf(s.Mu, 0) || !(s.Sigma > 0) {
				t.Errorf("teams of %v: team %d became %v", mu, i, s)
			}
		}
	}
}

func TestOrderOfTeamsHasNoInfluence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		teams := anyTeams(t)
		order := rapid.Permutation(indices(len(teams))).Draw(t, "order")
		mixed := make([]Team, len(teams))
		for to, from := range order {
			mixed[to] = teams[from]
		}
		plain, err := Config{}.Rate(teams)
		if err != nil {
			t.Fatal(err)
		}
		turned, err := Config{}.Rate(mixed)
		if err != nil {
			t.Fatal(err)
		}
		for to, from := range order {
			for j := range plain[from] {
				if math.Abs(plain[from][j].Mu-turned[to][j].Mu) > 1e-9 || math.Abs(plain[from][j].Sigma-turned[to][j].Sigma) > 1e-9 {
					t.Fatalf("team %d: %v, as team %d: %v", from, plain[from][j], to, turned[to][j])
				}
			}
		}
	})
}

func TestHalfAMatchIsHalfTheChange(t *testing.T) {
	fresh := Config{}.New()
	change := func(played float64) (mu, variance float64) {
		after, err := Config{}.Rate([]Team{
			{Rank: 1, Players: []Player{{fresh, played}}},
			{Rank: 2, Players: []Player{{fresh, 1}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		s := after[0][0]
		return s.Mu - fresh.Mu, fresh.Sigma*fresh.Sigma - s.Sigma*s.Sigma
	}
	mu, variance := change(1)
	halfMu, halfVariance := change(0.5)
	if mu <= 0 || math.Abs(halfMu-mu/2) > 1e-9 || math.Abs(halfVariance-variance/2) > 1e-9 {
		t.Errorf("whole match: mu %+v, variance -%v; half: mu %+v, variance -%v", mu, variance, halfMu, halfVariance)
	}
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
