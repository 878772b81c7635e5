package match

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// index is the tickets of a pass in the form in which they are compared: words instead of names, and for each group of tickets
// that may meet at all, and each region, a list in the order of skill. Tickets are numbered anew, by group and skill: those that
// are compared with one another then lie beside one another in memory, which is what a pass over many tickets takes its time for.
type index struct {
	rules   *Rules
	given   []int32  // the number of each ticket as it was given to the pass
	steps   []limits // by the number of widening steps that count
	regions int      // at least 1
	common  []int    // indices into rules.Attributes of those to be had in common
	facts   []fact
	roles   []uint16 // of the members of all tickets, a bit for each role
	shared  []uint64 // len(common) for each ticket, a bit for each value
	groups  map[string]int32
	lists   []list // by group*regions + region
	entries []int32
	links   []link // by ticket*regions + region
}

// fact is one ticket.
type fact struct {
	skill   float64
	regions uint32 // those near enough
	group   int32
	members int32 // offset into roles
	size    uint8
	step    uint8
	taken   bool
}

// list is a part of entries.
type list struct{ from, to int32 }

// link names the neighbours of a ticket in a list, -1 at the ends. A ticket that was taken keeps its links: they lead on to those
// that are still there.
type link struct{ prev, next int32 }

func newIndex(rules *Rules, tickets []Waiting, now time.Time) *index {
	x := &index{rules: rules, regions: max(1, len(rules.Regions)), groups: map[string]int32{}}
	x.steps = append(x.steps, rules.limits())
	for _, s := range rules.Widen {
		x.steps = append(x.steps, x.steps[len(x.steps)-1].widened(s))
	}
	for i, a := range rules.Attributes {
		if a.Match == "common" {
			x.common = append(x.common, i)
		}
	}
	members := x.sort(tickets)
	x.roles = make([]uint16, 0, members)
	x.shared = make([]uint64, 0, len(tickets)*len(x.common))
	for i, given := range x.given {
		x.read(i, &tickets[given], now)
	}
	x.link()
	return x
}

// sort numbers the tickets and returns how many players they have.
func (x *index) sort(tickets []Waiting) (members int) {
	facts := make([]fact, len(tickets))
	x.given = make([]int32, len(tickets))
	var key []byte
	for i := range tickets {
		x.given[i] = int32(i)
		key = x.groupKey(tickets[i].Attributes, key[:0])
		group, ok := x.groups[string(key)]
		if !ok {
			group = int32(len(x.groups))
			x.groups[string(key)] = group
		}
		facts[i] = fact{skill: tickets[i].Skill(), group: group}
		members += len(tickets[i].Members)
	}
	slices.SortFunc(x.given, func(a, b int32) int {
		fa, fb := &facts[a], &facts[b]
		switch {
		case fa.group != fb.group:
			return cmp.Compare(fa.group, fb.group)
		case fa.skill != fb.skill:
			return cmp.Compare(fa.skill, fb.skill)
		}
		return cmp.Compare(a, b)
	})
	x.facts = make([]fact, len(tickets))
	for i, given := range x.given {
		x.facts[i] = facts[given]
	}
	return members
}

// read fills in the other facts of a ticket.
func (x *index) read(i int, w *Waiting, now time.Time) {
	f := &x.facts[i]
	step, _ := x.rules.stepAt(now.Sub(w.Since))
	f.size, f.step = uint8(len(w.Members)), uint8(step)
	f.regions = x.near(w.Latency, x.steps[step].latency)
	f.members = int32(len(x.roles))
	for m := range w.Members {
		x.roles = append(x.roles, x.roleMask(w.Members[m].Roles))
	}
	for _, a := range x.common {
		x.shared = append(x.shared, valueMask(&x.rules.Attributes[a], w.Attributes))
	}
}

// near is the set of regions within a latency.
func (x *index) near(latency map[string]int, most int) uint32 {
	if len(x.rules.Regions) == 0 {
		return 1
	}
	var set uint32
	for r, name := range x.rules.Regions {
		if ms, ok := latency[name]; ok && ms <= most {
			set |= 1 << r
		}
	}
	return set
}

// roleMask is the set of roles that a player takes.
func (x *index) roleMask(names []string) uint16 {
	if len(names) == 0 {
		return 1<<len(x.rules.Roles) - 1
	}
	var set uint16
	for _, name := range names {
		for r := range x.rules.Roles {
			if x.rules.Roles[r].Name == name {
				set |= 1 << r
			}
		}
	}
	return set
}

func valueMask(a *AttributeRule, has map[string][]string) uint64 {
	var set uint64
	for _, v := range has[a.Name] {
		if i := slices.Index(a.Values, v); i >= 0 {
			set |= 1 << i
		}
	}
	return set
}

// groupKey spells out the attributes that must be equal. Tickets whose keys differ never meet.
func (x *index) groupKey(has map[string][]string, key []byte) []byte {
	for i := range x.rules.Attributes {
		a := &x.rules.Attributes[i]
		if a.Match != "equal" {
			continue
		}
		values := has[a.Name]
		if len(values) > 1 && !slices.IsSorted(values) {
			values = slices.Sorted(slices.Values(values))
		}
		key = append(key, byte(len(values)))
		for _, v := range values {
			key = append(key, byte(len(v)))
			key = append(key, v...)
		}
	}
	return key
}

// link makes the lists.
func (x *index) link() {
	x.lists = make([]list, len(x.groups)*x.regions)
	total := int32(0)
	for i := range x.facts {
		for set := x.facts[i].regions; set != 0; set &= set - 1 {
			x.lists[x.listOf(int32(i), bits.TrailingZeros32(set))].to++
			total++
		}
	}
	at := int32(0)
	for i := range x.lists {
		n := x.lists[i].to
		x.lists[i] = list{at, at}
		at += n
	}
	x.entries = make([]int32, total)
	x.links = make([]link, len(x.facts)*x.regions)
	for n := range x.facts {
		i := int32(n)
		for set := x.facts[i].regions; set != 0; set &= set - 1 {
			r := bits.TrailingZeros32(set)
			l := &x.lists[x.listOf(i, r)]
			prev := int32(-1)
			if l.to > l.from {
				prev = x.entries[l.to-1]
				x.at(prev, r).next = i
			}
			*x.at(i, r) = link{prev, -1}
			x.entries[l.to] = i
			l.to++
		}
	}
}

func (x *index) listOf(ticket int32, region int) int32 {
	return x.facts[ticket].group*int32(x.regions) + int32(region)
}

func (x *index) at(ticket int32, region int) *link { return &x.links[int(ticket)*x.regions+region] }

// take removes a ticket from all its lists.
func (x *index) take(ticket int32) {
	f := &x.facts[ticket]
	f.taken = true
	for set := f.regions; set != 0; set &= set - 1 {
		r := bits.TrailingZeros32(set)
		l := *x.at(ticket, r)
		if l.prev >= 0 {
			x.at(l.prev, r).next = l.next
		}
		if l.next >= 0 {
			x.at(l.next, r).prev = l.prev
		}
	}
}

// around returns the tickets on both sides of a skill in a list, -1 where there is none.
func (x *index) around(group int32, region int, skill float64) (below, above int32) {
	l := x.lists[int(group)*x.regions+region]
	part := x.entries[l.from:l.to]
	n, _ := slices.BinarySearchFunc(part, skill, func(i int32, s float64) int { return cmp.Compare(x.facts[i].skill, s) })
	below, above = -1, -1
	if n > 0 {
		below = x.left(part[n-1], region)
	}
	if n < len(part) {
		above = x.right(part[n], region)
	}
	return below, above
}

// left is the ticket itself or the next one below it that is still there.
func (x *index) left(ticket int32, region int) int32 {
	for ticket >= 0 && x.facts[ticket].taken {
		ticket = x.at(ticket, region).prev
	}
	return ticket
}

// right is left in the other direction.
func (x *index) right(ticket int32, region int) int32 {
	for ticket >= 0 && x.facts[ticket].taken {
		ticket = x.at(ticket, region).next
	}
	return ticket
}

func (x *index) limits(ticket int32) *limits { return &x.steps[x.facts[ticket].step] }

func (x *index) masks(ticket int32) []uint64 {
	return x.shared[int(ticket)*len(x.common):][:len(x.common)]
}

func (x *index) members(ticket int32) []uint16 {
	f := &x.facts[ticket]
	return x.roles[f.members:][:f.size]
}
