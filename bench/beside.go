//go:build linux

package main

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/skirmish-dev/skirmish/bench/alone"
	"github.com/skirmish-dev/skirmish/bench/floor"
	"github.com/skirmish-dev/skirmish/bench/load"
	"github.com/skirmish-dev/skirmish/bench/proc"
)

// besideClients is from how many clients on the bars that are ratios to the floor hold: with fewer, what a tick costs whoever it is for
// has a part in them.
const besideClients = 2000

// beside runs the floor with the load of a result, and the transport alone where a bar is about it.
func (b *bench) beside(ctx context.Context, s scenario, r *result) (err error) {
	if r.FloorUS, r.Detail.FloorHz, err = b.floorOf(ctx, s, *r); err != nil {
		return err
	}
	if r.Clients >= besideClients && b.cfg.transport != "portable" {
		r.Detail.TransportUS, r.Detail.TransportHz, err = b.transportOf(ctx, s, *r)
	}
	return err
}

// floorOf is what the floor costs per snapshot with the clients, the groups, the rate, the frames and the inputs of a result, after as
// long to settle.
func (b *bench) floorOf(ctx context.Context, s scenario, r result) (us, hz float64, err error) {
	work, input := floorWork(s, r)
	p, err := floor.Start(b.floor, b.server, work)
	if err != nil {
		return 0, 0, err
	}
	defer p.Stop()
	return b.plainCost(ctx, p.PID, r.Clients, load.Config{Target: load.Plain{Addr: p.Addr, InputBytes: input}, Rate: s.rate()})
}

// transportOf is the same of our transport without a game.
func (b *bench) transportOf(ctx context.Context, s scenario, r result) (us, hz float64, err error) {
	work, input := floorWork(s, r)
	env := []string{serverEnv + "=" + serverAlone}
	if b.cfg.procs > 0 { // as the server had
		env = append(env, "GOMAXPROCS="+strconv.Itoa(b.cfg.procs))
	}
	p, err := alone.Start(env, b.server, work)
	if err != nil {
		return 0, 0, err
	}
	defer p.Stop()
	target := load.Plain{Addr: p.Addr, InputBytes: input, Handshake: true}
	return b.plainCost(ctx, p.PID, r.Clients, load.Config{Target: target, Rate: s.rate()})
}

// plainCost is what the process pid, which serves as many clients, costs per snapshot, and how many of those a client gets in a second.
func (b *bench) plainCost(ctx context.Context, pid, clients int, cfg load.Config) (us, hz float64, err error) {
	g, err := load.New(cfg)
	if err != nil {
		return 0, 0, err
	}
	defer g.Close()
	if _, err := g.Join(ctx, 0, clients); err != nil {
		return 0, 0, err
	}
	if err := pause(ctx, b.cfg.settle); err != nil {
		return 0, 0, err
	}
	before, err := proc.CPU(pid)
	if err != nil {
		return 0, 0, err
	}
	w, err := g.Measure(ctx, min(b.cfg.duration, 10*time.Second))
	if err != nil {
		return 0, 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	after, err := proc.CPU(pid)
	if err != nil || w.Snapshots == 0 {
		return 0, 0, err
	}
	return round(float64((after - before).Nanoseconds()) / 1000 / float64(w.Snapshots)), round(w.HzMean), nil
}

// floorWork is the work of a result, and how long its inputs are.
func floorWork(s scenario, r result) (w floor.Work, input int) {
	const longest = 125 // load.Plain's
	groups := max(1, r.Rooms)
	return floor.Work{
		Groups: groups, Clients: max(1, (r.Clients+groups-1)/groups), Rate: s.rate(), Bytes: max(4, int(r.BytesPerSnapshot)),
	}, min(max(1, int(math.Round(r.Detail.MessageBytes))), longest)
}
