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
	common  int      // attributes to be had in common
	facts   []fact
	roles   []uint16 // of the members of all tickets, a bit for each role
	shared  []uint64 // common for each ticket as given, a bit for each value
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
	for _, a := range rules.Attributes {
		if a.Match == "common" {
			x.common++
		}
	}
	x.sort(x.read(tickets, now))
	x.link()
	return x
}

// read makes the facts of the tickets, in the order in which they were given.
func (x *index) read(tickets []Waiting, now time.Time) []fact {
	members := 0
	for i := range tickets {
		members += len(tickets[i].Members)
	}
	x.roles = make([]uint16, 0, members)
	x.shared = make([]uint64, 0, len(tickets)*x.common)
	read := make([]fact, len(tickets))
	for i := range tickets {
		w, f := &tickets[i], &read[i]
		if w.facts == nil || w.facts.rules != x.rules {
			w.facts = x.rules.read(w)
		}
		step, _ := x.rules.stepAt(now.Sub(w.Since))
		*f = fact{
			skill: w.facts.skill, regions: w.facts.near(x.steps[step].latency), group: x.group(w.facts.key),
			members: int32(len(x.roles)), size: uint8(len(w.Members)), step: uint8(step),
		}
		x.roles = append(x.roles, w.facts.roles...)
		x.shared = append(x.shared, w.facts.shared...)
	}
	return read
}

// group numbers the groups as they are seen first.
func (x *index) group(key string) int32 {
	group, ok := x.groups[key]
	if !ok {
		group = int32(len(x.groups))
		x.groups[key] = group
	}
	return group
}

// sort numbers the tickets.
func (x *index) sort(read []fact) {
	x.given = make([]int32, len(read))
	for i := range x.given {
		x.given[i] = int32(i)
	}
	slices.SortFunc(x.given, func(a, b int32) int {
		fa, fb := &read[a], &read[b]
		switch {
		case fa.group != fb.group:
			return cmp.Compare(fa.group, fb.group)
		case fa.skill != fb.skill:
			return cmp.Compare(fa.skill, fb.skill)
		}
		return cmp.Compare(a, b)
	})
	x.facts = make([]fact, len(read))
	for i, given := range x.given {
		x.facts[i] = read[given]
	}
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
	return x.shared[int(x.given[ticket])*x.common:][:x.common]
}

func (x *index) members(ticket int32) []uint16 {
	f := &x.facts[ticket]
	return x.roles[f.members:][:f.size]
}
