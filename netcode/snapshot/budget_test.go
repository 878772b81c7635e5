package snapshot

import (
	"math/rand/v2"
	"testing"
)

// slowRoom is one of 100 rows that nobody can predict and 50 clients who are told only a part of them, each another one.
type slowRoom struct {
	e      Encoder
	h      *History
	step   func()
	views  [50]View
	codec  Codec
	budget int // bytes that a message may have on average
	random *rand.Rand
	buf    []byte
}

// newSlowRoom tells each client about so many hundredths of what there is.
func newSlowRoom(codec Codec, percent int) *slowRoom {
	r := &slowRoom{codec: codec, random: rand.New(rand.NewPCG(1, 1))}
	r.h, r.step = moving(100, 100)
	r.ticks(4)
	r.budget = len(r.buf) * percent / 100
	r.ticks(40)
	return r
}

func (r *slowRoom) ticks(n int) {
	for range n {
		r.step()
		for i := range r.views {
			r.tell(i)
		}
	}
}

func (r *slowRoom) tell(i int) {
	budget := 0
	if r.budget > 0 {
		budget = r.budget/2 + r.random.IntN(r.budget)
	}
	r.buf = r.e.AppendBody(r.buf[:0], r.h, &r.views[i], Options{Codec: r.codec, Full: r.views[i].NeedsFull(r.h), Budget: budget})
	r.views[i].Commit()
}

// A room in which everybody's link is slow must not cost more than one in which nobody's is.
func TestLimitedClientCostsTheRecordsThatItIsTold(t *testing.T) {
	for _, codec := range []Codec{Plain, Packed} {
		r := newSlowRoom(codec, 40)
		rs := &r.e.records[codec]
		for range 20 {
			r.step()
			for i := range r.views {
				before, told := rs.made, 0
				r.tell(i)
				v := &r.views[i]
				for _, k := range v.tables[0].held.known {
					if k.t1 == v.tick {
						told++
					}
				}
				// One is made before it is known not to fit.
				if n := int(rs.made - before); n > told+1 || told == 0 || told > 90 {
					t.Fatalf("%s: %d records were made for a message of %d", codecName[codec], n, told)
				}
			}
			for slot, at := range rs.tables[0] {
				n := 0
				for ; at >= 0; at = rs.list[at].next {
					n++
				}
				if n > maxAlike {
					t.Fatalf("%s: %d records of slot %d are kept and looked through", codecName[codec], n, slot)
				}
			}
		}
	}
}

func TestLimitedClientZeroAlloc(t *testing.T) {
	for _, codec := range []Codec{Plain, Packed} {
		r := newSlowRoom(codec, 40)
		if n := testing.AllocsPerRun(100, func() { r.ticks(1) }); n != 0 {
			t.Errorf("%s: %.1f allocations per tick", codecName[codec], n)
		}
	}
}
