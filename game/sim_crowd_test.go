package game_test

import "github.com/skirmish-dev/skirmish/game/crowd"

// playCrowd walks among the sheep.
func playCrowd(p *simPlayer) {
	if rng := p.sim.rng; rng.IntN(15) == 0 {
		p.c.SetInput(crowd.Input{DX: int8(rng.IntN(3) - 1), DY: int8(rng.IntN(3) - 1)})
	}
}
