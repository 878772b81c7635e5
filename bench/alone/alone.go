//go:build linux

// Package alone is the server's transport with nothing above it: what it costs more than bench/floor, with the same frames and inputs in
// the same run, is what our WebSocket costs; what the server costs more than it is simulation, encoding and all the rest.
//
// The bench command calls Start, which makes that program again, as a child that calls Main. It imports bench/floor (what there is to
// do), bench/proc, netcode/conn and internal. Linux only.
package alone

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/skirmish-dev/skirmish/bench/floor"
	"github.com/skirmish-dev/skirmish/bench/proc"
	"github.com/skirmish-dev/skirmish/internal/alarm"
	"github.com/skirmish-dev/skirmish/internal/thread"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// Process is the running child. Stop it.
type Process struct {
	Addr  string // to open a WebSocket at, with any path
	PID   int
	child *proc.Child
}

// Start runs this program again on the given processors, with env ("NAME=value") besides its own: the sign that it is to call
// Main, and what Go's runtime is to be told.
func Start(env []string, on proc.Set, w floor.Work) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("alone: %w", err)
	}
	cmd := exec.Command(self, strconv.Itoa(w.Groups), strconv.Itoa(w.Clients), strconv.Itoa(w.Rate), strconv.Itoa(w.Bytes))
	cmd.Env = append(os.Environ(), env...)
	child, err := proc.StartChild(cmd, on)
	if err != nil {
		return nil, fmt.Errorf("alone: %w", err)
	}
	return &Process{Addr: child.Line, PID: child.PID, child: child}, nil
}

// Stop ends it.
func (p *Process) Stop() { p.child.Stop(0) } // it has nothing to put in order

// Main is the child: it prints its address, serves until it is killed, and returns only with an error. args are those of Start.
func Main(args []string) error {
	var w floor.Work
	fields := []*int{&w.Groups, &w.Clients, &w.Rate, &w.Bytes}
	if len(args) != len(fields) {
		return fmt.Errorf("alone: %d arguments: give groups, clients of each, ticks a second and bytes of a frame", len(args))
	}
	for i, p := range fields {
		var err error
		if *p, err = strconv.Atoi(args[i]); err != nil {
			return fmt.Errorf("alone: argument %d: %w", i+1, err)
		}
	}
	if os.Getenv("GOMAXPROCS") == "" {
		// As the server does on one processor, so that the loop and the handshakes are the kernel's to choose from in both.
		runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("alone: %w", err)
	}
	fmt.Println(l.Addr())
	return Serve(context.Background(), l, w)
}

// Serve accepts clients from l and sends each a frame per tick until ctx is done, when it returns nil with l closed. Those beyond
// Groups*Clients are refused with 503; a place that becomes free is not given again. The frames begin with the tick as 32 bits, big
// endian.
func Serve(ctx context.Context, l net.Listener, w floor.Work) error {
	if w.Groups < 1 || w.Clients < 1 || w.Rate < 1 || w.Bytes < 4 {
		return errors.Join(fmt.Errorf("alone: %+v: groups, clients and rate are at least 1, bytes 4", w), l.Close())
	}
	groups := make([]*group, w.Groups)
	for i := range groups {
		groups[i] = &group{Poller: conn.NewPoller(conn.Config{MaxConns: w.Clients})}
		defer groups[i].Shutdown()
	}
	var taken atomic.Int64
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		n := int(taken.Add(1)) - 1
		if n >= w.Groups*w.Clients {
			http.Error(rw, "every place is taken", http.StatusServiceUnavailable)
			return
		}
		s, err := conn.Upgrade(rw, r, conn.UpgradeConfig{})
		if err != nil {
			return // it has been answered
		}
		if groups[n/w.Clients].Attach(s, nil) != nil {
			_ = s.Close() // who came too late reads that from it
		}
	})}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	turns(ctx, groups, w)
	err := srv.Close()
	if why := <-served; !errors.Is(why, http.ErrServerClosed) {
		err = errors.Join(err, why)
	}
	return err
}

// turns steps one group after the other, all of them within a tick, as bench/floor does and as a loop of game.Host does with its
// rooms.
func turns(ctx context.Context, groups []*group, w floor.Work) {
	runtime.LockOSThread() // not unlocked: what Prompt has asked of the thread goes with it
	thread.Prompt()
	clock := alarm.New()
	defer clock.Close()
	frame := conn.EndFrame(append(conn.BeginFrame(nil), make([]byte, w.Bytes)...), 0)
	payload := frame[len(frame)-w.Bytes:]
	start := time.Now()
	for turn := 0; ctx.Err() == nil; turn++ {
		due := start.Add(time.Duration(float64(turn) * float64(time.Second) / float64(w.Rate*len(groups))))
		for d := time.Until(due); d > 0; d = time.Until(due) {
			clock.Sleep(d)
		}
		binary.BigEndian.PutUint32(payload, uint32(turn/len(groups)+1))
		groups[turn%len(groups)].step(frame)
	}
}

// group is what is left of a room: its sockets.
type group struct {
	*conn.Poller
	ids []conn.ID
}

func (g *group) step(frame []byte) {
	g.Poll(g)
	for _, id := range g.ids {
		if g.Ready(id) { // a client that is behind gets nothing
			g.TrySend(id, frame)
		}
	}
}

// Opened makes a client one of those that are sent frames.
func (g *group) Opened(id conn.ID, _ any) { g.ids = append(g.ids, id) }

// Message takes an input, with which there is nothing to do.
func (*group) Message(conn.ID, time.Time, []byte) {}

// Closed forgets a client.
func (g *group) Closed(id conn.ID, _ error) {
	for i, other := range g.ids {
		if other == id {
			g.ids = append(g.ids[:i], g.ids[i+1:]...)
			return
		}
	}
}
