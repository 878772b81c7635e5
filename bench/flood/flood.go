//go:build linux

// Package flood signs in with e-mail and password as an attack does: at a rate of its own, from as many networks as it likes, with right
// and wrong passwords and for strangers, whatever it is answered. It owns the accounts it signs in to and counts what became of each
// attempt.
//
// The benchmark's scenario flood and its test call it. It talks to a server over HTTP alone and imports of this module only bench/hist.
package flood

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/skirmish-dev/skirmish/bench/hist"
)

// Proxy is the network that a flood comes through. A server that is to see its networks must trust it (serve --trusted-proxies); to any
// other it is one address, which the throttle of sign-ins stops after a hundred.
const Proxy = "127.255.255.1/32"

// patience is how long an attempt may take before it counts as unanswered: longer than the server keeps any request.
const patience = 90 * time.Second

// Config is what New needs.
type Config struct {
	// URL of the lobby, "http://127.0.0.1:8080". Required.
	URL string
	// Mail is the folder into which the server writes its letters: mail in its --data. Required.
	Mail string
	// Burst is how many attempts a Run begins with, all at once. Zero means 128: as many hashes wait as may from then on, if hashing them
	// takes longer than Rate gives it.
	Burst int
	// Rate is how many attempts begin in a second after that. Zero means 100, several times what a processor hashes.
	Rate int
	// Waiting bounds the attempts under way; while there are as many none begins. Zero means 512, eight times what the server lets wait.
	Waiting int
}

func (c Config) withDefaults() Config {
	if c.Burst == 0 {
		c.Burst = 128
	}
	if c.Rate == 0 {
		c.Rate = 100
	}
	if c.Waiting == 0 {
		c.Waiting = 512
	}
	return c
}

// Validate reports the first missing or unusable field.
func (c Config) Validate() error {
	switch {
	case !strings.HasPrefix(c.URL, "http://") || c.Mail == "":
		return fmt.Errorf("flood: Config.URL %q and Mail %q: give an http address and the folder of the server's letters", c.URL, c.Mail)
	case c.Rate < 0 || c.Rate > 10_000 || c.Waiting < 0 || c.Burst < 0:
		return fmt.Errorf("flood: Config.Rate is %d, Waiting %d and Burst %d, want 0 to 10000 and at least 0", c.Rate, c.Waiting, c.Burst)
	}
	return nil
}

// Flood is a flood against one server. Run is for one goroutine at a time.
type Flood struct {
	cfg    Config
	http   *http.Client
	emails []string // of accounts whose password is right
	begun  int      // attempts
}

// New makes the accounts that the flood signs in to, whose passwords the server hashes, and confirms them with the letters in Config.Mail.
// Close the Flood.
func New(ctx context.Context, cfg Config) (*Flood, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 255, 255, 1)}}
	f := &Flood{cfg: cfg, http: &http.Client{Timeout: patience, Transport: &http.Transport{
		DialContext: from.DialContext, MaxIdleConnsPerHost: cfg.Waiting, IdleConnTimeout: patience,
	}}}
	if err := f.register(ctx); err != nil {
		f.Close()
		return nil, fmt.Errorf("flood: %w", err)
	}
	return f, nil
}

// Close ends the connections.
func (f *Flood) Close() { f.http.CloseIdleConnections() }

// Answers is what became of the attempts of one Run.
type Answers struct {
	Attempts  int             // that began
	SignedIn  int             // 200: the right password
	Refused   int             // 401
	Throttled int             // 429, by the throttle of a network or of an address (e-mail)
	Busy      int             // 503: as many hashes wait as may
	Amiss     int             // without an answer, or with one that the attempt must not get
	First     []string        // of those, the first ten in words
	Took      *hist.Histogram // of all that were answered
	Turned    *hist.Histogram // of those that got 503: the ones beyond what may wait get it at once
}

// Hashed is how many attempts cost the server a hash.
func (a *Answers) Hashed() int { return a.SignedIn + a.Refused }

// Run makes attempts until stop is done, and returns when each has its answer or has failed. When ctx is done it gives up, and what is under way
// counts as unanswered.
func (f *Flood) Run(ctx, stop context.Context) *Answers {
	a := &Answers{Took: hist.New(), Turned: hist.New()}
	var mu sync.Mutex
	var under sync.WaitGroup
	gate := make(chan struct{}, f.cfg.Waiting)
	begin := func() {
		select {
		case gate <- struct{}{}:
		default:
			return // as many are under way as may
		}
		one := f.attempt(f.begun)
		f.begun++
		a.Attempts++
		under.Go(func() {
			defer func() { <-gate }()
			start := time.Now()
			status, err := f.try(ctx, one)
			mu.Lock()
			defer mu.Unlock()
			a.note(one, status, time.Since(start), err)
		})
	}
	for range f.cfg.Burst {
		begin()
	}
	beat := time.NewTicker(time.Second / time.Duration(f.cfg.Rate))
	defer beat.Stop()
	for stop.Err() == nil && ctx.Err() == nil {
		select {
		case <-beat.C:
			begin()
		case <-stop.Done():
		}
	}
	under.Wait()
	return a
}

// attempt is one sign-in.
type attempt struct {
	email, password string
	from            string // the client's address, as the proxy tells it
	right           bool   // the password is the account's
	hammers         bool   // it is one of many from one network, for one address
}

// attempt is the attempt with a number: in turn the right password of an account, a wrong one, an address without an account, each from a
// network that has not been seen before, and the same wrong one again and again from the same network.
func (f *Flood) attempt(n int) attempt {
	email := f.emails[n/4%len(f.emails)]
	fresh := fmt.Sprintf("10.%d.%d.%d", byte(n>>16), byte(n>>8), byte(n))
	switch n % 4 {
	case 0:
		return attempt{email: email, password: password, from: fresh, right: true}
	case 1:
		return attempt{email: email, password: "not " + password, from: fresh}
	case 2:
		return attempt{email: fmt.Sprintf("nobody%d@game.example", n), password: password, from: fresh}
	}
	return attempt{email: f.emails[0], password: "not " + password, from: "203.0.113.7", hammers: true}
}

// errNoRetryAfter is a refusal that does not say when to come back.
var errNoRetryAfter = errors.New("the answer has no Retry-After")

// try makes an attempt.
func (f *Flood) try(ctx context.Context, one attempt) (status int, err error) {
	res, err := f.post(ctx, "/v1/auth/login", one.from, encode(map[string]string{
		"email": one.email, "password": one.password, "transport": "body",
	}))
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, err
	}
	retried := res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable
	if retried && res.Header.Get("Retry-After") == "" {
		return res.StatusCode, errNoRetryAfter
	}
	return res.StatusCode, nil
}

// note counts what became of an attempt, and says what should not have.
func (a *Answers) note(one attempt, status int, took time.Duration, err error) {
	if status != 0 {
		a.Took.Record(took)
	}
	fits := err == nil // and the status says whether it is the right one
	switch status {
	case http.StatusOK:
		a.SignedIn++
		fits = fits && one.right
	case http.StatusUnauthorized:
		a.Refused++
		fits = fits && !one.right
	case http.StatusTooManyRequests:
		a.Throttled++
		fits = fits && one.hammers
	case http.StatusServiceUnavailable:
		a.Busy++
		a.Turned.Record(took)
	default:
		fits = false
	}
	if fits {
		return
	}
	const told = 10
	if a.Amiss++; a.Amiss <= told {
		a.First = append(a.First, fmt.Sprintf("%s from %s: %d after %v: %v", one.email, one.from, status, took.Round(time.Millisecond), err))
	}
}

// post sends JSON in the name of an address.
func (f *Flood) post(ctx context.Context, path, from string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.cfg.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-For", from)
	return f.http.Do(req)
}
