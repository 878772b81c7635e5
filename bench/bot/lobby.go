package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	requestTimeout = 10 * time.Second
	pollSeconds    = 20 // a long poll waits that long for news
	pollPause      = 300 * time.Millisecond
	maxAnswer      = 1 << 20 // bytes of an answer that are read
	joiningAtOnce  = 32      // requests and handshakes under way
	maxRetryAfter  = 15 * time.Second
)

// lobby is the REST side of the server, for all bots. It is concurrent-safe.
type lobby struct {
	base  string
	gate  chan struct{} // a place per request or handshake
	doors []door        // by source address
}

// door is a way to the server from one source address.
type door struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	http *http.Client
}

func newLobby(cfg Config) (*lobby, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("bot: %w", err) // Validate has seen to that
	}
	l := &lobby{base: strings.TrimRight(cfg.URL, "/"), gate: make(chan struct{}, joiningAtOnce)}
	spread := !cfg.OneAddress && loopback(u.Hostname()) && canSpread()
	for i := range (cfg.Clients-1)/perAddress + 1 {
		var source net.Addr
		if spread {
			source = &net.TCPAddr{IP: net.IPv4(127, 0, byte(i/250), byte(i%250+1))}
		}
		l.doors = append(l.doors, newDoor(source))
		if !spread {
			break
		}
	}
	return l, nil
}

// newDoor makes a door with a source address; nil leaves it to the system.
func newDoor(source net.Addr) door {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		d := net.Dialer{Timeout: requestTimeout, LocalAddr: sourceFor(addr, source)}
		return d.DialContext(ctx, network, addr)
	}
	return door{dial: dial, http: &http.Client{Transport: &http.Transport{
		DialContext: dial, TLSHandshakeTimeout: requestTimeout,
		MaxIdleConnsPerHost: 4, IdleConnTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}}}
}

// sourceFor is source for loopback targets and nil for others: a lobby reached there may send bots elsewhere to play.
func sourceFor(addr string, source net.Addr) net.Addr {
	if host, _, err := net.SplitHostPort(addr); err == nil && loopback(host) {
		return source
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.To4() != nil && ip.IsLoopback()
}

// canSpread reports whether this system has all of 127.0.0.0/8; some have 127.0.0.1 alone.
func canSpread() bool {
	l, err := net.Listen("tcp4", "127.0.0.2:0")
	return err == nil && l.Close() == nil
}

func (l *lobby) close() {
	for _, d := range l.doors {
		d.http.CloseIdleConnections()
	}
}

// door is the one that a bot uses.
func (l *lobby) door(id int) door { return l.doors[id%len(l.doors)] }

// statusError is an answer that is not 2xx.
type statusError struct {
	status     int
	path       string
	detail     string
	retryAfter time.Duration
}

func (e *statusError) Error() string {
	return fmt.Sprintf("bot: %s answered %d: %s", e.path, e.status, e.detail)
}

// request is one call of the REST interface.
type request struct {
	method, path string
	body         any    // nil: none
	token        string // empty: none
	answer       any    // nil: not read
	poll         bool   // the server may hold the answer back
}

// do carries out one request.
func (l *lobby) do(ctx context.Context, d door, r request) error {
	limit := requestTimeout
	if r.poll {
		limit += pollSeconds * time.Second
	} else {
		if !l.enter(ctx) {
			return ctx.Err()
		}
		defer l.leave()
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	body := []byte(nil)
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return fmt.Errorf("bot: %s: %w", r.path, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, l.base+r.path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("bot: %s: %w", r.path, err)
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	res, err := d.http.Do(req)
	if err != nil {
		return fmt.Errorf("bot: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("bot: %s: %w", r.path, err)
	}
	if len(data) > maxAnswer {
		return fmt.Errorf("bot: %s: the answer has over %d bytes", r.path, maxAnswer)
	}
	if res.StatusCode/100 != 2 {
		return refusal(r.path, res, data)
	}
	if r.answer == nil {
		return nil
	}
	if err := json.Unmarshal(data, r.answer); err != nil {
		return fmt.Errorf("bot: %s: %w", r.path, err)
	}
	return nil
}

func refusal(path string, res *http.Response, data []byte) error {
	var problem struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(data, &problem) // whatever it is, the status says enough
	e := &statusError{status: res.StatusCode, path: path, detail: problem.Detail}
	if e.detail == "" {
		e.detail = problem.Title
	}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		e.retryAfter = min(time.Duration(s)*time.Second, maxRetryAfter)
	}
	return e
}

// enter waits for a place among those who are joining.
func (l *lobby) enter(ctx context.Context) bool {
	select {
	case l.gate <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *lobby) leave() { <-l.gate }

// gameInfo is a game as GET /v1/config shows it.
type gameInfo struct {
	Name      string `json:"name"`
	MatchSize int    `json:"match_size"` // 0: takes no tickets
}

// game looks a game up; an empty name is the first one.
func (l *lobby) game(ctx context.Context, name string) (gameInfo, error) {
	var config struct {
		Games []gameInfo `json:"games"`
	}
	if err := l.do(ctx, l.doors[0], request{method: http.MethodGet, path: "/v1/config", answer: &config}); err != nil {
		return gameInfo{}, fmt.Errorf("bot: is a server running at %s? %w", l.base, err)
	}
	var names []string
	for _, g := range config.Games {
		if name == "" || g.Name == name {
			return g, nil
		}
		names = append(names, g.Name)
	}
	return gameInfo{}, fmt.Errorf("bot: the server has no game %q; it has: %s", name, strings.Join(names, ", "))
}

// guest signs in and returns the access token.
func (l *lobby) guest(ctx context.Context, d door, name string) (string, error) {
	var a struct {
		AccessToken string `json:"access_token"`
	}
	// "body" keeps the server from setting a cookie for which nobody has a jar.
	body := map[string]string{"name": name, "transport": "body"}
	err := l.do(ctx, d, request{method: http.MethodPost, path: "/v1/auth/guest", body: body, answer: &a})
	if err == nil && a.AccessToken == "" {
		err = errors.New("bot: /v1/auth/guest answered without access_token")
	}
	return a.AccessToken, err
}
