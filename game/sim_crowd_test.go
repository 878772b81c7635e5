package game_test

import "github.com/skirmish-dev/skirmish/game/crowd"

// playCrowd walks among the sheep, and whistles now and then.
func playCrowd(p *simPlayer) {
	rng := p.sim.rng
	if rng.IntN(15) == 0 {
		p.c.SetInput(crowd.Input{DX: int8(rng.IntN(3) - 1), DY: int8(rng.IntN(3) - 1)})
	}
	if rng.IntN(40) == 0 {
		p.c.Call("whistle", crowd.Whistle{})
	}
}
