package match

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	keepFinal  = time.Minute // how long a final ticket can still be read
	sweepEvery = time.Second // at most one walk over all tickets per this time
	retryAfter = time.Second // pause after a room could not be made
)

// ticket is one ticket in the queue; Queue.mu guards it.
type ticket struct {
	Ticket
	claimed bool          // the player was given the room
	pairing bool          // popped from the line while its room is being made; still queued for everybody else
	gone    time.Time     // when a final or claimed ticket is forgotten
	changed chan struct{} // closed, and replaced, when the state changes
}

// line is the queue of one game.
type line struct {
	waiting []*ticket // oldest first
	pairing bool      // a call is making rooms; others leave it to that one
	retryAt time.Time // no attempt before this, after one failed
}

type holder struct{ player, game string }

// Queue is the tickets of all games. It is concurrent-safe and has no goroutine: whoever adds or asks drives it.
type Queue struct {
	cfg  Config
	done chan struct{} // closed by Close

	mu      sync.Mutex
	tickets map[string]*ticket
	latest  map[holder]*ticket // the one ticket of a player and game that is held
	lines   map[string]*line
	waiters int
	swept   time.Time
	closed  bool
}

// New checks cfg and returns an empty queue.
func New(cfg Config) (*Queue, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	q := &Queue{
		cfg: cfg.withDefaults(), done: make(chan struct{}),
		tickets: map[string]*ticket{}, latest: map[holder]*ticket{}, lines: map[string]*line{},
	}
	for game := range cfg.Sizes {
		q.lines[game] = new(line)
	}
	return q, nil
}

// Close ends all waits; later calls of Add answer ErrClosed.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.done)
	}
}

// Add puts the player in line, or returns the open ticket that the player has for the game: asking twice (an answer that was
// lost, a page that was loaded again) does not take two places. fresh says which. The ticket may come back matched. Errors:
// ErrNoMatch, ErrClosed, *FullError.
func (q *Queue) Add(ctx context.Context, player, game string) (t Ticket, fresh bool, err error) {
	now := q.cfg.Clock()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sweep(now)
	l, ok := q.lines[game]
	switch {
	case q.closed:
		return Ticket{}, false, ErrClosed
	case !ok:
		return Ticket{}, false, ErrNoMatch
	}
	if held := q.latest[holder{player, game}]; held != nil {
		if q.settle(held, now); !held.final() && !held.claimed {
			return q.snapshot(held), false, nil
		}
		q.forget(held) // or queueing and cancelling in turn would fill the queue
	}
	if len(q.tickets) >= q.cfg.Tickets {
		return Ticket{}, false, &FullError{RetryAfter: 5 * time.Second}
	}
	added := &ticket{
		Ticket: Ticket{
			ID: q.cfg.NewID(), Player: player, Game: game, State: Queued, CreatedAt: now, ExpiresAt: now.Add(q.cfg.Wait),
		},
		changed: make(chan struct{}),
	}
	q.tickets[added.ID] = added
	q.latest[holder{player, game}] = added
	l.waiting = append(l.waiting, added)
	q.pair(ctx, game, l)
	return q.snapshot(added), true, nil
}

// Get returns the player's ticket. A ticket of someone else does not exist. Errors: ErrNotFound.
func (q *Queue) Get(ctx context.Context, id, player string) (Ticket, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t, err := q.ask(ctx, id, player)
	if err != nil {
		return Ticket{}, err
	}
	return q.snapshot(t), nil
}

// Cancel ends the player's ticket, queued or matched, and returns it; a final one stays as it is. Errors: ErrNotFound.
func (q *Queue) Cancel(id, player string) (Ticket, error) {
	return q.end(id, player, Cancelled)
}

// Lost ends a matched ticket whose room is gone. Errors: ErrNotFound.
func (q *Queue) Lost(id, player string) (Ticket, error) {
	return q.end(id, player, Expired)
}

func (q *Queue) end(id, player string, s State) (Ticket, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t, err := q.find(id, player)
	if err != nil {
		return Ticket{}, err
	}
	if !t.final() {
		q.finish(t, s, q.cfg.Clock())
	}
	return q.snapshot(t), nil
}

// Claim notes that the player was given the room of a matched ticket. From then on the player may queue again, while this
// ticket can still be read until its claim time is over: the answer may have been lost. Errors: ErrNotFound.
func (q *Queue) Claim(id, player string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := q.tickets[id]
	if t == nil || t.Player != player || t.State != Matched {
		return ErrNotFound
	}
	t.claimed, t.gone = true, t.ExpiresAt
	return nil
}

// Wait returns the ticket as soon as it is no longer queued, at the latest after d or when ctx ends; then it may still be
// queued. When too many calls wait already it returns at once. Errors: ErrNotFound.
func (q *Queue) Wait(ctx context.Context, id, player string, d time.Duration) (Ticket, error) {
	deadline := q.cfg.Clock().Add(d)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiters >= q.cfg.Waiters {
		d = 0
	}
	q.waiters++
	defer func() { q.waiters-- }()
	for {
		t, err := q.ask(ctx, id, player)
		if err != nil {
			return Ticket{}, err
		}
		now := q.cfg.Clock()
		left := deadline.Sub(now)
		if d <= 0 || left <= 0 || t.State != Queued || q.closed || ctx.Err() != nil {
			return q.snapshot(t), nil
		}
		left = min(left, t.ExpiresAt.Sub(now))
		if retry := q.lines[t.Game].retryAt.Sub(now); retry > 0 {
			left = min(left, retry)
		}
		changed := t.changed
		q.mu.Unlock()
		q.sleep(ctx, changed, left)
		q.mu.Lock()
	}
}

func (q *Queue) sleep(ctx context.Context, changed <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
	case <-q.done:
	}
}

// find returns the ticket of a player, brought up to now.
func (q *Queue) find(id, player string) (*ticket, error) {
	now := q.cfg.Clock()
	q.sweep(now)
	t := q.tickets[id]
	if t == nil || t.Player != player {
		return nil, ErrNotFound
	}
	if q.settle(t, now); t.over(now) {
		return nil, ErrNotFound
	}
	return t, nil
}

// ask is find, and drives the ticket's line: after a room could not be made, those who ask are who tries again. Call with mu held;
// it is released while a room is made.
func (q *Queue) ask(ctx context.Context, id, player string) (*ticket, error) {
	t, err := q.find(id, player)
	if err == nil && t.State == Queued {
		q.pair(ctx, t.Game, q.lines[t.Game])
	}
	return t, err
}

func (q *Queue) snapshot(t *ticket) Ticket {
	out := t.Ticket
	if t.State == Queued {
		out.Position = 1 + max(0, slices.Index(q.lines[t.Game].waiting, t)) // one that is being paired is next
	}
	return out
}

// over says whether a ticket cannot be read any more.
func (t *ticket) over(now time.Time) bool { return !t.gone.IsZero() && !now.Before(t.gone) }

func (t *ticket) final() bool { return t.State == Cancelled || t.State == Expired }

// settle expires a ticket whose time is over.
func (q *Queue) settle(t *ticket, now time.Time) {
	if !t.final() && !t.claimed && !t.pairing && !now.Before(t.ExpiresAt) {
		q.finish(t, Expired, now)
	}
}

func (q *Queue) finish(t *ticket, s State, now time.Time) {
	t.gone = now.Add(keepFinal)
	l := q.lines[t.Game]
	l.waiting = slices.DeleteFunc(l.waiting, func(o *ticket) bool { return o == t })
	t.Room = ""
	t.become(s)
}

func (t *ticket) become(s State) {
	t.State = s
	close(t.changed)
	t.changed = make(chan struct{})
}

func (q *Queue) forget(t *ticket) {
	delete(q.tickets, t.ID)
	delete(q.latest, holder{t.Player, t.Game})
}

// sweep expires and forgets what is over, so that tickets nobody asks about do not fill the queue.
func (q *Queue) sweep(now time.Time) {
	if now.Sub(q.swept) < sweepEvery {
		return
	}
	q.swept = now
	for _, t := range q.tickets {
		if q.settle(t, now); t.over(now) {
			q.forget(t)
		}
	}
}
