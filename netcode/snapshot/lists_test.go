package snapshot

import "testing"

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
	for i, free := range e.lists.free {
		if len(free) == 0 || len(free) > 4 {
			t.Errorf("table %d: %d lists are free, want 1 to 4: those of the last ticks", i, len(free))
		}
	}
}
