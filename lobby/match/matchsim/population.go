// Package matchsim plays matchmaking without players: it makes or reads tickets, passes virtual time and says how good the matches
// were. It is how a rule set is tried before anybody waits by it, and how the cost of a pass is measured.
//
// `skirmish match simulate` and `skirmish match bench` call it. It uses lobby/match alone, and no clock: all time is the simulation's.
package matchsim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

// Arrival is one ticket and when it comes, as one line of JSON in a recording. What the rules do not ask for may be left out.
type Arrival struct {
	At         float64             `json:"at"` // seconds from the start, in any order
	ID         string              `json:"id,omitempty"`
	Members    []Member            `json:"members"`
	Latency    map[string]int      `json:"latency_ms,omitempty"`
	Attributes map[string][]string `json:"attributes,omitempty"`
}

// Member is one player of a ticket.
type Member struct {
	Player string   `json:"player,omitempty"`
	Skill  float64  `json:"skill"`
	Roles  []string `json:"roles,omitempty"`
}

// maxLine bounds a line of a recording.
const maxLine = 64 << 10

// Read reads a recording: one Arrival a line, empty lines are passed over. Tickets that the rules could never match are an error
// that names the line.
func Read(r io.Reader, rules *match.Rules) ([]Arrival, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var all []Arrival
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var a Arrival
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return nil, fmt.Errorf("matchsim: line %d: %w", n, err)
		}
		if !(a.At >= 0 && a.At <= 1e7) {
			return nil, fmt.Errorf("matchsim: line %d: at is %v, want seconds from the start", n, a.At)
		}
		if a.ID == "" {
			a.ID = strconv.Itoa(n)
		}
		w := a.waiting(time.Time{})
		if err := rules.Check(&w); err != nil {
			return nil, fmt.Errorf("matchsim: line %d: %w", n, err)
		}
		all = append(all, a)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("matchsim: read: %w", err)
	}
	slices.SortStableFunc(all, func(a, b Arrival) int { return cmpFloat(a.At, b.At) })
	return all, nil
}

func (a *Arrival) waiting(start time.Time) match.Waiting {
	w := match.Waiting{
		ID: a.ID, Since: start.Add(seconds(a.At)), Members: make([]match.Member, len(a.Members)),
		Latency: a.Latency, Attributes: a.Attributes,
	}
	for i, m := range a.Members {
		w.Members[i] = match.Member{Player: m.Player, Skill: m.Skill, Roles: m.Roles}
	}
	return w
}

// Population describes tickets that are made up.
type Population struct {
	Rules   *match.Rules
	Tickets int     // how many; required
	Rate    float64 // arrivals a second, at random times; zero means that all are there from the start
	Seed    uint64
	// Solo is the share of tickets of one player, 0..1; the others are parties of any size that fits. Zero means 0.7, or 1 when no
	// parties fit.
	Solo float64
}

// Generate makes the tickets up: skills are normal around 25 with a deviation of 8, each player is near one region and farther from the
// others, three in four players who have a choice of roles take one or two.
func Generate(p Population) ([]Arrival, error) {
	if p.Rules == nil || p.Tickets < 1 || p.Rate < 0 || p.Solo < 0 || p.Solo > 1 {
		return nil, fmt.Errorf("matchsim: population of %d tickets, rate %v, solo %v: want at least 1, at least 0, 0 to 1",
			p.Tickets, p.Rate, p.Solo)
	}
	if p.Solo == 0 {
		p.Solo = 0.7
	}
	rng := rand.New(rand.NewPCG(p.Seed, 0x736b6972))
	all := make([]Arrival, p.Tickets)
	at := 0.0
	for i := range all {
		if p.Rate > 0 {
			at += rng.ExpFloat64() / p.Rate
		}
		all[i] = p.one(rng, i, at)
	}
	return all, nil
}

func (p *Population) one(rng *rand.Rand, i int, at float64) Arrival {
	a := Arrival{At: at, ID: strconv.Itoa(i + 1)}
	size := 1
	if most := p.Rules.Size.Max; most > 1 && rng.Float64() >= p.Solo {
		size = 2 + rng.IntN(most-1)
	}
	middle := 25 + 8*rng.NormFloat64()
	for m := range size {
		a.Members = append(a.Members, Member{
			Player: a.ID + "-" + strconv.Itoa(m+1), Skill: middle + 2*rng.NormFloat64(), Roles: p.roles(rng),
		})
	}
	if n := len(p.Rules.Regions); n > 0 {
		a.Latency = make(map[string]int, n)
		home := rng.IntN(n)
		for r, name := range p.Rules.Regions {
			if r == home {
				a.Latency[name] = min(10+rng.IntN(40), p.Rules.Latency)
			} else {
				a.Latency[name] = 60 + rng.IntN(150)
			}
		}
	}
	for _, rule := range p.Rules.Attributes {
		if a.Attributes == nil {
			a.Attributes = map[string][]string{}
		}
		a.Attributes[rule.Name] = values(rng, rule)
	}
	return a
}

func (p *Population) roles(rng *rand.Rand) []string {
	if len(p.Rules.Roles) == 0 || rng.IntN(4) == 0 {
		return nil
	}
	first := rng.IntN(len(p.Rules.Roles))
	names := []string{p.Rules.Roles[first].Name}
	if second := rng.IntN(len(p.Rules.Roles)); second != first && rng.IntN(2) == 0 {
		names = append(names, p.Rules.Roles[second].Name)
	}
	return names
}

func values(rng *rand.Rand, rule match.AttributeRule) []string {
	from := rule.Values
	if len(from) == 0 {
		from = []string{"a", "b"}
	}
	if rule.Match == "equal" {
		return []string{from[rng.IntN(len(from))]}
	}
	n := 1 + rng.IntN(len(from))
	some := make([]string, n)
	for i, at := range rng.Perm(len(from))[:n] {
		some[i] = from[at]
	}
	return some
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
