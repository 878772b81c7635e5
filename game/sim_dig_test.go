package game_test

import "github.com/skirmish-dev/skirmish/game/dig"

// playDig runs about in the dark, digs and lays traps.
func playDig(p *simPlayer) {
	if rng := p.sim.rng; rng.IntN(3) == 0 {
		p.c.SetInput(dig.Input{DX: int8(rng.IntN(3) - 1), DY: int8(rng.IntN(3) - 1), Dig: rng.IntN(4) == 0, Lay: rng.IntN(20) == 0})
	}
}
