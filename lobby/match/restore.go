package match

import (
	"cmp"
	"context"
	"slices"

	"go.uber.org/zap"
)

// restore puts what the Keeper has back into the queue, before anybody else uses it.
func (q *Queue) restore(ctx context.Context) error {
	kept, err := q.cfg.Keeper.Tickets(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(kept, func(a, b Kept) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID)) })
	now := q.cfg.Clock()
	for _, k := range kept {
		t := q.restored(k)
		if t == nil || !now.Before(t.waiting.Since.Add(t.lane.life())) {
			q.undropped[k.ID] = true
			continue
		}
		runs := false
		if k.whole() {
			if runs, err = q.cfg.Runs(ctx, k.Room); err != nil {
				return err
			}
		}
		if runs {
			t.state, t.place, t.expires = Matched, k.Placement, now.Add(q.cfg.Claim)
			t.claimed = make([]bool, len(t.waiting.Members))
		} else {
			t.lane.enter(t)
			if k.Room != "" {
				q.unstored[t] = true
			}
		}
		q.file(t)
	}
	return nil
}

// whole says whether a ticket is stored with the place that it was given.
func (k *Kept) whole() bool {
	return k.Room != "" && k.Team > 0 && (len(k.Roles) == 0 || len(k.Roles) == len(k.Members))
}

// restored is a stored ticket, nil if it is of no use any more: the modes may be others now.
func (q *Queue) restored(k Kept) *ticket {
	l := q.lanes[k.Mode]
	if l == nil {
		q.cfg.Log.Info("a stored ticket is of a mode that is not there any more", zap.String("mode", k.Mode))
		return nil
	}
	q.numbers++
	t := &ticket{
		lane: l, number: q.numbers, party: k.Party, away: true, changed: make(chan struct{}),
		waiting: Waiting{ID: k.ID, Since: k.Since, Members: k.Members, Latency: k.Latency, Attributes: k.Attributes},
	}
	if err := l.mode.Rules.Check(&t.waiting); err != nil {
		q.cfg.Log.Info("a stored ticket does not fit the rules any more", zap.String("mode", k.Mode), zap.Error(err))
		return nil
	}
	for _, m := range k.Members {
		if q.open[m.Player] != nil {
			return nil
		}
	}
	return t
}
