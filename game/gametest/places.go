package gametest

import (
	"slices"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/internal/playername"
)

// This file is what stands at the door of a real room: nobody comes in under a name that the lobby does not give, or when there is no place.

// HasPlace reports whether a player of that name may Join: of game.Config.MaxPlayers places one is free, or its own. A player whose
// connection is lost keeps its place until it is back or has left.
func (w *World) HasPlace(name string) bool { return w.others(name, false) < w.def.Config().MaxPlayers }

// others counts the accounts that have a place to play, or to watch, but for one that would come again.
func (w *World) others(account string, spectators bool) int {
	var accounts []string
	for _, s := range w.seats {
		if s.Spectator == spectators && s.Account != account && !slices.Contains(accounts, s.Account) {
			accounts = append(accounts, s.Account)
		}
	}
	return len(accounts)
}

// admit fails the test when no server would give this client a seat.
func (w *World) admit(c *Client) {
	w.t.Helper()
	name, err := playername.Clean(c.Name)
	if err != nil {
		w.t.Fatalf("gametest: %q cannot join: the %v", c.Name, err)
	}
	if name != c.Name {
		w.t.Fatalf("gametest: %q cannot join: it would be called %q, for a name has no space around it", c.Name, name)
	}
	cfg := w.def.Config()
	switch n := w.others(c.Name, c.options.Spectator); {
	case c.options.Spectator && n >= cfg.MaxSpectators:
		w.t.Fatalf("gametest: tick %d: %s cannot watch: of %d places for spectators %d are taken (game.Config.MaxSpectators)",
			w.Tick(), c.Name, max(cfg.MaxSpectators, 0), n)
	case !c.options.Spectator && n >= cfg.MaxPlayers:
		w.t.Fatalf("gametest: tick %d: %s cannot join: of %d places %d are taken (game.Config.MaxPlayers); World.HasPlace tells",
			w.Tick(), c.Name, cfg.MaxPlayers, n)
	}
}

// dial opens a connection on a seat, whose place is taken from now on.
func (w *World) dial(c *Client) {
	w.seats = append(w.seats, c.seat)
	c.conn = w.transport.Dial(c.seat)
}

// left is told by the room when the place of a seat is free again.
func (w *World) left(seat *game.Seat) {
	w.seats = slices.DeleteFunc(w.seats, func(s *game.Seat) bool { return s == seat })
}
