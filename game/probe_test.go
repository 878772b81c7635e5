package game_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// probe is a game that does what a test wants. Every hook may be nil.
type probe struct {
	rows  game.Table[probeRow]
	beeps game.Event[beep]

	open   func(*probe, *game.Tick)
	admit  func(*game.Player) error
	join   func(*game.Player)
	leave  func(*game.Player)
	drop   func(*game.Player)
	resume func(*game.Player)
	tick   func(*probe, *game.Tick, game.Inputs[probeInput])
	call   func(*game.Player, string) error
	close  func()
}

// probeRow counts what its player has done.
type probeRow struct {
	Owner game.PlayerID `net:"owner,once"`
	Moved int32         `net:"moved"`
	Shots uint16        `net:"shots"`
}

type probeInput struct {
	Dir  int8 `net:"dir,range=-1..1"`
	Fire bool `net:"fire,edge"`
}

type beep struct {
	N uint32 `net:"n"`
}

type probeCall struct {
	Text string `net:"text,max=40"`
}

const probeRate = 20

// probeDef makes a game of p's hooks. Each room gets a fresh copy.
func probeDef(p probe) *game.Def {
	return probeDefWith(game.Config{TickRate: probeRate, MaxPlayers: 8}, p)
}

func probeDefWith(cfg game.Config, p probe) *game.Def {
	return game.Define("probe", cfg, func(b *game.Builder) game.Game[probeInput] {
		g := new(probe)
		*g = p
		game.Replicate(b, "row", &g.rows)
		game.Emit(b, "beep", &g.beeps)
		game.Handle(b, "call", func(p *game.Player, m probeCall) error {
			if g.call == nil {
				return nil
			}
			return g.call(p, m.Text)
		})
		return g
	})
}

func (g *probe) Open(t *game.Tick) {
	if g.open != nil {
		g.open(g, t)
	}
}

func (g *probe) Admit(p *game.Player) error {
	if g.admit == nil {
		return nil
	}
	return g.admit(p)
}

func (g *probe) Join(p *game.Player) {
	p.Entity = g.rows.Spawn(probeRow{Owner: p.ID})
	if g.join != nil {
		g.join(p)
	}
}

func (g *probe) Leave(p *game.Player) {
	g.rows.Despawn(p.Entity)
	if g.leave != nil {
		g.leave(p)
	}
}

func (g *probe) Drop(p *game.Player) {
	if g.drop != nil {
		g.drop(p)
	}
}

func (g *probe) Resume(p *game.Player) {
	if g.resume != nil {
		g.resume(p)
	}
}

func (g *probe) Tick(t *game.Tick, in game.Inputs[probeInput]) {
	for p := range t.Players() {
		v, _ := in.Of(p)
		row := g.rows.Get(p.Entity)
		row.Moved += int32(v.Dir)
		if v.Fire {
			row.Shots++
		}
	}
	if g.tick != nil {
		g.tick(g, t, in)
	}
}

func (g *probe) Close(*game.Tick) {
	if g.close != nil {
		g.close()
	}
}

// rig is a room on a Memory transport, without a World around it: for what clients that keep to the protocol never send.
type rig struct {
	room    *game.Room
	memory  *conn.Memory
	metrics game.Metrics
	now     time.Time
}

func newRig(def *game.Def) *rig {
	r := &rig{memory: conn.NewMemory(), now: time.Unix(1_000_000_000, 0)}
	r.memory.Now = func() time.Time { return r.now }
	room, err := game.NewRoom(game.RoomConfig{Def: def, Transport: r.memory, ID: "rig", Now: r.memory.Now, Metrics: &r.metrics})
	if err != nil {
		panic(err)
	}
	r.room = room
	return r
}

func (r *rig) step(n int) {
	for range n {
		r.now = r.now.Add(r.room.Period())
		r.room.Step(r.now)
	}
}

func (r *rig) dial(account string) *conn.MemoryConn {
	return r.memory.Dial(&game.Seat{Account: account, Name: account})
}

// join dials and says JOIN.
func (r *rig) join(account string) *conn.MemoryConn {
	c := r.dial(account)
	c.Send(msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: msg.OfferPlain}))
	return c
}

// inputs is an INPUT with n times the same input, from tick first on.
func inputs(first uint32, n int, dir int8, fire bool) []byte {
	b := msg.AppendArrayLen(nil, n)
	for range n {
		b = msg.AppendInt(msg.AppendArrayLen(b, 2), int64(dir))
		var f uint64
		if fire {
			f = 1
		}
		b = msg.AppendUint(b, f)
	}
	return msg.AppendInput(nil, msg.Input{FirstTick: first, Inputs: b})
}

// closedWith says how a connection differs from one that was told good-bye and closed with code, or nil.
func closedWith(c *conn.MemoryConn, code uint16) error {
	got, reason, closed := c.CloseInfo()
	if !closed || got != code {
		return fmt.Errorf("closed: %v with %d %q, want %d", closed, got, reason, code)
	}
	var last []byte
	for _, m := range c.Recv() {
		last = m
	}
	if last == nil {
		return errors.New("no BYE")
	}
	bye, err := msg.ReadBye(last)
	switch {
	case err != nil:
		return fmt.Errorf("the last message is no BYE: %w", err)
	case bye.Code != code:
		return fmt.Errorf("BYE with %d, want %d", bye.Code, code)
	case bye.RetryMS > 0 && !netcode.MayReconnect(code):
		return fmt.Errorf("BYE with retry after %d ms", bye.RetryMS)
	}
	return nil
}
