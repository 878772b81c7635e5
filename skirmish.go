// Package skirmish is a multiplayer game state server for browser games.
//
// A game lives in its own repository and becomes a server with one line:
//
//	func main() { skirmish.Main(mygame.Def) }
//
// The program that makes has these commands; the first is the default:
//
//	serve    lobby, game rooms, demo page and an embedded database in one process
//	bots     a load test over real connections
//	gen      the game's field tables and types for the browser
//	keys     rotate the keys that sign tokens
//	admin    give roles, on the data folder
//	match    try the rules of matchmaking
//	version
//
// This package owns the wiring: command line and configuration, listeners, logs, metrics, the order of starting and stopping, and the
// adapters between lobby and game, neither of which knows the other. A game's main calls it, and nothing else of Skirmish does but
// cmd and bench. It alone imports kong and Prometheus, and it imports no game: games are handed to Main.
package skirmish

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/skirmish-dev/skirmish/game"
)

// Main runs the command line for the given games and exits: 0 when all went well, 1 when something failed while
// running, 2 when it could not start (a bad flag, a taken port, a folder that cannot be written).
func Main(games ...*game.Def) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], games, stdio{os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}
