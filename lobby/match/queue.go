package match

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Queue is the tickets of all modes. It is concurrent-safe. Run has to run.
type Queue struct {
	cfg  Config
	done chan struct{} // closed by Close
	wake chan struct{} // holds one when there is work for Run

	// Of Run alone.
	matcher Matcher
	passing []*ticket // memory for the tickets that a pass looks at
	copies  []Waiting // likewise, for what they say

	mu        sync.Mutex
	tickets   map[string]*ticket
	open      map[string]*ticket // the one open ticket of a player, over all modes
	last      map[string]*ticket // the ticket last made by a player
	lanes     map[string]*lane
	order     []*lane // in the order of Config.Modes
	asked     map[*proposal]bool
	agreed    []*proposal // matches whose room is to be made, the oldest first
	untold    []*ticket   // changed and not told yet, the first change first
	telling   map[*ticket]bool
	unstored  map[*ticket]bool // whose room is to be stored
	undropped map[string]bool  // to be removed from the store
	numbers   uint64
	waiters   int
	swept     time.Time
	closed    bool
}

// New checks cfg and returns a queue with the tickets that the Keeper has. Those that waited wait with their age, and so do those whose
// room is gone; both are in no match until one of their players asks for them, since nobody knows who comes back.
func New(ctx context.Context, cfg Config) (*Queue, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	q := &Queue{
		cfg: cfg.withDefaults(), done: make(chan struct{}), wake: make(chan struct{}, 1),
		tickets: map[string]*ticket{}, open: map[string]*ticket{}, last: map[string]*ticket{}, lanes: map[string]*lane{},
		asked: map[*proposal]bool{}, telling: map[*ticket]bool{}, unstored: map[*ticket]bool{}, undropped: map[string]bool{},
	}
	for _, m := range q.cfg.Modes {
		if m.Rules.Wait == 0 {
			m.Rules.Wait = int((q.cfg.Wait + time.Second - 1) / time.Second)
		}
		l := &lane{mode: m}
		q.lanes[m.Name] = l
		q.order = append(q.order, l)
	}
	if err := q.restore(ctx); err != nil {
		return nil, fmt.Errorf("match: read the tickets back: %w", err)
	}
	return q, nil
}

// Close ends all waits; later calls of Add answer ErrClosed. The tickets stay stored.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.done)
	}
}

// Modes returns what can be queued for.
func (q *Queue) Modes() []Mode { return slices.Clone(q.cfg.Modes) }

// Request asks for a ticket.
type Request struct {
	Mode       string
	Party      string   // empty for a single player
	Members    []Member // the first asks; their skills are filled in by Add
	Latency    map[string]int
	Attributes map[string][]string
}

// Add queues a ticket, or returns the open one that the same players have for the mode: asking twice (an answer that was lost, a page
// that was loaded again) does not take two places. fresh says which. When it returns the ticket is stored. Errors: ErrNoMode,
// ErrClosed, *FullError, *QueuedError, *TicketError, those of Skills and of the Keeper.
func (q *Queue) Add(ctx context.Context, r Request) (_ Ticket, fresh bool, err error) {
	l := q.lanes[r.Mode]
	if l == nil {
		return Ticket{}, false, ErrNoMode
	}
	t := &ticket{
		lane: l, party: r.Party, state: Queued, storing: true, changed: make(chan struct{}),
		waiting: Waiting{Members: slices.Clone(r.Members), Latency: r.Latency, Attributes: r.Attributes},
	}
	skills, err := q.cfg.Skills(ctx, SkillsOf{Mode: l.mode, Players: t.players()})
	if err != nil {
		return Ticket{}, false, fmt.Errorf("match: skills: %w", err)
	}
	for i := range t.waiting.Members {
		t.waiting.Members[i].Skill = skills[i]
	}
	if err := l.mode.Rules.Check(&t.waiting); err != nil {
		return Ticket{}, false, &TicketError{Reason: strings.TrimPrefix(err.Error(), "match: ")}
	}
	if held, err := q.admit(t); err != nil || held != nil {
		if err != nil {
			return Ticket{}, false, err
		}
		return *held, false, nil
	}
	if err := q.cfg.Keeper.PutTicket(ctx, t.kept()); err != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.undropped[t.waiting.ID] = true // whether it was stored is not known
		if !t.final() {
			q.finish(t, Cancelled, EndCancelled)
		}
		q.forget(t)
		return Ticket{}, false, fmt.Errorf("match: store a ticket: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	t.storing = false
	if t.final() { // given up while it was stored
		q.undropped[t.waiting.ID] = true
	} else {
		l.enter(t)
	}
	q.kick()
	return t.snapshot(0, q.cfg.Clock()), true, nil
}

// admit gives a new ticket its place in the queue's books, or returns the open ticket that the same players have.
func (q *Queue) admit(t *ticket) (held *Ticket, err error) {
	now := q.cfg.Clock()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, ErrClosed
	}
	q.sweep(now)
	asks := t.waiting.Members[0].Player
	for _, m := range t.waiting.Members {
		o := q.open[m.Player]
		if o == nil {
			continue
		}
		if q.settle(o, now); o.final() {
			continue
		}
		if o.lane != t.lane || !slices.Equal(o.players(), t.players()) {
			return nil, &QueuedError{Player: m.Player}
		}
		q.back(o)
		s := o.snapshot(o.member(asks), now)
		return &s, nil
	}
	if o := q.last[asks]; o != nil && (o.final() || !slices.Contains(o.claimed, false) && o.state == Matched) {
		q.forget(o) // or queueing and cancelling in turn would fill the queue
	}
	if len(q.tickets) >= q.cfg.Tickets {
		return nil, &FullError{RetryAfter: 5 * time.Second}
	}
	q.numbers++
	t.number, t.waiting.ID, t.waiting.Since = q.numbers, q.cfg.NewID(), now
	t.expires, t.position = now.Add(t.lane.life()), len(t.lane.waiting)+1
	q.file(t)
	return nil, nil
}

// file puts a ticket into the books.
func (q *Queue) file(t *ticket) {
	q.tickets[t.waiting.ID] = t
	q.last[t.waiting.Members[0].Player] = t
	for _, m := range t.waiting.Members {
		q.open[m.Player] = t
	}
}

// Get returns the player's ticket. A ticket of someone else does not exist. Errors: ErrNotFound.
func (q *Queue) Get(id, player string) (Ticket, error) {
	return q.with(id, player, func(*ticket, int, time.Time) error { return nil })
}

// Open returns the open ticket that a player has, in whatever mode. Errors: ErrNotFound.
func (q *Queue) Open(player string) (Ticket, error) {
	q.mu.Lock()
	t := q.open[player]
	q.mu.Unlock()
	if t == nil {
		return Ticket{}, ErrNotFound
	}
	return q.Get(t.waiting.ID, player)
}

// Cancel ends the ticket for all its players, and returns it; a final one stays as it is. In a ready check it declines. Errors:
// ErrNotFound.
func (q *Queue) Cancel(id, player string) (Ticket, error) {
	return q.with(id, player, func(t *ticket, _ int, _ time.Time) error {
		if t.state == Ready {
			q.finish(t, Cancelled, EndDeclined)
		} else if !t.final() {
			q.finish(t, Cancelled, EndCancelled)
		}
		return nil
	})
}

// LeaveParty ends the ticket that a player's party has queued with, because the party is not the same any more.
func (q *Queue) LeaveParty(party, player string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t := q.open[player]; t != nil && t.party == party && t.state != Matched {
		q.finish(t, Cancelled, EndParty)
	}
}

// Lost says that the room of a matched ticket is gone. When nobody has been given it, the ticket waits again, with its age. Errors:
// ErrNotFound.
func (q *Queue) Lost(id, player string) (Ticket, error) {
	return q.with(id, player, func(t *ticket, _ int, now time.Time) error {
		switch {
		case t.state != Matched:
		case slices.Contains(t.claimed, true) || !now.Before(t.waiting.Since.Add(t.lane.life())):
			q.finish(t, Expired, EndTime)
		default:
			t.place = Placement{}
			t.lane.enter(t)
			q.unstored[t] = true
			q.touch(t)
		}
		return nil
	})
}

// Claim notes that the player was given the room of a matched ticket. From then on the player may queue again, while this ticket can
// still be read until its claim time is over: the answer may have been lost. Errors: ErrNotFound.
func (q *Queue) Claim(id, player string) error {
	_, err := q.with(id, player, func(t *ticket, member int, _ time.Time) error {
		if t.state != Matched {
			return ErrNotFound
		}
		t.claimed[member] = true
		if q.open[player] == t {
			delete(q.open, player)
		}
		if !slices.Contains(t.claimed, false) {
			q.drop(t)
		}
		return nil
	})
	return err
}

// with does something to a ticket of the player, and returns what it has become.
func (q *Queue) with(id, player string, do func(t *ticket, member int, now time.Time) error) (Ticket, error) {
	now := q.cfg.Clock()
	q.mu.Lock()
	defer q.mu.Unlock()
	t, member, err := q.find(id, player, now)
	if err != nil {
		return Ticket{}, err
	}
	if err := do(t, member, now); err != nil {
		return Ticket{}, err
	}
	return t.snapshot(member, now), nil
}

// find returns the ticket of a player, brought up to now. q.mu is held, here and below.
func (q *Queue) find(id, player string, now time.Time) (*ticket, int, error) {
	t := q.tickets[id]
	if t == nil {
		return nil, 0, ErrNotFound
	}
	member := t.member(player)
	if member < 0 {
		return nil, 0, ErrNotFound
	}
	if q.settle(t, now); t.over(now) {
		return nil, 0, ErrNotFound
	}
	q.back(t)
	return t, member, nil
}

// back notes that somebody asks for a ticket.
func (q *Queue) back(t *ticket) {
	if t.away {
		t.away, t.lane.dirty = false, true
		q.kick()
	}
}

// settle ends a ticket whose time is over. One that is in a proposal has been found in time.
func (q *Queue) settle(t *ticket, now time.Time) {
	switch {
	case t.final() || t.proposal != nil || now.Before(t.expires):
	case t.state == Queued:
		q.finish(t, Expired, EndTime)
	case slices.Contains(t.claimed, true):
		t.gone = t.expires // they are playing: there is nothing more to say about it
		q.close(t)
	default:
		q.finish(t, Expired, EndUnclaimed)
	}
}

// finish ends a ticket. If it was in a ready check, the others wait again.
func (q *Queue) finish(t *ticket, s State, why string) {
	t.lane.leave(t)
	t.state, t.ended, t.gone = s, why, q.cfg.Clock().Add(keepFinal)
	if p := t.proposal; p != nil {
		t.proposal = nil
		if q.asked[p] {
			q.dissolve(p)
		}
	}
	t.place = Placement{}
	q.close(t)
	q.touch(t)
}

// close lets the players of a ticket queue again, and has it removed from the store.
func (q *Queue) close(t *ticket) {
	for _, m := range t.waiting.Members {
		if q.open[m.Player] == t {
			delete(q.open, m.Player)
		}
	}
	q.drop(t)
}

// drop has a ticket removed from the store.
func (q *Queue) drop(t *ticket) {
	delete(q.unstored, t)
	q.undropped[t.waiting.ID] = true
	q.kick()
}

// touch says that a ticket has changed.
func (q *Queue) touch(t *ticket) {
	t.version++
	close(t.changed)
	t.changed = make(chan struct{})
	if !q.telling[t] {
		q.telling[t] = true
		q.untold = append(q.untold, t)
	}
	q.kick()
}

// kick has Run look for work.
func (q *Queue) kick() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *Queue) forget(t *ticket) {
	delete(q.tickets, t.waiting.ID)
	if asks := t.waiting.Members[0].Player; q.last[asks] == t {
		delete(q.last, asks)
	}
}

// sweep ends and forgets what is over, so that tickets nobody asks about do not fill the queue.
func (q *Queue) sweep(now time.Time) {
	if since := now.Sub(q.swept); since >= 0 && since < time.Second {
		return
	}
	q.swept = now
	for _, t := range q.tickets {
		if q.settle(t, now); t.over(now) {
			q.forget(t)
		}
	}
}
