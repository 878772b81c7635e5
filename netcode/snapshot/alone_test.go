package snapshot

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// twin is a client with two views of it: that of an encoder which serves many, and that of one which serves it alone.
type twin struct {
	shared, own View
	encoder     Encoder // of own
	options     Options // but Full and Visible
	misses      int     // so many of a hundred ticks bring it nothing
	sight       int     // 0, 1: it sees all; 2: every table is restricted; 3, 4: some are
}

func newTwin(random *rand.Rand) *twin {
	c := &twin{misses: random.IntN(4) * random.IntN(8), sight: random.IntN(5)}
	c.options = Options{Player: random.Uint32N(4), Codec: Codec(random.IntN(2)), Checksum: random.IntN(6) == 0}
	if random.IntN(3) == 0 {
		c.options.Budget = 1 + random.IntN(400)
	}
	return c
}

// look decides what the client may see of each table in this tick.
func (c *twin) look(random *rand.Rand, w *world) {
	c.options.Visible = nil
	if c.sight < 2 {
		return
	}
	c.options.Visible = make([][]uint16, len(w.h.schema.Tables))
	for k := range c.options.Visible {
		if c.sight > 2 && random.IntN(2) == 0 {
			continue
		}
		c.options.Visible[k] = []uint16{}
		for slot := range uint16(w.slots + 3) {
			if random.IntN(5) > 0 {
				c.options.Visible[k] = append(c.options.Visible[k], slot)
			}
		}
	}
}

// TestSharedWorkIsThatOfEachAlone: whatever an encoder has made for others, what a client gets is byte for byte what an encoder makes that
// serves it alone: nothing of another's rights, baseline or budget is in it.
func TestSharedWorkIsThatOfEachAlone(t *testing.T) {
	wholes, commons, partials := 0, 0, 0
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 7))
		s := testSchema()
		if seed%2 == 1 { // without the field for owners whole bodies are shared among players too
			s.Tables[1].Fields = s.Tables[1].Fields[:9]
		}
		w := newWorld(seed, s, 4+random.IntN(70))
		var e Encoder
		clients := make([]*twin, 1+random.IntN(30))
		for i := range clients {
			clients[i] = newTwin(random)
		}
		for range 120 {
			w.tick()
			for i, c := range clients {
				switch random.IntN(100) {
				case 0:
					c = newTwin(random)
					clients[i] = c
				case 1, 2:
					c.sight = random.IntN(5)
				case 3, 4:
					c.options.Budget = random.IntN(3) * random.IntN(300)
				}
				if random.IntN(100) < c.misses {
					continue
				}
				c.look(random, w)
				c.options.Full = c.shared.NeedsFull(w.h)
				for range 1 + random.IntN(12)/11 { // some messages are refused by the transport and made anew
					got := e.AppendBody(nil, w.h, &c.shared, c.options)
					want := c.encoder.AppendBody(nil, w.h, &c.own, c.options)
					if !bytes.Equal(got, want) {
						t.Fatalf("seed %d, tick %d, client %d, %+v:\n%x, alone\n%x", seed, w.h.tick, i, c.options, got, want)
					}
					if e.wholes[c.options.Codec].tick == w.h.tick && bytes.Equal(got, e.wholes[c.options.Codec].body) {
						wholes++
					}
					for k := range e.drafts[:len(s.Tables)] {
						if e.drafts[k].common != nil {
							commons++
						}
					}
					if c.shared.pendingLimited {
						partials++
					}
				}
				if random.IntN(100) < 93 {
					c.shared.Commit()
					c.own.Commit()
				}
			}
		}
	}
	if wholes < 1000 || commons < 10_000 || partials < 1000 {
		t.Errorf("shared: %d bodies, %d tables; partial: %d: too few for the test to mean anything", wholes, commons, partials)
	}
}
