package snapshot

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// crowd is a room of rows that never leave and that nobody can predict, in two tables of different priority.
type crowd struct {
	h     *History
	sizes [2]int
}

func newCrowd(sizes, pri [2]int) *crowd {
	s := &schema.Schema{Game: "crowd"}
	for i := range sizes {
		s.Tables = append(s.Tables, schema.Table{Record: schema.Record{Name: fmt.Sprint("t", i), Fields: []schema.Field{
			{Name: "x", Kind: schema.Uint, Bits: 16, Hi: 1<<16 - 1, Pri: uint8(pri[i])},
			{Name: "y", Kind: schema.Int, Bits: 16, Lo: -1 << 15, Hi: 1<<15 - 1, Lerp: true},
			{Name: "hp", Kind: schema.Uint, Bits: 8, Hi: 255},
		}}})
	}
	return &crowd{h: NewHistory(s, 32), sizes: sizes}
}

// row is what the row in a slot was at a tick.
func (c *crowd) row(tick uint32, table, slot int) [3]uint32 {
	v := (tick*31 + uint32(slot)) * 2654435761
	return [3]uint32{v >> 16, uint32(int32(v<<7) >> 16), (v >> 3) & 255}
}

func (c *crowd) tick() {
	c.h.Begin(c.h.Tick() + 1)
	for i, n := range c.sizes {
		for slot := range n {
			row := c.row(c.h.Tick(), i, slot)
			copy(c.h.Put(i, uint16(slot), 1), row[:])
		}
	}
}

// bound is that of Encoder.fit, of a row of a table when messages are at most gap ticks apart.
func (c *crowd) bound(table, gap, budget int) int {
	n, dearest := c.sizes[0]+c.sizes[1], leaveCost+enterCost(nil)
	for _, f := range c.h.schema.Tables[0].Fields {
		dearest += int(f.Bits) + 12 // a residual that has no Rice code, or is an element of msgpack
	}
	k := max(1, (8*budget-n)/dearest)
	p := c.h.schema.Tables[table].Priority()
	if other := c.h.schema.Tables[1-table].Priority(); p >= other || c.sizes[1-table] == 0 {
		return gap * (1 + (n-1+k-1)/k)
	}
	sum := 0
	for i, size := range c.sizes {
		sum += size * (p + c.h.schema.Tables[i].Priority())
	}
	return 2 * gap * (1 + (sum+p*k-1)/(p*k))
}

// Under a budget that fits a few rows only, whatever their priorities, each is sent within the bound, also when that is far longer than
// the history goes back; and what has never left the game never disappears.
func TestNothingStarvesOrDisappears(t *testing.T) {
	longest, bounds := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		sizes := [2]int{rapid.IntRange(1, 40).Draw(t, "many"), rapid.IntRange(0, 40).Draw(t, "others")}
		c := newCrowd(sizes, [2]int{rapid.IntRange(1, 3).Draw(t, "pri"), rapid.IntRange(1, 12).Draw(t, "other pri")})
		budget, gap := rapid.IntRange(1, 60).Draw(t, "budget"), rapid.IntRange(1, 3).Draw(t, "gap")
		if rapid.IntRange(0, 9).Draw(t, "stalls") == 0 {
			gap = 50 // longer than the history
		}
		wait := rapid.SliceOfN(rapid.IntRange(1, gap), 1, 20).Draw(t, "ticks between messages")
		cl := newClient(c.h.schema, Codec(rapid.IntRange(0, 1).Draw(t, "codec")), 0)
		cl.budget = budget
		var e Encoder
		var has [2][]bool
		has[0], has[1] = make([]bool, sizes[0]), make([]bool, sizes[1])
		for n := range 700 {
			for range wait[n%len(wait)] {
				c.tick()
			}
			if _, err := cl.next(&e, c.h, n%2 == 0); err != nil {
				t.Fatalf("tick %d: %v", c.h.Tick(), err)
			}
			for table := range sizes {
				at := make([]uint32, sizes[table])
				for i := range cl.d.Len(table) {
					ent := cl.d.At(table, i)
					slot := int(uint16(ent.ID))
					at[slot] = ent.At
					if row := c.row(ent.At, table, slot); !slices.Equal(ent.Row, row[:]) {
						t.Fatalf("tick %d table %d slot %d: the client has %v as of tick %d, which was %v", c.h.Tick(), table, slot, ent.Row, ent.At, row)
					}
				}
				bound := c.bound(table, gap, budget)
				for slot, tick := range at {
					if tick == 0 && has[table][slot] {
						t.Fatalf("tick %d table %d slot %d has disappeared", c.h.Tick(), table, slot)
					}
					has[table][slot] = tick != 0
					waited := int(c.h.Tick() - tick)
					if waited > bound {
						t.Fatalf("tick %d table %d slot %d: last sent at tick %d, %d ticks ago; the bound is %d", c.h.Tick(), table, slot, tick, waited, bound)
					}
					longest, bounds = max(longest, waited), max(bounds, bound)
				}
			}
		}
	})
	t.Logf("the longest wait was %d ticks; the longest bound %d", longest, bounds)
	if longest < 64 {
		t.Errorf("no row has waited for more than %d ticks: the history was never too short", longest)
	}
}
