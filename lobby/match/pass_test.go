package match

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func single(id string, skill float64, waited time.Duration) Waiting {
	return Waiting{ID: id, Since: noon.Add(-waited), Members: []Member{{Player: id, Skill: skill}}}
}

func mustRules(t testing.TB, json string) *Rules {
	t.Helper()
	r, err := ParseRules([]byte(json))
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

// broken says what is wrong with an outcome; it works from the rules alone and shares no code with the pass.
func broken(r *Rules, tickets []Waiting, openings []Opening, now time.Time, out Outcome) error {
	limitsOf := func(w *Waiting) (skill, balance float64, latency, teams, size int) {
		skill, balance, latency, teams, size = r.Skill, r.Balance, r.Latency, r.Teams.Min, r.Size.Min
		for _, s := range r.Widen {
			if now.Sub(w.Since) < time.Duration(s.After)*time.Second {
				break
			}
			if s.Skill > 0 {
				skill = s.Skill
			}
			if s.Balance > 0 {
				balance = s.Balance
			}
			if s.Latency > 0 {
				latency = s.Latency
			}
			if s.Teams > 0 {
				teams = s.Teams
			}
			if s.Size > 0 {
				size = s.Size
			}
		}
		return
	}
	seen := map[int]bool{}
	for n, m := range out.Matches {
		lo, hi, window, balance := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(1)
		count, sum := make([]int, m.Teams), make([]float64, m.Teams)
		roles := make([]map[string]int, m.Teams)
		for i := range roles {
			roles[i] = map[string]int{}
		}
		minTeams, minSize := 0, 0
		common := map[string][]string{}
		for _, p := range m.Places {
			if seen[p.Ticket] {
				return fmt.Errorf("ticket %d is matched twice", p.Ticket)
			}
			seen[p.Ticket] = true
			w := &tickets[p.Ticket]
			skill, bal, latency, teams, size := limitsOf(w)
			mean := 0.0
			for _, mem := range w.Members {
				mean += mem.Skill / float64(len(w.Members))
				sum[p.Team] += mem.Skill
			}
			lo, hi = min(lo, mean), max(hi, mean)
			if r.Skill > 0 {
				window = min(window, skill)
			}
			if r.Balance > 0 {
				balance = min(balance, bal)
			}
			count[p.Team] += len(w.Members)
			minTeams, minSize = max(minTeams, teams), max(minSize, size)
			if len(r.Regions) > 0 {
				if ms, ok := w.Latency[m.Region]; !ok || ms > latency {
					return fmt.Errorf("match %d: ticket %d plays in %q at %d ms", n, p.Ticket, m.Region, ms)
				}
			}
			if len(r.Roles) > 0 {
				if len(p.Roles) != len(w.Members) {
					return fmt.Errorf("match %d: ticket %d has roles %v", n, p.Ticket, p.Roles)
				}
				for i, role := range p.Roles {
					if want := w.Members[i].Roles; len(want) > 0 && !slices.Contains(want, role) {
						return fmt.Errorf("match %d: ticket %d wants %v and is %s", n, p.Ticket, want, role)
					}
					roles[p.Team][role]++
				}
			}
			for _, a := range r.Attributes {
				has := slices.Sorted(slices.Values(w.Attributes[a.Name]))
				before, ok := common[a.Name]
				switch {
				case !ok:
					common[a.Name] = has
				case a.Match == "equal" && !slices.Equal(before, has):
					return fmt.Errorf("match %d: %s is %v and %v", n, a.Name, before, has)
				case a.Match == "common":
					common[a.Name] = slices.DeleteFunc(slices.Clone(before), func(v string) bool { return !slices.Contains(has, v) })
					if len(common[a.Name]) == 0 {
						return fmt.Errorf("match %d: nothing of %s is common", n, a.Name)
					}
				}
			}
		}
		if m.Opening >= 0 {
			o := openings[m.Opening]
			for team := range count {
				if count[team] > len(o.Places[team]) {
					return fmt.Errorf("match %d: %d players in %d places", n, count[team], len(o.Places[team]))
				}
				if len(r.Roles) > 0 {
					for _, role := range o.Places[team] {
						roles[team][role]--
					}
					for role, left := range roles[team] {
						if left > 0 {
							return fmt.Errorf("match %d: %d too many of %s", n, left, role)
						}
					}
				}
			}
			for _, p := range m.Places {
				w := &tickets[p.Ticket]
				if skill, _, _, _, _ := limitsOf(w); r.Skill > 0 && math.Abs(w.Skill()-o.Skill) > skill+1e-9 {
					return fmt.Errorf("match %d: skill %v in a room of %v, window %v", n, w.Skill(), o.Skill, skill)
				}
			}
			continue
		}
		if hi-lo > window+1e-9 {
			return fmt.Errorf("match %d: skills %v to %v, window %v", n, lo, hi, window)
		}
		for team := range count {
			if count[team] != count[0] || count[team] > r.Size.Max || count[team] < minSize {
				return fmt.Errorf("match %d: teams of %v, want %d to %d alike", n, count, minSize, r.Size.Max)
			}
			for _, role := range r.Roles {
				if roles[team][role.Name] != role.Count {
					return fmt.Errorf("match %d: team %d has roles %v", n, team, roles[team])
				}
			}
		}
		if m.Teams < minTeams || m.Teams > r.Teams.Max {
			return fmt.Errorf("match %d: %d teams, want %d to %d", n, m.Teams, minTeams, r.Teams.Max)
		}
		if gap := (slices.Max(sum) - slices.Min(sum)) / float64(count[0]); gap > balance+1e-6 {
			return fmt.Errorf("match %d: teams %v apart, want %v", n, gap, balance)
		}
	}
	if len(out.Reasons) != len(tickets) {
		return fmt.Errorf("%d reasons for %d tickets", len(out.Reasons), len(tickets))
	}
	for i, reason := range out.Reasons {
		if seen[i] != (reason.Cause == NotWaiting) {
			return fmt.Errorf("ticket %d: matched %v and reason %+v", i, seen[i], reason)
		}
	}
	return nil
}

// anyRules draws rules that may have everything.
func anyRules(t *rapid.T) *Rules {
	r := &Rules{}
	size := rapid.SampledFrom([]int{1, 2, 3, 4, maxCrowdRoles + 1}).Draw(t, "size")
	r.Size = Span{size, size}
	r.Teams = Span{rapid.IntRange(1, 3).Draw(t, "teams min"), 3}
	if size == 1 {
		r.Teams.Min = max(2, r.Teams.Min)
	}
	if roles := rapid.SampledFrom([]string{"none", "two", "all"}).Draw(t, "roles"); size > 1 && roles == "two" {
		r.Roles = []Role{{"healer", 1}, {"fighter", size - 1}}
	} else if size > 1 && roles == "all" {
		for i := range size {
			r.Roles = append(r.Roles, Role{fmt.Sprint("role", i), 1})
		}
	} else if size > 1 && rapid.Bool().Draw(t, "smaller teams") {
		r.Size.Min = size - 1
		r.Teams.Min = max(2, r.Teams.Min)
	}
	if rapid.Bool().Draw(t, "skill") {
		r.Skill = rapid.Float64Range(1, 20).Draw(t, "window")
	}
	if rapid.Bool().Draw(t, "balance") {
		r.Balance = rapid.Float64Range(1, 5).Draw(t, "gap")
	}
	if rapid.Bool().Draw(t, "regions") {
		r.Regions, r.Latency = []string{"eu", "us", "asia"}, 80
	}
	if rapid.Bool().Draw(t, "attributes") {
		r.Attributes = []AttributeRule{
			{Name: "map", Match: "common", Values: []string{"ice", "lava", "town"}},
			{Name: "input", Match: "equal"},
			{Name: "language", Match: "common", Values: []string{"de", "fr"}},
		}[:rapid.IntRange(1, 3).Draw(t, "how many attributes")]
	}
	if rapid.Bool().Draw(t, "widen") {
		r.Widen = []Step{{After: 20}, {After: 60}}
		if r.Skill > 0 {
			r.Widen[0].Skill, r.Widen[1].Skill = r.Skill*2, r.Skill*4
		}
		if r.Latency > 0 {
			r.Widen[1].Latency = 200
		}
		if r.Teams.Min == 3 && size > 1 {
			r.Widen[0].Teams = 2
		}
	}
	r.Backfill = rapid.Bool().Draw(t, "backfill")
	return r
}

func anyTicket(t *rapid.T, r *Rules, i int) Waiting {
	w := Waiting{
		ID: fmt.Sprint(i), Since: noon.Add(-time.Duration(rapid.IntRange(0, 100).Draw(t, "waited")) * time.Second),
		Latency: map[string]int{"eu": 30}, Attributes: map[string][]string{},
	}
	for range rapid.IntRange(1, r.Size.Max).Draw(t, "party") {
		m := Member{Player: fmt.Sprint(i), Skill: rapid.Float64Range(0, 50).Draw(t, "skill")}
		if rapid.Bool().Draw(t, "as others") {
			m.Skill = math.Floor(m.Skill)
		}
		for _, role := range r.Roles {
			if rapid.IntRange(0, 2).Draw(t, "takes") == 0 {
				m.Roles = append(m.Roles, role.Name)
			}
		}
		w.Members = append(w.Members, m)
	}
	for _, region := range r.Regions {
		w.Latency[region] = rapid.IntRange(0, 250).Draw(t, region)
	}
	w.Latency["eu"] = min(w.Latency["eu"], 80)
	maps := []string{"ice", "lava", "town"}
	w.Attributes["map"] = rapid.Permutation(maps).Draw(t, "maps")[:rapid.IntRange(1, 3).Draw(t, "how many")]
	w.Attributes["language"] = [][]string{{"de"}, {"fr"}, {"fr", "de"}}[rapid.IntRange(0, 2).Draw(t, "languages")]
	w.Attributes["input"] = []string{rapid.SampledFrom([]string{"pad", "mouse"}).Draw(t, "input")}
	return w
}

func anyOpenings(t *rapid.T, r *Rules) []Opening {
	var openings []Opening
	for range rapid.IntRange(0, 3).Draw(t, "openings") {
		o := Opening{
			Skill: rapid.Float64Range(0, 50).Draw(t, "skill"), Places: make([][]string, r.Teams.Max),
			Attributes: map[string][]string{"map": {"ice"}, "input": {"pad"}, "language": {"de"}},
		}
		if len(r.Regions) > 0 {
			o.Region = "eu"
		}
		for team := range o.Places {
			for range rapid.IntRange(0, r.Size.Max).Draw(t, "places") {
				role := ""
				if len(r.Roles) > 0 {
					role = rapid.SampledFrom(r.Roles).Draw(t, "role").Name
				}
				o.Places[team] = append(o.Places[team], role)
			}
		}
		openings = append(openings, o)
	}
	return openings
}

func TestPassKeepsEveryRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		var tickets []Waiting
		for i := range rapid.IntRange(0, 60).Draw(t, "tickets") {
			w := anyTicket(t, r, i)
			if err := r.Check(&w); err != nil {
				t.Fatal(err)
			}
			tickets = append(tickets, w)
		}
		openings := anyOpenings(t, r)
		out := Pass(r, tickets, openings, noon)
		if err := broken(r, tickets, openings, noon, out); err != nil {
			t.Fatal(err)
		}
		if again := Pass(r, tickets, openings, noon); fmt.Sprint(again) != fmt.Sprint(out) {
			t.Fatal("the same tickets gave another outcome")
		}
	})
}

// With single players and one window for all, whoever is left has no match: there is no run of enough neighbours, in the order of
// skill, that lies within the window.
func TestPassLeavesNoMatchOfSinglesBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(2, 6).Draw(t, "size")
		r := &Rules{Teams: Span{size, size}, Size: Span{1, 1}, Skill: rapid.Float64Range(1, 10).Draw(t, "window")}
		var tickets []Waiting
		for i := range rapid.IntRange(0, 40).Draw(t, "tickets") {
			tickets = append(tickets, single(fmt.Sprint(i), rapid.Float64Range(0, 60).Draw(t, "skill"), 0))
		}
		out := Pass(r, tickets, nil, noon)
		var left []float64
		for i, reason := range out.Reasons {
			if reason.Cause != NotWaiting {
				left = append(left, tickets[i].Skill())
			}
		}
		slices.Sort(left)
		for i := 0; i+size <= len(left); i++ {
			if left[i+size-1]-left[i] <= r.Skill {
				t.Fatalf("%v are left and within %v", left[i:i+size], r.Skill)
			}
		}
	})
}

func TestOneSideOfATicketIsEnough(t *testing.T) {
	r := mustRules(t, `{"teams": 3, "size": 1, "skill": 6}`)
	out := Pass(r, []Waiting{single("anchor", 0, time.Minute), single("nearest", -4, 0), single("b", 5, 0), single("c", 6, 0),
		single("d", 7, 0)}, nil, noon)
	if len(out.Matches) != 1 || out.Reasons[0].Cause != NotWaiting {
		t.Errorf("got %+v, want the one that waited with 5 and 6: with -4, its nearest, nobody fits", out)
	}
}

func TestPartiesThatDoNotFitAreLeftOut(t *testing.T) {
	r := mustRules(t, `{"teams": 2, "size": 3}`)
	party := func(id string, skill float64, size int) Waiting {
		w := Waiting{ID: id, Since: noon}
		for range size {
			w.Members = append(w.Members, Member{Player: id, Skill: skill})
		}
		return w
	}
	tickets := []Waiting{party("a", 1, 2), party("b", 2, 2), party("c", 3, 2), party("d", 4, 1), party("e", 5, 1)}
	out := Pass(r, tickets, nil, noon)
	if len(out.Matches) != 1 || out.Reasons[2].Cause == NotWaiting {
		t.Errorf("got %+v, want a and b, with d and e: three pairs do not make two teams of three", out)
	}
}

// The party of five is nearest to the ticket that has waited longest, and three and five are as many as two teams of four.
func TestPartyLargerThanTheTeamsIsPassedOver(t *testing.T) {
	r := mustRules(t, `{"teams": 2, "size": {"min": 4, "max": 5}}`)
	var tickets []Waiting
	for i, party := range []struct {
		size  int
		skill float64
	}{{3, 25}, {5, 25.1}, {1, 25.3}, {4, 25.4}} {
		w := Waiting{ID: fmt.Sprint(i), Since: noon.Add(-time.Duration(10-i) * time.Second)}
		for m := range party.size {
			w.Members = append(w.Members, Member{Player: fmt.Sprint(i, m), Skill: party.skill})
		}
		tickets = append(tickets, w)
	}
	out := Pass(r, tickets, nil, noon)
	if len(out.Matches) != 1 || len(out.Matches[0].Places) != 3 || out.Reasons[1].Cause == NotWaiting {
		t.Errorf("got %+v, want a match of the parties of three, one and four", out)
	}
}

func TestOldestTicketGoesFirst(t *testing.T) {
	r := mustRules(t, `{"teams": 2, "size": 1, "skill": 10}`)
	out := Pass(r, []Waiting{single("new", 11, 0), single("mid", 12, time.Second), single("old", 20, time.Minute)}, nil, noon)
	if len(out.Matches) != 1 || out.Reasons[0].Cause == NotWaiting {
		t.Errorf("got %+v, want old with mid, its nearest", out)
	}
}

func TestReasonsTellWhatIsMissing(t *testing.T) {
	because := func(name string, rules string, want Cause, tickets ...Waiting) {
		t.Helper()
		out := Pass(mustRules(t, rules), tickets, nil, noon)
		if got := out.Reasons[0]; got.Cause != want {
			t.Errorf("%s: got %v (%+v), want %v", name, got.Cause, got, want)
		}
	}
	with := func(w Waiting, change func(*Waiting)) Waiting { change(&w); return w }
	latency := func(ms int) func(*Waiting) { return func(w *Waiting) { w.Latency = map[string]int{"eu": ms} } }
	role := func(name string) func(*Waiting) { return func(w *Waiting) { w.Members[0].Roles = []string{name} } }
	maps := func(names ...string) func(*Waiting) {
		return func(w *Waiting) { w.Attributes = map[string][]string{"map": names} }
	}
	a, b := single("a", 10, 0), single("b", 30, 0)
	because("alone", `{"teams": 2, "size": 1}`, ByPlayers, a)
	because("another skill", `{"teams": 2, "size": 1, "skill": 5}`, BySkill, a, b)
	because("far away", `{"teams": 2, "size": 1, "regions": ["eu"], "latency_ms": 50, "widen": [{"after_s": 9, "latency_ms": 99}]}`,
		ByLatency, with(a, latency(80)), with(b, latency(20)))
	because("two healers", `{"teams": 1, "size": 2, "roles": [{"name": "healer", "count": 1}, {"name": "tank", "count": 1}]}`,
		ByRoles, with(a, role("healer")), with(b, role("healer")))
	because("no common map", `{"teams": 2, "size": 1, "attributes": [{"name": "map", "match": "common", "values": ["ice", "lava"]}]}`,
		ByAttributes, with(a, maps("ice")), with(b, maps("lava")))
	two := with(a, func(w *Waiting) { w.Members = append(w.Members, Member{Player: "c", Skill: 10}) })
	because("a pair and two halves", `{"teams": 2, "size": 2}`, ByParty, a, two, with(two, func(w *Waiting) { w.ID = "d" }))
	because("uneven", `{"teams": 2, "size": 1, "balance": 5}`, ByBalance, a, b)
}

func TestWaitingWidensTheLimits(t *testing.T) {
	r := mustRules(t, `{"teams": 2, "size": 1, "skill": 5, "widen": [{"after_s": 10, "skill": 15}, {"after_s": 30, "skill": 30}]}`)
	pair := func(waited time.Duration) Outcome {
		return Pass(r, []Waiting{single("a", 10, waited), single("b", 24, waited)}, nil, noon)
	}
	out := pair(9 * time.Second)
	if len(out.Matches) != 0 || !out.Reasons[0].Widens.Equal(noon.Add(time.Second)) {
		t.Errorf("after 9 s: %+v, want no match and a step in a second", out)
	}
	if out := pair(10 * time.Second); len(out.Matches) != 1 {
		t.Errorf("after 10 s: %+v, want a match", out)
	}
	// The one that has not waited keeps its narrow limits.
	if out := Pass(r, []Waiting{single("a", 10, time.Minute), single("b", 24, 0)}, nil, noon); len(out.Matches) != 0 {
		t.Errorf("old with new: %+v, want no match", out)
	}
}

func TestTeamsAreEven(t *testing.T) {
	r := mustRules(t, `{"teams": 2, "size": 3}`)
	var tickets []Waiting
	for i, skill := range []float64{30, 20, 19, 12, 11, 10} {
		tickets = append(tickets, single(fmt.Sprint(i), skill, 0))
	}
	out := Pass(r, tickets, nil, noon)
	sum := [2]float64{}
	for _, p := range out.Matches[0].Places {
		sum[p.Team] += tickets[p.Ticket].Skill()
	}
	if gap := math.Abs(sum[0] - sum[1]); gap > 2 {
		t.Errorf("teams of %v, want them within 2 of one another", sum)
	}
}

// Two parties whose skills differ by rounding alone are changed about for no longer than it may help.
func TestTeamsThatDifferByRoundingAreAMatch(t *testing.T) {
	r := mustRules(t, `{"teams": 2, "size": 3}`)
	var tickets []Waiting
	for i, skill := range []float64{0.10000000000000048, 0.1000000000000076} {
		w := single(fmt.Sprint(i), skill, time.Second)
		w.Members = slices.Repeat(w.Members, 3)
		tickets = append(tickets, w)
	}
	if out := Pass(r, tickets, nil, noon); len(out.Matches) != 1 {
		t.Errorf("got %+v, want one match", out)
	}
}

// Who has waited longest is in the first team, however strong: games give their teams names and sides by the number.
func TestTeamsAreNumberedByWaitingAndNotBySkill(t *testing.T) {
	r := mustRules(t, `{"teams": 2, "size": 1}`)
	for _, skill := range []float64{20, 30} {
		out := Pass(r, []Waiting{single("old", skill, time.Minute), single("new", 25, time.Second)}, nil, noon)
		if len(out.Matches) != 1 {
			t.Fatalf("got %+v, want one match", out)
		}
		for _, p := range out.Matches[0].Places {
			if p.Team != p.Ticket {
				t.Errorf("the ticket of %v, waiting as the %d. longest, is in team %d", skill, p.Ticket, p.Team)
			}
		}
	}
}

func TestRoomsAreFilledBeforeNewOnesAreMade(t *testing.T) {
	r := mustRules(t, `{"teams": 2, "size": 1, "skill": 5, "backfill": true}`)
	tickets := []Waiting{single("near", 21, 0), single("old", 22, time.Minute), single("far", 40, time.Hour)}
	openings := []Opening{{Room: "r", Skill: 20, Places: [][]string{{}, {""}}}}
	out := Pass(r, tickets, openings, noon)
	if len(out.Matches) != 1 || out.Matches[0].Opening != 0 ||
		out.Matches[0].Places[0].Ticket != 1 || out.Matches[0].Places[0].Team != 1 {
		t.Errorf("got %+v, want the older of the near ones in team 1 of the room", out.Matches)
	}
}
