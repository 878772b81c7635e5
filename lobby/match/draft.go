package match

import "math"

// looked is how many tickets are looked at for each player of a match before a pass gives up on it: enough to get past those that do
// not fit, and a bound on what a ticket that nobody fits can cost.
const looked = 6

// shape is a match of so many teams of so many players.
type shape struct {
	teams, size int
	steps       uint32 // those whose tickets may be in such a match, a bit for each
}

// stepsFor is the steps of a shape.
func stepsFor(steps []limits, teams, size int) (set uint32) {
	for i := range steps {
		if steps[i].teams <= teams && steps[i].size <= size {
			set |= 1 << i
		}
	}
	return set
}

func (s shape) players() int { return s.teams * s.size }

// draft is a match in the making around one ticket, the anchor: the tickets nearest in skill that fit are added until it is full.
//
// Whatever keeps a ticket out of a draft keeps it out for good: the more there are in it, the less fits. What was found out about
// a size of party or a set of roles is therefore not asked twice.
type draft struct {
	x     *index
	at    int32 // the anchor's entry
	list  list  // where it is
	shape shape

	tickets []int32
	skill   [MaxPlayers]float64   // of each ticket
	size    [MaxPlayers]uint8     // likewise
	need    [MaxPlayers]uint64    // likewise
	parties [MaxPlayers + 1]uint8 // how many parties there are of each size
	players int
	groups  int     // parties of more than one
	lo, hi  float64 // of skill
	window  float64 // the narrowest of the tickets'
	balance float64 // likewise
	masks   [MaxAttributes]uint64
	vacant  counters  // of the roles of all teams
	seats   roleSeats // instead of them with many roles
	teams   teams

	// What a ticket must have one of to fit, a bit for each.
	steps uint32 // those whose tickets may be in a match of this shape
	sizes uint64 // of parties: 1 << (size-1)
	roles uint16
	fit   uint64 // the sizes for which room was found, as of the last ticket; of other sizes it is not known

	rejected [len(causes)]uint16
}

// start begins a draft with its anchor in a region.
func (d *draft) start(anchor int32, region int, s *shape) {
	x := d.x
	f := &x.facts[anchor]
	d.at, d.list = x.at(anchor, region), x.lists[x.listOf(f, region)]
	d.shape, d.tickets, d.players, d.groups = *s, d.tickets[:0], 0, 0
	d.parties, d.rejected = [MaxPlayers + 1]uint8{}, [len(causes)]uint16{}
	d.window, d.balance = math.Inf(1), math.Inf(1)
	d.steps, d.sizes, d.roles = s.steps, 1<<s.size-1, math.MaxUint16
	for i := range max(1, x.common) {
		d.masks[i] = math.MaxUint64
	}
	if x.crowds.words > 0 {
		d.vacant = x.crowds.vacant(s.teams)
	} else if len(x.rules.Roles) > 0 {
		d.seats.reset(x.rules.Roles, s.teams)
	}
	e := &x.entries[d.at]
	d.lo, d.hi = e.skill, e.skill
	d.add(e) // it always fits, except for roles of its own members
}

// nearestFirst is the way to gather that takes whoever is nearest; other ways are a number of tickets to take from below.
const nearestFirst = -1

// gather adds tickets until the draft is full or nobody is left, and reports whether it is full. way is nearestFirst, or
// how many to take from below the anchor before the rest comes from above it.
func (d *draft) gather(way int) bool {
	x, entries, list := d.x, d.x.entries, d.list
	below, above := x.down(d.at, list), x.up(d.at, list)
	for budget := looked * d.shape.players(); d.players < d.shape.players() && budget > 0; budget-- {
		if way == len(d.tickets)-1 {
			below = -1
		}
		var e *entry
		var spread float64
		switch {
		case below >= 0 && (above < 0 || way != nearestFirst || d.lo-entries[below].skill < entries[above].skill-d.hi):
			e = &entries[below]
			spread = d.hi - e.skill
			below = x.down(below, list)
		case above >= 0:
			e = &entries[above]
			spread = e.skill - d.lo
			above = x.up(above, list)
		default:
			return false
		}
		cause := BySkill
		if spread <= d.window && spread <= x.steps[e.step].skill {
			// Most do not fit, and why is as good as random: all the sets are looked at before there is one branch.
			lacks := lack(uint64(d.steps)&(1<<e.step), 1) | lack(d.sizes&(1<<(e.size-1)), 2) | lack(d.masks[0]&e.shared, 4) |
				lack(uint64(d.roles&e.roles), 8)
			if cause = keptOut[lacks&15]; lacks == 0 {
				cause = d.offer(e)
			}
		}
		if cause != NotWaiting {
			d.rejected[cause]++
		}
		// The next ones of a side are further away still.
		if below >= 0 && d.hi-entries[below].skill > d.window {
			d.rejected[BySkill]++
			below = -1
		}
		if above >= 0 && entries[above].skill-d.lo > d.window {
			d.rejected[BySkill]++
			above = -1
		}
	}
	return d.players == d.shape.players()
}

// crowd is how many tickets, each side counted up to a number, are within the anchor's own window.
func (d *draft) crowd(most int) (below, above int) {
	x, anchor := d.x, &d.x.entries[d.at]
	window := x.steps[anchor.step].skill
	for at := x.down(d.at, d.list); at >= 0 && below < most && anchor.skill-x.entries[at].skill <= window; below++ {
		at = x.down(at, d.list)
	}
	for at := x.up(d.at, d.list); at >= 0 && above < most && x.entries[at].skill-anchor.skill <= window; above++ {
		at = x.up(at, d.list)
	}
	return below, above
}

// keptOut is the cause for each set of what a ticket lacks: 1 steps, 2 sizes, 4 values in common, 8 roles.
var keptOut = [16]Cause{
	NotWaiting, ByPlayers, ByParty, ByPlayers, ByAttributes, ByPlayers, ByParty, ByPlayers,
	ByRoles, ByPlayers, ByParty, ByPlayers, ByAttributes, ByPlayers, ByParty, ByPlayers,
}

// offer adds a ticket that lacks nothing that is known to keep it out, or says what does.
func (d *draft) offer(e *entry) Cause {
	switch {
	case d.x.common > 1 && !d.agrees(e.ticket):
		return ByAttributes
	case e.size > 1 && !d.fits(e.size): // one player goes wherever there is room
		return ByParty
	case !d.add(e):
		return ByRoles
	}
	return NotWaiting
}

// lack is bit when a set is empty.
func lack(set uint64, bit uint8) uint8 {
	var l uint8
	if set == 0 {
		l = bit
	}
	return l
}

// agrees says whether a ticket has a value in common with the draft in every attribute.
func (d *draft) agrees(ticket int32) bool {
	for i, m := range d.x.masks(ticket) {
		if d.masks[i]&m == 0 {
			return false
		}
	}
	return true
}

// fits says whether there is room for a party of a size.
func (d *draft) fits(size uint8) bool {
	bit := uint64(1) << (size - 1)
	if d.fit&bit == 0 {
		d.parties[size]++
		// Parties that have a team each need no search: those who are alone fill it up.
		if d.groups < d.shape.teams || fits(&d.parties, d.shape) {
			d.fit |= bit
		} else {
			d.sizes &^= bit
		}
		d.parties[size]--
	}
	return d.fit&bit != 0
}

// add takes a ticket in, unless its members find no role.
func (d *draft) add(e *entry) bool {
	if len(d.x.rules.Roles) > 0 && !d.seat(e) {
		return false
	}
	d.masks[0] &= e.shared
	if d.x.common > 1 {
		for i, m := range d.x.masks(e.ticket) {
			d.masks[i] &= m
		}
	}
	lim := &d.x.steps[e.step]
	d.window, d.balance = min(d.window, lim.skill), min(d.balance, lim.balance)
	d.lo, d.hi = min(d.lo, e.skill), max(d.hi, e.skill)
	n := len(d.tickets)
	d.skill[n], d.size[n], d.need[n] = e.skill, e.size, e.need
	d.parties[e.size]++
	d.players += int(e.size)
	if e.size > 1 {
		d.groups++
	}
	d.tickets = append(d.tickets, e.ticket)
	d.sizes &= 1<<(d.shape.players()-d.players) - 1
	d.fit = 0
	return true
}

// seat says whether the members of a ticket find roles, and if so notes that they have them.
func (d *draft) seat(e *entry) bool {
	c := &d.x.crowds
	if c.words > 0 {
		if !c.admit(&d.vacant, e.need, d.x.rest(e.ticket)) {
			return false
		}
		d.roles = c.within(&d.vacant)
		return true
	}
	if !d.seats.add(d.x.members(e.ticket, e.size)) {
		return false
	}
	d.roles = d.seats.within()
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
