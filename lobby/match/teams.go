package match

import (
	"cmp"
	"slices"
)

// teams divides the tickets of a full draft into teams that are as even as a simple rule makes them: the strongest goes to the weakest
// team that has room, and then parties change sides while that helps.
type teams struct {
	order []int             // indices into draft.tickets, the largest and strongest first
	of    [MaxPlayers]uint8 // the team of each ticket
	first [MaxPlayers]uint8 // the number, in its team's seats, of a ticket's first member
	count [MaxPlayers]int
	sum   [MaxPlayers]float64
	seats []roleSeats // of each team; unused without roles
	steps int
}

// divide fills in the teams of the draft. It reports what kept it from doing so, NotWaiting when it did.
func (d *draft) divide() Cause {
	t, x := &d.teams, d.x
	t.order = t.order[:0]
	for i := range d.tickets {
		t.order = append(t.order, i)
	}
	slices.SortFunc(t.order, func(a, b int) int {
		fa, fb := &x.facts[d.tickets[a]], &x.facts[d.tickets[b]]
		return cmp.Or(cmp.Compare(fb.size, fa.size), cmp.Compare(fb.skill, fa.skill), cmp.Compare(a, b))
	})
	for i := range d.shape.teams {
		t.count[i], t.sum[i] = 0, 0
	}
	if len(x.rules.Roles) > 0 {
		for len(t.seats) < d.shape.teams {
			t.seats = append(t.seats, roleSeats{})
		}
		for i := range d.shape.teams {
			t.seats[i].reset(x.rules.Roles, 1)
		}
	}
	t.steps = maxSteps
	if !d.place(0) {
		if len(x.rules.Roles) > 0 {
			return ByRoles
		}
		return ByParty
	}
	for d.unevenness() > 0 && d.swap() {
	}
	if d.unevenness() > d.balance {
		return ByBalance
	}
	return NotWaiting
}

// place puts the n-th ticket of the order, and those after it, into teams.
func (d *draft) place(n int) bool {
	t := &d.teams
	if n == len(t.order) {
		return true
	}
	if t.steps--; t.steps < 0 {
		return false
	}
	i := t.order[n]
	f := &d.x.facts[d.tickets[i]]
	var tried uint64
	for range d.shape.teams {
		team := d.weakest(int(f.size), tried)
		if team < 0 {
			return false
		}
		tried |= 1 << team
		if !d.enter(i, team) {
			continue
		}
		if d.place(n + 1) {
			return true
		}
		d.exit(i, team)
		if t.count[team] == 0 {
			return false // an empty team is as good as another
		}
	}
	return false
}

// weakest is the team of the lowest sum, not tried yet, that has room for so many players; -1 when there is none.
func (d *draft) weakest(size int, tried uint64) int {
	t, best := &d.teams, -1
	for team := range d.shape.teams {
		if tried&(1<<team) != 0 || t.count[team]+size > d.shape.size {
			continue
		}
		if best < 0 || t.sum[team] < t.sum[best] {
			best = team
		}
	}
	return best
}

func (d *draft) enter(i, team int) bool {
	t, ticket := &d.teams, d.tickets[i]
	if len(d.x.rules.Roles) > 0 {
		t.first[i] = t.seats[team].n
		if !t.seats[team].add(d.x.members(ticket)) {
			return false
		}
	}
	f := &d.x.facts[ticket]
	t.of[i] = uint8(team)
	t.count[team] += int(f.size)
	t.sum[team] += f.skill * float64(f.size)
	return true
}

// exit undoes the last enter of a team.
func (d *draft) exit(i, team int) {
	t, f := &d.teams, &d.x.facts[d.tickets[i]]
	if len(d.x.rules.Roles) > 0 {
		t.seats[team].truncate(t.first[i])
	}
	t.count[team] -= int(f.size)
	t.sum[team] -= f.skill * float64(f.size)
}

// unevenness is the distance between the means of the strongest and the weakest team.
func (d *draft) unevenness() float64 {
	sums := d.teams.sum[:d.shape.teams]
	return (slices.Max(sums) - slices.Min(sums)) / float64(d.shape.size)
}

// swap exchanges the two parties of one size, of the strongest and the weakest team, that makes these two most even. It reports
// false when no exchange makes them evener.
func (d *draft) swap() bool {
	t := &d.teams
	if len(d.x.rules.Roles) > 0 || d.shape.size == 1 {
		return false // with roles the sides would have to be seated anew; alone there is nothing to exchange
	}
	strong, weak := 0, 0
	for team := range d.shape.teams {
		if t.sum[team] > t.sum[strong] {
			strong = team
		}
		if t.sum[team] < t.sum[weak] {
			weak = team
		}
	}
	gap := t.sum[strong] - t.sum[weak]
	a, b, best := -1, -1, gap*(1-1e-9)
	for i := range d.tickets {
		for j := range d.tickets {
			fi, fj := &d.x.facts[d.tickets[i]], &d.x.facts[d.tickets[j]]
			if int(t.of[i]) != strong || int(t.of[j]) != weak || fi.size != fj.size {
				continue
			}
			left := gap - 2*(fi.skill-fj.skill)*float64(fi.size)
			if max(left, -left) < best {
				a, b, best = i, j, max(left, -left)
			}
		}
	}
	if a < 0 {
		return false
	}
	moved := (d.x.facts[d.tickets[a]].skill - d.x.facts[d.tickets[b]].skill) * float64(d.x.facts[d.tickets[a]].size)
	t.of[a], t.of[b] = uint8(weak), uint8(strong)
	t.sum[strong] -= moved
	t.sum[weak] += moved
	return true
}

// appendRoles appends the roles of a ticket's members in their team, nothing without roles.
func (d *draft) appendRoles(names []string, i int) []string {
	if len(d.x.rules.Roles) == 0 {
		return names
	}
	seats := &d.teams.seats[d.teams.of[i]]
	for m := range int(d.x.facts[d.tickets[i]].size) {
		names = append(names, d.x.rules.Roles[seats.role[int(d.teams.first[i])+m]].Name)
	}
	return names
}
