package arena

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// staged is the game with ships that start where the test says, alive unless they are to respawn.
type staged struct {
	*arena
	ships map[string]Ship // by player
}

func (g *staged) Join(p *game.Player) {
	s := g.ships[p.Name]
	s.Owner = p.ID
	if s.respawnAt == 0 {
		s.HP = FullHP
	}
	p.Entity = g.arena.ships.Spawn(s)
}

// stage is a room of a staged game on links with latency, in virtual time.
type stage struct {
	*testing.T
	room    *game.Room
	memory  *conn.Memory
	now     time.Time
	due     time.Time // of the next step
	players []*remote
}

func newStage(t *testing.T, rewind time.Duration, ships map[string]Ship) *stage {
	cfg := Def.Config()
	cfg.Rewind = rewind
	def := game.Define("arena", cfg, func(b *game.Builder) game.Game[Input] {
		g := &staged{new(arena), ships}
		g.declare(b)
		return g
	})
	s := &stage{T: t, memory: conn.NewMemory(), now: time.Unix(1_000_000_000, 0)}
	s.memory.Now = func() time.Time { return s.now }
	room, err := game.NewRoom(game.RoomConfig{Def: def, Transport: s.memory, Now: s.memory.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.room, s.due = room, s.now.Add(room.Period())
	return s
}

// remote is a player some way off, who draws two ticks behind the newest snapshot and sends one input for each, so that it is there
// two ticks early.
type remote struct {
	stage    *stage
	conn     *conn.MemoryConn
	core     *client.Core
	up, down *netsim.Link
	rtt      time.Duration
	play     func(r *remote) Input
	say      func(r *remote, in Input) // zero: sends what play says
	hits     []client.Event
	rows     [64][]uint32 // of table ship, by tick: id and fields of every row, as received
}

const (
	interpolation = 2 // ticks
	margin        = 2 // ticks
	between       = 5 // sixteenths of a tick by which the drawn moment lies after a tick
)

func (s *stage) join(name string, rtt time.Duration, play func(*remote) Input) *remote {
	link := netsim.Config{Latency: rtt / 2}
	r := &remote{stage: s, rtt: rtt, play: play, up: netsim.New(link, 1), down: netsim.New(link, 2)}
	r.conn = s.memory.Dial(&game.Seat{Account: name, Name: name})
	r.core = client.NewCore(client.Options{OnSnapshot: r.snapshot, OnEvent: func(e client.Event) {
		if e.Name == "hit" {
			r.hits = append(r.hits, e)
		}
	}})
	r.core.Outgoing(s.now, r.send) // JOIN
	s.players = append(s.players, r)
	return r
}

func (r *remote) send(m []byte) { r.up.Send(r.stage.now, bytes.Clone(m)) }

// run plays until d is over. Whatever happens between two steps happens at its own time.
func (s *stage) run(d time.Duration) {
	for end := s.now.Add(d); s.now.Before(end); {
		s.now = s.now.Add(time.Millisecond)
		for _, r := range s.players {
			for m, _, ok := r.up.Receive(s.now); ok; m, _, ok = r.up.Receive(s.now) {
				r.conn.Send(m)
			}
		}
		if !s.now.Before(s.due) {
			s.room.Step(s.due)
			s.due = s.due.Add(s.room.Period())
			for _, r := range s.players {
				for _, m := range r.conn.Recv() {
					r.down.Send(s.now, bytes.Clone(m))
				}
			}
		}
		for _, r := range s.players {
			for m, _, ok := r.down.Receive(s.now); ok; m, _, ok = r.down.Receive(s.now) {
				if err := r.core.Receive(s.now, m); err != nil {
					s.Fatal(err)
				}
			}
		}
	}
}

// snapshot remembers the state, and answers it with an input.
func (r *remote) snapshot() {
	_, table := r.core.Schema.Find("ship")
	rows := r.rows[r.core.State.Tick()%64][:0]
	for i := range r.core.State.Len(table) {
		e := r.core.State.At(table, i)
		rows = append(append(rows, e.ID), e.Row...)
	}
	r.rows[r.core.State.Tick()%64] = rows
	if r.core.State.Tick() <= interpolation {
		r.send(msg.AppendInput(nil, msg.Input{AckTick: r.core.State.Tick()})) // or the server waits to be told that it arrived
		return
	}
	in := r.play(r)
	if r.say != nil {
		r.say(r, in)
		return
	}
	r.input(r.label(), r.core.State.Tick(), r.view(), in)
}

// label is the tick for which an input made now arrives in time.
func (r *remote) label() uint32 {
	period := r.stage.room.Period()
	return r.core.State.Tick() + 1 + uint32((r.rtt+period-1)/period) + margin
}

// view is the moment drawn.
func (r *remote) view() uint64 { return 16*uint64(r.core.State.Tick()-interpolation) + between }

func (r *remote) input(first, ack uint32, view uint64, inputs ...Input) {
	raw := msg.AppendArrayLen(nil, len(inputs))
	for _, in := range inputs {
		raw = msg.AppendInt(msg.AppendArrayLen(raw, 3), int64(in.Turn))
		for _, b := range []bool{in.Thrust, in.Fire} {
			if b {
				raw = append(raw, 1)
			} else {
				raw = append(raw, 0)
			}
		}
	}
	r.send(msg.AppendInput(nil, msg.Input{FirstTick: first, AckTick: ack, ViewTick: view, Inputs: raw}))
}

// draws gives where the ship of the other player is on this one's screen.
func (r *remote) draws() (x, y float32, ok bool) {
	at := func(tick uint32) (x, y float64, ok bool) {
		t, _ := r.core.Schema.Find("ship")
		n := 1 + len(t.Fields)
		for rows := r.rows[tick%64]; len(rows) > 0; rows = rows[n:] {
			if row := rows[1:n]; row[t.Index("owner")] != r.core.Player {
				return t.Fields[t.Index("x")].Value(row[t.Index("x")]), t.Fields[t.Index("y")].Value(row[t.Index("y")]), true
			}
		}
		return 0, 0, false
	}
	tick := uint32(r.view() / 16)
	x0, y0, there := at(tick)
	x1, y1, still := at(tick + 1)
	const part = between / 16.
	return float32(x0 + (x1-x0)*part), float32(y0 + (y1-y0)*part), there && still
}

const quarterTurn = math.Pi / 2

// ambush lets ben fly across ann's line of fire, distance away, and ann shoot once, when on its screen the shot will meet the
// ship. It returns what ann is told about it, and how long before the tick that takes the shot ann saw its target.
func ambush(t *testing.T, rtt, rewind time.Duration, distance float32) (hits []client.Event, ago time.Duration) {
	s := newStage(t, rewind, map[string]Ship{
		"ann": {X: 1000, Y: 2500},
		"ben": {X: 1000 + distance, Y: 1000, Angle: quarterTurn, VY: MaxSpeed},
	})
	fired := false
	ann := s.join("ann", rtt, func(r *remote) Input {
		_, y, ok := r.draws()
		flight := (distance - Radius) / ShotSpeed
		if fired || !ok || y+MaxSpeed*flight < 2500-7 {
			return Input{}
		}
		fired = true
		ago = time.Duration(16*uint64(r.label())-r.view()) * s.room.Period() / 16
		return Input{Fire: true}
	})
	s.join("ben", 20*time.Millisecond, func(*remote) Input { return Input{Thrust: true} })
	s.run(7 * time.Second)
	if !fired {
		t.Fatal("ben never came by")
	}
	return ann.hits, ago
}

// pageHas fails when a page of docs/concepts does not have the row, which says what a test has measured.
func pageHas(t *testing.T, page, row string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/concepts/" + page)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), row) {
		t.Errorf("docs/concepts/%s does not say what this test measures: %s", page, row)
	}
}

// At 150 ms, with its buffers, a shooter sees its target a third of a second ago: four ship widths, at full speed. It hits what it
// aims at, near or far.
func TestShooterHitsWhatItSaw(t *testing.T) {
	distances := []float32{60, 150, 400, 900}
	for _, rtt := range []time.Duration{20, 50, 150, 230} {
		hits, without, ago := 0, 0, time.Duration(0)
		for _, distance := range distances {
			hit, seen := ambush(t, rtt*time.Millisecond, 0, distance)
			missed, _ := ambush(t, rtt*time.Millisecond, -1, distance)
			hits, without, ago = hits+len(hit), without+len(missed), seen
		}
		t.Logf("round trip %d ms, seen %v ago: %d of %d shots hit, without a rewind %d", rtt, ago, hits, len(distances), without)
		pageHas(t, "lag-compensation.md", fmt.Sprintf("| %d ms | %.0f ms | %d of %d | %d |",
			rtt, ago.Seconds()*1000, hits, len(distances), without))
		if hits != len(distances) {
			t.Errorf("round trip %d ms: %d of %d shots hit", rtt, hits, len(distances))
		}
		if without != 0 {
			t.Errorf("round trip %d ms: %d shots hit without a rewind; the test shows nothing", rtt, without)
		}
	}
}

// At 800 ms the shooter sees a second into the past, and others need not bear that: shots are tried 400 ms ago, where the target no
// longer is.
func TestRewindLimitStopsASlowShooter(t *testing.T) {
	for _, distance := range []float32{60, 150, 400, 900} {
		hits, ago := ambush(t, 800*time.Millisecond, 0, distance)
		without, _ := ambush(t, 800*time.Millisecond, -1, distance)
		t.Logf("%g away, seen %v ago: %d hits, without a rewind %d", distance, ago, len(hits), len(without))
		if len(hits) != 0 || len(without) != 0 {
			t.Errorf("%g away: %d hits, %d without a rewind, want none", distance, len(hits), len(without))
		}
		pageHas(t, "lag-compensation.md", fmt.Sprintf("| 800 ms | %.0f ms, over the limit | 0 of 4 | 0 |", ago.Seconds()*1000))
	}
}

// A shot that flies through the time before its target's life meets a wreck, which cannot be hit.
func TestWreckOfThePastIsNotHit(t *testing.T) {
	s := newStage(t, 0, map[string]Ship{"ann": {X: 2200, Y: 2600}, "ben": {X: 2350, Y: 2600, respawnAt: 60}})
	fired := false
	ann := s.join("ann", 150*time.Millisecond, func(r *remote) Input {
		in := Input{Fire: r.label() == 63} // the shot reaches the wreck at tick 57
		fired = fired || in.Fire
		return in
	})
	ben := s.join("ben", 20*time.Millisecond, func(*remote) Input { return Input{} })
	s.run(4 * time.Second)
	if x, _, ok := ann.draws(); !fired || !ok || x == 2350 || len(ben.hits) != 0 {
		t.Errorf("shot %v; the ship lives at %g and was hit %d times", fired, x, len(ben.hits))
	}
}
