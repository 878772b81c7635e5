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
			{Name: "ammo", Kind: schema.Uint, Bits: 6, Hi: 63, OwnerOnly: true},
			{Name: "vx", Kind: schema.Fixed, Bits: 12, Lo: -2000, Hi: 2000, Step: 1.0 / 64, OwnerOnly: true},
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
	past  *History // the same for longer: what a client that is told little may still hold
	gens  [][]uint16
	rows  []map[uint16][]uint32
	vel   []map[uint16][]int64
	rest  []map[uint16]uint32 // slot -> tick it was freed
	slots int
}

func newWorld(seed uint64, s *schema.Schema, slots int) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 1)), s: s, h: NewHistory(s, 32), past: NewHistory(s, 160), slots: slots}
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
	if f.Kind == schema.Player {
		return 1 + w.rng.Uint32N(4)
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
	w.past.Begin(t)
	for i := range w.s.Tables {
		for slot := range uint16(w.slots) {
			if row, ok := w.rows[i][slot]; ok {
				copy(w.h.Put(i, slot, w.gens[i][slot]), row)
				copy(w.past.Put(i, slot, w.gens[i][slot]), row)
			}
		}
	}
}

// client is one receiver: a view on the server's side, a decoder on its own, and what it may see.
type client struct {
	codec   Codec
	player  uint32
	v       View
	d       *Decoder
	visible [][]uint16
	budget  int
}

func newClient(s *schema.Schema, codec Codec, player uint32) *client {
	return &client{codec: codec, player: player, d: NewDecoder(s, codec, player)}
}

func (c *client) options(h *History, checksum bool) Options {
	return Options{Codec: c.codec, Full: c.v.NeedsFull(h), Checksum: checksum, Player: c.player, Visible: c.visible, Budget: c.budget}
}

// next encodes and applies the next message, and returns its length.
func (c *client) next(e *Encoder, h *History, checksum bool) (int, error) {
	full, lag := c.v.NeedsFull(h), h.Tick()-c.v.Tick()
	body := e.AppendBody(nil, h, &c.v, c.options(h, checksum))
	c.v.Commit()
	var err error
	if full {
		err = c.d.ApplyFull(h.Tick(), body)
	} else {
		err = c.d.ApplyDelta(uint16(h.Tick()), lag, body)
	}
	if err == nil && c.d.Partial() != c.v.Limited() {
		err = fmt.Errorf("the client thinks partial is %v, the server %v", c.d.Partial(), c.v.Limited())
	}
	return len(body), err
}

// look makes the client see a random part of each table, changing a little each tick.
func (c *client) look(w *world) {
	if c.visible == nil {
		c.visible = make([][]uint16, len(w.s.Tables))
	}
	for i := range c.visible {
		seen := map[uint16]bool{}
		for _, slot := range c.visible[i] {
			seen[slot] = w.rng.IntN(15) > 0
		}
		c.visible[i] = []uint16{}
		for slot := range uint16(w.slots) {
			if seen[slot] || w.rng.IntN(10) == 0 {
				c.visible[i] = append(c.visible[i], slot)
			}
		}
	}
}

// check holds what the client has against what it may know: with everything visible and no budget the room's state,
// else for each entity held its state when it was last sent.
func (c *client) check(w *world) error {
	for i := range w.s.Tables {
		fields := w.s.Tables[i].Fields
		held := map[uint16]bool{}
		for j := range c.d.Len(i) {
			e := c.d.At(i, j)
			slot := uint16(e.ID)
			held[slot] = true
			if c.visible != nil && !slices.Contains(c.visible[i], slot) {
				return fmt.Errorf("tick %d table %d: slot %d is held and must not be seen", w.h.Tick(), i, slot)
			}
			if c.budget == 0 && e.At != w.h.Tick() {
				return fmt.Errorf("tick %d table %d: slot %d is as of tick %d", w.h.Tick(), i, slot, e.At)
			}
			row, gen, ok := w.past.Row(e.At, i, slot)
			if !ok {
				return fmt.Errorf("tick %d table %d: slot %d is as of tick %d, when there was none", w.h.Tick(), i, slot, e.At)
			}
			want := slices.Clone(row)
			for k := range fields {
				if fields[k].OwnerOnly && want[0] != c.player {
					want[k] = 0 // not this client's to know
				}
			}
			if e.ID != EntityID(i, gen, slot) || !slices.Equal(e.Row, want) {
				return fmt.Errorf("tick %d table %d slot %d: client has %v, the room %v", w.h.Tick(), i, slot, e.Row, want)
			}
		}
		for slot := range w.rows[i] {
			if c.budget == 0 && !held[slot] && (c.visible == nil || slices.Contains(c.visible[i], slot)) {
				return fmt.Errorf("tick %d table %d: slot %d is visible and not held", w.h.Tick(), i, slot)
			}
		}
	}
	return nil
}

func TestClientsHoldWhatTheyMaySee(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := testSchema()
		w := newWorld(rapid.Uint64().Draw(t, "seed"), s, rapid.IntRange(1, 70).Draw(t, "slots"))
		skip := rapid.IntRange(0, 90).Draw(t, "skip percent")
		var e Encoder
		var clients []*client
		for i := range 8 {
			c := newClient(s, Codec(i%2), uint32(i/2)+1)
			if i >= 4 {
				c.look(w)
			}
			if i >= 6 {
				c.budget = rapid.IntRange(1, 300).Draw(t, "budget")
			}
			clients = append(clients, c)
		}
		for tick := range 120 {
			w.tick()
			for i, c := range clients {
				if i >= 4 {
					c.look(w)
				}
				switch {
				case i%4 >= 2 && w.rng.IntN(100) < skip:
					continue // behind: not encoded at all
				case i > 0 && w.rng.IntN(10) == 0:
					// Encoded, but the transport did not take it: nothing may have changed.
					e.AppendBody(nil, w.h, &c.v, c.options(w.h, false))
					continue
				case i == 3 && tick > 40 && tick < 100:
					continue // gone for longer than the history
				}
				if _, err := c.next(&e, w.h, i%3 == 1); err != nil {
					t.Fatalf("tick %d client %d: %v", w.h.Tick(), i, err)
				}
				if err := c.check(w); err != nil {
					t.Fatalf("client %d: %v", i, err)
				}
			}
		}
	})
}

// TestHiddenEntitiesCostNothing: what a client is sent does not depend on anything it may not see.
func TestHiddenEntitiesCostNothing(t *testing.T) {
	for _, codec := range []Codec{Plain, Packed} {
		s := testSchema()
		w := newWorld(5, s, 40)
		var e Encoder
		c := newClient(s, codec, 1)
		c.visible = [][]uint16{{}, {3, 5, 8}, {}}
		for range 100 {
			w.tick()
			before := e.AppendBody(nil, w.h, &c.v, c.options(w.h, true))
			// The same tick with every other row changed.
			for i := range s.Tables {
				for slot := range uint16(w.slots) {
					if _, ok := w.rows[i][slot]; ok && !slices.Contains(c.visible[i], slot) {
						for j := range s.Tables[i].Fields {
							w.h.tables[i].row(w.h.Tick(), w.h.depth, slot)[j] ^= 0x5a
						}
					}
				}
			}
			if after := e.AppendBody(nil, w.h, &c.v, c.options(w.h, true)); !slices.Equal(before, after) {
				t.Fatalf("codec %d tick %d: the message depends on hidden rows", codec, w.h.Tick())
			}
			c.v.Commit()
		}
	}
}

// TestNothingStarves: under a budget that fits a few entities only, each one is sent again within the bound that its
// priority gives.
func TestNothingStarves(t *testing.T) {
	const n = 60
	for _, codec := range []Codec{Plain, Packed} {
		h, step := moving(n, 100)
		h.schema.Tables[0].Fields[0].Pri = 2
		var e Encoder
		c := newClient(h.schema, codec, 0)
		c.budget = 40
		oldest, biggest := uint32(0), 0
		for tick := range uint32(600) {
			step()
			size, err := c.next(&e, h, true)
			if err != nil {
				t.Fatal(err)
			}
			biggest = max(biggest, size)
			for i := range c.d.Len(0) {
				if tick > 100 {
					oldest = max(oldest, h.Tick()-c.d.At(0, i).At)
				}
			}
		}
		if c.d.Len(0) != n || !c.v.Limited() {
			t.Errorf("codec %d: %d of %d entities have come", codec, c.d.Len(0), n)
		}
		// A full row is about 16 bytes in the worst case, the present bits take 8: at least two entities fit each message.
		if oldest > n/2+1 {
			t.Errorf("codec %d: an entity waited %d ticks", codec, oldest)
		}
		if biggest > 40+40 {
			t.Errorf("codec %d: a message of %d bytes under a budget of 40", codec, biggest)
		}
	}
}

// A client that is not told of its own row can do nothing, however much else there is to see.
func TestLimitedFullHasTheReceiversRowsFirst(t *testing.T) {
	const n, budget = 100, 100
	for _, codec := range []Codec{Plain, Packed} {
		w := newWorld(1, testSchema(), 1)
		w.h.Begin(1)
		for slot := range uint16(n) {
			copy(w.h.Put(1, slot, 1), []uint32{1 + uint32(slot), 5000, 5000})
		}
		for _, player := range []uint32{1, 50, n} {
			var e Encoder
			var v View
			body := e.AppendBody(nil, w.h, &v, Options{Codec: codec, Full: true, Player: player, Budget: budget})
			d := NewDecoder(w.s, codec, player)
			if err := d.ApplyFull(1, body); err != nil {
				t.Fatal(err)
			}
			mine := false
			for i := range d.Len(1) {
				mine = mine || d.At(1, i).Row[0] == player
			}
			if !mine || d.Len(1) > n/4 {
				t.Errorf("codec %d: of %d rows in the first message player %d has its own: %v", codec, d.Len(1), player, mine)
			}
		}
	}
}

// Nor can one that was told nothing for longer than rows are remembered, to which all rows are equally old.
func TestLimitedDeltaAfterSilenceHasTheReceiversRowsFirst(t *testing.T) {
	const n, budget, silence = 100, 100, 40
	for _, codec := range []Codec{Plain, Packed} {
		for _, player := range []uint32{1, 50, n} {
			w := newWorld(1, testSchema(), 1)
			var e Encoder
			c := newClient(w.s, codec, player)
			for tick := uint32(1); tick <= 1+silence; tick++ {
				w.h.Begin(tick)
				for slot := range uint16(n) {
					copy(w.h.Put(1, slot, 1), []uint32{1 + uint32(slot), 5000, 5000})
				}
				if tick == 1+silence {
					c.budget = budget
				}
				if tick == 1 || tick == 1+silence {
					if _, err := c.next(&e, w.h, true); err != nil {
						t.Fatal(err)
					}
				}
			}
			mine, sent := false, 0
			for i := range c.d.Len(1) {
				if row := c.d.At(1, i); row.At == 1+silence {
					mine, sent = mine || row.Row[0] == player, sent+1
				}
			}
			if !mine || sent > n/4 || c.d.Len(1) != n {
				t.Errorf("codec %d: of %d rows, %d in the first message, player %d has its own: %v", codec, c.d.Len(1), sent, player, mine)
			}
		}
	}
}

func TestRefusedMessageChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := testSchema()
		w := newWorld(rapid.Uint64().Draw(t, "seed"), s, 20)
		var e Encoder
		c := newClient(s, Codec(rapid.IntRange(0, 1).Draw(t, "codec")), 2)
		for range 60 {
			w.tick()
			if _, err := c.next(&e, w.h, true); err != nil {
				t.Fatal(err)
			}
		}
		w.tick()
		body := e.AppendBody(nil, w.h, &c.v, c.options(w.h, true))
		before := c.d.Hash()
		for i := range body {
			if c.d.ApplyDelta(uint16(w.h.Tick()), 1, body[:i]) == nil {
				t.Fatalf("the first %d of %d bytes were accepted", i, len(body))
			}
			if c.d.Hash() != before || c.d.Tick() != w.h.Tick()-1 {
				t.Fatalf("the refused first %d bytes changed the state", i)
			}
		}
		bit := rapid.IntRange(0, 8*len(body)-2).Draw(t, "bit")
		flag := checksumFlag(c.codec, body)
		if body[flag/8]>>(flag%8)&1 == 0 {
			t.Fatalf("bit %d of %x says that there is no checksum", flag, body)
		}
		if bit >= flag { // without the flag the message is one that nothing protects
			bit++
		}
		body[bit/8] ^= 1 << (bit % 8)
		if err := c.d.ApplyDelta(uint16(w.h.Tick()), 1, body); err == nil {
			// In codec plain another spelling of the same state is fine, another state is not.
			if c.codec == Packed {
				t.Fatalf("bit %d flipped: two encodings of one state", bit)
			}
			if err := c.check(w); err != nil {
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

// checksumFlag is the bit of a body that says that a checksum follows, bit 0 being the lowest of the first byte: PROTOCOL.md, section 7.
func checksumFlag(codec Codec, body []byte) int {
	switch {
	case codec == Plain && body[0] == 0xdc:
		return 8*3 + 1
	case codec == Plain:
		return 8*1 + 1
	case body[0] == 0xc5:
		return 8*3 + 6
	}
	return 8*2 + 6
}

func TestDeltaNeedsItsBaseline(t *testing.T) {
	s := testSchema()
	w := newWorld(1, s, 10)
	var e Encoder
	c := newClient(s, Plain, 1)
	w.tick()
	if err := c.d.ApplyDelta(1, 1, []byte{0x91, 0}); err == nil {
		t.Fatal("a DELTA before any FULL was accepted")
	}
	if _, err := c.next(&e, w.h, false); err != nil {
		t.Fatal(err)
	}
	w.tick()
	w.tick()
	body := e.AppendBody(nil, w.h, &c.v, c.options(w.h, false))
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
	clients := [2]*client{newClient(s, Plain, 1), newClient(s, Packed, 1)}
	for range 20 {
		w.tick()
		for _, c := range clients {
			if _, err := c.next(&e, w.h, false); err != nil {
				f.Fatal(err)
			}
		}
	}
	w.tick()
	for i, c := range clients {
		f.Add(byte(i), e.AppendBody(nil, w.h, &c.v, c.options(w.h, false)))
		o := c.options(w.h, true)
		o.Full = true
		f.Add(byte(i), e.AppendBody(nil, w.h, &c.v, o))
		o.Budget = 20
		f.Add(byte(i), e.AppendBody(nil, w.h, &c.v, o))
	}
	f.Add(byte(0), []byte{0xdd, 0xff, 0xff, 0xff, 0xff})
	f.Add(byte(1), []byte{0xc6, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, codec byte, body []byte) {
		d := clients[codec%2].d
		before := d.Hash()
		tick := d.Tick()
		if d.ApplyDelta(uint16(tick+1), 1, body) != nil && (d.Hash() != before || d.Tick() != tick) {
			t.Fatal("a refused body changed the state")
		}
		if d.Len(1) > 1<<16 {
			t.Fatal("more rows than slots")
		}
	})
}

func TestEncodeZeroAlloc(t *testing.T) {
	for _, codec := range []Codec{Plain, Packed} {
		w := newWorld(3, testSchema(), 100)
		var e Encoder
		c := newClient(w.s, codec, 1)
		buf := make([]byte, 0, 1<<16)
		encode := func() { buf = e.AppendBody(buf[:0], w.h, &c.v, c.options(w.h, true)) }
		for range 100 {
			w.tick()
			encode()
			c.v.Commit()
		}
		w.tick()
		if n := testing.AllocsPerRun(100, encode); n != 0 {
			t.Errorf("codec %d: AppendBody allocates %v times", codec, n)
		}
		c.budget = 60
		encode()
		if n := testing.AllocsPerRun(100, encode); n != 0 {
			t.Errorf("codec %d with a budget: AppendBody allocates %v times", codec, n)
		}
	}
}

var update = flag.Bool("update", false, "write the golden vectors")

// vector is one run of messages to one client, with the state after each.
type vector struct {
	Name     string          `json:"name"`
	Codec    Codec           `json:"codec"`
	Player   uint32          `json:"player"`
	Schema   string          `json:"schema"` // hex of the msgpack map as in HELLO
	Hash     string          `json:"schema_hash"`
	Messages []vectorMessage `json:"messages"`
}

type vectorMessage struct {
	Full  bool         `json:"full"`
	Tick  uint32       `json:"tick"`
	Lag   uint32       `json:"lag"` // 0 for a FULL
	Body  string       `json:"body"`
	State [][][]uint32 `json:"state"` // by table, by entity in slot order: entity id, tick it was last sent, then the row's words
}

func TestGoldenSnapshots(t *testing.T) {
	const file = "../testdata/snapshots.json"
	var vectors []vector
	for i, run := range []struct {
		name                string
		ticks, every, slots int
		gap, check, waits   bool
		budget              int
	}{
		{name: "every tick", ticks: 12, every: 1, slots: 4},
		{name: "every third tick, with checksum", ticks: 30, every: 3, slots: 3, check: true},
		{name: "a gap of nine ticks stops prediction", ticks: 24, every: 1, slots: 3, gap: true},
		{name: "a budget that fits a part", ticks: 20, every: 1, slots: 6, budget: 50},
		{name: "a part is visible", ticks: 20, every: 1, slots: 8},
		{name: "a checksum while rows wait for over 24 ticks", ticks: 60, every: 3, slots: 14, check: true, waits: true, budget: 1},
	} {
		for _, codec := range []Codec{Plain, Packed} {
			s := testSchema()
			raw, hash, _ := s.Encode()
			vec := vector{Name: run.name, Codec: codec, Player: 2, Schema: hex.EncodeToString(raw), Hash: hex.EncodeToString(hash[:])}
			w := newWorld(uint64(i)+100, s, run.slots)
			var e Encoder
			c := newClient(s, codec, 2)
			c.budget = run.budget
			for range 30 {
				w.tick() // something to see in the first FULL
			}
			waited := false
			for n := range run.ticks {
				w.tick()
				if i == 4 {
					c.look(w)
				}
				if n%run.every != 0 || run.gap && n > 5 && n < 15 {
					continue
				}
				m := vectorMessage{Full: c.v.NeedsFull(w.h), Tick: w.h.Tick()}
				if !m.Full {
					m.Lag = m.Tick - c.v.Tick()
				}
				m.Body = hex.EncodeToString(e.AppendBody(nil, w.h, &c.v, c.options(w.h, run.check)))
				if _, err := c.next(&e, w.h, run.check); err != nil {
					t.Fatal(err)
				}
				for table := range s.Tables {
					rows := [][]uint32{}
					for j := range c.d.Len(table) {
						ent := c.d.At(table, j)
						rows = append(rows, append([]uint32{ent.ID, ent.At}, ent.Row...))
						waited = waited || !hasRow(m.Tick, ent.At)
					}
					m.State = append(m.State, rows)
				}
				vec.Messages = append(vec.Messages, m)
			}
			if waited != run.waits {
				t.Errorf("%s, codec %d: rows that the checksum leaves out: %v, want %v", run.name, codec, waited, run.waits)
			}
			vectors = append(vectors, vec)
		}
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
