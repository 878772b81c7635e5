package match

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// Pass puts waiting tickets into matches. It is a pure function: the same arguments give the same outcome, nothing is kept, and a
// ticket is in one match at most. Every ticket must have passed Rules.Check.
//
// Running rooms are filled first, then matches are made around one ticket after another, the one that has waited longest first. Around
// it those of the nearest skill are gathered in each region that suits it, its best region first, and the first match that all its
// tickets' limits allow is made. A larger match goes before a smaller one.
func Pass(rules *Rules, tickets []Waiting, openings []Opening, now time.Time) Outcome {
	return new(Matcher).Pass(rules, tickets, openings, now)
}

type pass struct {
	x       *index
	tickets []Waiting
	now     time.Time
	shapes  []shape // the largest first
	order   []int32 // tickets, by age
	draft   draft
	out     Outcome
	places  []Place  // of the matches, one after another, with room for all tickets
	roles   []string // likewise, with room for all players
}

// appendShapes appends the shapes that any ticket may be in.
func appendShapes(all []shape, steps []limits) []shape {
	widest, rules := &steps[len(steps)-1], &steps[0]
	for t := widest.teams; t <= rules.teamsMax; t++ {
		for s := widest.size; s <= rules.sizeMax; s++ {
			if t*s >= 2 {
				all = append(all, shape{t, s, stepsFor(steps, t, s)})
			}
		}
	}
	slices.SortFunc(all, func(a, b shape) int {
		return cmp.Or(cmp.Compare(b.players(), a.players()), cmp.Compare(b.teams, a.teams))
	})
	return all
}

// older orders tickets, the one that has waited longest first.
func (p *pass) older(a, b int32) int {
	return cmp.Or(p.tickets[a].Since.Compare(p.tickets[b].Since), cmp.Compare(a, b))
}

// byAge returns the tickets, the one that has waited longest first.
func (p *pass) byAge() []int32 {
	p.order = resized(p.order, len(p.tickets))
	for i := range p.order {
		p.order[i] = int32(i)
	}
	if !slices.IsSortedFunc(p.order, p.older) { // a queue keeps its tickets in this order
		slices.SortFunc(p.order, p.older)
	}
	return p.order
}

// around makes a match with the anchor in it, or notes why there is none.
func (p *pass) around(anchor int32) {
	f := &p.x.facts[anchor]
	best := Reason{Cause: ByLatency, Found: f.size}
	lim := &p.x.steps[f.step]
	tried, most := false, 0
	for set := f.regions; set != 0; {
		region := p.nearest(anchor, set)
		set &^= 1 << region
		reach := MaxPlayers
		for i := range p.shapes {
			s := &p.shapes[i]
			if s.teams < lim.teams || s.size < lim.size || s.size < int(f.size) || s.players() > reach {
				continue
			}
			cause := p.try(anchor, region, s)
			if cause == NotWaiting {
				return
			}
			reach = p.draft.players
			if p.draft.players == s.players() {
				reach-- // it was full and could not be divided: a smaller one may
			}
			if !tried || p.draft.players > most {
				tried, most = true, p.draft.players
				best.Cause, best.Found = cause, uint8(p.draft.players)
				best.Blocked = p.draft.rejected[cause]
			}
		}
	}
	best.Needed = uint8(max(2, lim.teams*lim.size))
	since := p.tickets[anchor].Since
	if _, next := p.x.rules.stepAt(p.now.Sub(since)); next > 0 {
		best.Widens = since.Add(next)
	}
	p.out.Reasons[anchor] = best
}

// nearest is the region of a set to which a ticket has the least latency.
func (p *pass) nearest(ticket int32, set uint32) int {
	if set&(set-1) == 0 {
		return bits.TrailingZeros32(set)
	}
	best, least := -1, uint16(far)
	latency := p.x.latency[int(ticket)*p.x.regions:]
	for ; set != 0; set &= set - 1 {
		r := bits.TrailingZeros32(set)
		if ms := latency[r]; best < 0 || ms < least {
			best, least = r, ms
		}
	}
	return best
}

// try makes a match of one shape in one region, or says what was missing.
func (p *pass) try(anchor int32, region int, s *shape) Cause {
	d := &p.draft
	d.start(anchor, region, s)
	if len(d.tickets) == 0 {
		return ByRoles
	}
	if !d.gather(nearestFirst) && !p.slide(anchor, region, s) {
		for _, cause := range [...]Cause{BySkill, ByRoles, ByParty, ByAttributes} {
			if d.rejected[cause] > 0 {
				return cause
			}
		}
		return ByPlayers
	}
	if cause := d.divide(); cause != NotWaiting {
		return cause
	}
	p.conclude(region)
	return NotWaiting
}

// conclude takes the tickets of the draft into a match.
func (p *pass) conclude(region int) {
	d := &p.draft
	d.giveRoles()
	d.number()
	first := len(p.places)
	for i, ticket := range d.tickets {
		before := len(p.roles)
		p.roles = d.appendRoles(p.roles, i)
		p.places = append(p.places, Place{
			Ticket: int(ticket), Team: int(d.teams.of[i]), Roles: slices.Clip(p.roles[before:]),
		})
		p.x.take(ticket)
	}
	p.out.Matches = append(p.out.Matches, Match{
		Opening: -1, Region: p.regionName(region), Teams: d.shape.teams, Places: slices.Clip(p.places[first:]),
	})
}

// slide tries the other ways to gather after the nearest tickets were too far apart: they may lie on both sides of the anchor while
// enough lie on one. When none is full the draft says of itself what the first way had found.
func (p *pass) slide(anchor int32, region int, s *shape) bool {
	d := &p.draft
	if d.rejected[BySkill] == 0 {
		return false
	}
	below, above := d.crowd(s.players() - 1)
	if 1+below+above < s.players()/max(1, s.size) {
		return false // not even parties as large as teams would be enough
	}
	players, rejected := d.players, d.rejected
	for way := range below + 1 {
		d.start(anchor, region, s)
		if d.gather(way) {
			return true
		}
	}
	d.players, d.rejected = players, rejected
	return false
}

func (p *pass) regionName(region int) string {
	if len(p.x.rules.Regions) == 0 {
		return ""
	}
	return p.x.rules.Regions[region]
}
