package match

import (
	"context"
	"time"
)

// Until says what Wait waits for.
type Until struct {
	Known *uint64       // another version of the ticket than this; nil: that the ticket is not Queued any more
	At    time.Duration // this long at most
}

// Wait returns the player's ticket as soon as it is as asked, at the latest after u.At or when ctx ends. When too many calls wait
// already it returns at once. Errors: ErrNotFound.
func (q *Queue) Wait(ctx context.Context, id, player string, u Until) (Ticket, error) {
	timer := time.NewTimer(u.At)
	defer timer.Stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	full := q.waiters >= q.cfg.Waiters
	q.waiters++
	defer func() { q.waiters-- }()
	for last := u.At <= 0 || full; ; {
		now := q.cfg.Clock()
		t, member, err := q.find(id, player, now)
		if err != nil {
			return Ticket{}, err
		}
		there := t.state != Queued
		if u.Known != nil {
			there = t.version != *u.Known || t.final()
		}
		if there || last || q.closed {
			return t.snapshot(member, now), nil
		}
		changed := t.changed
		q.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C:
			last = true
		case <-ctx.Done():
			last = true
		case <-q.done:
		}
		q.mu.Lock()
	}
}
