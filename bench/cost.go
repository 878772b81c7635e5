//go:build linux

package main

import (
	"time"

	"github.com/skirmish-dev/skirmish/bench/load"
	"github.com/skirmish-dev/skirmish/bench/proc"
)

// cost is what a process has used so far, what its processor has done, and the memory that it has.
type cost struct {
	cpu, waited time.Duration
	processor   proc.Times // of the one that the process is tied to; empty: it has more than one
	rss         int64
}

// readCost reads what a process that may run on some processors has used.
func readCost(pid int, on proc.Set) (c cost, err error) {
	if c.cpu, err = proc.CPU(pid); err != nil {
		return c, err
	}
	if c.waited, err = proc.Waited(pid); err != nil {
		return c, err
	}
	if on.Len() == 1 {
		if c.processor, err = proc.Processor(on.First()); err != nil {
			return c, err
		}
	}
	c.rss, err = proc.RSS(pid)
	return c, err
}

// since is what has been used between two readings, with the later one's memory.
func (c cost) since(before cost) cost {
	return cost{c.cpu - before.cpu, c.waited - before.waited, c.processor.Sub(before.processor), c.rss}
}

// charge fills in what a process has used while w was measured.
func (r *result) charge(used cost, w load.Window) {
	if w.Snapshots > 0 {
		r.CPUPerSnapshot = round(float64(used.cpu.Nanoseconds()) / 1000 / float64(w.Snapshots))
	}
	r.Detail.ServerCPU = round(100 * float64(used.cpu) / float64(w.Elapsed))
	if used.processor.Sum() > 0 {
		r.Detail.Processor = sharesOf(used.processor, used.cpu)
	}
	r.Detail.ServerWaited = round(100 * float64(used.waited) / float64(w.Elapsed))
	r.Detail.Limit = limitOf(r.Detail.ServerCPU, r.BotsCPU)
	r.Detail.BotsWereLimit = r.Detail.BotsLagMS.P99 > botsLimit && r.Detail.ServerCPU < full
}

// sharesOf divides what passed on a processor of which the server has used a part.
func sharesOf(t proc.Times, used time.Duration) *shares {
	part := func(d time.Duration) float64 { return round(100 * float64(d) / float64(max(1, t.Sum()))) }
	return &shares{Server: part(used), Others: part(max(0, t.Busy-used)), IRQ: part(t.IRQ), Steal: part(t.Steal), Idle: part(t.Idle)}
}
