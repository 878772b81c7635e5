//go:build linux

package main

import (
	"context"
	"errors"
	"time"

	"github.com/skirmish-dev/skirmish/bench/bot"
	"github.com/skirmish-dev/skirmish/bench/load"
	"github.com/skirmish-dev/skirmish/bench/proc"
	"github.com/skirmish-dev/skirmish/bench/world"
)

// watches says which clients of a scenario spectate: in quiet rooms, all but one of each.
func (s scenario) watches(n size) func(int) bool {
	if s.game != world.Quiet {
		return nil
	}
	return func(i int) bool { return i >= n.rooms }
}

// idle is a run with very many who watch rooms in which nothing happens: it shows what a connection costs in memory.
func (b *bench) idle(rc runContext, s scenario, n size) (result, error) {
	const started = 2 * time.Second // until a server without clients holds what it will: the rest of its start is not theirs
	if err := pause(rc, started); err != nil {
		return result{}, err
	}
	var err error
	if rc.rss, err = proc.RSS(rc.server.PID); err != nil {
		return result{}, err
	}
	players, err := b.join(rc, 0, n.rooms)
	if err != nil {
		return result{}, err
	}
	watchers, err := b.join(rc, n.rooms, n.clients)
	if err != nil {
		return result{}, err
	}
	rc.joiner.Close()
	if err := pause(rc, b.cfg.settle); err != nil {
		return result{}, err
	}
	rss, err := proc.RSS(rc.server.PID)
	if err != nil {
		return result{}, err
	}
	r, err := b.observe(rc, s, n, rc.during(min(b.cfg.duration, 10*time.Second)))
	r.Detail.JoinS = round((players + watchers).Seconds())
	r.Detail.RSSSlope = round(float64(rss-rc.rss) / 1024 / float64(max(1, rc.load.Playing())))
	return r, err
}

// stall is a run in which three in ten stop reading once everybody plays. Its figures are those of the others.
func (b *bench) stall(rc runContext, s scenario, n size) (result, error) {
	const part = 0.3
	if _, err := b.join(rc, 0, n.clients); err != nil {
		return result{}, err
	}
	rc.joiner.Close()
	if err := pause(rc, b.cfg.settle); err != nil {
		return result{}, err
	}
	stalled := rc.load.Deafen(part)
	r, err := b.observe(rc, s, n, rc.during(b.cfg.duration))
	r.Clients = n.clients - stalled
	r.Detail.Stalled = stalled
	return r, err
}

// A storm is so many clients, in so many rooms of their own.
const (
	stormClients = 5000
	stormRooms   = 100
)

// storm is a run in which thousands come as fast as they get in, each leaving with its first snapshot, while others play. Its
// figures are those of the others, over the time that it took.
func (b *bench) storm(rc runContext, s scenario, n size) (result, error) {
	if _, err := b.join(rc, 0, n.clients); err != nil {
		return result{}, err
	}
	if err := pause(rc, b.cfg.settle); err != nil {
		return result{}, err
	}
	doors, err := bot.NewJoiner(rc, bot.Config{
		URL: rc.server.url, Game: s.game.Name(), Clients: b.cfg.storm, Rooms: min(stormRooms, b.cfg.storm),
	})
	if err != nil {
		return result{}, err
	}
	defer doors.Close()
	rc.target.Seats = doors // nobody is joining now

	type arrival struct {
		took   time.Duration
		failed int
		err    error
	}
	done := make(chan arrival, 1)
	during, stop := context.WithCancel(rc)
	defer stop()
	go func() {
		start := time.Now()
		failed, err := rc.load.Visit(rc, 0, b.cfg.storm)
		done <- arrival{time.Since(start), failed, err}
		stop()
	}()
	r, err := b.observe(rc, s, n, func() (load.Window, error) { return rc.load.Measure(during, 2*time.Minute) })
	a := <-done
	r.Clients = n.clients
	r.Detail.JoinS, r.Detail.Failed = round(a.took.Seconds()), a.failed
	return r, errors.Join(err, a.err)
}
