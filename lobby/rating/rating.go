// Package rating says how a match changes what is known of its players' skill. It owns the arithmetic and nothing else: a skill
// is a value that goes in and comes out.
//
// The lobby calls it when it applies a result. It knows no store, no HTTP and no match making, and imports nothing of this module.
//
// The model is the Plackett-Luce one of R. C. Weng and C.-J. Lin, "A Bayesian Approximation Method for Online Ranking", Journal of
// Machine Learning Research 12 (2011), algorithm 4, for any number of teams of any sizes, with ties. The figures are those of
// openskill 4.x for JavaScript, to 1e-9 (testdata/openskill.json).
package rating

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Skill is what is known of a player: a normal distribution.
type Skill struct {
	Mu    float64 // the middle; a new player has 25
	Sigma float64 // the uncertainty, above 0; a new player has 25/3
}

// Ordinal is a skill that is 99.7 % sure to be reached: Mu - 3 Sigma, 0 for a new player. Boards are ordered by it, so that a few
// lucky matches do not lead one.
func (s Skill) Ordinal() float64 { return s.Mu - 3*s.Sigma }

// Player is one who took part in a match.
type Player struct {
	Skill Skill
	// Played is the share of the match that the player took part in, 0..1: the change is that share of the whole one, in the
	// middle and in the variance. 0 leaves the skill as it is.
	Played float64
}

// Team is a side of a match, of at least one player. In a free-for-all each player is a team.
type Team struct {
	Rank    int // 1 is best; teams of the same rank have drawn. Gaps mean nothing.
	Players []Player
}

// DefaultMu is the middle of a new player where Config does not say otherwise.
const DefaultMu = 25

// Config holds the constants of the model.
type Config struct {
	Mu    float64 // middle of a new player; zero means 25
	Sigma float64 // uncertainty of a new player; zero means Mu / 3
	Beta  float64 // how much the play of one player varies from match to match; zero means Sigma / 2
	// Tau is the uncertainty that each match adds before it is counted, so that a skill never freezes; zero means none. A usual
	// value is Mu / 300.
	Tau float64
	// Floor is the least share of its variance that a skill keeps in one match; zero means 0.0001.
	Floor float64
}

// Validate reports the first unusable field.
func (c Config) Validate() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"Mu", c.Mu}, {"Sigma", c.Sigma}, {"Beta", c.Beta}, {"Tau", c.Tau}, {"Floor", c.Floor}} {
		if !(f.value >= 0) || math.IsInf(f.value, 0) {
			return fmt.Errorf("rating: Config.%s is %v, want a number from 0", f.name, f.value)
		}
	}
	if c.Floor >= 1 {
		return fmt.Errorf("rating: Config.Floor is %v, want less than 1", c.Floor)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Mu == 0 {
		c.Mu = DefaultMu
	}
	if c.Sigma == 0 {
		c.Sigma = c.Mu / 3
	}
	if c.Beta == 0 {
		c.Beta = c.Sigma / 2
	}
	if c.Floor == 0 {
		c.Floor = 1e-4
	}
	return c
}

// New is the skill of a player of whom nothing is known.
func (c Config) New() Skill {
	c = c.withDefaults()
	return Skill{Mu: c.Mu, Sigma: c.Sigma}
}

// What Rate answers to a match that cannot be rated.
var (
	ErrTeams  = errors.New("rating: a match has at least two teams")
	ErrEmpty  = errors.New("rating: a team has no players")
	ErrSkill  = errors.New("rating: a skill is not a number, or its sigma is not above 0")
	ErrPlayed = errors.New("rating: a played share is not from 0 to 1")
)

// Rate returns the skills after a match, in the order of teams and players given. The order of the teams has no influence on the
// result. Errors: ErrTeams, ErrEmpty, ErrSkill, ErrPlayed.
func (c Config) Rate(teams []Team) ([][]Skill, error) {
	if err := check(teams); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	sides := make([]side, len(teams))
	total := 0.0
	for i, t := range teams {
		sides[i] = c.sum(t)
		total += sides[i].variance + c.Beta*c.Beta
	}
	scale := math.Sqrt(total)
	after := make([][]Skill, len(teams))
	for i, turn := range turns(sides, scale) {
		after[i] = c.apply(sides[i], turn, scale)
	}
	return after, nil
}

func check(teams []Team) error {
	if len(teams) < 2 {
		return ErrTeams
	}
	for _, t := range teams {
		if len(t.Players) == 0 {
			return ErrEmpty
		}
		for _, p := range t.Players {
			if math.IsNaN(p.Skill.Mu) || math.IsInf(p.Skill.Mu, 0) || !(p.Skill.Sigma > 0) || math.IsInf(p.Skill.Sigma, 0) {
				return ErrSkill
			}
			if !(p.Played >= 0 && p.Played <= 1) {
				return ErrPlayed
			}
		}
	}
	return nil
}

// side is a team as the model sees it: the sum of its players.
type side struct {
	rank         int
	mu, variance float64
	players      []Player // their Sigma with Config.Tau added
	before       []Skill  // as given
}

func (c Config) sum(t Team) side {
	s := side{rank: t.Rank, players: slices.Clone(t.Players), before: make([]Skill, len(t.Players))}
	for i := range s.players {
		p := &s.players[i]
		s.before[i] = p.Skill
		p.Skill.Sigma = math.Sqrt(p.Skill.Sigma*p.Skill.Sigma + c.Tau*c.Tau)
		s.mu += p.Skill.Mu
		s.variance += p.Skill.Sigma * p.Skill.Sigma
	}
	return s
}

// turn is what the outcome says of a team: omega, how far it did better than expected, and delta, how much was learnt.
type turn struct{ omega, delta float64 }

// turns works the outcome through place by place. At each place q the model asks how likely it was that the team i, among all those
// not ranked before q, was the one to take it.
func turns(sides []side, scale float64) []turn {
	out := make([]turn, len(sides))
	for q := range sides {
		rest := logSum(sides, sides[q].rank, scale)
		equal := 0
		for _, s := range sides {
			if s.rank == sides[q].rank {
				equal++
			}
		}
		for i, s := range sides {
			if s.rank < sides[q].rank {
				continue
			}
			p := math.Exp(s.mu/scale - rest)
			won := 0.0
			if i == q {
				won = 1
			}
			out[i].omega += (won - p) / float64(equal)
			out[i].delta += p * (1 - p) / float64(equal)
		}
	}
	return out
}

// logSum is log(sum of exp(mu/scale)) over the teams that are not ranked before rank. It is kept as a logarithm because the strengths
// of large teams do not fit a float.
func logSum(sides []side, rank int, scale float64) float64 {
	most := math.Inf(-1)
	for _, s := range sides {
		if s.rank >= rank {
			most = max(most, s.mu/scale)
		}
	}
	sum := 0.0
	for _, s := range sides {
		if s.rank >= rank {
			sum += math.Exp(s.mu/scale - most)
		}
	}
	return most + math.Log(sum)
}

// apply shares the change of a team out to its players: the less is known of one, the more of it is theirs.
func (c Config) apply(s side, t turn, scale float64) []Skill {
	omega := t.omega * s.variance / scale
	gamma := math.Sqrt(s.variance) / scale
	delta := t.delta * gamma * s.variance / (scale * scale)
	after := make([]Skill, len(s.players))
	for i, p := range s.players {
		if p.Played == 0 {
			after[i] = s.before[i]
			continue
		}
		variance := p.Skill.Sigma * p.Skill.Sigma
		share := variance / s.variance
		kept := max(1-share*delta*p.Played, c.Floor)
		after[i] = Skill{Mu: p.Skill.Mu + share*omega*p.Played, Sigma: p.Skill.Sigma * math.Sqrt(kept)}
	}
	return after
}
