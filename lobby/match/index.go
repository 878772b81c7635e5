package match

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"
)

// index is the tickets of a pass in the form in which they are compared: words instead of names, and for each group of tickets
// that may meet at all, and each region, a list in the order of skill. The list entries carry what most comparisons ask for: tickets that
// are compared with one another lie beside one another in memory, which is what a pass over many takes its time for. All else is by the
// number of a ticket as it was given, which mostly is its age, and so the order in which a pass comes to it.
type index struct {
	rules   *Rules
	steps   []limits // by the number of widening steps that count; infinite where something is not looked at
	regions int      // at least 1
	common  int      // attributes to be had in common
	players int      // of all tickets
	crowds  crowds
	groups  map[string]int32

	// By ticket.
	facts   []fact
	taken   []bool
	places  []int32  // regions for each ticket: its entry there, 0 where there is none
	latency []uint16 // regions for each ticket; empty without regions
	roles   []uint16 // Size.Max for each ticket, of its members in turn, a bit for each role
	more    []uint64 // of what members take, the words after the first; none for each ticket with few roles
	shared  []uint64 // common for each ticket, a bit for each value

	lists   []list   // by group*regions + region
	entries []entry  // of all lists, and one before and one after them
	live    []uint64 // a bit for each entry whose ticket is still there, and for those before and after
	dead    int      // entries whose ticket was taken

	ranks, spare []rank // to sort by
	counts       []int32
}

// fact is one ticket.
type fact struct {
	entry          // the one that it has in each of its lists
	regions uint32 // those near enough
	group   int32
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
	x.rules, x.regions, x.common, x.players, x.dead = rules, max(1, len(rules.Regions)), 0, 0, 0
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
	x.rank()
	x.link()
}

// forget lets go of what belongs to the caller.
func (x *index) forget() {
	x.rules = nil
	clear(x.groups)
}

// gather reads the tickets in the order in which they were given.
func (x *index) gather(tickets []Waiting, now time.Time) {
	n, most := len(tickets), x.rules.Size.Max
	x.facts, x.taken = resized(x.facts, n), zeroed(x.taken, n)
	x.latency, x.shared = resized(x.latency, n*len(x.rules.Regions))[:0], resized(x.shared, n*x.common)[:0]
	x.roles, x.more = resized(x.roles, n*most), resized(x.more, n*max(0, x.crowds.words-1))[:0]
	for i := range tickets {
		w := &tickets[i]
		f := w.facts
		if f == nil || f.rules != x.rules {
			f = x.rules.read(w)
			w.facts = f
		}
		step, _ := x.rules.stepAt(now.Sub(w.Since))
		e := entry{
			skill: f.skill, shared: math.MaxUint64, ticket: int32(i), roles: math.MaxUint16, size: uint8(len(f.roles)), step: uint8(step),
		}
		if x.common > 0 {
			e.shared = f.shared[0]
			x.shared = append(x.shared, f.shared...)
		}
		if len(x.rules.Roles) > 0 {
			e.roles = 0
			for _, mask := range f.roles {
				e.roles |= mask
			}
			if x.crowds.words > 0 {
				need := x.crowds.sum(f.roles)
				e.need, x.more = need[0], append(x.more, need[1:x.crowds.words]...)
			}
		}
		x.latency = append(x.latency, f.latency...)
		copy(x.roles[i*most:], f.roles)
		x.players += len(f.roles)
		x.facts[i] = fact{entry: e, regions: f.near(x.steps[step].latency), group: x.group(f.key)}
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
	for i := range x.ranks {
		n := int(x.ranks[i].ticket)
		f := &x.facts[n]
		for set := f.regions; set != 0; set &= set - 1 {
			r := bits.TrailingZeros32(set)
			l := &x.lists[x.listOf(f, r)]
			x.entries[l.to] = f.entry
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
	x.taken[ticket] = true
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
	return x.shared[int(ticket)*x.common:][:x.common]
}

// rest is the words of what the members of a ticket take, after the first.
func (x *index) rest(ticket int32) []uint64 {
	n := max(0, x.crowds.words-1)
	return x.more[int(ticket)*n:][:n]
}

// members are the roles that each of so many members of a ticket takes.
func (x *index) members(ticket int32, size uint8) []uint16 {
	return x.roles[int(ticket)*x.rules.Size.Max:][:size]
}
