package snapshot

import (
	"math/bits"
	"slices"
)

// list is what clients hold of one table. Those that hold the same share one: of a room in step nearly all do, and so a message
// costs each of them a pointer instead of a copy. It does not change while more than one has it.
type list struct {
	known []known
	users int // views and commons that have it
}

// share notes one more user.
func (l *list) share() *list {
	if l != nil {
		l.users++
	}
	return l
}

// entities is what is held; nil holds nothing.
func (l *list) entities() []known {
	if l == nil {
		return nil
	}
	return l.known
}

// lists has the lists of a room: those that nobody uses, and how many are used, by the number of entities that they have room for.
//
// How many rows a client sees changes in every tick, and lists go from one client to another. If they grew as needed, each of a
// thousand would have to have been with the client that sees the most, which takes minutes and costs the room the most for all. How
// many clients need a list of one size hardly changes: once there are so many, and some to spare, none is made any more.
type lists struct {
	sizes [listSizes]sized
}

// sized are the lists of one size.
type sized struct {
	free []*list // the one that was given back last is taken first: it is still in the processor's cache
	used int
}

const (
	leastList = 8 // entities in the smallest list
	// listSizes is the number of sizes: two to each doubling, from leastList to MaxSlots.
	listSizes = 2*(16-3) + 1
	// spareLists is how many may be free beyond as many as are used. So many clients may get out of step in one tick, and none is made.
	spareLists = 64
)

// sizeFor is the smallest size with room for n entities, and how many that is: 8, 12, 16, 24, 32, 48 and so on.
func sizeFor(n int) (size, room int) {
	if n <= leastList {
		return 0, leastList
	}
	doubled := bits.Len(uint(n - 1)) // 1<<doubled is enough, half of that is not
	size, room = 2*(doubled-3), 1<<doubled
	if less := room / 4 * 3; n <= less {
		return size - 1, less
	}
	return size, room
}

// take gives an empty list with one user and room for n entities. One that is larger is better than a new one.
func (p *lists) take(n int) *list {
	size, room := sizeFor(n)
	for from := size; ; from++ {
		if from == listSizes {
			p.sizes[size].grow(room)
			from = size
		}
		s := &p.sizes[from]
		if last := len(s.free) - 1; last >= 0 {
			l := s.free[last]
			s.free = s.free[:last]
			s.used++
			l.known, l.users = l.known[:0], 1
			return l
		}
	}
}

// grow makes a list, and as many more as a quarter of those in use: the more there are, the more their number varies.
func (s *sized) grow(room int) {
	n := 1 + s.used/4
	s.free = slices.Grow(s.free, s.used+n) // for the day on which nobody uses any
	for range n {
		s.free = append(s.free, &list{known: make([]known, 0, room)})
	}
}

// drop is called by a user that does not need l any more.
func (p *lists) drop(l *list) {
	if l == nil {
		return
	}
	if l.users--; l.users > 0 {
		return
	}
	size, _ := sizeFor(cap(l.known))
	s := &p.sizes[size]
	if s.used--; len(s.free) <= s.used+spareLists {
		s.free = append(s.free, l)
	}
}
