package match

import (
	"context"
	"slices"
)

// pair makes matches while enough players wait. Call with mu held; it is released while a room is made, and one call at a time
// does it per game, so the order of arrival holds.
func (q *Queue) pair(ctx context.Context, game string, l *line) {
	if l.pairing || q.closed {
		return
	}
	l.pairing = true
	defer func() { l.pairing = false }()
	size := q.cfg.Sizes[game]
	for {
		now := q.cfg.Clock()
		if now.Before(l.retryAt) {
			return
		}
		for len(l.waiting) > 0 && !now.Before(l.waiting[0].ExpiresAt) { // oldest first: the others have longer
			q.settle(l.waiting[0], now)
		}
		if len(l.waiting) < size {
			return
		}
		if !q.pairOne(ctx, game, l, size) {
			l.retryAt = q.cfg.Clock().Add(retryAfter)
			return
		}
	}
}

// pairOne matches the first size players of the line. It reports false when no room could be made; the players then stand where
// they stood.
func (q *Queue) pairOne(ctx context.Context, game string, l *line, size int) bool {
	chosen := slices.Clone(l.waiting[:size])
	l.waiting = slices.Delete(l.waiting, 0, size)
	for _, t := range chosen {
		t.pairing = true
	}
	room, err := q.makeRoom(ctx, game)
	for _, t := range chosen {
		t.pairing = false
	}
	// Who cancelled meanwhile is out. One who is left without a partner goes back to the front; the empty room ends by itself.
	chosen = slices.DeleteFunc(chosen, (*ticket).final)
	if err != nil || len(chosen) < size {
		l.waiting = append(chosen, l.waiting...)
		return err == nil
	}
	now := q.cfg.Clock()
	for _, t := range chosen {
		t.Room, t.ExpiresAt = room, now.Add(q.cfg.Claim)
		t.become(Matched)
	}
	return true
}

// makeRoom calls out without the lock. The match is not the caller's alone: that client hanging up must not fail the others'
// room.
func (q *Queue) makeRoom(ctx context.Context, game string) (string, error) {
	q.mu.Unlock()
	defer q.mu.Lock()
	return q.cfg.NewRoom(context.WithoutCancel(ctx), game)
}
