package match

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// plain is the pass as it is defined, as plainly as it can be said: lists are sorted by comparison and walked from end to end, roles are
// tried out, and what was found out is asked again. Only teams are divided as the pass divides them.
type plain struct {
	rules   *Rules
	tickets []Waiting
	now     time.Time
	steps   []limits
	taken   []bool
	x       index // for draft.divide
	out     Outcome
}

// plainPass is the outcome by the definition, with the openings filled as out has filled them.
func plainPass(rules *Rules, tickets []Waiting, now time.Time, out Outcome) Outcome {
	p := &plain{rules: rules, tickets: tickets, now: now, taken: make([]bool, len(tickets))}
	p.x.reset(rules, tickets, now)
	p.x.crowds = crowds{} // in teams too, roles are tried out
	p.steps = p.x.steps
	p.out.Reasons = make([]Reason, len(tickets))
	for _, m := range out.Matches {
		if m.Opening >= 0 {
			p.out.Matches = append(p.out.Matches, m)
			for _, place := range m.Places {
				p.taken[place.Ticket] = true
			}
		}
	}
	order := make([]int, len(tickets))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return tickets[a].Since.Compare(tickets[b].Since) })
	for _, anchor := range order {
		if !p.taken[anchor] {
			p.around(anchor)
		}
	}
	for i, taken := range p.taken {
		if taken {
			p.out.Reasons[i] = Reason{}
		}
	}
	return p.out
}

func (p *plain) step(i int) int {
	n, _ := p.rules.stepAt(p.now.Sub(p.tickets[i].Since))
	return n
}

func (p *plain) near(i, region int) bool {
	return p.tickets[i].facts.near(p.steps[p.step(i)].latency)>>region&1 != 0
}

func (p *plain) around(anchor int) {
	lim, size := p.steps[p.step(anchor)], len(p.tickets[anchor].Members)
	best, tried, most := Reason{Cause: ByLatency, Found: uint8(size)}, false, 0
	var regions []int
	for region := range max(1, len(p.rules.Regions)) {
		if p.near(anchor, region) {
			regions = append(regions, region)
		}
	}
	if len(p.rules.Regions) > 0 {
		slices.SortStableFunc(regions, func(a, b int) int {
			return cmp.Compare(p.tickets[anchor].facts.latency[a], p.tickets[anchor].facts.latency[b])
		})
	}
	for _, region := range regions {
		reach := MaxPlayers
		for _, s := range appendShapes(nil, p.steps) {
			if s.teams < lim.teams || s.size < lim.size || s.size < size || s.players() > reach {
				continue
			}
			d, cause := p.try(anchor, region, s)
			if cause == NotWaiting {
				return
			}
			if reach = d.players; reach == s.players() {
				reach--
			}
			if !tried || d.players > most {
				tried, most = true, d.players
				best.Cause, best.Found, best.Blocked = cause, uint8(d.players), d.rejected[cause]
			}
		}
	}
	best.Needed = uint8(max(2, lim.teams*lim.size))
	if _, next := p.rules.stepAt(p.now.Sub(p.tickets[anchor].Since)); next > 0 {
		best.Widens = p.tickets[anchor].Since.Add(next)
	}
	p.out.Reasons[anchor] = best
}

// plainDraft is a draft; full says that it has all its players.
type plainDraft struct {
	p        *plain
	shape    shape
	tickets  []int
	players  int
	window   float64
	balance  float64
	unfit    [MaxPlayers + 1]bool // sizes of party for which there was no room
	rejected [len(causes)]uint16
}

func (p *plain) try(anchor, region int, s shape) (*plainDraft, Cause) {
	first := p.gather(anchor, region, s, nearestFirst)
	d := first
	if len(d.tickets) == 0 {
		return d, ByRoles
	}
	if d.players < s.players() && d.rejected[BySkill] > 0 {
		below, above := p.sides(anchor, region)
		within := func(side []int) (n int) {
			for n < min(len(side), s.players()-1) && math.Abs(p.skill(side[n])-p.skill(anchor)) <= p.steps[p.step(anchor)].skill {
				n++
			}
			return n
		}
		if n := within(below); 1+n+within(above) >= s.players()/s.size {
			for way := 0; way <= n && d.players < s.players(); way++ {
				d = p.gather(anchor, region, s, way)
			}
		}
	}
	if d.players < s.players() {
		for _, cause := range []Cause{BySkill, ByRoles, ByParty, ByAttributes} {
			if first.rejected[cause] > 0 {
				return first, cause
			}
		}
		return first, ByPlayers
	}
	return d, p.divide(d, region)
}

func (p *plain) skill(i int) float64 { return p.tickets[i].Skill() }

// sides are the tickets of a region below and above the anchor, of its group, the nearest first.
func (p *plain) sides(anchor, region int) (below, above []int) {
	key := p.tickets[anchor].facts.key
	for i := range p.tickets {
		if i == anchor || p.taken[i] || !p.near(i, region) || p.tickets[i].facts.key != key {
			continue
		}
		if c := cmp.Or(cmp.Compare(p.skill(i), p.skill(anchor)), cmp.Compare(i, anchor)); c < 0 {
			below = append(below, i)
		} else {
			above = append(above, i)
		}
	}
	order := func(a, b int) int { return cmp.Or(cmp.Compare(p.skill(a), p.skill(b)), cmp.Compare(a, b)) }
	slices.SortFunc(below, func(a, b int) int { return order(b, a) })
	slices.SortFunc(above, order)
	return below, above
}

func (p *plain) gather(anchor, region int, s shape, way int) *plainDraft {
	d := &plainDraft{p: p, shape: s, window: math.Inf(1), balance: math.Inf(1)}
	if !d.finds(p.tickets[anchor].facts.roles...) {
		return d
	}
	d.add(anchor)
	below, above := p.sides(anchor, region)
	lo, hi := p.skill(anchor), p.skill(anchor)
	for budget := looked * s.players(); d.players < s.players() && budget > 0; budget-- {
		if way == len(d.tickets)-1 {
			below = nil
		}
		if len(below)+len(above) == 0 {
			break
		}
		down := len(above) == 0 || len(below) > 0 && (way != nearestFirst || lo-p.skill(below[0]) < p.skill(above[0])-hi)
		side := &above
		if down {
			side = &below
		}
		next := (*side)[0]
		*side = (*side)[1:]
		spread := max(hi-p.skill(next), p.skill(next)-lo)
		if cause := d.offer(next, spread); cause != NotWaiting {
			d.rejected[cause]++
		} else {
			lo, hi = min(lo, p.skill(next)), max(hi, p.skill(next))
		}
		if len(below) > 0 && hi-p.skill(below[0]) > d.window {
			d.rejected[BySkill]++
			below = nil
		}
		if len(above) > 0 && p.skill(above[0])-lo > d.window {
			d.rejected[BySkill]++
			above = nil
		}
	}
	return d
}

func (d *plainDraft) offer(i int, spread float64) Cause {
	f, lim := d.p.tickets[i].facts, d.p.steps[d.p.step(i)]
	size := len(f.roles)
	agrees := func(attribute int) bool {
		common := f.shared[attribute]
		for _, t := range d.tickets {
			common &= d.p.tickets[t].facts.shared[attribute]
		}
		return common != 0
	}
	someRole := len(d.p.rules.Roles) == 0
	for _, mask := range f.roles {
		someRole = someRole || d.finds(mask)
	}
	switch {
	case spread > d.window || spread > lim.skill:
		return BySkill
	case lim.teams > d.shape.teams || lim.size > d.shape.size:
		return ByPlayers
	case size > d.shape.size || size > d.shape.players()-d.players || d.unfit[size]:
		return ByParty
	case len(f.shared) > 0 && !agrees(0):
		return ByAttributes
	case !someRole:
		return ByRoles
	}
	for attribute := 1; attribute < len(f.shared); attribute++ {
		if !agrees(attribute) {
			return ByAttributes
		}
	}
	var sizes [MaxPlayers + 1]uint8
	for _, t := range append(slices.Clip(d.tickets), i) {
		sizes[len(d.p.tickets[t].Members)]++
	}
	if !fits(&sizes, d.shape) {
		d.unfit[size] = true
		return ByParty
	}
	if !d.finds(f.roles...) {
		return ByRoles
	}
	d.add(i)
	return NotWaiting
}

// finds says whether more players find roles.
func (d *plainDraft) finds(roles ...uint16) bool {
	if len(d.p.rules.Roles) == 0 {
		return true
	}
	var seats roleSeats
	seats.reset(d.p.rules.Roles, d.shape.teams)
	for _, t := range d.tickets {
		seats.add(d.p.tickets[t].facts.roles)
	}
	return seats.add(roles)
}

func (d *plainDraft) add(i int) {
	lim := d.p.steps[d.p.step(i)]
	d.tickets = append(d.tickets, i)
	d.players += len(d.p.tickets[i].Members)
	d.window, d.balance = min(d.window, lim.skill), min(d.balance, lim.balance)
}

// divide makes a match of a full draft.
func (p *plain) divide(full *plainDraft, region int) Cause {
	d := &draft{x: &p.x, shape: full.shape, players: full.players, balance: full.balance}
	for n, i := range full.tickets {
		d.tickets = append(d.tickets, int32(i))
		d.skill[n], d.size[n] = p.skill(i), uint8(len(p.tickets[i].Members))
	}
	if cause := d.divide(); cause != NotWaiting {
		return cause
	}
	d.number()
	m := Match{Opening: -1, Teams: full.shape.teams}
	if len(p.rules.Regions) > 0 {
		m.Region = p.rules.Regions[region]
	}
	for n, i := range full.tickets {
		m.Places = append(m.Places, Place{Ticket: i, Team: int(d.teams.of[n]), Roles: d.appendRoles(nil, n)})
		p.taken[i] = true
	}
	p.out.Matches = append(p.out.Matches, m)
	return NotWaiting
}

// One Matcher makes all the passes, so that nothing of one is seen in another either.
func TestPassIsWhatItIsDefinedAs(t *testing.T) {
	m := new(Matcher)
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		var tickets []Waiting
		for i := range rapid.IntRange(0, 120).Draw(t, "tickets") {
			w := anyTicket(t, r, i)
			if err := r.Check(&w); err != nil {
				t.Fatal(err)
			}
			tickets = append(tickets, w)
		}
		var openings []Opening
		if r.Backfill {
			openings = anyOpenings(t, r)
		}
		out := m.Pass(r, tickets, openings, noon)
		if got, want := fmt.Sprintf("%+v", out), fmt.Sprintf("%+v", plainPass(r, tickets, noon, out)); got != want {
			t.Fatalf("got %s\nwant %s", got, want)
		}
	})
}
