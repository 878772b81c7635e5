package bot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Joiner gets places in rooms for clients that are not Run's: the load generator plays with sockets of its own. It is
// concurrent-safe. Close it.
type Joiner struct {
	cfg   Config
	lobby *lobby
	seats *seats
}

// NewJoiner uses of cfg what concerns joining: URL, Game, Clients, Rooms, Options, OneAddress, Name.
func NewJoiner(ctx context.Context, cfg Config) (*Joiner, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	l, err := newLobby(cfg)
	if err != nil {
		return nil, err
	}
	game, err := l.game(ctx, cfg.Game)
	if err != nil {
		l.close()
		return nil, err
	}
	return &Joiner{cfg: cfg, lobby: l, seats: newSeats(l, game, cfg)}, nil
}

// Close ends the connections to the lobby that are kept for the next request.
func (j *Joiner) Close() { j.lobby.close() }

// Place is a place in a room that waits for its client.
type Place struct {
	URL  string // to dial once, within 30 s
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Take signs client number i (0..Clients-1) in as a guest and gets a place for it, as a spectator if it only watches. With
// Config.Rooms, clients whose numbers leave the same remainder get into the same room, and the first of them must not watch.
// What the server refuses for now is asked again when it says.
func (j *Joiner) Take(ctx context.Context, i int, watch bool) (Place, error) {
	g := guest{id: i, door: j.lobby.door(i), watch: watch}
	err := j.insist(ctx, func() (err error) {
		g.token, err = j.lobby.guest(ctx, g.door, fmt.Sprintf("%s%d", j.cfg.Name, i))
		return err
	})
	if err != nil {
		return Place{}, err
	}
	var url string
	err = j.insist(ctx, func() (err error) {
		url, err = j.seats.take(ctx, g)
		return err
	})
	return Place{URL: url, Dial: g.door.dial}, err
}

// insist repeats what is refused for now.
func (j *Joiner) insist(ctx context.Context, ask func() error) error {
	const attempts, least = 20, 100 * time.Millisecond
	for n := 1; ; n++ {
		err := ask()
		var refused *statusError
		if err == nil || n == attempts || ctx.Err() != nil || !errors.As(err, &refused) ||
			refused.status != http.StatusTooManyRequests && refused.status != http.StatusServiceUnavailable {
			return err
		}
		pause(ctx, max(refused.retryAfter, least))
	}
}
