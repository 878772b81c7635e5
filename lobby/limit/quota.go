package limit

import (
	"context"
	"time"
)

// Quota is how a bucket stands after an event was asked of it.
type Quota struct {
	Name string // Config.Name
	Rate Rate   // Config.PerKey
	Left int    // events that it would give at once; 0 when the event was refused, by the common bucket too
	// Reset is how long until the bucket is full again, and after a refusal until the next event.
	Reset time.Duration
}

type listenerKey struct{}

// Tell returns a context for Ask. What is asked with it is told to f, in the goroutine that asks and before Ask returns.
func Tell(ctx context.Context, f func(Quota)) context.Context {
	return context.WithValue(ctx, listenerKey{}, f)
}

// Ask is Take for who is told how the bucket stands. What must not be learned, such as how often somebody else was written to, is
// asked with Take.
func (s *Set[K]) Ask(ctx context.Context, key K) (wait time.Duration, ok bool) {
	now := s.cfg.Clock()
	full, wait := s.take(key, now)
	if f, listening := ctx.Value(listenerKey{}).(func(Quota)); listening && s.cfg.Name != "" {
		f(s.quota(full.Sub(now), wait))
	}
	return wait, wait == 0
}

// quota is the Quota of a bucket that is full after a time.
func (s *Set[K]) quota(full, wait time.Duration) Quota {
	q := Quota{Name: s.cfg.Name, Rate: s.cfg.PerKey, Reset: wait}
	if wait == 0 {
		q.Left, q.Reset = q.Rate.Burst-int((full+q.Rate.Every-1)/q.Rate.Every), full
	}
	return q
}
