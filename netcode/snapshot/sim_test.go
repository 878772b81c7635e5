package snapshot

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// testSchema has every kind of field that a row may hold.
func testSchema() *schema.Schema {
	return &schema.Schema{Game: "test", Tables: []schema.Table{
		{Record: schema.Record{Name: "players", Fields: []schema.Field{
			{Name: "id", Kind: schema.Player, Bits: 32, Hi: 1<<32 - 1, Once: true},
			{Name: "name", Kind: schema.Text, Bits: 32, Hi: 1<<32 - 1},
		}}},
		{Record: schema.Record{Name: "ship", Fields: []schema.Field{
			{Name: "owner", Kind: schema.Player, Bits: 32, Hi: 1<<32 - 1, Once: true},
			{Name: "x", Kind: schema.Fixed, Bits: 32, Lo: -1 << 31, Hi: 1<<31 - 1, Lerp: true, Step: 1.0 / 16},
			{Name: "y", Kind: schema.Fixed, Bits: 18, Lo: -100000, Hi: 100000, Lerp: true, Step: 1.0 / 16},
			{Name: "angle", Kind: schema.Fixed, Bits: 10, Hi: 1023, Lerp: true, Wrap: true, Step: 0.006},
			{Name: "hp", Kind: schema.Uint, Bits: 8, Hi: 255},
			{Name: "mood", Kind: schema.Int, Bits: 3, Lo: -3, Hi: 3, Lerp: true},
			{Name: "alive", Kind: schema.Bool, Bits: 1, Hi: 1},
			{Name: "charge", Kind: schema.F32, Bits: 32},
			{Name: "target", Kind: schema.Ref, Bits: 32, Hi: 1<<32 - 1},
		}}},
		{Record: schema.Record{Name: "flag", Fields: []schema.Field{
			{Name: "team", Kind: schema.Uint, Bits: 1, Hi: 1, Once: true},
		}}},
	}}
}

// world is a room's state for tests: rows that move, come and go.
type world struct {
	rng   *rand.Rand
	s     *schema.Schema
	h     *History
	gens  [][]uint16
	rows  []map[uint16][]uint32
	vel   []map[uint16][]int64
	rest  []map[uint16]uint32 // slot -> tick it was freed
	slots int
}

func newWorld(seed uint64, s *schema.Schema, slots int) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 1)), s: s, h: NewHistory(s, 32), slots: slots}
	for range s.Tables {
		w.gens = append(w.gens, make([]uint16, slots))
		w.rows = append(w.rows, map[uint16][]uint32{})
		w.vel = append(w.vel, map[uint16][]int64{})
		w.rest = append(w.rest, map[uint16]uint32{})
	}
	return w
}

func (w *world) random(f *schema.Field) uint32 {
	if f.Kind == schema.F32 {
		return 0x3f800000 + w.rng.Uint32N(1<<20)
	}
	return f.Reduce(f.Lo + w.rng.Int64N(f.Hi-f.Lo+1))
}

func (w *world) tick() {
	t := w.h.Tick() + 1
	for i := range w.s.Tables {
		fields := w.s.Tables[i].Fields
		for slot := range uint16(w.slots) {
			row, alive := w.rows[i][slot]
			switch {
			case alive && w.rng.IntN(40) == 0:
				delete(w.rows[i], slot)
				w.rest[i][slot] = t
			case !alive && w.rng.IntN(20) == 0 && (w.rest[i][slot] == 0 || t-w.rest[i][slot] > uint32(w.h.Depth())):
				w.gens[i][slot] = w.gens[i][slot]%MaxGeneration + 1
				row, vel := make([]uint32, len(fields)), make([]int64, len(fields))
				for j := range fields {
					row[j], vel[j] = w.random(&fields[j]), w.rng.Int64N(9)-4
				}
				w.rows[i][slot], w.vel[i][slot] = row, vel
			case alive:
				for j := range fields {
					f := &fields[j]
					switch {
					case f.Once:
					case f.Predicted() && w.rng.IntN(30) > 0:
						if next := f.Reduce(int64(row[j]) + w.vel[i][slot][j]); f.Valid(next) {
							row[j] = next
						}
					case w.rng.IntN(10) == 0:
						row[j] = w.random(f)
					}
				}
			}
		}
	}
	w.h.Begin(t)
	for i := range w.s.Tables {
		for slot := range uint16(w.slots) {
			if row, ok := w.rows[i][slot]; ok {
				copy(w.h.Put(i, slot, w.gens[i][slot]), row)
			}
		}
	}
}

// check holds what the client has against the world.
func (w *world) check(d *Decoder) error {
	for i := range w.s.Tables {
		if d.Len(i) != len(w.rows[i]) {
			return fmt.Errorf("tick %d table %d: client holds %d rows, the room has %d", w.h.Tick(), i, d.Len(i), len(w.rows[i]))
		}
		for j := range d.Len(i) {
			e := d.At(i, j)
			slot := uint16(e.ID)
			if e.ID != EntityID(i, w.gens[i][slot], slot) || !slices.Equal(e.Row, w.rows[i][slot]) {
				return fmt.Errorf("tick %d table %d slot %d: client has %v, the room %v", w.h.Tick(), i, slot, e.Row, w.rows[i][slot])
			}
		}
	}
	return nil
}

// client is one receiver: a view on the server's side, a decoder on its own.
type client struct {
	v View
	d *Decoder
}

// next encodes and applies the next message.
func (c *client) next(e *Encoder, h *History, checksum bool) error {
	full, lag := c.v.NeedsFull(h), h.Tick()-c.v.Tick()
	body := e.AppendBody(nil, h, &c.v, Options{Full: full, Checksum: checksum})
	c.v.Commit()
	if full {
		return c.d.ApplyFull(h.Tick(), body)
	}
	return c.d.ApplyDelta(uint16(h.Tick()), lag, body)
}

func TestClientsHoldTheRoomsState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := testSchema()
		w := newWorld(rapid.Uint64().Draw(t, "seed"), s, rapid.IntRange(1, 70).Draw(t, "slots"))
		skip := rapid.IntRange(0, 90).Draw(t, "skip percent")
		var e Encoder
		clients := make([]client, 3)
		for i := range clients {
			clients[i].d = NewDecoder(s)
		}
		for tick := range 150 {
			w.tick()
			for i := range clients {
				c := &clients[i]
				switch {
				case i > 0 && w.rng.IntN(100) < skip:
					continue // behind: not encoded at all
				case i > 0 && w.rng.IntN(10) == 0:
					// Encoded, but the transport did not take it: nothing may have changed.
					e.AppendBody(nil, w.h, &c.v, Options{Full: c.v.NeedsFull(w.h)})
					continue
				case i == 2 && tick > 50 && tick < 110:
					continue // gone for longer than the history
				}
				if err := c.next(&e, w.h, i == 1); err != nil {
					t.Fatalf("tick %d client %d: %v", w.h.Tick(), i, err)
				}
				if err := w.check(c.d); err != nil {
					t.Fatalf("client %d: %v", i, err)
				}
			}
		}
	})
}

func TestRefusedMessageChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := testSchema()
		w := newWorld(rapid.Uint64().Draw(t, "seed"), s, 20)
		var e Encoder
		c := client{d: NewDecoder(s)}
		for range 60 {
			w.tick()
			if err := c.next(&e, w.h, true); err != nil {
				t.Fatal(err)
			}
		}
		w.tick()
		body := e.AppendBody(nil, w.h, &c.v, Options{Checksum: true})
		before := c.d.Hash()
		for i := range body {
			if c.d.ApplyDelta(uint16(w.h.Tick()), 1, body[:i]) == nil {
				t.Fatalf("the first %d of %d bytes were accepted", i, len(body))
			}
			if c.d.Hash() != before || c.d.Tick() != w.h.Tick()-1 {
				t.Fatalf("the refused first %d bytes changed the state", i)
			}
		}
		bit := rapid.IntRange(0, 8*len(body)-1).Draw(t, "bit")
		body[bit/8] ^= 1 << (bit % 8)
		if err := c.d.ApplyDelta(uint16(w.h.Tick()), 1, body); err == nil {
			// Another spelling of the same state is fine, another state is not.
			if err := w.check(c.d); err != nil {
				t.Fatalf("bit %d flipped, accepted: %v", bit, err)
			}
			return
		}
		if c.d.Hash() != before {
			t.Fatalf("bit %d flipped: the refused message changed the state", bit)
		}
		body[bit/8] ^= 1 << (bit % 8)
		if err := c.d.ApplyDelta(uint16(w.h.Tick()), 1, body); err != nil {
			t.Fatalf("the right message after a refused one: %v", err)
		}
	})
}

func TestDeltaNeedsItsBaseline(t *testing.T) {
	s := testSchema()
	w := newWorld(1, s, 10)
	var e Encoder
	c := client{d: NewDecoder(s)}
	w.tick()
	if err := c.d.ApplyDelta(1, 1, []byte{0x91, 0}); err == nil {
		t.Fatal("a DELTA before any FULL was accepted")
	}
	if err := c.next(&e, w.h, false); err != nil {
		t.Fatal(err)
	}
	w.tick()
	w.tick()
	body := e.AppendBody(nil, w.h, &c.v, Options{})
	for _, bad := range []struct{ tick16, lag int }{{3, 1}, {3, 3}, {2, 2}, {3, 0}} {
		if c.d.ApplyDelta(uint16(bad.tick16), uint32(bad.lag), body) == nil {
			t.Errorf("tick16 %d lag %d on tick 1 was accepted", bad.tick16, bad.lag)
		}
	}
	if err := c.d.ApplyDelta(3, 2, body); err != nil {
		t.Fatal(err)
	}
}

func FuzzDecoder(f *testing.F) {
	s := testSchema()
	w := newWorld(7, s, 12)
	var e Encoder
	c := client{d: NewDecoder(s)}
	for range 20 {
		w.tick()
		if err := c.next(&e, w.h, false); err != nil {
			f.Fatal(err)
		}
	}
	w.tick()
	f.Add(e.AppendBody(nil, w.h, &c.v, Options{}))
	f.Add(e.AppendBody(nil, w.h, &c.v, Options{Full: true, Checksum: true}))
	f.Add([]byte{0xdd, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, body []byte) {
		before := c.d.Hash()
		tick := c.d.Tick()
		if c.d.ApplyDelta(uint16(tick+1), 1, body) != nil && (c.d.Hash() != before || c.d.Tick() != tick) {
			t.Fatal("a refused body changed the state")
		}
		if c.d.Len(1) > 1<<16 {
			t.Fatal("more rows than slots")
		}
	})
}

func TestEncodeZeroAlloc(t *testing.T) {
	w := newWorld(3, testSchema(), 100)
	var e Encoder
	var v View
	buf := make([]byte, 0, 1<<16)
	encode := func() {
		buf = e.AppendBody(buf[:0], w.h, &v, Options{Full: v.NeedsFull(w.h)})
	}
	for range 100 {
		w.tick()
		encode()
		v.Commit()
	}
	w.tick()
	if n := testing.AllocsPerRun(100, encode); n != 0 {
		t.Errorf("AppendBody allocates %v times", n)
	}
}

var update = flag.Bool("update", false, "write the golden vectors")

// vector is one run of messages to one client, with the state after each.
type vector struct {
	Name     string          `json:"name"`
	Schema   string          `json:"schema"` // hex of the msgpack map as in HELLO
	Hash     string          `json:"schema_hash"`
	Messages []vectorMessage `json:"messages"`
}

type vectorMessage struct {
	Full  bool         `json:"full"`
	Tick  uint32       `json:"tick"`
	Lag   uint32       `json:"lag"` // 0 for a FULL
	Body  string       `json:"body"`
	State [][][]uint32 `json:"state"` // by table, by entity in slot order: entity id, then the row's words
}

func TestGoldenSnapshots(t *testing.T) {
	const file = "../testdata/snapshots.json"
	var vectors []vector
	for i, run := range []struct {
		name                string
		ticks, every, slots int
		gap                 bool
	}{
		{name: "every tick", ticks: 12, every: 1, slots: 4},
		{name: "every third tick, with checksum", ticks: 30, every: 3, slots: 3},
		{name: "a gap of nine ticks stops prediction", ticks: 24, every: 1, slots: 3, gap: true},
	} {
		s := testSchema()
		raw, hash, _ := s.Encode()
		vec := vector{Name: run.name, Schema: hex.EncodeToString(raw), Hash: hex.EncodeToString(hash[:])}
		w := newWorld(uint64(i)+100, s, run.slots)
		var e Encoder
		c := client{d: NewDecoder(s)}
		for range 30 {
			w.tick() // something to see in the first FULL
		}
		for n := range run.ticks {
			w.tick()
			if n%run.every != 0 || run.gap && n > 5 && n < 15 {
				continue
			}
			m := vectorMessage{Full: c.v.NeedsFull(w.h), Tick: w.h.Tick()}
			if !m.Full {
				m.Lag = m.Tick - c.v.Tick()
			}
			m.Body = hex.EncodeToString(e.AppendBody(nil, w.h, &c.v, Options{Full: m.Full, Checksum: i == 1}))
			if err := c.next(&e, w.h, i == 1); err != nil {
				t.Fatal(err)
			}
			for table := range s.Tables {
				rows := [][]uint32{}
				for j := range c.d.Len(table) {
					ent := c.d.At(table, j)
					rows = append(rows, append([]uint32{ent.ID}, ent.Row...))
				}
				m.State = append(m.State, rows)
			}
			vec.Messages = append(vec.Messages, m)
		}
		vectors = append(vectors, vec)
	}
	got, err := json.MarshalIndent(vectors, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(got)+"\n" {
		t.Fatalf("%s is not what the encoder makes; if the change is meant, run: go test ./netcode/snapshot -run Golden -update", file)
	}
}
