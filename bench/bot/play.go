package bot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// bot is one client: it plays, and comes back when it is allowed to, until its context is done.
type bot struct {
	id    int
	cfg   Config
	game  string
	lobby *lobby
	seats *seats
	meter *meter
	taps  *atomic.Uint64 // messages seen by Config.Tap, of all bots

	token  string
	played bool // has had a snapshot
	misses int  // attempts in a row that led to nothing
}

// again is what a bot does after a connection.
type again struct {
	stop   bool
	wait   time.Duration // what the server asks for
	resume bool          // the connection was lost, the player is seated still
}

func (b *bot) run(ctx context.Context) {
	for ctx.Err() == nil {
		next := b.round(ctx)
		if next.stop {
			return
		}
		if next.wait = max(next.wait, b.backoff()); next.wait > 0 {
			pause(ctx, next.wait)
		}
	}
}

// backoff grows with each miss, with jitter so that bots which failed together do not come back together.
func (b *bot) backoff() time.Duration {
	if b.misses == 0 {
		return 0
	}
	limit := 100 * time.Millisecond << min(b.misses, 5)
	return limit/2 + rand.N(limit/2)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// round gets a seat and plays until the player is gone: a connection that is lost is resumed.
func (b *bot) round(ctx context.Context) again {
	b.misses++ // until a snapshot comes
	conn, err := b.join(ctx)
	if err != nil {
		return b.refused(ctx, err)
	}
	for {
		err = conn.Run(ctx)
		b.meter.leave(&conn.play, time.Now())
		next := b.ended(ctx, conn.Conn, err)
		if !next.resume || !b.resume(ctx, conn.Conn) {
			return next
		}
		conn.play = play{}
	}
}

// resumeTries bounds the dials of a resume: after about three seconds the bot asks the lobby.
const resumeTries = 5

// resume reports whether c is connected again as the same player.
func (b *bot) resume(ctx context.Context, c *client.Conn) bool {
	for range resumeTries {
		err := c.Resume(ctx)
		if err == nil {
			b.meter.resumed()
			return true
		}
		var refused *client.RefusedError
		if errors.As(err, &refused) || errors.Is(err, client.ErrNoSeat) {
			b.meter.failed("resume refused")
			return false
		}
		b.misses++
		pause(ctx, b.backoff())
	}
	return false
}

// join signs in if need be, takes a seat and dials.
func (b *bot) join(ctx context.Context) (*playing, error) {
	door := b.lobby.door(b.id)
	if b.token == "" {
		token, err := b.lobby.guest(ctx, door, fmt.Sprintf("%s-%d", b.cfg.Name, b.id+1))
		if err != nil {
			return nil, err
		}
		b.token = token
	}
	url, err := b.seats.take(ctx, guest{id: b.id, door: door, token: b.token})
	if err != nil {
		return nil, err
	}
	if !b.lobby.enter(ctx) {
		return nil, ctx.Err()
	}
	defer b.lobby.leave()
	c := &playing{bot: b}
	c.Conn, err = client.Dial(ctx, url, client.ConnOptions{
		Options: client.Options{Check: b.cfg.Check, OnHello: c.hello, OnSnapshot: c.snapshot},
		NetDial: door.dial, OnTick: c.tick, Tap: c.tap,
	})
	return c, err
}

// refused counts a way in that was closed.
func (b *bot) refused(ctx context.Context, err error) again {
	if ctx.Err() != nil {
		return again{stop: true}
	}
	var status *statusError
	var seat *client.RefusedError
	switch {
	case errors.As(err, &status):
		b.meter.failed(fmt.Sprintf("http %d", status.status))
		if status.status == http.StatusUnauthorized {
			b.token = "" // run out; a bot has nothing to lose by becoming another guest
		}
		return again{wait: status.retryAfter}
	case errors.As(err, &seat):
		b.meter.failed(fmt.Sprintf("seat %d", seat.Status))
	case errors.Is(err, errTicket):
		b.meter.failed("ticket without match")
	default:
		b.meter.failed("network")
	}
	return again{}
}

// ended counts how a connection ended and decides whether to come back.
func (b *bot) ended(ctx context.Context, conn *client.Conn, err error) again {
	var closed *client.CloseError
	switch {
	case errors.Is(err, client.ErrProtocol):
		b.meter.desynced("desync: " + cause(err))
		return again{}
	case ctx.Err() != nil:
		return again{stop: true}
	case errors.As(err, &closed) && closed.Code == netcode.CloseOver:
		return again{}
	case errors.As(err, &closed):
		b.meter.disconnected(fmt.Sprintf("closed with %d", closed.Code))
		next := again{stop: !closed.MayReconnect(), resume: closed.MayResume()}
		if conn.Bye != nil {
			next.wait = min(time.Duration(conn.Bye.RetryMS)*time.Millisecond, maxRetryAfter)
		}
		return next
	}
	return again{stop: true} // Run ends with one of the above
}

// cause names a violation in few words: errors are counted by them.
func cause(err error) string {
	for _, c := range []struct {
		is   error
		name string
	}{
		{snapshot.ErrBaseline, "baseline"},
		{snapshot.ErrChecksum, "checksum"},
		{snapshot.ErrKnown, "known list"},
		{snapshot.ErrRange, "range"},
		{msg.ErrRange, "range"},
		{snapshot.ErrFlags, "flags"},
	} {
		if errors.Is(err, c.is) {
			return c.name
		}
	}
	return "message"
}

// playing is one connection of a bot.
type playing struct {
	*client.Conn
	bot    *bot
	play   play
	driver Driver
	bytes  uint64        // of snapshots, so far
	rtt    time.Duration // that was counted
}

func (c *playing) hello() { c.driver = newDriver(c.bot.cfg.Drivers, c.bot.game) }

func (c *playing) tick() {
	if c.State.Tick() > 0 {
		c.driver.Tick(c.Core)
	}
}

func (c *playing) tap(message []byte) {
	c.bot.meter.message(len(message))
	if c.bot.cfg.Tap != nil {
		c.bot.cfg.Tap(c.bot.taps.Add(1), message)
	}
}

func (c *playing) snapshot() {
	now := time.Now()
	if c.play.since.IsZero() {
		c.bot.meter.arrive(&c.play, now, !c.bot.played)
		c.bot.played, c.bot.misses = true, 0
	}
	s := sample{bytes: c.Stats.SnapshotBytes - c.bytes, effects: c.TakeEffects()}
	c.bytes = c.Stats.SnapshotBytes
	if c.Stats.RTT != c.rtt {
		c.rtt = c.Stats.RTT
		s.rtt = c.rtt
	}
	c.bot.meter.snapshot(&c.play, now, s)
}
