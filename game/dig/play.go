package dig

import "github.com/skirmish-dev/skirmish/game"

// This file is what happens in a tick.

func (g *dig) Tick(t *game.Tick, in game.Inputs[Input]) {
	if g.round.Ends.Done(t) || g.round.Left == 0 {
		g.over.Emit(Over{N: g.round.N, Score: g.round.Score})
		g.begin(t)
		return // what is cleared away lies there until the tick is over
	}
	g.fill(t)
	for p := range t.Players() {
		d := g.diggers.Get(p.Entity)
		if d == nil {
			continue // the table was full when the player joined
		}
		input, state := in.Of(p)
		if state != game.Missing || d.idle == 0 {
			d.idle = t.After(Idle)
		}
		if d.idle.Done(t) {
			p.Kick("you were away")
		}
		g.deal(p, d)
		g.act(t, p, d, input)
		if p.Bot() {
			game.SetInput(p, g.think(t, p, d))
		}
	}
	g.light()
}

// begin clears the field for a round. The diggers get their clues in the next tick.
func (g *dig) begin(t *game.Tick) {
	t.Release(g.round.Best)
	g.round = Round{N: g.round.N + 1, Ends: t.After(g.options.length()), Left: Treasures}
	g.clues.Clear()
	g.traps.Clear()
	g.holes.Clear()
	g.field = field{}
	for len(g.field.treasures) < Treasures {
		if x, y := int16(t.Rand.IntN(Size)), int16(t.Rand.IntN(Size)); g.at(x, y) == nil {
			g.field.treasures = append(g.field.treasures, treasure{x: x, y: y})
		}
	}
	for _, d := range g.diggers.All() {
		d.prepare()
	}
}

// at is the treasure in a place, or nil.
func (g *dig) at(x, y int16) *treasure {
	for i := range g.field.treasures {
		if tr := &g.field.treasures[i]; tr.x == x && tr.y == y {
			return tr
		}
	}
	return nil
}

// prepare puts a digger where its team comes from, at either end of the field.
func (d *Digger) prepare() {
	d.X, d.Y = int16(d.Team-1)*(Size-1), int16(d.Owner*7%Size)
	d.Traps, d.clues, d.finds, d.Caught, d.shown = d.bag.traps, d.bag.clues, 0, 0, group(d.Team)
}

// fill has bots play until there are enough players, and sends one away when there are more, or nobody to play with. It changes one in
// a tick.
func (g *dig) fill(t *game.Tick) {
	n, bots, bot := 0, 0, (*game.Player)(nil)
	for p := range t.Players() {
		if n++; p.Bot() {
			bots, bot = bots+1, p
		}
	}
	want := g.options.Fill
	if n == bots {
		want = 0
	}
	switch {
	case n < want:
		t.AddBot("mole")
	case n > want && bot != nil:
		bot.Kick("")
	}
}

// deal tells a player of treasures that nobody was told of, as soon as there are such.
func (g *dig) deal(p *game.Player, d *Digger) {
	for i := 0; i < len(g.field.treasures) && d.clues > 0; i++ {
		if tr := &g.field.treasures[i]; !tr.told {
			g.clues.Spawn(Clue{Owner: p.ID, X: tr.x, Y: tr.y})
			tr.told = true
			d.clues--
		}
	}
}

// act carries an input out. Who is in a trap does nothing.
func (g *dig) act(t *game.Tick, p *game.Player, d *Digger, in Input) {
	if d.Caught.Left(t) > 0 {
		return
	}
	d.X, d.Y = min(max(d.X+int16(in.DX), 0), Size-1), min(max(d.Y+int16(in.DY), 0), Size-1)
	p.View(float32(d.X), float32(d.Y), float32(d.lamp))
	g.step(t, d)
	if in.Dig {
		g.open(t, p, d)
	}
	if in.Lay && d.Traps > 0 {
		d.Traps--
		g.traps.Spawn(Trap{X: d.X, Y: d.Y, team: d.Team, by: p.ID})
	}
}

// step looks for a trap of the other team.
func (g *dig) step(t *game.Tick, d *Digger) {
	for _, trap := range g.traps.All() {
		if trap.X == d.X && trap.Y == d.Y && trap.team != d.Team && trap.Caught == 0 {
			trap.Caught = d.Owner
			d.Caught = t.After(Caught)
		}
	}
}

// open digs where a digger stands, unless somebody has, and can be heard.
func (g *dig) open(t *game.Tick, p *game.Player, d *Digger) {
	x, y := d.X, d.Y
	if g.field.dug[x][y] {
		return
	}
	g.field.dug[x][y] = true
	g.heard.EmitNear(float32(x), float32(y), Heard{X: x, Y: y})
	tr := g.at(x, y)
	g.holes.Spawn(Hole{X: x, Y: y, Empty: tr == nil})
	if tr == nil {
		return
	}
	g.round.Left--
	g.round.Score[d.Team-1]++
	if d.finds++; d.finds > g.field.most {
		g.field.most = d.finds
		best := t.Text(p.Name) // before the old one is given up, which may be the same
		t.Release(g.round.Best)
		g.round.Best = best
	}
	g.found.EmitTo(p, Found{X: x, Y: y})
	for id, c := range g.clues.All() {
		if c.X == x && c.Y == y {
			g.clues.Despawn(id)
		}
	}
}

// light shows each digger to its own team, and to the other one where its lamps reach.
func (g *dig) light() {
	for _, d := range g.diggers.All() {
		d.shown = group(d.Team)
		for _, o := range g.diggers.All() {
			if dx, dy := d.X-o.X, d.Y-o.Y; dx*dx+dy*dy <= o.lamp*o.lamp {
				d.shown |= group(o.Team)
			}
		}
	}
}

// think is what a bot does in the next tick: it digs in the first place that it has a clue of, and without one anywhere. It knows
// no more than a player would.
func (g *dig) think(t *game.Tick, p *game.Player, d *Digger) Input {
	for _, c := range g.clues.All() {
		if c.Owner == p.ID {
			dx, dy := c.X-d.X, c.Y-d.Y
			in := Input{DX: int8(min(max(dx, -1), 1)), DY: int8(min(max(dy, -1), 1))}
			in.Dig = dx == int16(in.DX) && dy == int16(in.DY)
			return in
		}
	}
	return Input{DX: int8(t.Rand.IntN(3) - 1), DY: int8(t.Rand.IntN(3) - 1), Dig: t.Rand.IntN(5) == 0, Lay: t.Rand.IntN(50) == 0}
}
