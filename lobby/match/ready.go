package match

import (
	"slices"
	"time"
)

// Accept says that the player is ready for the match that was found. Once all have, its room is made. Saying it again is no error.
// Errors: ErrNotFound, ErrNotAsked.
func (q *Queue) Accept(id, player string) (Ticket, error) {
	return q.with(id, player, func(t *ticket, member int, now time.Time) error {
		if t.state == Matched {
			return nil // an answer that was lost
		}
		if t.state != Ready {
			return ErrNotAsked
		}
		p := t.proposal
		if t.accepted[member] {
			return nil
		}
		if !now.Before(p.until) {
			return ErrNotAsked
		}
		t.accepted[member] = true
		if !slices.ContainsFunc(p.tickets, func(o *ticket) bool { return slices.Contains(o.accepted, false) }) {
			delete(q.asked, p)
			q.agreed = append(q.agreed, p)
		}
		for _, o := range p.tickets {
			q.touch(o)
		}
		return nil
	})
}

// Decline says no to the match that was found: it ends the player's ticket, and the others wait again. Errors: ErrNotFound, ErrNotAsked.
func (q *Queue) Decline(id, player string) (Ticket, error) {
	return q.with(id, player, func(t *ticket, _ int, _ time.Time) error {
		if t.state != Ready {
			return ErrNotAsked
		}
		q.finish(t, Cancelled, EndDeclined)
		return nil
	})
}

// propose takes the tickets for a match, and asks their players if the mode does. The caller takes them out of the waiting, those of all
// matches at once: one by one, a burst of very many would move the whole list for each of them. q.mu is held, here and below.
func (q *Queue) propose(p *proposal) {
	p.lane.dirty = true
	for _, t := range p.tickets {
		t.proposal = p
	}
	ready := time.Duration(p.lane.mode.Rules.Ready) * time.Second
	if ready == 0 {
		q.agreed = append(q.agreed, p)
		return
	}
	p.until = q.cfg.Clock().Add(ready)
	q.asked[p] = true
	for _, t := range p.tickets {
		t.state, t.accepted, t.expires = Ready, make([]bool, len(t.waiting.Members)), p.until
		q.touch(t)
	}
}

// silent ends a ready check in which some did not answer. Those who did wait again.
func (q *Queue) silent(p *proposal) {
	delete(q.asked, p)
	for _, t := range p.tickets {
		if t.proposal == p && slices.Contains(t.accepted, false) {
			q.finish(t, Cancelled, EndNoAnswer)
		}
	}
	q.dissolve(p)
}

// whole says whether every ticket of a match is still in it.
func (p *proposal) whole() bool {
	return !slices.ContainsFunc(p.tickets, func(t *ticket) bool { return t.proposal != p })
}

// dissolve lets the tickets that are still in a match wait again.
func (q *Queue) dissolve(p *proposal) {
	delete(q.asked, p)
	for _, t := range p.tickets {
		if t.proposal == p {
			p.lane.enter(t)
			q.touch(t)
		}
	}
	q.kick()
}
