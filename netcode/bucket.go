package netcode

import "time"

// allowance is how much of something a client may do: rate times a second, at most burst saved up.
type allowance struct{ rate, burst float64 }

// bucket is a token bucket. What it allows is the same for many and not part of it.
type bucket struct {
	tokens float64
	last   time.Duration
}

// newBucket makes a full bucket for a clock that is at 0.
func newBucket(a allowance) bucket { return bucket{tokens: a.burst} }

// take reports whether there was a token at time now.
func (b *bucket) take(now time.Duration, a allowance) bool {
	if d := now - b.last; d > 0 {
		b.tokens = min(a.burst, b.tokens+a.rate*d.Seconds())
		b.last = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
