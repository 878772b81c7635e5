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

// Set is the buckets. It is concurrent-safe.
type Set[K comparable] struct {
	cfg Config

	mu       sync.Mutex
	full     map[K]time.Time // when the key's bucket is full again
	sweepAt  int             // so many keys, and those whose bucket is full are forgotten
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
	return &Set[K]{cfg: cfg, full: make(map[K]time.Time), sweepAt: firstSweep}, nil
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
	if !held && !s.makeRoom(now) {
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
	if !held && len(s.full) >= s.sweepAt {
		s.sweep(now)
	}
	if !held && len(s.full) >= s.cfg.Keys {
		s.overflow = next
	} else {
		s.full[key] = next
	}
	return next, 0
}

// makeRoom says whether a new key fits, after forgetting full buckets if it did not.
func (s *Set[K]) makeRoom(now time.Time) bool {
	if len(s.full) < s.cfg.Keys {
		return true
	}
	// The sweep is linear. Under a flood of new keys it must not run for each of them: the shared bucket's pace is enough.
	if _, wait := s.cfg.PerKey.take(s.overflow, now); wait > 0 {
		return false
	}
	s.sweep(now)
	return len(s.full) < s.cfg.Keys
}

// firstSweep is how many keys are kept before it is looked who is still busy.
const firstSweep = 512

// sweep forgets the keys whose bucket is full: they are as if they had never come. A map keeps its size, so those that are left move
// to a new one. It runs again when there are twice as many, so that a key costs the same however many there are.
func (s *Set[K]) sweep(now time.Time) {
	busy := 0
	for _, full := range s.full {
		if full.After(now) {
			busy++
		}
	}
	old := s.full
	s.full, s.sweepAt = make(map[K]time.Time, busy), max(firstSweep, 2*busy)
	for k, full := range old {
		if full.After(now) {
			s.full[k] = full
		}
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
