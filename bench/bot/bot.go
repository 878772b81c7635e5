// Package bot is the load client as a library: many real clients that sign in over REST, take seats, play over real sockets and
// check every snapshot they get.
//
// `skirmish bots` and the benchmarks call Run. A bot knows of a game what its schema says and, for our own games, table and
// field names; it imports netcode and nothing of lobby or of a game, so that it meets a server only through its doors.
package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/client"
)

// Config says what to run against what.
type Config struct {
	// URL is the base of the lobby, such as http://127.0.0.1:8080. Required.
	URL string
	// Game that the bots play. Zero means the server's only or first one.
	Game string
	// Clients at the same time. Zero means 1.
	Clients int
	// Duration of the measured time, which begins when every bot has played once, or Ramp after the start. Zero means 30 s.
	Duration time.Duration
	// Ramp is the longest time that joining may take before measuring begins all the same. Zero means 30 s.
	Ramp time.Duration
	// Rooms that the bots make and spread over evenly. Zero leaves the choice of a room to the server: quick join, or tickets
	// for games that take them.
	Rooms int
	// Options of the rooms that Rooms makes, as JSON. Zero means the game's defaults.
	Options json.RawMessage
	// Check asks the server for a checksum in each snapshot. The other checks are always made.
	Check bool
	// OneAddress makes all connections from the same source address. Zero means that bots whose target is a loopback address use
	// addresses of 127.0.0.0/8, 50 each, for the server limits guests by address.
	OneAddress bool
	// Name is the prefix of the bots' names, at most 16 bytes. Zero means "bot".
	Name string
	// Progress takes the live line: rewritten in place if it is a terminal, else a line every 5 s. Zero means no line.
	Progress io.Writer
	// Drivers by game, to add to those of this package or replace them. A game without one is played at random.
	Drivers map[string]func() Driver
	// Tap sees each message of the server before it is read, and may change its bytes: tests break messages with it. n counts
	// from 1 over all bots. It is called from many goroutines.
	Tap func(n uint64, message []byte)
}

// Driver steers one bot on one connection. Tick is called about twice per tick of the server, once the room's state is held: it
// sets c.Input and makes calls. A fresh Driver is made for each connection.
type Driver interface {
	Tick(c *client.Core)
}

const (
	maxPrefix     = 16
	perAddress    = 50
	maxClients    = 50_000 // of 127.0.0.0/8, 1000 addresses are used
	defaultWindow = 30 * time.Second
)

// Validate reports the first value that cannot be used.
func (c Config) Validate() error {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("bot: URL %q: give the base of a lobby, such as http://127.0.0.1:8080", c.URL)
	case c.Clients < 0 || c.Clients > maxClients:
		return fmt.Errorf("bot: Clients %d: 1 to %d fit", c.Clients, maxClients)
	case c.Duration < 0 || c.Ramp < 0:
		return errors.New("bot: Duration and Ramp cannot be negative")
	case c.Rooms < 0 || c.Rooms > max(c.Clients, 1):
		return fmt.Errorf("bot: Rooms %d: 0 to Clients (%d) fit, or some rooms would stay empty", c.Rooms, max(c.Clients, 1))
	case len(c.Name) > maxPrefix:
		return fmt.Errorf("bot: Name %q: at most %d bytes fit", c.Name, maxPrefix)
	}
	return nil
}

func (c Config) withDefaults() Config {
	c.Clients = max(c.Clients, 1)
	if c.Duration == 0 {
		c.Duration = defaultWindow
	}
	if c.Ramp == 0 {
		c.Ramp = defaultWindow
	}
	if c.Name == "" {
		c.Name = "bot"
	}
	return c
}

// Run plays until the measured time is over or ctx is done, and reports the measured time. It returns when the last bot has
// left. The error says that the server could not be used at all; the report is valid with it, and holds what went wrong.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if err := cfg.Validate(); err != nil {
		return Report{}, err
	}
	cfg = cfg.withDefaults()
	m := newMeter(cfg.Clients)
	l, err := newLobby(cfg)
	if err != nil {
		return m.report(time.Now()), err
	}
	defer l.close()
	game, err := l.game(ctx, cfg.Game)
	if err != nil {
		return m.report(time.Now()), err
	}
	seats := newSeats(l, game, cfg)

	playing, leave := context.WithCancel(ctx)
	defer leave()
	var bots sync.WaitGroup
	var taps atomic.Uint64
	for i := range cfg.Clients {
		b := &bot{id: i, cfg: cfg, game: game.Name, lobby: l, seats: seats, meter: m, taps: &taps}
		bots.Go(func() { b.run(playing) })
	}
	watch(playing, m, cfg)
	r := m.report(time.Now())
	leave()
	bots.Wait()
	if r.Connected == 0 && ctx.Err() == nil {
		return r, fmt.Errorf("bot: none of %d clients could play: %s", cfg.Clients, r.mostly())
	}
	return r, nil
}

// watch returns when the measured time is over, and shows how it goes.
func watch(ctx context.Context, m *meter, cfg Config) {
	out := newProgress(cfg.Progress)
	defer out.end()
	second := time.NewTicker(showEvery)
	defer second.Stop()
	stage := time.NewTimer(cfg.Ramp)
	defer stage.Stop()
	all := m.all
	began := false
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-second.C:
			out.show(now, m.live(now))
			continue
		case <-all:
		case <-stage.C:
			if began {
				return
			}
		}
		began, all = true, nil
		m.begin(time.Now())
		stage.Reset(cfg.Duration)
	}
}
