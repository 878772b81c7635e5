package match

// teams divides the tickets of a full draft into teams that are as even as a simple rule makes them: the strongest goes to the weakest
// team that has room, and then parties change sides while that helps.
type teams struct {
	order []int             // indices into draft.tickets, the largest and strongest first
	of    [MaxPlayers]uint8 // the team of each ticket
	first [MaxPlayers]uint8 // the number, in its team's seats, of a ticket's first member
	count [MaxPlayers]int
	sum   [MaxPlayers]float64
	steps int

	// With roles. Whether players find any is counted first, because most divisions come to nothing.
	counted bool
	vacant  [MaxPlayers]counters // of each team, if counted
	seats   []roleSeats          // of each team, if not
}

// divide fills in the teams of the draft. It reports what kept it from doing so, NotWaiting when it did.
func (d *draft) divide() Cause {
	t, x := &d.teams, d.x
	d.rank()
	t.counted = x.crowds.words > 0
	if !d.partition() {
		if len(x.rules.Roles) > 0 {
			return ByRoles
		}
		return ByParty
	}
	// A few exchanges are enough. Their number has a bound because of teams that differ by no more than rounding: each exchange seems to
	// help, for ever.
	for n := 0; n < d.shape.players() && d.unevenness() > 0 && d.swap(); n++ {
	}
	if d.unevenness() > d.balance {
		return ByBalance
	}
	return NotWaiting
}

// giveRoles gives the players of a divided draft their roles: the search that has only counted them is made again, and goes the same way.
func (d *draft) giveRoles() {
	if d.teams.counted {
		d.teams.counted = false
		d.partition()
	}
}

// partition puts the tickets into teams.
func (d *draft) partition() bool {
	t, x := &d.teams, d.x
	t.steps = maxSteps
	for i := range d.shape.teams {
		t.count[i], t.sum[i] = 0, 0
		switch {
		case t.counted:
			t.vacant[i] = x.crowds.vacant(1)
		case len(x.rules.Roles) > 0:
			if i == len(t.seats) {
				t.seats = append(t.seats, roleSeats{})
			}
			t.seats[i].reset(x.rules.Roles, 1)
		}
	}
	return d.place(0)
}

// rank fills in the order, by insertion: there are few tickets, and it is done for each full draft.
func (d *draft) rank() {
	t := &d.teams
	t.order = t.order[:0]
	for i := range d.tickets {
		at := i
		t.order = append(t.order, i)
		for ; at > 0; at-- {
			o := t.order[at-1]
			if d.size[o] > d.size[i] || d.size[o] == d.size[i] && d.skill[o] >= d.skill[i] {
				break
			}
			t.order[at] = o
		}
		t.order[at] = i
	}
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
	var tried uint64
	for range d.shape.teams {
		team := d.weakest(int(d.size[i]), tried)
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
	t := &d.teams
	switch {
	case t.counted:
		if !d.x.crowds.admit(&t.vacant[team], d.need[i], d.x.rest(d.tickets[i])) {
			return false
		}
	case len(d.x.rules.Roles) > 0:
		t.first[i] = t.seats[team].n
		if !t.seats[team].add(d.x.members(d.tickets[i], d.size[i])) {
			return false
		}
	}
	t.of[i] = uint8(team)
	t.count[team] += int(d.size[i])
	t.sum[team] += d.skill[i] * float64(d.size[i])
	return true
}

// exit undoes the last enter of a team.
func (d *draft) exit(i, team int) {
	t := &d.teams
	switch {
	case t.counted:
		d.x.crowds.release(&t.vacant[team], d.need[i], d.x.rest(d.tickets[i]))
	case len(d.x.rules.Roles) > 0:
		t.seats[team].truncate(t.first[i])
	}
	t.count[team] -= int(d.size[i])
	t.sum[team] -= d.skill[i] * float64(d.size[i])
}

// unevenness is the distance between the means of the strongest and the weakest team.
func (d *draft) unevenness() float64 {
	sums := d.teams.sum[:d.shape.teams]
	lo, hi := sums[0], sums[0]
	for _, sum := range sums[1:] {
		lo, hi = min(lo, sum), max(hi, sum)
	}
	return (hi - lo) / float64(d.shape.size)
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
			if int(t.of[i]) != strong || int(t.of[j]) != weak || d.size[i] != d.size[j] {
				continue
			}
			left := gap - 2*(d.skill[i]-d.skill[j])*float64(d.size[i])
			if max(left, -left) < best {
				a, b, best = i, j, max(left, -left)
			}
		}
	}
	if a < 0 {
		return false
	}
	moved := (d.skill[a] - d.skill[b]) * float64(d.size[a])
	t.of[a], t.of[b] = uint8(weak), uint8(strong)
	t.sum[strong] -= moved
	t.sum[weak] += moved
	return true
}

// number makes the anchor's team the first. As they were filled, the first team would be that of the strongest ticket, which is
// nothing that a game should be told by a number.
func (d *draft) number() {
	t := &d.teams
	first := t.of[0]
	if first == 0 {
		return
	}
	for i := range d.tickets {
		switch t.of[i] {
		case first:
			t.of[i] = 0
		case 0:
			t.of[i] = first
		}
	}
	if len(d.x.rules.Roles) > 0 {
		t.seats[0], t.seats[first] = t.seats[first], t.seats[0]
	}
}

// appendRoles appends the roles of a ticket's members in their team, nothing without roles.
func (d *draft) appendRoles(names []string, i int) []string {
	if len(d.x.rules.Roles) == 0 {
		return names
	}
	seats := &d.teams.seats[d.teams.of[i]]
	for m := range int(d.size[i]) {
		names = append(names, d.x.rules.Roles[seats.role[int(d.teams.first[i])+m]].Name)
	}
	return names
}
