// Package limit is a bounded set of token buckets, one per key (a network, an account), plus one for everybody. The lobby and
// lobby/auth ask it before they do work for a client. It knows no HTTP and imports nothing else of this module.
//
// A bucket is one time: the moment at which it is full again (the generic cell rate algorithm, ITU-T I.371). One that is
// full says the same as one that is absent, so forgetting it costs nothing.
package limit

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// Rate allows Burst events at once and then one per Every.
type Rate struct {
	Burst int           // at least 1
	Every time.Duration // more than 0
}

// Config is what New needs.
type Config struct {
	PerKey Rate             // required
	Total  Rate             // over all keys; zero means no common bucket
	Keys   int              // buckets held at once; zero means 65 536
	Name   string           // of the buckets in a Quota; zero means that Ask tells nothing
	Clock  func() time.Time // zero means time.Now
}

// Validate reports the first unusable field.
func (c Config) Validate() error {
	if c.PerKey.Burst < 1 || c.PerKey.Every <= 0 {
		return fmt.Errorf("limit: Config.PerKey is %+v, want a burst of at least 1 and a positive time", c.PerKey)
	}
	if c.Total != (Rate{}) && (c.Total.Burst < 1 || c.Total.Every <= 0) {
		return fmt.Errorf("limit: Config.Total is %+v, want a burst of at least 1 and a positive time, or nothing", c.Total)
	}
	if c.Keys < 0 {
		return fmt.Errorf("limit: Config.Keys is %d, want at least 0", c.Keys)
	}
	return nil
}

// Set is the buckets. It is concurrent-safe. A call costs a few steps, as many as the logarithm of the keys held, so that a caller with very many
// addresses makes nobody else wait; only after a flood has ebbed away one call moves what is left, an eighth of Config.Keys at most.
type Set[K comparable] struct {
	cfg Config

	mu       sync.Mutex
	full     map[K]time.Time // when the key's bucket is full again
	order    soonest[K]      // the keys of full
	most     int             // keys held at once since full was made
	total    time.Time       // the common bucket
	overflow time.Time       // shared by the keys that found no room in the map
}

// New returns an empty set: every bucket is full.
func New[K comparable](cfg Config) (*Set[K], error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Keys == 0 {
		cfg.Keys = 1 << 16
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Set[K]{cfg: cfg, full: make(map[K]time.Time)}, nil
}

// Take takes one event from the key's bucket and from the common one, or from neither. When one is empty it returns false and
// how long until it would not be.
func (s *Set[K]) Take(key K) (wait time.Duration, ok bool) {
	_, wait = s.take(key, s.cfg.Clock())
	return wait, wait == 0
}

// take returns when the key's bucket is full again after the event, and 0, or how long to wait for the event.
func (s *Set[K]) take(key K, now time.Time) (full time.Time, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, held := s.full[key]
	if !held {
		s.forget(now)
	}
	crowded := !held && len(s.full) >= s.cfg.Keys
	if crowded {
		// More keys are busy than the map may hold. The newcomers share one bucket: bounded memory, and those known stay served.
		bucket = s.overflow
	}
	next, wait := s.cfg.PerKey.take(bucket, now)
	if wait > 0 {
		return next, wait
	}
	if s.cfg.Total.Burst > 0 {
		total, wait := s.cfg.Total.take(s.total, now)
		if wait > 0 {
			return bucket, wait
		}
		s.total = total
	}
	if crowded {
		s.overflow = next
		return next, 0
	}
	s.full[key] = next
	if !held {
		s.order.push(seen[K]{key, next})
		s.most = max(s.most, len(s.full))
	}
	return next, 0
}

const (
	looks  = 4    // keys that a newcomer makes the set look at: more than one, so that there are fewer again after a flood
	roomy  = 1024 // keys for which the map is never made anew
	shrink = 8    // so many times fewer keys than there have been, and the rest moves to a new map, because a map keeps its size
)

// forget lets go of keys whose bucket is full: they are as if they had never come.
func (s *Set[K]) forget(now time.Time) {
	for range looks {
		if len(s.order) == 0 || s.order[0].full.After(now) {
			break
		}
		key := s.order[0].key
		if full := s.full[key]; full.After(now) {
			s.order.move(full)
			continue
		}
		delete(s.full, key)
		s.order.pop()
	}
	if s.most > roomy && len(s.full) < s.most/shrink {
		s.most = len(s.full)
		s.order = append(make(soonest[K], 0, s.most), s.order...)
		fewer := make(map[K]time.Time, s.most)
		for key, full := range s.full {
			fewer[key] = full
		}
		s.full = fewer
	}
}

// take returns the bucket after one event, or the time to wait for it.
func (r Rate) take(full, now time.Time) (next time.Time, wait time.Duration) {
	if full.Before(now) {
		full = now
	}
	next = full.Add(r.Every)
	if over := next.Sub(now) - time.Duration(r.Burst)*r.Every; over > 0 {
		return full, over
	}
	return next, 0
}

// Network is the part of an address that one household or school shares: an IPv4 address whole, of IPv6 the /64. The zero
// Addr (unknown) is a network of its own.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
