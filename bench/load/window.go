//go:build linux

package load

import (
	"context"
	"math"
	"os"
	"time"

	"github.com/skirmish-dev/skirmish/bench/hist"
	"github.com/skirmish-dev/skirmish/bench/proc"
)

// Window is what the clients saw in a measured time. Clients that joined in it or that do not read do not count.
type Window struct {
	Elapsed       time.Duration
	Clients       int
	Lost          int // clients that went in it
	Snapshots     uint64
	SnapshotBytes uint64 // payloads, without the WebSocket's frame headers
	Messages      uint64 // sent: inputs, acknowledgements
	MessageBytes  uint64 // with the frame headers
	HzMin, HzMean float64
	Drift         float64         // by how many ticks the worst client's count differs from time
	Gap           *hist.Histogram // between two snapshots of a client
	Missed        int             // such gaps of over one and a half periods: a tick that did not come when it was due
	Effect        *hist.Histogram // from an input to the first snapshot with its effect
	Lag           *hist.Histogram // how late this generator let its clients play: over a few ms it is its own limit
	CPU           float64         // processor time of this process as a part of the time that has passed; 1 is one processor
}

// window is a Window in the making; the generator's thread owns it.
type window struct {
	Window
	open   time.Time
	period time.Duration
}

// Measure counts for d, or until ctx is done. The error is that of reading what this process has used.
func (g *Generator) Measure(ctx context.Context, d time.Duration) (Window, error) {
	used, err := proc.CPU(os.Getpid())
	if err != nil {
		return Window{}, err
	}
	w := &window{period: time.Second / time.Duration(g.cfg.Rate)}
	w.Gap, w.Effect, w.Lag = hist.New(), hist.New(), hist.New()
	g.do(func() {
		g.receiveAll()
		for c := range g.all() {
			c.snapshots, c.counts = 0, c.joined && !c.deaf
		}
		w.open = time.Now()
		g.window = w
	})
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	g.do(func() { g.receiveAll(); g.window = nil; w.close(g, time.Now()) })
	after, err := proc.CPU(os.Getpid())
	if err != nil {
		return Window{}, err
	}
	w.CPU = float64(after-used) / float64(w.Elapsed)
	return w.Window, nil
}

func (w *window) snapshot(c *peer, now time.Time, tick uint32, size int) {
	w.Snapshots++
	w.SnapshotBytes += uint64(size)
	if c.snapshots == 0 {
		c.first, c.firstTick = now, tick
	} else {
		w.gap(now.Sub(c.last))
	}
	c.snapshots++
	c.last, c.tick = now, tick
	c.effect(tick, func(sent time.Time) {
		if sent.After(w.open) {
			w.Effect.Record(now.Sub(sent))
		}
	})
}

// gap notes the time between two snapshots.
func (w *window) gap(d time.Duration) {
	w.Gap.Record(d)
	if 2*d > 3*w.period {
		w.Missed++
	}
}

// said notes what a client is about to send.
func (w *window) said(c *peer, now time.Time, late time.Duration, label uint32, out *Outbox) {
	w.Messages += uint64(out.n)
	w.MessageBytes += uint64(len(out.buf))
	w.Lag.Record(late)
	if label != 0 {
		c.sent[label%sentInputs] = sentInput{label, now}
	}
}

func (w *window) close(g *Generator, now time.Time) {
	w.Elapsed = now.Sub(w.open)
	w.HzMin = math.Inf(1)
	for c := range g.all() {
		if !c.counts {
			continue
		}
		w.Clients++
		if c.snapshots < 2 {
			w.HzMin = 0
			continue
		}
		if quiet := now.Sub(c.last); quiet > 2*w.period {
			w.gap(quiet) // no snapshot has ended it
		}
		hz := float64(c.snapshots) / w.Elapsed.Seconds()
		w.HzMin, w.HzMean = min(w.HzMin, hz), w.HzMean+hz
		ticks := float64(c.tick-c.firstTick) - c.last.Sub(c.first).Seconds()*float64(g.cfg.Rate)
		w.Drift = max(w.Drift, math.Abs(ticks))
	}
	if w.Clients == 0 {
		w.HzMin = 0
		return
	}
	w.HzMean /= float64(w.Clients)
}
