package oidc

import (
	"context"
	"fmt"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
)

const (
	discoveryTime = 5 * time.Second // for a provider to say where its doors are
	retryAfter    = 5 * time.Second // a provider that has not answered is not asked again sooner
)

// provider is one of the configuration, with what it says of itself (OpenID Connect Discovery 1.0).
type provider struct {
	Provider

	mu      sync.Mutex
	found   *gooidc.Provider // nil until it has answered once
	asking  chan struct{}    // closed when the question under way is over; nil when there is none
	failure error            // of the last question; nil before the first and after a good one
	retryAt time.Time        // after a failure
}

// discover returns what a provider says of itself and asks it when it has not said so yet. The question belongs to no request: one whose
// client goes away takes the answer from nobody. All wait for the first; while a provider that has failed is asked again, only who asks it
// waits. Errors: ErrDown, that of ctx.
func (s *Service) discover(ctx context.Context, p *provider) (*gooidc.Provider, error) {
	p.mu.Lock()
	found, asking, failure := p.found, p.asking, p.failure
	mine := found == nil && asking == nil && !s.cfg.Clock().Before(p.retryAt)
	if mine {
		asking = make(chan struct{})
		p.asking = asking
		go s.ask(p)
	}
	p.mu.Unlock()
	switch {
	case found != nil:
		return found, nil
	case failure != nil && !mine:
		return nil, failure
	}
	select {
	case <-asking:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.found, p.failure
}

// ask has a provider say where its doors are, for all who wait.
func (s *Service) ask(p *provider) {
	ctx, cancel := context.WithTimeout(context.Background(), discoveryTime)
	defer cancel()
	found, err := gooidc.NewProvider(gooidc.ClientContext(ctx, s.http), p.Issuer)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found, p.failure = found, nil
	if err != nil {
		p.found, p.failure, p.retryAt = nil, fmt.Errorf("%w: %w", ErrDown, err), s.cfg.Clock().Add(retryAfter)
	}
	close(p.asking)
	p.asking = nil
}
