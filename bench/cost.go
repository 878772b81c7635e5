//go:build linux

package main

import (
	"time"

	"github.com/skirmish-dev/skirmish/bench/load"
	"github.com/skirmish-dev/skirmish/bench/proc"
)

// cost is what a process has used so far, and the memory that it has.
type cost struct {
	cpu, waited time.Duration
	rss         int64
}

func readCost(pid int) (c cost, err error) {
	if c.cpu, err = proc.CPU(pid); err != nil {
		return c, err
	}
	if c.waited, err = proc.Waited(pid); err != nil {
		return c, err
	}
	c.rss, err = proc.RSS(pid)
	return c, err
}

// since is what has been used between two readings, with the later one's memory.
func (c cost) since(before cost) cost {
	return cost{c.cpu - before.cpu, c.waited - before.waited, c.rss}
}

// charge fills in what a process has used while w was measured.
func (r *result) charge(used cost, w load.Window) {
	if w.Snapshots > 0 {
		r.CPUPerSnapshot = round(float64(used.cpu.Nanoseconds()) / 1000 / float64(w.Snapshots))
	}
	r.Detail.ServerCPU = round(100 * float64(used.cpu) / float64(w.Elapsed))
	r.Detail.ServerWaited = round(100 * float64(used.waited) / float64(w.Elapsed))
}
