package game_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// secretRow has a mark of 64 bits that no other row has: wherever it turns up, the row was sent.
type secretRow struct {
	Owner game.PlayerID `net:"owner,once"`
	A     uint32        `net:"a,once"`
	B     uint32        `net:"b,once"`
	X     float32       `net:"x,q=1/32,range=-2000..2000,lerp"`
	Y     float32       `net:"y,q=1/32,range=-2000..2000,lerp"`
	HP    uint8         `net:"hp"`

	groups uint64
}

type (
	nearRow  secretRow
	ownRow   secretRow
	groupRow secretRow
	ruleRow  secretRow
	openRow  secretRow
)

// hideAndSeek has a table of each kind, full of rows that wander, come, go and change sides at random.
type hideAndSeek struct {
	near  game.Table[nearRow]
	own   game.Table[ownRow]
	group game.Table[groupRow]
	rule  game.Table[ruleRow]
	open  game.Table[openRow]
	rand  *rand.Rand
	views map[game.PlayerID]viewpoint
	seats map[game.PlayerID]*game.Player
}

type viewpoint struct{ x, y, r float32 }

const seekRadius = 300

func seekDef(made func(*hideAndSeek)) *game.Def {
	cfg := game.Config{TickRate: 20, MaxPlayers: 8, ViewRadius: seekRadius}
	return game.Define("seek", cfg, func(b *game.Builder) game.Game[game.NoInput] {
		g := &hideAndSeek{rand: rand.New(rand.NewPCG(7, 8)), views: map[game.PlayerID]viewpoint{}, seats: map[game.PlayerID]*game.Player{}}
		game.Replicate(b, "near", &g.near, game.Near(func(r *nearRow) (x, y float32) { return r.X, r.Y }))
		game.Replicate(b, "own", &g.own, game.OwnerOnly)
		game.Replicate(b, "group", &g.group, game.Groups(func(r *groupRow) uint64 { return r.groups }))
		game.Replicate(b, "rule", &g.rule, game.Visible(func(p *game.Player, r *ruleRow) bool { return r.HP > 100 && r.Owner != p.ID }))
		game.Replicate(b, "open", &g.open, game.Everyone)
		made(g)
		return g
	})
}

func (g *hideAndSeek) row(owner game.PlayerID) secretRow {
	return secretRow{
		Owner: owner, A: g.rand.Uint32() | 1<<31, B: g.rand.Uint32() | 1<<31, HP: uint8(g.rand.Uint32()), groups: 1 << g.rand.IntN(4),
		X: g.rand.Float32()*2000 - 1000, Y: g.rand.Float32()*2000 - 1000,
	}
}

func (g *hideAndSeek) Join(p *game.Player) {
	g.seats[p.ID] = p
	p.Entity = g.near.Spawn(nearRow(g.row(p.ID)))
}

func (g *hideAndSeek) Leave(p *game.Player) { g.near.Despawn(p.Entity) }

func (g *hideAndSeek) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	for p := range t.Players() {
		switch g.rand.IntN(50) {
		case 0:
			p.Groups = g.rand.Uint64() & 15
		case 1:
			v := viewpoint{g.rand.Float32()*1000 - 500, g.rand.Float32()*1000 - 500, g.rand.Float32() * 500}
			g.views[p.ID] = v
			p.View(v.x, v.y, v.r)
		case 2:
			delete(g.views, p.ID)
			p.View(0, 0, 0)
		case 3:
			p.Entity = g.group.Spawn(groupRow(g.row(p.ID))) // nobody may be in its group
		case 4:
			g.near.Despawn(p.Entity)
			p.Entity = g.near.Spawn(nearRow(g.row(p.ID)))
		}
	}
	owner := game.PlayerID(g.rand.IntN(4))
	churn(g.rand, &g.near, nearRow(g.row(owner)), func(r *nearRow) { g.wander((*secretRow)(r)) })
	churn(g.rand, &g.own, ownRow(g.row(owner)), func(r *ownRow) { g.wander((*secretRow)(r)) })
	churn(g.rand, &g.group, groupRow(g.row(owner)), func(r *groupRow) { g.wander((*secretRow)(r)) })
	churn(g.rand, &g.rule, ruleRow(g.row(owner)), func(r *ruleRow) { g.wander((*secretRow)(r)) })
	churn(g.rand, &g.open, openRow(g.row(owner)), func(r *openRow) { g.wander((*secretRow)(r)) })
}

func (g *hideAndSeek) wander(r *secretRow) {
	r.X, r.Y = r.X+40*g.rand.Float32()-20, r.Y+40*g.rand.Float32()-20
	if g.rand.IntN(20) == 0 {
		r.HP, r.groups = uint8(g.rand.Uint32()), g.rand.Uint64()&15
	}
}

func churn[T any](random *rand.Rand, t *game.Table[T], fresh T, wander func(*T)) {
	for id, row := range t.All() {
		wander(row)
		if random.IntN(200) == 0 {
			t.Despawn(id)
		}
	}
	if t.Len() < 60 {
		t.Spawn(fresh)
	}
}

// entry is one row as the test knows it: the id on the wire, and what says who sees it.
type entry struct {
	id  game.EntityID
	row secretRow
}

func entries[T any](t *game.Table[T], convert func(*T) secretRow) (list []entry) {
	for id, row := range t.All() {
		list = append(list, entry{id, convert(row)})
	}
	return list
}

// seeker is a player of the test: its socket, its client, and what it should see.
// opening is for how many ticks a client may be told less than there is, until its link has shown what it carries: a second.
const opening = 20

type seeker struct {
	conn *conn.MemoryConn
	core *client.Core
	at   *viewpoint             // where it was last; nil: nowhere yet
	saw  map[game.EntityID]bool // when it was last sent something, whether that had room for it or not

	ticks int // since it came

	states  int                    // how many it has been compared in
	most    int                    // rows it has ever been to hold in one of them
	missing map[game.EntityID]int  // what it should hold and does not, with the number of the first state without it
	had     map[game.EntityID]bool // what it held in the state before
}

func (s *seeker) receive(t *testing.T, r *rig) (raw [][]byte) {
	for _, m := range s.conn.Recv() {
		raw = append(raw, m)
		if err := s.core.Receive(r.now, m); err != nil {
			t.Fatalf("tick %d: %v", r.room.Tick(), err)
		}
	}
	return raw
}

// should lists by brute force what a player sees after a tick, by id.
func (s *seeker) should(g *hideAndSeek, p *game.Player) map[game.EntityID]bool {
	sees := map[game.EntityID]bool{}
	near := entries(&g.near, func(r *nearRow) secretRow { return secretRow(*r) })
	v, set := g.views[p.ID]
	if !set {
		for _, e := range near {
			if e.id == p.Entity {
				s.at = &viewpoint{e.row.X, e.row.Y, seekRadius}
			}
		}
	} else {
		s.at = &v
	}
	for _, e := range near {
		if s.at == nil {
			break
		}
		v := *s.at
		if !set {
			v.r = seekRadius
		}
		dx, dy, r := float64(e.row.X)-float64(v.x), float64(e.row.Y)-float64(v.y), float64(v.r)
		d := dx*dx + dy*dy
		if d <= r*r || d <= r*r*1.1*1.1 && s.saw[e.id] {
			sees[e.id] = true
		}
	}
	for _, e := range entries(&g.own, func(r *ownRow) secretRow { return secretRow(*r) }) {
		sees[e.id] = e.row.Owner == p.ID
	}
	for _, e := range entries(&g.group, func(r *groupRow) secretRow { return secretRow(*r) }) {
		sees[e.id] = e.row.groups&p.Groups != 0
	}
	for _, e := range entries(&g.rule, func(r *ruleRow) secretRow { return secretRow(*r) }) {
		sees[e.id] = e.row.HP > 100 && e.row.Owner != p.ID
	}
	for _, e := range entries(&g.open, func(r *openRow) secretRow { return secretRow(*r) }) {
		sees[e.id] = true
	}
	for _, e := range g.all() {
		if e.id == p.Entity {
			sees[e.id] = true
		}
	}
	return sees
}

// Each client of a random world holds exactly what it may see; of a row that it may not see and does not hold, no message has
// the mark, at any bit.
func TestClientsAreSentExactlyWhatTheyMaySee(t *testing.T) {
	for name, codecs := range map[string]uint8{"plain": msg.OfferPlain, "packed": msg.OfferPacked} {
		t.Run(name, func(t *testing.T) {
			var g *hideAndSeek
			r := newRig(seekDef(func(made *hideAndSeek) { g = made }))
			var seekers []*seeker
			hidden := 0
			for tick := range 400 {
				if tick%40 == 0 && len(seekers) < 4 {
					s := &seeker{conn: r.dial(fmt.Sprint("seeker", tick)), core: client.NewCore(client.Options{Check: true, Codecs: codecs})}
					seekers = append(seekers, s)
				}
				for _, s := range seekers {
					s.core.Outgoing(r.now, s.conn.Send)
				}
				r.step(1)
				for i, s := range seekers {
					raw := s.receive(t, r)
					s.ticks++
					switch {
					case s.core.State != nil && s.core.State.Tick() == r.room.Tick() && (s.ticks <= opening || !s.core.State.Partial()):
					case s.core.State != nil && s.ticks == 2: // the second, while nothing is known of its link
						continue
					default:
						t.Fatalf("tick %d: seeker %d was not sent all of it", r.room.Tick(), i)
					}
					hidden += s.check(t, g, r, raw)
				}
			}
			if hidden == 0 {
				t.Error("nothing was ever hidden: the test has seen nothing")
			}
		})
	}
}

// check compares what the client holds with what it should, and looks for the marks of everything else. It returns how much that was.
func (s *seeker) check(t *testing.T, g *hideAndSeek, r *rig, raw [][]byte) (hidden int) {
	t.Helper()
	p := g.seats[game.PlayerID(s.core.Player)]
	want := s.should(g, p)
	s.saw = want
	s.compare(t, want)
	marks := map[uint64]game.EntityID{}
	for _, e := range g.all() {
		if !want[e.id] {
			marks[uint64(e.row.A)<<32|uint64(e.row.B)] = e.id
		}
	}
	for _, m := range raw {
		if id, found := findMark(m, marks); found {
			t.Fatalf("tick %d: a message to player %d has the mark of entity %08x, which it may not see", r.room.Tick(), p.ID, id)
		}
	}
	return len(marks)
}

// compare checks what the client holds against what it should hold by the newest state's tick: nothing else, all of it unless the state is
// partial, and then no row is missing that was there before, nor any from more messages than there are rows: the bound in
// docs/concepts/never-behind.md, when only one fits each.
func (s *seeker) compare(t *testing.T, want map[game.EntityID]bool) {
	t.Helper()
	tick, held := s.core.State.Tick(), map[game.EntityID]bool{}
	for table := range s.core.Schema.Tables {
		if table == 0 {
			continue // the players are no secret
		}
		for i := range s.core.State.Len(table) {
			e := s.core.State.At(table, i)
			held[game.EntityID(e.ID)] = true
			if !want[game.EntityID(e.ID)] {
				t.Fatalf("tick %d: player %d holds entity %08x, which it may not see", tick, s.core.Player, e.ID)
			}
		}
	}
	missing, rows := map[game.EntityID]int{}, s.core.State.Len(0)
	for _, sees := range want {
		if sees {
			rows++
		}
	}
	s.states, s.most = s.states+1, max(s.most, rows)
	for id, sees := range want {
		if !sees || held[id] {
			continue
		}
		since, waits := s.missing[id]
		if !waits {
			since = s.states
		}
		if missing[id] = since; !s.core.State.Partial() || s.had[id] || s.states-since > s.most {
			t.Fatalf("tick %d: player %d does not hold entity %08x, which it may see, for %d states; partial: %v, held before: %v",
				tick, s.core.Player, id, s.states-since+1, s.core.State.Partial(), s.had[id])
		}
	}
	s.missing, s.had = missing, held
}

func (g *hideAndSeek) all() []entry {
	return slices.Concat(
		entries(&g.near, func(r *nearRow) secretRow { return secretRow(*r) }),
		entries(&g.own, func(r *ownRow) secretRow { return secretRow(*r) }),
		entries(&g.group, func(r *groupRow) secretRow { return secretRow(*r) }),
		entries(&g.rule, func(r *ruleRow) secretRow { return secretRow(*r) }),
	)
}

// findMark looks for a mark at every bit of m, and as the two msgpack numbers that plain writes.
func findMark(m []byte, marks map[uint64]game.EntityID) (game.EntityID, bool) {
	const uint32Head = 0xce
	var window uint64
	for i, b := range m {
		for bit := 7; bit >= 0; bit-- {
			window = window<<1 | uint64(b>>bit&1)
			if id, ok := marks[window]; ok {
				return id, true
			}
		}
		if i+10 <= len(m) && m[i] == uint32Head && m[i+5] == uint32Head {
			mark := uint64(binary.BigEndian.Uint32(m[i+1:]))<<32 | uint64(binary.BigEndian.Uint32(m[i+6:]))
			if id, ok := marks[mark]; ok {
				return id, true
			}
		}
	}
	return 0, false
}

// What players see lies in memory that the room's players share, and so does what their clients hold: whoever comes, leaves, is away for a
// while or takes a place that somebody has left, and however much there is to see, nobody's list becomes another's.
func TestWhoComesAndGoesIsSentExactlyWhatItMaySee(t *testing.T) {
	for name, codecs := range map[string]uint8{"plain": msg.OfferPlain, "packed": msg.OfferPacked} {
		t.Run(name, func(t *testing.T) {
			var g *hideAndSeek
			r := newRig(seekDef(func(made *hideAndSeek) { g = made }))
			random := rand.New(rand.NewPCG(3, 4))
			var seekers []*seeker
			hidden, came := 0, 0
			for tick := range 600 {
				if len(seekers) < 8 && random.IntN(6) == 0 {
					came++
					seekers = append(seekers, &seeker{
						conn: r.dial(fmt.Sprint("seeker", came)), core: client.NewCore(client.Options{Check: true, Codecs: codecs}),
					})
				}
				if i := random.IntN(60); i < len(seekers) {
					s := seekers[i]
					if random.IntN(2) == 0 {
						s.conn.Close(1000, "") // its place is not kept
					} else {
						s.conn.Leave() // its place is kept, and nobody looks for it
					}
					seekers = slices.Delete(seekers, i, i+1)
				}
				if tick%200 == 100 { // there is suddenly a lot to see, for a while
					for range 150 {
						g.near.Spawn(nearRow(g.row(1)))
						g.group.Spawn(groupRow(g.row(1)))
					}
				}
				seekers = slices.DeleteFunc(seekers, func(s *seeker) bool {
					_, _, closed := s.conn.CloseInfo() // there are places that are kept for others
					return closed
				})
				for _, s := range seekers {
					s.core.Outgoing(r.now, s.conn.Send)
				}
				r.step(1)
				for _, s := range seekers {
					raw := s.receive(t, r)
					if s.core.State != nil && s.core.State.Tick() == r.room.Tick() {
						hidden += s.check(t, g, r, raw)
					}
				}
			}
			if hidden == 0 || came < 50 {
				t.Errorf("%d rows were hidden and %d seekers came: the test has seen too little", hidden, came)
			}
		})
	}
}
