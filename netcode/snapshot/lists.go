package snapshot

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

// room gives l place for n. How many rows a client sees changes in every tick, and lists go from one client to another: with what is
// just enough one of a thousand would be too small in every tick, for minutes.
func (l *list) room(n int) []known {
	const most = 256 // rows to spare
	if cap(l.known) < n {
		l.known = make([]known, n+min(n, most))
	}
	return l.known[:n]
}

// lists has those lists of a room that nobody uses, by table. The one that was given back last is taken first: it is still in the
// processor's cache. What a View has that nobody encodes for any more is the garbage collector's.
type lists struct {
	free [][]*list
}

// maxFree is how many are kept per table. As many clients may get out of step in one tick, and none is allocated.
const maxFree = 64

// take gives an empty list with one user.
func (p *lists) take(table int) *list {
	for len(p.free) <= table {
		p.free = append(p.free, nil)
	}
	of := p.free[table]
	if len(of) == 0 {
		return &list{users: 1}
	}
	l := of[len(of)-1]
	p.free[table] = of[:len(of)-1]
	l.known, l.users = l.known[:0], 1
	return l
}

// drop is called by a user that does not need l any more.
func (p *lists) drop(table int, l *list) {
	if l == nil {
		return
	}
	if l.users--; l.users == 0 && len(p.free[table]) < maxFree {
		p.free[table] = append(p.free[table], l)
	}
}
