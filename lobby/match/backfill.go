package match

import "slices"

// backfill lets tickets into running rooms, those that have waited longest among those of about the room's skill.
func (p *pass) backfill(openings []Opening) {
	var near []int32
	for n := range openings {
		o := &openings[n]
		group, ok := p.x.groups[p.x.rules.groupKey(o.Attributes)]
		region := p.regionIndex(o.Region)
		if !ok || region < 0 {
			continue
		}
		near = p.x.nearOpening(near[:0], o, group, region)
		slices.SortFunc(near, p.older)
		m := Match{Opening: n, Region: o.Region, Teams: len(o.Places)}
		free := newVacancies(p.x.rules, o.Places)
		for _, ticket := range near {
			if team, roles := free.seat(p.x.members(ticket, p.x.facts[ticket].size)); team >= 0 {
				m.Places = append(m.Places, Place{Ticket: int(ticket), Team: team, Roles: roles})
				p.x.take(ticket)
			}
		}
		if len(m.Places) > 0 {
			p.out.Matches = append(p.out.Matches, m)
		}
	}
}

func (p *pass) regionIndex(name string) int {
	if len(p.x.rules.Regions) == 0 {
		return 0
	}
	return slices.Index(p.x.rules.Regions, name)
}

// nearOpening appends the tickets to which a room suits, of those that are nearest to its skill.
func (x *index) nearOpening(near []int32, o *Opening, group int32, region int) []int32 {
	free := 0
	for _, places := range o.Places {
		free += len(places)
	}
	has := x.rules.sharedMasks(o.Attributes)
	l := x.lists[int(group)*x.regions+region]
	below, above := x.around(l, o.Skill)
	for budget := looked * free; budget > 0 && (below >= 0 || above >= 0); budget-- {
		var e *entry
		if above < 0 || below >= 0 && o.Skill-x.entries[below].skill < x.entries[above].skill-o.Skill {
			e = &x.entries[below]
			below = x.down(below, l)
		} else {
			e = &x.entries[above]
			above = x.up(above, l)
		}
		if x.suits(e.ticket, o, has) {
			near = append(near, e.ticket)
		}
	}
	return near
}

func (x *index) suits(ticket int32, o *Opening, has []uint64) bool {
	f := &x.facts[ticket]
	if far := f.skill - o.Skill; max(far, -far) > x.steps[f.step].skill {
		return false
	}
	for i, m := range x.masks(ticket) {
		if m&has[i] == 0 {
			return false
		}
	}
	return true
}

// vacancies are the free places of a room. A party goes into one team.
type vacancies struct {
	rules *Rules
	teams []roleSeats // with roles
	free  []int
}

func newVacancies(rules *Rules, places [][]string) *vacancies {
	v := &vacancies{rules: rules, free: make([]int, len(places))}
	if len(rules.Roles) > 0 {
		v.teams = make([]roleSeats, len(places))
	}
	for team, names := range places {
		v.free[team] = min(len(names), MaxPlayers)
		for _, name := range names[:v.free[team]] {
			for r := range rules.Roles {
				if rules.Roles[r].Name == name {
					v.teams[team].places[r]++
				}
			}
		}
	}
	return v
}

// seat puts a party into the team with the most free places. It returns the team, -1 when no team can take the party, and a role
// for each member.
func (v *vacancies) seat(members []uint16) (team int, roles []string) {
	team = -1
	for i, free := range v.free {
		if free < len(members) || team >= 0 && free <= v.free[team] {
			continue
		}
		if v.teams != nil {
			before := v.teams[i].n
			if !v.teams[i].add(members) {
				continue
			}
			v.teams[i].truncate(before)
		}
		team = i
	}
	if team < 0 {
		return -1, nil
	}
	v.free[team] -= len(members)
	if v.teams == nil {
		return team, nil
	}
	// Others that were let in now keep the roles they were given: those places are no longer in the choice.
	s := &v.teams[team]
	s.add(members)
	for i := range members {
		r := s.role[i]
		roles = append(roles, v.rules.Roles[r].Name)
		s.places[r]--
	}
	s.truncate(0)
	return team, roles
}
