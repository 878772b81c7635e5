package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// issuer is a provider whose answers to discovery the test gives.
type issuer struct {
	*httptest.Server
	asked  chan struct{} // holds one for each question that has arrived
	answer chan int      // the status of each answer
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{asked: make(chan struct{}, 10), answer: make(chan int, 10)}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked <- struct{}{}
		select {
		case status := <-i.answer:
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q}`,
				i.URL, i.URL+"/authorize", i.URL+"/token", i.URL+"/jwks")
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() {
		close(i.answer) // whatever still waits gets a bad answer
		i.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return i
}

// clock is moved by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const page = "https://game.example/play"

func newService(t *testing.T, issuers ...*issuer) (*Service, *clock) {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)}
	cfg := Config{BaseURL: "https://game.example/v1/auth/oidc", ReturnTo: []string{page}, Clock: c.read}
	for n, i := range issuers {
		cfg.Providers = append(cfg.Providers, Provider{Name: fmt.Sprintf("p%d", n), Issuer: i.URL, ClientID: "game"})
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func (s *Service) begin(ctx context.Context, provider string) error {
	_, _, err := s.Start(ctx, provider, page, hash("verifier"))
	return err
}

// A browser that goes away in the middle must not leave others without the answer, nor make the provider count as down.
func TestDiscoveryOutlivesTheRequestThatBeganIt(t *testing.T) {
	i := newIssuer(t)
	s, _ := newService(t, i)
	ctx, leave := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { first <- s.begin(ctx, "p0") }()
	<-i.asked
	leave()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("who left: %v, want its own cancellation", err)
	}
	second := make(chan error)
	go func() { second <- s.begin(t.Context(), "p0") }()
	i.answer <- http.StatusOK
	if err := <-second; err != nil {
		t.Errorf("who came after: %v", err)
	}
	if len(i.asked) != 0 {
		t.Errorf("the provider was asked %d times more", len(i.asked))
	}
}

func TestADeadProviderHoldsNobodyUp(t *testing.T) {
	dead, alive := newIssuer(t), newIssuer(t)
	s, c := newService(t, dead, alive)
	limited, cancel := context.WithTimeout(t.Context(), 10*time.Second) // of the test: a call that waits for the dead one ends by it
	defer cancel()
	dead.answer <- http.StatusInternalServerError
	if err := s.begin(limited, "p0"); !errors.Is(err, ErrDown) {
		t.Fatalf("a provider that fails: %v, want ErrDown", err)
	}
	<-dead.asked
	c.advance(retryAfter - 1)
	if err := s.begin(limited, "p0"); !errors.Is(err, ErrDown) || len(dead.asked) != 0 {
		t.Errorf("sooner than it is asked again: %v, asked %d times", err, len(dead.asked))
	}
	c.advance(1)
	asks := make(chan error)
	go func() { asks <- s.begin(t.Context(), "p0") }()
	<-dead.asked // and does not answer
	if err := s.begin(limited, "p0"); !errors.Is(err, ErrDown) {
		t.Errorf("beside the one that asks again: %v, want ErrDown at once", err)
	}
	alive.answer <- http.StatusOK
	if err := s.begin(limited, "p1"); err != nil {
		t.Errorf("at another provider: %v", err)
	}
	dead.answer <- http.StatusOK
	if err := <-asks; err != nil {
		t.Errorf("who asked again: %v", err)
	}
	if err := s.begin(limited, "p0"); err != nil {
		t.Errorf("now that it is back: %v", err)
	}
}
