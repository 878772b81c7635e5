package match

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"
)

// index is the tickets of a pass in the form in which they are compared: words instead of names, and for each group of tickets
// that may meet at all, and each region, a list in the order of skill. Tickets are numbered anew, by group and skill, and the list
// entries carry what most comparisons ask for: those that are compared with one another then lie beside one another in memory,
// which is what a pass over many tickets takes its time for.
type index struct {
	rules   *Rules
	given   []int32  // the number of each ticket as it was given to the pass
	steps   []limits // by the number of widening steps that count; infinite where something is not looked at
	regions int      // at least 1
	common  int      // attributes to be had in common
	facts   []fact   // by ticket
	taken   []bool   // by ticket as given
	latency []uint16 // regions for each ticket as given; empty without regions
	roles   []uint16 // Size.Max for each ticket, of its members in turn, a bit for each role
	shared  []uint64 // common for each ticket, a bit for each value
	groups  map[string]int32
	lists   []list   // by group*regions + region
	entries []entry  // of all lists
	live    []uint64 // a bit for each entry whose ticket is still there, and one before and one after all of them
	places  []int32  // by ticket*regions + region: its entry there
	dead    int      // entries whose ticket was taken
}

// fact is one ticket.
type fact struct {
	skill   float64
	regions uint32 // those near enough
	group   int32
	size    uint8
	step    uint8
}

// list is a part of entries.
type list struct{ from, to int32 }

// entry is a ticket in a list. The next ones are found by their bits and not by links: where they are is known before they are read.
type entry struct {
	skill      float64
	shared     uint64 // values of the first attribute to be had in common; all bits without any
	ticket     int32
	roles      uint16 // those that any of its members takes; all bits without roles
	size, step uint8
}

func newIndex(rules *Rules, tickets []Waiting, now time.Time) *index {
	x := &index{rules: rules, regions: max(1, len(rules.Regions)), groups: map[string]int32{}}
	x.steps = append(x.steps, rules.limits())
	for _, s := range rules.Widen {
		x.steps = append(x.steps, x.steps[len(x.steps)-1].widened(s))
	}
	for i := range x.steps {
		if rules.Skill == 0 {
			x.steps[i].skill = math.Inf(1)
		}
		if rules.Balance == 0 {
			x.steps[i].balance = math.Inf(1)
		}
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
func (x *index) read(tickets []Waiting, now time.Time) (read []fact, roles []uint16, shared []uint64) {
	most := x.rules.Size.Max
	read, roles, shared = make([]fact, len(tickets)), make([]uint16, len(tickets)*most), make([]uint64, 0, len(tickets)*x.common)
	x.latency = make([]uint16, 0, len(tickets)*len(x.rules.Regions))
	for i := range tickets {
		w := &tickets[i]
		if w.facts == nil || w.facts.rules != x.rules {
			w.facts = x.rules.read(w)
		}
		step, _ := x.rules.stepAt(now.Sub(w.Since))
		read[i] = fact{
			skill: w.facts.skill, regions: w.facts.near(x.steps[step].latency), group: x.group(w.facts.key),
			size: uint8(len(w.facts.roles)), step: uint8(step),
		}
		x.latency = append(x.latency, w.facts.latency...)
		copy(roles[i*most:], w.facts.roles)
		shared = append(shared, w.facts.shared...)
	}
	return read, roles, shared
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
func (x *index) sort(read []fact, roles []uint16, shared []uint64) {
	type key struct {
		skill        float64
		group, given int32
	}
	keys := make([]key, len(read))
	for i := range read {
		keys[i] = key{read[i].skill, read[i].group, int32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		switch {
		case a.group != b.group:
			return int(a.group - b.group)
		case a.skill < b.skill:
			return -1
		case a.skill > b.skill:
			return 1
		}
		return int(a.given - b.given)
	})
	most := x.rules.Size.Max
	x.given, x.facts, x.taken = make([]int32, len(read)), make([]fact, len(read)), make([]bool, len(read))
	x.roles, x.shared = make([]uint16, len(roles)), make([]uint64, len(shared))
	for i := range keys {
		given := int(keys[i].given)
		x.given[i], x.facts[i] = keys[i].given, read[given]
		copy(x.roles[i*most:], roles[given*most:][:read[given].size])
		copy(x.shared[i*x.common:], shared[given*x.common:][:x.common])
	}
}

// players counts the members of all tickets.
func (x *index) players() (n int) {
	for i := range x.facts {
		n += int(x.facts[i].size)
	}
	return n
}

// link makes the lists.
func (x *index) link() {
	x.lists = make([]list, len(x.groups)*x.regions)
	total := int32(0)
	for i := range x.facts {
		f := &x.facts[i]
		for set := f.regions; set != 0; set &= set - 1 {
			x.lists[x.listOf(f, bits.TrailingZeros32(set))].to++
			total++
		}
	}
	at := int32(1)
	for i := range x.lists {
		n := x.lists[i].to
		x.lists[i] = list{at, at}
		at += n
	}
	x.entries = make([]entry, total+2)
	x.live = make([]uint64, (total+1)/64+1)
	x.enliven()
	x.places = make([]int32, len(x.facts)*x.regions)
	for n := range x.facts {
		i, f := int32(n), &x.facts[n]
		e := entry{skill: f.skill, shared: math.MaxUint64, ticket: i, size: f.size, step: f.step}
		if x.common > 0 {
			e.shared = x.masks(i)[0]
		}
		for _, roles := range x.members(i, f.size) {
			e.roles |= roles
		}
		if len(x.rules.Roles) == 0 {
			e.roles = math.MaxUint16
		}
		for set := f.regions; set != 0; set &= set - 1 {
			r := bits.TrailingZeros32(set)
			l := &x.lists[x.listOf(f, r)]
			x.entries[l.to] = e
			x.places[n*x.regions+r] = l.to
			l.to++
		}
	}
}

func (x *index) listOf(f *fact, region int) int32 { return f.group*int32(x.regions) + int32(region) }

// at is the entry of a ticket in the list of a region that suits it.
func (x *index) at(ticket int32, region int) int32 { return x.places[int(ticket)*x.regions+region] }

// take removes a ticket from all its lists.
func (x *index) take(ticket int32) {
	x.taken[x.given[ticket]] = true
	for set := x.facts[ticket].regions; set != 0; set &= set - 1 {
		at := x.at(ticket, bits.TrailingZeros32(set))
		x.live[at/64] &^= 1 << (at % 64)
		x.dead++
	}
}

// pack closes the gaps once half of the entries are dead, so that those that are left lie close together.
func (x *index) pack() {
	if x.dead <= len(x.entries)/2 {
		return
	}
	to := int32(1)
	for i := range x.lists {
		l := x.lists[i]
		x.lists[i].from = to
		for at := x.up(l.from-1, l); at >= 0; at = x.up(at, l) {
			x.entries[to] = x.entries[at]
			x.places[int(x.entries[at].ticket)*x.regions+i%x.regions] = to
			to++
		}
		x.lists[i].to = to
	}
	x.entries, x.live = x.entries[:to+1], x.live[:to/64+1]
	x.dead = 0
	x.enliven()
}

// enliven sets the bits of all entries.
func (x *index) enliven() {
	clear(x.live)
	for i := range x.entries {
		x.live[i/64] |= 1 << (i % 64)
	}
}

// around returns the entries on both sides of a skill in a list, -1 where there is none.
func (x *index) around(l list, skill float64) (below, above int32) {
	n, _ := slices.BinarySearchFunc(x.entries[l.from:l.to], skill, func(e entry, s float64) int { return cmp.Compare(e.skill, s) })
	at := l.from + int32(n)
	return x.down(at, l), x.up(at-1, l)
}

// down is the next entry of a list below a place, -1 when there is none.
func (x *index) down(at int32, l list) int32 {
	i := uint(at) / 64
	word := x.live[i] & (1<<(uint(at)%64) - 1)
	for word == 0 {
		i--
		word = x.live[i]
	}
	if at = int32(i*64+63) - int32(bits.LeadingZeros64(word)); at < l.from {
		return -1
	}
	return at
}

// up is down in the other direction.
func (x *index) up(at int32, l list) int32 {
	at++
	i := uint(at) / 64
	word := x.live[i] >> (uint(at) % 64) << (uint(at) % 64)
	for word == 0 {
		i++
		word = x.live[i]
	}
	if at = int32(i*64) + int32(bits.TrailingZeros64(word)); at >= l.to {
		return -1
	}
	return at
}

func (x *index) limits(ticket int32) *limits { return &x.steps[x.facts[ticket].step] }

func (x *index) masks(ticket int32) []uint64 { return x.shared[int(ticket)*x.common:][:x.common] }

// members are the roles that each of so many members of a ticket takes.
func (x *index) members(ticket int32, size uint8) []uint16 {
	return x.roles[int(ticket)*x.rules.Size.Max:][:size]
}
