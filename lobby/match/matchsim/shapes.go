package matchsim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

// Shape is a load that a pass is measured with: where the cost of one ticket lies depends on what the others are like.
type Shape struct {
	Name, What string
	rules      string        // as JSON; empty means FullRules
	solo       float64       // as Population.Solo
	waited     time.Duration // as BenchConfig.Waited
	change     func(a *Arrival, i int)
}

// Shapes returns all that Shape.Load makes. The first is what is measured when nothing is said.
func Shapes() []Shape {
	return []Shape{
		{Name: "mixed", What: "a bit of everything: two teams of five, three roles, four regions, two attributes"},
		{Name: "crowd", What: "everybody has the same skill", change: func(a *Arrival, _ int) { setSkill(a, 25) }},
		{Name: "groups", What: "2000 groups that never meet", rules: groupRules, change: func(a *Arrival, i int) {
			a.Attributes["language"] = []string{strconv.Itoa(i * 7919 % 2000)}
		}},
		{Name: "parties", What: "nearly all are parties", solo: 0.05},
		{Name: "regions", What: "32 regions, each near enough to everybody", rules: regionRules(), change: func(a *Arrival, i int) {
			for name, ms := range a.Latency {
				a.Latency[name] = ms % 80
			}
		}},
		{Name: "old", What: "everybody has waited for two minutes and more: the widest limits", waited: 2 * time.Minute},
		{Name: "roleless", What: "nobody can be matched: all play the role of which a team takes one", waited: 2 * time.Minute,
			change: func(a *Arrival, _ int) { setRole(a, "tank") }},
		{Name: "uneven", What: "nobody can be matched: teams come out uneven whatever is tried", rules: unevenRules, waited: 2 * time.Minute,
			change: func(a *Arrival, i int) { setSkill(a, math.Pow(float64(i), 1.5)) }},
		{Name: "duels", What: "everybody is matched: two players each, of any skill", rules: `{"teams": 2, "size": 1}`, solo: 1},
	}
}

const groupRules = `{"teams": 2, "size": 5, "skill": 10, "attributes": [{"name": "language", "match": "equal"}],
	"widen": [{"after_s": 30, "skill": 30}]}`

// unevenRules ask for teams that are as good as equal, of tickets whose skills differ.
const unevenRules = `{"teams": 2, "size": 2, "balance": 1e-9}`

func regionRules() string {
	names := make([]string, match.MaxRegions)
	for i := range names {
		names[i] = strconv.Quote("r" + strconv.Itoa(i))
	}
	return `{"teams": 2, "size": 5, "skill": 6, "latency_ms": 80, "regions": [` + strings.Join(names, ", ") + `],
		"widen": [{"after_s": 15, "skill": 9}, {"after_s": 45, "skill": 14}]}`
}

func setSkill(a *Arrival, skill float64) {
	for m := range a.Members {
		a.Members[m].Skill = skill
	}
}

func setRole(a *Arrival, role string) {
	for m := range a.Members {
		a.Members[m].Roles = []string{role}
	}
}

// Load makes tickets of a shape, by name. The configuration that it returns lacks a Clock.
func Load(name string, tickets int, seed uint64) (BenchConfig, error) {
	var names []string
	for _, s := range Shapes() {
		if s.Name == name {
			return s.load(tickets, seed)
		}
		names = append(names, s.Name)
	}
	return BenchConfig{}, fmt.Errorf("matchsim: no shape %q; there are %s", name, strings.Join(names, ", "))
}

func (s *Shape) load(tickets int, seed uint64) (BenchConfig, error) {
	if s.rules == "" {
		s.rules = FullRules
	}
	rules, err := match.ParseRules([]byte(s.rules))
	if err != nil {
		return BenchConfig{}, fmt.Errorf("matchsim: shape %s: %w", s.Name, err)
	}
	arrivals, err := Generate(Population{Rules: &rules, Tickets: tickets, Seed: seed, Solo: s.solo})
	if err != nil {
		return BenchConfig{}, err
	}
	for i := range arrivals {
		if s.change != nil {
			s.change(&arrivals[i], i)
		}
	}
	return BenchConfig{Rules: &rules, Arrivals: arrivals, Waited: s.waited}, nil
}
