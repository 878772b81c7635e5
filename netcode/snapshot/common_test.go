package snapshot

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Clients that see everything share what is common; those that missed messages or have a budget must still get their own.
func TestClientsOutOfStepGetTheirOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := testSchema()
		w := newWorld(rapid.Uint64().Draw(t, "seed"), s, rapid.IntRange(1, 40).Draw(t, "slots"))
		codec := Codec(rapid.IntRange(0, 1).Draw(t, "codec"))
		checksum := rapid.Bool().Draw(t, "checksum")
		var e Encoder
		var clients []*client
		for i := range maxCommon + 6 {
			c := newClient(s, codec, uint32(i%5))
			if i%4 == 3 {
				c.budget = rapid.IntRange(1, 400).Draw(t, "budget")
			}
			clients = append(clients, c)
		}
		for range 40 {
			w.tick()
			for i, c := range clients {
				switch {
				case i > 2 && w.rng.IntN(4) == 0:
					continue
				case w.rng.IntN(8) == 0:
					// Encoded, but the transport did not take it. What comes next may fit the budget or not.
					o := c.options(w.h, false)
					o.Budget = w.rng.IntN(200)
					e.AppendBody(nil, w.h, &c.v, o)
					continue
				}
				if _, err := c.next(&e, w.h, checksum); err != nil {
					t.Fatalf("tick %d client %d: %v", w.h.Tick(), i, err)
				}
				if err := c.check(w); err != nil {
					t.Fatalf("client %d: %v", i, err)
				}
			}
		}
	})
}

func TestClientsInStepShareWhatIsCommon(t *testing.T) {
	for _, codec := range []Codec{Plain, Packed} {
		w := newWorld(5, testSchema(), 60)
		var e Encoder
		var bodies [3][]byte
		clients := []*client{newClient(w.s, codec, 0), newClient(w.s, codec, 0), newClient(w.s, codec, 0)}
		for tick := range 40 {
			w.tick()
			for i, c := range clients {
				if i == 2 && tick == 20 {
					continue // misses a message
				}
				bodies[i] = e.AppendBody(bodies[i][:0], w.h, &c.v, c.options(w.h, false))
				c.v.Commit()
			}
			lists := 1
			if tick > 20 && tick < 23 { // then all three newest ticks are the others' again
				lists = 2
			}
			for table, made := range e.records[codec].common {
				if len(made) != lists {
					t.Fatalf("codec %d tick %d: table %d was written %d times, want %d", codec, tick, table, len(made), lists)
				}
			}
			if !bytes.Equal(bodies[0], bodies[1]) {
				t.Fatalf("codec %d tick %d: clients in step were sent different bodies", codec, tick)
			}
		}
	}
}
