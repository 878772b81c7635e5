package game

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
	netclient "github.com/skirmish-dev/skirmish/netcode/client"
)

// tinyRow and tiny are the least game there is.
type tinyRow struct {
	Owner PlayerID `net:"owner,once"`
}

type tiny struct {
	rows Table[tinyRow]
	tick func(*Tick)
}

func (g *tiny) Join(p *Player)  { p.Entity = g.rows.Spawn(tinyRow{p.ID}) }
func (g *tiny) Leave(p *Player) { g.rows.Despawn(p.Entity) }

func (g *tiny) Tick(t *Tick, _ Inputs[NoInput]) {
	if g.tick != nil {
		g.tick(t)
	}
}

func tinyDef(name string, cfg Config, tick func(*Tick)) *Def {
	return Define(name, cfg, func(b *Builder) Game[NoInput] {
		g := &tiny{tick: tick}
		Replicate(b, "row", &g.rows)
		return g
	})
}

// hostRig is a Host behind a real HTTP server, with a clock that can jump ahead.
type hostRig struct {
	*Host
	t      *testing.T
	server *httptest.Server
	signer *token.Signer
	ahead  atomic.Int64 // nanoseconds
}

func (r *hostRig) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

// newHostRig starts a Host with the game "tiny" (four players), unless change says otherwise, and ends it with the test.
func newHostRig(t *testing.T, change func(*HostConfig)) *hostRig {
	t.Helper()
	r := &hostRig{t: t}
	keys, err := token.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := token.NewSigner(token.Config{Keys: keys, Clock: r.now})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := token.NewVerifier(token.Config{Keys: keys, Clock: r.now})
	if err != nil {
		t.Fatal(err)
	}
	r.signer = signer
	cfg := HostConfig{
		Games:  []*Def{tinyDef("tiny", Config{TickRate: 50, MaxPlayers: 4}, nil)},
		Signer: signer, Verifier: verifier, Now: r.now,
	}
	if change != nil {
		change(&cfg)
	}
	if r.Host, err = NewHost(cfg); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/play", r.Host)
	mux.HandleFunc("/v1/assets/", r.ServeAsset)
	r.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		r.drain()
		r.server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return r
}

// drain ends the Host, once.
func (r *hostRig) drain() {
	r.mu.Lock()
	done := r.draining
	r.mu.Unlock()
	if done {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.Drain(ctx, time.Second); err != nil {
		r.t.Error(err)
	}
}

// seat gives a seat token for an account in a room.
func (r *hostRig) seat(room, account string) string {
	r.t.Helper()
	text, err := r.Reserve(room, Seat{Account: account, Name: account})
	if err != nil {
		r.t.Fatalf("seat for %s: %v", account, err)
	}
	return text
}

func (r *hostRig) create(o RoomOptions) RoomInfo {
	r.t.Helper()
	info, err := r.Create(o)
	if err != nil {
		r.t.Fatal(err)
	}
	return info
}

// get asks for the door without wanting a WebSocket, and returns status and body.
func (r *hostRig) get(seat string) (int, http.Header) {
	r.t.Helper()
	res, err := http.Get(r.server.URL + "/v1/play?seat=" + seat)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, res.Header
}

func (r *hostRig) dial(seat string, opt netclient.ConnOptions) (*netclient.Conn, error) {
	return netclient.Dial(context.Background(), "ws"+strings.TrimPrefix(r.server.URL, "http")+"/v1/play?seat="+seat, opt)
}

// guest is a client that plays until it is closed.
type guest struct {
	ended chan error    // what Run returned
	quit  func()        // leave
	in    chan struct{} // closed at the first snapshot
}

// play dials and waits until the game has taken the player.
func (r *hostRig) play(seat string) *guest {
	r.t.Helper()
	g := &guest{ended: make(chan error, 1), in: make(chan struct{})}
	seen := false
	conn, err := r.dial(seat, netclient.ConnOptions{Options: netclient.Options{OnSnapshot: func() {
		if !seen {
			seen = true
			close(g.in)
		}
	}}})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.quit = cancel
	r.t.Cleanup(cancel)
	go func() { g.ended <- conn.Run(ctx) }()
	within(r.t, "the first snapshot", g.in)
	return g
}

// code waits for the close code.
func (g *guest) code(t *testing.T) uint16 {
	t.Helper()
	select {
	case err := <-g.ended:
		var e *netclient.CloseError
		if !errors.As(err, &e) {
			t.Fatalf("the connection ended with %v", err)
		}
		return e.Code
	case <-time.After(10 * time.Second):
		t.Fatal("the connection has not ended")
		return 0
	}
}

func within(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(10 * time.Second):
		t.Fatalf("waited 10 s for %s", what)
	}
}

// eventually waits until ok, which other goroutines bring about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(10 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited 10 s for %s", what)
		}
	}
}
