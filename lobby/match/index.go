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
	steps   []limits // by the number of widening steps that count; infinite where something is not looked at
	regions int      // at least 1
	common  int      // attributes to be had in common
	crowds  crowds
	groups  map[string]int32

	// By ticket as given.
	facts   []fact
	latency []uint16 // regions for each ticket; empty without regions
	taken   []bool
	read    columns

	// By ticket as numbered.
	given  []int32 // the number of each ticket as it was given to the pass
	sorted columns
	more   []uint64 // of what members take, the words after the first; none for each ticket with few roles
	places []int32  // regions for each ticket: its entry there, 0 where there is none

	lists   []list   // by group*regions + region
	entries []entry  // of all lists, and one before and one after them
	live    []uint64 // a bit for each entry whose ticket is still there, and for those before and after
	dead    int      // entries whose ticket was taken

	ranks, spare []rank // to sort by
	counts       []int32
}

// columns are what tickets say that takes a varying number of words.
type columns struct {
	roles  []uint16 // Size.Max for each ticket, of its members in turn, a bit for each role
	shared []uint64 // common for each ticket, a bit for each value
}

// fact is one ticket.
type fact struct {
	skill   float64
	regions uint32 // those near enough
	group   int32
	number  int32
	size    uint8
	step    uint8
}

// list is a part of entries.
type list struct{ from, to int32 }

// entry is a ticket in a list. The next ones are found by their bits and not by links: where they are is known before they are read.
type entry struct {
	skill      float64
	shared     uint64 // values of the first attribute to be had in common; all bits without any
	need       uint64 // of roles: see crowds
	ticket     int32
	roles      uint16 // those that any of its members takes; all bits without roles
	size, step uint8
}

// reset makes the index of other tickets, in the memory that x has.
func (x *index) reset(rules *Rules, tickets []Waiting, now time.Time) {
	x.rules, x.regions, x.common, x.dead = rules, max(1, len(rules.Regions)), 0, 0
	x.steps = append(x.steps[:0], rules.limits())
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
	for i := range rules.Attributes {
		if rules.Attributes[i].Match == "common" {
			x.common++
		}
	}
	x.crowds.reset(rules.Roles)
	if x.groups == nil {
		x.groups = map[string]int32{}
	}
	x.gather(tickets, now)
	x.sort()
	x.link()
}

// forget lets go of what belongs to the caller.
func (x *index) forget() {
	x.rules = nil
	clear(x.groups)
}

// gather reads the tickets in the order in which they were given.
func (x *index) gather(tickets []Waiting, now time.Time) {
	most := x.rules.Size.Max
	x.facts, x.taken = resized(x.facts, len(tickets)), zeroed(x.taken, len(tickets))
	x.read.roles, x.read.shared = resized(x.read.roles, len(tickets)*most), x.read.shared[:0]
	x.latency = x.latency[:0]
	for i := range tickets {
		w := &tickets[i]
		f := w.facts
		if f == nil || f.rules != x.rules {
			f = x.rules.read(w)
			w.facts = f
		}
		step, _ := x.rules.stepAt(now.Sub(w.Since))
		x.facts[i] = fact{
			skill: f.skill, regions: f.near(x.steps[step].latency), group: x.group(f.key), size: uint8(len(f.roles)), step: uint8(step),
		}
		x.latency = append(x.latency, f.latency...)
		copy(x.read.roles[i*most:], f.roles)
		x.read.shared = append(x.read.shared, f.shared...)
	}
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

// sort numbers the tickets, by group, skill and the order in which they were given.
func (x *index) sort() {
	most, n := x.rules.Size.Max, len(x.facts)
	x.rank()
	x.given = resized(x.given, n)
	x.sorted.roles, x.sorted.shared = resized(x.sorted.roles, n*most), resized(x.sorted.shared, n*x.common)
	for i := range x.ranks {
		given := int(x.ranks[i].given)
		f := &x.facts[given]
		x.given[i], f.number = int32(given), int32(i)
		copy(x.sorted.roles[i*most:], x.read.roles[given*most:][:f.size])
		copy(x.sorted.shared[i*x.common:], x.read.shared[given*x.common:][:x.common])
	}
}

// link makes the lists.
func (x *index) link() {
	x.lists = zeroed(x.lists, len(x.groups)*x.regions)
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
	x.entries = resized(x.entries, int(total)+2)
	x.entries[0], x.entries[total+1] = entry{}, entry{}
	x.live = resized(x.live, int(total+1)/64+1)
	x.enliven()
	x.places = zeroed(x.places, len(x.facts)*x.regions)
	x.more = x.more[:0]
	for n, given := range x.given {
		i, f := int32(n), &x.facts[given]
		e := entry{skill: f.skill, shared: math.MaxUint64, ticket: i, roles: math.MaxUint16, size: f.size, step: f.step}
		if x.common > 0 {
			e.shared = x.masks(i)[0]
		}
		if len(x.rules.Roles) > 0 {
			members := x.members(i, f.size)
			e.roles = 0
			for _, mask := range members {
				e.roles |= mask
			}
			if need := x.crowds.sum(members); x.crowds.words > 0 {
				e.need, x.more = need[0], append(x.more, need[1:x.crowds.words]...)
			}
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
	for _, at := range x.places[int(ticket)*x.regions:][:x.regions] {
		if at != 0 {
			x.live[at/64] &^= 1 << (at % 64)
			x.dead++
		}
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

func (x *index) masks(ticket int32) []uint64 {
	return x.sorted.shared[int(ticket)*x.common:][:x.common]
}

// rest is the words of what the members of a ticket take, after the first.
func (x *index) rest(ticket int32) []uint64 {
	n := max(0, x.crowds.words-1)
	return x.more[int(ticket)*n:][:n]
}

// members are the roles that each of so many members of a ticket takes.
func (x *index) members(ticket int32, size uint8) []uint16 {
	return x.sorted.roles[int(ticket)*x.rules.Size.Max:][:size]
}
