package bot

import (
	"math"
	"math/rand/v2"

	"github.com/skirmish-dev/skirmish/netcode/client"
)

// What the draughts driver knows of the game besides its schema.
const (
	draughtsPlaying = 1 // match.phase
	draughtsBlack   = 1 // match.turn, piece.side
	draughtsWhite   = 2
	draughtsDirs    = 4 // bits of piece.moves
)

// draughtsDriver moves a random piece that may move in a random direction that is open to it. It never resigns.
type draughtsDriver struct {
	wait uint32 // no move before this tick
}

// draughtsMove is a call that the game will take.
type draughtsMove struct{ piece, dir uint32 }

func (d *draughtsDriver) Tick(c *client.Core) {
	now := c.State.Tick()
	if now < d.wait || !draughtsTurn(c) {
		return
	}
	if d.wait == 0 { // not all matches in step
		d.wait = now + 1 + rand.Uint32N(uint32(c.TickRate))
		return
	}
	moves := draughtsMoves(c)
	if len(moves) == 0 {
		return
	}
	m := moves[rand.IntN(len(moves))]
	if _, err := c.Call("move", []uint32{m.piece, m.dir}); err != nil {
		d.wait = math.MaxUint32 // another game of the same name
		return
	}
	// Long enough for the answer to be seen and for the limit on calls; now and then a player thinks.
	d.wait = now + 1 + uint32(c.TickRate)/2
	if rand.IntN(8) == 0 {
		d.wait += rand.Uint32N(2 * uint32(c.TickRate))
	}
}

// draughtsSide is the side that the bot plays.
func draughtsSide(c *client.Core, black uint32) uint32 {
	if black == c.Player {
		return draughtsBlack
	}
	return draughtsWhite
}

// draughtsTurn reports whether the bot is to move.
func draughtsTurn(c *client.Core) bool {
	row := draughtsMatch(c)
	return row != nil && row.phase == draughtsPlaying && row.turn == draughtsSide(c, row.black)
}

type draughtsState struct{ phase, turn, black uint32 }

// draughtsMatch reads the row of table match; nil: there is none.
func draughtsMatch(c *client.Core) *draughtsState {
	t, index := c.Schema.Find("match")
	if t == nil || c.State.Len(index) == 0 {
		return nil
	}
	phase, turn, black := t.Index("phase"), t.Index("turn"), t.Index("black")
	if min(phase, turn, black) < 0 {
		return nil
	}
	row := c.State.At(index, 0).Row
	return &draughtsState{row[phase], row[turn], row[black]}
}

// draughtsMoves lists what the bot may do.
func draughtsMoves(c *client.Core) (list []draughtsMove) {
	t, index := c.Schema.Find("piece")
	match := draughtsMatch(c)
	if t == nil || match == nil {
		return nil
	}
	side, moves := t.Index("side"), t.Index("moves")
	if min(side, moves) < 0 {
		return nil
	}
	for i := range c.State.Len(index) {
		e := c.State.At(index, i)
		if e.Row[side] != draughtsSide(c, match.black) {
			continue
		}
		for dir := range uint32(draughtsDirs) {
			if e.Row[moves]>>dir&1 != 0 {
				list = append(list, draughtsMove{e.ID, dir})
			}
		}
	}
	return list
}
