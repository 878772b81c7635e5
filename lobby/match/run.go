package match

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"
)

const (
	roomTime  = 5 * time.Second  // for making a room, or asking which have places
	roomRetry = time.Second      // pause of a mode after a room could not be made, doubled each time in a row
	roomPause = 30 * time.Second // and at most this: players who are asked whether they are ready must not be asked all the time
	batch     = 500              // tickets that one call of the store moves or removes
)

// Run makes matches, stores what has changed and tells it, until ctx is done. It is to be called once.
func (q *Queue) Run(ctx context.Context) {
	timer := time.NewTimer(q.cfg.Every)
	defer timer.Stop()
	for ctx.Err() == nil {
		q.step(ctx)
		timer.Reset(q.cfg.Every)
		select {
		case <-q.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// step does once what there is to do.
func (q *Queue) step(ctx context.Context) {
	for _, l := range q.due() {
		q.pass(ctx, l)
	}
	for p := q.nextAgreed(); p != nil; p = q.nextAgreed() {
		q.place(ctx, p)
	}
	q.store(ctx)
	q.tell()
}

// due ends what is over, and returns the modes to be looked at: those where something has changed, and those where the limits of
// somebody who waits may have widened.
func (q *Queue) due() []*lane {
	now := q.cfg.Clock()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sweep(now)
	for p := range q.asked {
		if !now.Before(p.until) {
			q.silent(p)
		}
	}
	var list []*lane
	for _, l := range q.order {
		since := now.Sub(l.passed)
		if len(l.waiting) > 0 && !now.Before(l.rest) && (l.dirty || since < 0 || since >= q.cfg.Every) {
			list = append(list, l)
		}
	}
	return list
}

// pass looks at a copy of the waiting tickets of a mode, without the lock, and then proposes the matches whose tickets all wait still.
func (q *Queue) pass(ctx context.Context, l *lane) {
	began := q.cfg.Clock()
	q.mu.Lock()
	l.dirty, l.passed = false, began
	tickets := q.passing[:0]
	for _, t := range l.waiting {
		if !t.away {
			tickets = append(tickets, t)
		}
	}
	q.mu.Unlock()
	waiting := resized(q.copies, len(tickets))
	for i, t := range tickets {
		waiting[i] = t.waiting // what it says never changes
	}
	defer func() {
		clear(tickets) // what has ended by the next pass must not be kept by this
		clear(waiting)
		q.passing, q.copies = tickets, waiting
	}()
	var openings []Opening
	if l.mode.Rules.Backfill {
		openings = q.openings(ctx, l.mode)
	}
	out := q.matcher.Pass(&l.mode.Rules, waiting, openings, began)

	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range out.Matches {
		p := &proposal{lane: l}
		if m.Opening >= 0 {
			p.room = openings[m.Opening].Room
		}
		for _, place := range m.Places {
			p.tickets = append(p.tickets, tickets[place.Ticket])
		}
		if slices.ContainsFunc(p.tickets, func(t *ticket) bool { return t.state != Queued || t.proposal != nil }) {
			l.dirty = true // the others have to be looked at again
			q.kick()
			continue
		}
		p.match = m.Clone()
		q.propose(p)
	}
	l.waiting = slices.DeleteFunc(l.waiting, func(t *ticket) bool { return t.proposal != nil })
	q.progress(l, tickets, out.Reasons)
	// A pass over very many tickets leaves the processor to others for most of the time, whatever comes in.
	now := q.cfg.Clock()
	l.rest = now.Add(min(4*now.Sub(began), q.cfg.Every))
}

// progress notes where the tickets stand after a pass, and tells some of them. q.mu is held.
func (q *Queue) progress(l *lane, passed []*ticket, reasons []Reason) {
	for i, t := range passed {
		if reasons[i].Cause != NotWaiting {
			t.reason = reasons[i]
		}
	}
	n := len(l.waiting)
	told := 0
	for i := range n {
		at := (l.telling + i) % n
		t := l.waiting[at]
		cause, position := t.reason.Cause, at+1
		changed := t.position != position || t.told != cause
		t.position = position
		if changed && told < tellMost && l.passed.Sub(t.toldAt) >= tellEvery {
			t.told, t.toldAt = cause, l.passed
			q.touch(t)
			if told++; told == tellMost {
				l.telling = at + 1
			}
		}
	}
}

// nextAgreed takes the next match whose room is to be made.
func (q *Queue) nextAgreed() *proposal {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.agreed) == 0 {
		return nil
	}
	p := q.agreed[0]
	q.agreed = q.agreed[1:]
	return p
}

// place makes the room of a match, without the lock, and then matches its tickets together or not at all. A room that nobody comes to
// ends by itself.
func (q *Queue) place(ctx context.Context, p *proposal) {
	room := p.room
	var err error
	if room == "" && q.whole(p) {
		limited, cancel := context.WithTimeout(ctx, roomTime)
		room, err = q.cfg.NewRoom(limited, p.order())
		cancel()
		if err != nil {
			q.cfg.Log.Warn("no room for a match; it is tried again", zap.String("mode", p.lane.mode.Name), zap.Error(err))
		}
	}
	now := q.cfg.Clock()
	q.mu.Lock()
	defer q.mu.Unlock()
	if err != nil {
		p.lane.rest = now.Add(min(roomRetry<<min(p.lane.failed, 16), roomPause))
		p.lane.failed++
	} else if p.room == "" && room != "" {
		p.lane.failed = 0
	}
	if err != nil || !p.whole() {
		q.dissolve(p)
		if err != nil {
			q.roomless(p)
		}
		return
	}
	lineup := p.lineup()
	for i, t := range p.tickets {
		place := p.match.Places[i]
		t.state, t.proposal = Matched, nil
		t.place = Placement{Room: room, Region: p.match.Region, Team: place.Team + 1, Roles: place.Roles, Lineup: lineup}
		t.claimed, t.expires = make([]bool, len(t.waiting.Members)), now.Add(q.cfg.Claim)
		p.lane.waited(now.Sub(t.waiting.Since))
		q.unstored[t] = true
		q.touch(t)
	}
}

// roomless tells those who wait again that there is no room for the match they had. q.mu is held.
func (q *Queue) roomless(p *proposal) {
	players := uint8(len(p.lineup()))
	for _, t := range p.tickets {
		if t.state == Queued {
			t.reason = Reason{Cause: ByRoom, Found: players, Needed: players}
		}
	}
}

func (q *Queue) whole(p *proposal) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return p.whole()
}

// order asks for the room of a match.
func (p *proposal) order() Order {
	o := Order{Mode: p.lane.mode, Region: p.match.Region, Teams: p.match.Teams, Players: p.lineup()}
	for _, t := range p.tickets {
		o.Skill += t.waiting.Skill() / float64(len(p.tickets))
	}
	o.Attributes = map[string][]string{}
	for _, a := range p.lane.mode.Rules.Attributes {
		o.Attributes[a.Name] = slices.DeleteFunc(slices.Clone(p.tickets[0].waiting.Attributes[a.Name]), func(v string) bool {
			return slices.ContainsFunc(p.tickets, func(t *ticket) bool { return !slices.Contains(t.waiting.Attributes[a.Name], v) })
		})
	}
	return o
}

// lineup is who plays where, team after team.
func (p *proposal) lineup() []Placed {
	var list []Placed
	for i, t := range p.tickets {
		place := p.match.Places[i]
		for n, m := range t.waiting.Members {
			player := Placed{Player: m.Player, Team: place.Team + 1}
			if len(place.Roles) > 0 {
				player.Role = place.Roles[n]
			}
			list = append(list, player)
		}
	}
	slices.SortStableFunc(list, func(a, b Placed) int { return a.Team - b.Team })
	return list
}

// store brings the Keeper up to date. What it does not take is tried again at the next step.
func (q *Queue) store(ctx context.Context) {
	q.mu.Lock()
	var moved []Moved
	for t := range q.unstored {
		moved = append(moved, Moved{ID: t.waiting.ID, ExpiresAt: t.expires, Placement: t.place})
	}
	var drop []string
	for id := range q.undropped {
		drop = append(drop, id)
	}
	clear(q.unstored)
	clear(q.undropped)
	q.mu.Unlock()
	for some := range slices.Chunk(drop, batch) {
		if err := q.cfg.Keeper.DropTickets(ctx, some); err != nil {
			q.again(err, func() {
				for _, id := range some {
					q.undropped[id] = true
				}
			})
		}
	}
	for some := range slices.Chunk(moved, batch) {
		if err := q.cfg.Keeper.MoveTickets(ctx, some); err != nil {
			q.again(err, func() {
				for _, m := range some {
					if t := q.tickets[m.ID]; t != nil && !q.undropped[m.ID] {
						q.unstored[t] = true
					}
				}
			})
		}
	}
}

// again notes what could not be stored.
func (q *Queue) again(err error, note func()) {
	q.cfg.Log.Warn("a ticket's state could not be stored; it is tried again", zap.Error(err))
	q.mu.Lock()
	defer q.mu.Unlock()
	note()
}

// tell tells the players of changed tickets how they stand now: only the last of several changes, so that what is left to tell is never
// more than there are tickets.
func (q *Queue) tell() {
	type note struct {
		player string
		ticket Ticket
	}
	now := q.cfg.Clock()
	q.mu.Lock()
	var notes []note
	for _, t := range q.untold {
		for i, m := range t.waiting.Members {
			notes = append(notes, note{m.Player, t.snapshot(i, now)})
		}
	}
	q.untold = nil
	clear(q.telling)
	q.mu.Unlock()
	for _, n := range notes {
		q.cfg.Notify(n.player, n.ticket)
	}
}
