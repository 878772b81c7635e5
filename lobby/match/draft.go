package match

import "math"

// looked is how many tickets are looked at for each player of a match before a pass gives up on it: enough to get past those that do
// not fit, and a bound on what a ticket that nobody fits can cost.
const looked = 6

// shape is a match of so many teams of so many players.
type shape struct{ teams, size int }

func (s shape) players() int { return s.teams * s.size }

// draft is a match in the making around one ticket, the anchor: the tickets nearest in skill that fit are added until it is full.
type draft struct {
	x     *index
	shape shape

	tickets  []int32
	sizes    [MaxPlayers + 1]uint8 // how many parties there are of each size
	players  int
	lo, hi   float64 // of skill
	window   float64 // the narrowest of the tickets'
	balance  float64 // likewise; infinite where it is not looked at
	masks    [MaxAttributes]uint64
	seats    roleSeats
	teams    teams
	rejected [len(causes)]uint16
}

// start begins a draft with its anchor.
func (d *draft) start(anchor int32, s shape) {
	d.shape, d.tickets, d.players = s, d.tickets[:0], 0
	d.sizes, d.rejected = [MaxPlayers + 1]uint8{}, [len(causes)]uint16{}
	d.window, d.balance = math.Inf(1), math.Inf(1)
	for i := range d.x.common {
		d.masks[i] = math.MaxUint64
	}
	if len(d.x.rules.Roles) > 0 {
		d.seats.reset(d.x.rules.Roles, s.teams)
	}
	d.lo, d.hi = d.x.facts[anchor].skill, d.x.facts[anchor].skill
	d.add(anchor) // an anchor alone always fits, except for roles of its own members
}

// nearestFirst is the way to gather that takes whoever is nearest; other ways are a number of tickets to take from below.
const nearestFirst = -1

// gather adds tickets of a region until the draft is full or nobody is left, and reports whether it is full. way is nearestFirst, or
// how many to take from below the anchor before the rest comes from above it.
func (d *draft) gather(anchor int32, region, way int) bool {
	below, above := d.x.at(anchor, region).prev, d.x.at(anchor, region).next
	for budget := looked * d.shape.players(); d.players < d.shape.players() && budget > 0; budget-- {
		down := above < 0 || below >= 0 && d.lo-d.x.facts[below].skill < d.x.facts[above].skill-d.hi
		if way != nearestFirst {
			if way == len(d.tickets)-1 {
				below = -1
			}
			down = below >= 0
		}
		var next int32
		switch {
		case below < 0 && above < 0:
			return false
		case down:
			next = below
			below = d.x.at(below, region).prev
		default:
			next = above
			above = d.x.at(above, region).next
		}
		if cause := d.offer(next); cause != NotWaiting {
			d.rejected[cause]++
		}
		// The next ones of a side are further away still.
		if below >= 0 && d.hi-d.x.facts[below].skill > d.window {
			d.rejected[BySkill]++
			below = -1
		}
		if above >= 0 && d.x.facts[above].skill-d.lo > d.window {
			d.rejected[BySkill]++
			above = -1
		}
	}
	return d.players == d.shape.players()
}

// crowd is how many tickets, each side counted up to a number, are within the anchor's own window.
func (d *draft) crowd(anchor int32, region, most int) (below, above int) {
	f, window := &d.x.facts[anchor], d.x.limits(anchor).skill
	for t := d.x.at(anchor, region).prev; t >= 0 && below < most && f.skill-d.x.facts[t].skill <= window; below++ {
		t = d.x.at(t, region).prev
	}
	for t := d.x.at(anchor, region).next; t >= 0 && above < most && d.x.facts[t].skill-f.skill <= window; above++ {
		t = d.x.at(t, region).next
	}
	return below, above
}

// offer adds a ticket, or says why it does not fit.
func (d *draft) offer(ticket int32) Cause {
	f := &d.x.facts[ticket]
	lim := d.x.limits(ticket)
	spread := max(d.hi, f.skill) - min(d.lo, f.skill)
	switch {
	case d.x.rules.Skill > 0 && (spread > lim.skill || spread > d.window):
		return BySkill
	case lim.teams > d.shape.teams || lim.size > d.shape.size:
		return ByPlayers
	case d.players+int(f.size) > d.shape.players():
		return ByParty
	}
	for i, m := range d.x.masks(ticket) {
		if d.masks[i]&m == 0 {
			return ByAttributes
		}
	}
	if f.size > 1 { // one player goes wherever there is room
		d.sizes[f.size]++
		fit := fits(&d.sizes, d.shape)
		d.sizes[f.size]--
		if !fit {
			return ByParty
		}
	}
	if !d.add(ticket) {
		return ByRoles
	}
	return NotWaiting
}

// add takes a ticket in, unless its members find no role.
func (d *draft) add(ticket int32) bool {
	f := &d.x.facts[ticket]
	if len(d.x.rules.Roles) > 0 && !d.seats.add(d.x.members(ticket)) {
		return false
	}
	lim := d.x.limits(ticket)
	if d.x.rules.Skill > 0 {
		d.window = min(d.window, lim.skill)
	}
	if d.x.rules.Balance > 0 {
		d.balance = min(d.balance, lim.balance)
	}
	d.lo, d.hi = min(d.lo, f.skill), max(d.hi, f.skill)
	for i, m := range d.x.masks(ticket) {
		d.masks[i] &= m
	}
	d.sizes[f.size]++
	d.players += int(f.size)
	d.tickets = append(d.tickets, ticket)
	return true
}

// fits says whether parties of these sizes can be put into the teams of a shape without dividing one.
func fits(sizes *[MaxPlayers + 1]uint8, s shape) bool {
	largest := s.size
	for largest > 1 && sizes[largest] == 0 {
		largest--
	}
	if largest <= 1 {
		return int(sizes[1]) <= s.players()
	}
	left := *sizes
	steps := maxSteps
	return fill(&left, s.teams, s.size, s.size, largest, &steps)
}

// maxSteps bounds the search for a way to put parties, or roles, into teams. Sizes that matchmaking knows need a few dozen steps.
const maxSteps = 2000

// fill puts parties into teams, one team after another, in each the largest first. room is what is left of the current team, of
// which no party larger than most may come any more.
func fill(left *[MaxPlayers + 1]uint8, teams, size, room, most int, steps *int) bool {
	if *steps--; *steps < 0 {
		return false
	}
	if teams == 0 {
		return empty(left, size)
	}
	for n := min(room, most); n > 0; n-- {
		if left[n] == 0 {
			continue
		}
		left[n]--
		if fill(left, teams, size, room-n, n, steps) {
			return true
		}
		left[n]++
	}
	// This team takes no more; parties of one always find a place later, so a team is left with room only for good reason.
	return fill(left, teams-1, size, size, size, steps)
}

func empty(left *[MaxPlayers + 1]uint8, size int) bool {
	for n := 1; n <= size; n++ {
		if left[n] != 0 {
			return false
		}
	}
	return true
}
