// Package conformance reads what clients and a server say to each other by PROTOCOL.md alone, and says where it is not what that
// document allows. It is the document's own test: nothing in it comes from the packages that implement the protocol, it imports
// nothing of this module and nothing that is not in the standard library, and where the document did not say enough to write it,
// the document was mended. It is slow and simple; only tests call it.
package conformance

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Counts are what a Checker has read.
type Counts struct {
	Messages map[string]int // by name; "FULL partial", "DELTA partial" and "DELTA with events" beside the names of the document
	Records  int            // of entities that stayed
	Absent   int            // left out of a partial message
	Enters   int
	Leaves   int
	Owned    int // times that fields of the owner alone could come
	Events   int
	Resumes  int // connections after a client's first
}

// Checker reads the messages of one client's connections, one after the other, in the order in which the client sends and
// receives them. Make it with New. A message that is refused leaves it as it was.
type Checker struct {
	Counts Counts

	codecs   int64 // offered in JOIN
	checks   bool  // the option check
	resumes  bool  // JOIN was on a resume seat
	codec    int64
	rate     int64
	world    world
	seq      int64 // newest event received, over all connections
	first    bool  // no event has come on this connection
	pinged   map[int64]bool
	called   map[int64]bool
	over     bool // BYE has come
	greeted  bool
	joined   bool
	seats    bool // the room gives resume seats
	schema   *schema
	spectate bool
}

// New makes a Checker for a client that has not connected yet. built is the schema that it was built with, as in HELLO; nil: none.
func New(built []byte) (*Checker, error) {
	c := &Checker{Counts: Counts{Messages: map[string]int{}}}
	if built == nil {
		return c, nil
	}
	v, err := whole(built)
	if err != nil {
		return nil, err
	}
	c.schema, err = readSchema(v)
	return c, err
}

// Clone is a Checker that has heard the same and goes on by itself.
func (c *Checker) Clone() *Checker {
	d := *c
	d.Counts.Messages, d.pinged, d.called = maps.Clone(c.Counts.Messages), maps.Clone(c.pinged), maps.Clone(c.called)
	return &d
}

const (
	maxUint32 = 1<<32 - 1
	maxSafe   = 1<<53 - 1
)

// Server takes a message that the client has received.
func (c *Checker) Server(m []byte) error {
	v, err := whole(m)
	if err != nil {
		return err
	}
	if v.kind != isArray || len(v.list) == 0 {
		return fmt.Errorf("%w: %x is no message", errShape, m)
	}
	kind, err := v.list[0].number(0, 7)
	if err != nil {
		return err
	}
	a := v.list[1:]
	if !c.joined || c.over || (kind == 0) == c.greeted && kind != 6 {
		return fmt.Errorf("message %d at a wrong time", kind)
	}
	switch kind {
	case 0:
		err = c.hello(a)
	case 1:
		err = c.full(a)
	case 2:
		err = c.delta(a)
	case 3:
		if len(a) != 2 {
			return fmt.Errorf("%w: EVENTS of %d elements", errShape, len(v.list))
		}
		if err = c.events(a[0], a[1]); err == nil {
			c.Counts.Messages["EVENTS"]++
		}
	case 4:
		err = c.reply(a)
	case 5:
		err = c.pong(a)
	case 6:
		err = c.bye(a)
	case 7:
		err = c.seat(a)
	}
	if err != nil {
		return fmt.Errorf("server's message %d: %w", kind, err)
	}
	return nil
}

func (c *Checker) hello(a []value) error {
	if len(a) == 10 {
		if err := assets(a[9]); err != nil {
			return err
		}
		a = a[:9]
	}
	n, err := numbers(a, 9, bound{0, 1, 1}, bound{1, 0, 1}, bound{4, 0, maxUint32}, bound{5, 1, 128}, bound{6, 0, maxUint32}, bound{7, 0, maxSafe})
	if err != nil {
		return err
	}
	if a[2].kind != isBin || len(a[2].b) != 8 || c.codecs>>n[1]&1 == 0 {
		return fmt.Errorf("%w: schema hash %x, codec %d", errShape, a[2].raw, n[1])
	}
	s := c.schema
	if a[3].kind != isNil {
		if s, err = readSchema(a[3]); err != nil {
			return err
		}
	}
	if s == nil || s.hash != [8]byte(a[2].b) {
		return errors.New("HELLO names another schema than it has, or than the client knows")
	}
	if a[8].kind != isNil {
		if _, err := a[8].text(1, 4096); err != nil {
			return err
		}
	}
	player := uint32(n[4])
	if c.resumes && c.world.player != player {
		return fmt.Errorf("player %d has become %d", c.world.player, player)
	}
	c.schema, c.codec, c.rate, c.greeted, c.spectate = s, n[1], n[5], true, player == 0
	c.seats = a[8].kind != isNil
	c.world = world{schema: s, player: player, known: make([][]entity, len(s.tables))}
	c.Counts.Messages["HELLO"]++
	return nil
}

// assets checks what HELLO says can be fetched.
func assets(v value) error {
	if v.kind != isArray || len(v.list) == 0 || len(v.list) > 16 {
		return fmt.Errorf("%w: assets %x", errShape, v.raw)
	}
	seen := map[string]bool{}
	for _, one := range v.list {
		a, err := one.array(3)
		if err != nil {
			return err
		}
		name, err := a[0].text(1, 64)
		if err != nil {
			return err
		}
		if _, err := a[2].number(0, 16<<20); err != nil {
			return err
		}
		if a[1].kind != isBin || len(a[1].b) != 32 || seen[name] {
			return fmt.Errorf("%w: asset %q", errShape, name)
		}
		seen[name] = true
	}
	return nil
}

func (c *Checker) full(a []value) error {
	n, err := numbers(a, 2, bound{0, 1, maxUint32})
	if err != nil {
		return err
	}
	return c.body("FULL", uint32(n[0]), make([][]entity, len(c.schema.tables)), a[1])
}

func (c *Checker) delta(a []value) error {
	if len(a) != 5 && len(a) != 7 {
		return fmt.Errorf("%w: DELTA of %d elements", errShape, len(a)+1)
	}
	n, err := numbers(a, len(a), bound{0, 0, 1<<16 - 1}, bound{1, 1, 1<<16 - 1})
	if err != nil {
		return err
	}
	if _, _, err := a[2].optional(-maxUint32, maxUint32); err != nil {
		return err
	}
	if _, _, err := a[3].optional(-128, 127); err != nil {
		return err
	}
	if c.spectate && (a[2].kind != isNil || a[3].kind != isNil) {
		return errors.New("a spectator has ack or pace")
	}
	tick := c.world.tick + uint32(n[1])
	if c.world.tick == 0 || tick&0xffff != uint32(n[0]) {
		return fmt.Errorf("tick %d with lag %d does not follow on %d", n[0], n[1], c.world.tick)
	}
	events := c.Clone()
	if len(a) == 7 {
		if err := events.events(a[5], a[6]); err != nil {
			return err
		}
		events.Counts.Messages["DELTA with events"]++
	}
	if err := events.body("DELTA", tick, c.world.known, a[4]); err != nil {
		return err
	}
	*c = *events
	return nil
}

// body applies a body to the entities known before.
func (c *Checker) body(name string, tick uint32, known [][]entity, v value) (err error) {
	counts := c.Counts
	b := body{world: c.world, counts: &counts}
	b.tick, b.known = tick, make([][]entity, len(known))
	for i := range known {
		b.known[i] = slices.Clone(known[i])
	}
	var sum uint32
	var checked bool
	if c.codec == 1 {
		sum, checked, err = b.packed(v)
	} else {
		sum, checked, err = b.plain(v)
	}
	switch {
	case err != nil:
		return err
	case checked != c.checks:
		return fmt.Errorf("the client has asked for checksums: %v; the body has one: %v", c.checks, checked)
	case checked && sum != b.checksum():
		return fmt.Errorf("the state at tick %d has checksum %#x, the message says %#x", tick, b.checksum(), sum)
	}
	c.world, c.Counts = b.world, counts
	if b.partial {
		c.Counts.Messages[name+" partial"]++
	}
	c.Counts.Messages[name]++
	return nil
}

// bound says that element at is an int in lo..hi.
type bound struct {
	at     int
	lo, hi int64
}

// numbers checks that there are n elements and gives those that are bounded, by their place.
func numbers(a []value, n int, bounds ...bound) ([]int64, error) {
	if len(a) != n {
		return nil, fmt.Errorf("%w: %d elements after the type, want %d", errShape, len(a), n)
	}
	list := make([]int64, n)
	for _, b := range bounds {
		v, err := a[b.at].number(b.lo, b.hi)
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", b.at+1, err)
		}
		list[b.at] = v
	}
	return list, nil
}
