package snapshot

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Clients in step hold one list between them. One that gets out of step has its own, until the three newest ticks are again those of
// the others, and the list that it had then is used for what comes next.
func TestClientsInStepHoldOneList(t *testing.T) {
	const clients, table = 5, 1
	w := newWorld(5, testSchema(), 60)
	var e Encoder
	var all []*client
	for range clients {
		all = append(all, newClient(w.s, Packed, 0))
	}
	for tick := range 60 {
		w.tick()
		missed := tick % 20
		for i, c := range all {
			if i == 0 && tick >= 20 && missed == 0 {
				continue
			}
			if _, err := c.next(&e, w.h, true); err != nil {
				t.Fatalf("tick %d client %d: %v", tick, i, err)
			}
			if err := c.check(w); err != nil {
				t.Fatalf("tick %d client %d: %v", tick, i, err)
			}
		}
		theirs := all[1].v.tables[table].held
		apart := tick >= 20 && missed < 3
		if own := all[0].v.tables[table].held != theirs; own != apart {
			t.Fatalf("tick %d: client 0 has a list of its own: %v, want %v", tick, own, apart)
		}
		for i, c := range all[1:] {
			if c.v.tables[table].held != theirs {
				t.Fatalf("tick %d: client %d is in step and has a list of its own", tick, i+1)
			}
		}
	}
	inUse := func() (n int) {
		for i := range e.lists.sizes {
			n += e.lists.sizes[i].used
		}
		return n
	}
	// By table: what all hold, and what they held before the newest message.
	if n, most := inUse(), 2*len(w.s.Tables); n > most {
		t.Errorf("%d lists are in use, want at most %d", n, most)
	}
	for _, c := range all {
		c.v.Release()
	}
	w.tick() // what was common to the messages of a tick is given back with the next
	last := newClient(w.s, Packed, 0)
	if _, err := last.next(&e, w.h, true); err != nil {
		t.Fatal(err)
	}
	if n, most := inUse(), len(w.s.Tables); n > most {
		t.Errorf("%d lists are in use when all clients but one are gone, want at most %d", n, most)
	}
}

// Whatever clients hold and give back, a list is one client's and large enough, and all are counted.
func TestListsAreTakenByOneAndLargeEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p lists
		var held []*list
		var of [listSizes]int
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			if len(held) > 0 && rapid.IntRange(0, 2).Draw(t, "drop") == 0 {
				i := rapid.IntRange(0, len(held)-1).Draw(t, "which")
				size, _ := sizeFor(cap(held[i].known))
				of[size]--
				p.drop(held[i])
				held = slices.Delete(held, i, i+1)
				continue
			}
			n := rapid.IntRange(0, 300).Draw(t, "n")
			if rapid.IntRange(0, 20).Draw(t, "large") == 0 {
				n = rapid.IntRange(0, MaxSlots).Draw(t, "n")
			}
			l := p.take(n)
			room := cap(l.known)
			if room < n || len(l.known) != 0 || l.users != 1 || slices.Contains(held, l) {
				t.Fatalf("for %d: room for %d, %d in it, %d users, taken before: %v", n, room, len(l.known), l.users, slices.Contains(held, l))
			}
			size, exact := sizeFor(room)
			if exact != room {
				t.Fatalf("room for %d is of no size", room)
			}
			of[size]++
			held = append(held, l)
		}
		for i := range p.sizes {
			if p.sizes[i].used != of[i] || len(p.sizes[i].free) > of[i]+spareLists+1+of[i]/4 {
				t.Fatalf("size %d: %d are counted and %d free, %d are used", i, p.sizes[i].used, len(p.sizes[i].free), of[i])
			}
		}
	})
}

// A thousand clients of which each sees a little more or less in every tick are served without making a list, once it has gone on for
// a while: the one after the other has the one's list, as with clients of a room.
func TestListsOfClientsWhoseSightVariesZeroAlloc(t *testing.T) {
	const clients = 1000
	rng := rand.New(rand.NewPCG(1, 2))
	var p lists
	var held [clients]*list
	var sees [clients]int
	for i := range sees {
		sees[i] = 20 + rng.IntN(60)
	}
	tick := func() {
		for i := range held {
			sees[i] = min(max(20, sees[i]+rng.IntN(3)-1), 80)
			l := p.take(sees[i])
			p.drop(held[i])
			held[i] = l
		}
	}
	for range 600 { // half a minute
		tick()
	}
	if n := testing.AllocsPerRun(1, func() {
		for range 1200 {
			tick()
		}
	}); n != 0 {
		t.Errorf("%.0f allocations in a minute", n)
	}
}
