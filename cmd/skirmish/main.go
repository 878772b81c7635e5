// Command skirmish is the server with the games of this repository.
package main

import (
	"github.com/skirmish-dev/skirmish"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/crowd"
	"github.com/skirmish-dev/skirmish/game/dig"
	"github.com/skirmish-dev/skirmish/game/draughts"
)

func main() { skirmish.Main(arena.Def, draughts.Def, crowd.Def, dig.Def) }
