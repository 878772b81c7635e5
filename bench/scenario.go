//go:build linux

package main

import (
	"encoding/json"
	"time"

	"github.com/skirmish-dev/skirmish/bench/world"
	"github.com/skirmish-dev/skirmish/game"
)

// scenario is a world and how many play in it.
type scenario struct {
	name     string
	game     *game.Def
	bare     *game.Def // the same without resuming; nil: there is none
	perRoom  int       // players; 0: all in one room
	rooms    int       // without --rooms and --clients; 0 with clients
	clients  int
	decode   int // one client in so many reads its snapshots in full
	floor    bool
	searched bool // --rooms auto makes sense
	run      func(*bench, runContext, scenario, size) (result, error)
}

// size is how large a run is.
type size struct{ rooms, clients int }

// sampled is how many clients share one that decodes, where decoding all would make the load the limit.
const sampled = 50

func scenarios() []scenario {
	steady := (*bench).steady
	return []scenario{
		{name: "arena100", game: world.Arena100, bare: world.Arena100NoResume, perRoom: 50, rooms: 40, decode: sampled, floor: true, searched: true, run: steady},
		{name: "crowd", game: world.Crowd, bare: world.CrowdNoResume, clients: 1000, decode: sampled, floor: true, searched: true, run: steady},
		{name: "duel", game: world.Duel, perRoom: 10, rooms: 10, decode: 1, searched: true, run: steady},
		{name: "idle", game: world.Quiet, clients: 15_000, decode: 0, run: (*bench).idle},
		{name: "stall", game: world.Arena100, perRoom: 50, rooms: 10, decode: sampled, run: (*bench).stall},
		{name: "storm", game: world.Arena100, perRoom: 50, rooms: 20, decode: sampled, run: (*bench).storm},
		{name: "flood", game: world.Arena100, perRoom: 50, rooms: 50, decode: sampled, run: (*bench).flood},
	}
}

func scenarioNames() []string {
	var list []string
	for _, s := range scenarios() {
		list = append(list, s.name)
	}
	for _, a := range aparts {
		list = append(list, a.name)
	}
	return list
}

func find(name string) scenario {
	for _, s := range scenarios() {
		if s.name == name {
			return s
		}
	}
	panic("bench: no scenario " + name) // names have been checked
}

// scenario is that of the command line.
func (c config) find() scenario {
	s := find(c.scenario)
	if !c.resume {
		s.game = s.bare
	}
	return s
}

// size is that of the command line, or the scenario's.
func (s scenario) size(cfg config) size {
	switch {
	case cfg.clients > 0:
		return s.sized(cfg.clients)
	case s.perRoom > 0 && cfg.rooms > 0:
		return size{cfg.rooms, cfg.rooms * s.perRoom}
	case s.perRoom > 0:
		return size{s.rooms, s.rooms * s.perRoom}
	}
	return s.sized(s.clients)
}

// sized has as many rooms as that many clients need.
func (s scenario) sized(clients int) size {
	switch {
	case s.game == world.Quiet:
		return size{(clients + world.QuietWatchers) / (world.QuietWatchers + 1), clients}
	case s.perRoom == 0:
		return size{1, clients}
	}
	return size{(clients + s.perRoom - 1) / s.perRoom, clients}
}

// options of a room with that many players.
func (s scenario) options(n size) json.RawMessage {
	if s.game != world.Crowd && s.game != world.CrowdNoResume {
		return nil
	}
	raw, err := json.Marshal(world.CrowdOptions{Players: n.clients})
	if err != nil {
		panic(err) // one number
	}
	return raw
}

func (s scenario) rate() int { return s.game.Config().TickRate }

func (s scenario) period() time.Duration { return time.Second / time.Duration(s.rate()) }
