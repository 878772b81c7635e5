// Package seed measures what it takes to show one client a state that changes, over each channel that a browser has: polling, polling
// with ETag, long poll, server-sent events, a notification and a GET, WebSocket with whole states and with deltas.
//
// The bytes are those of real sockets on loopback, request and answer headers included, counted at the client's end below HTTP and
// WebSocket; what TCP and IP add is not among them. Requests carry the headers of a Chromium page, answers those that our public
// listener gives. Time is virtual: each exchange takes place at once, and is dated by a clock that knows the network's delay, so that
// five minutes take a second and come out the same each time.
//
// The bench command calls Run. The package imports bench/world, internal/httpguard and netcode.
package seed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// Config configures a Run.
type Config struct {
	// Duration is the virtual time of each measurement. Zero means five minutes.
	Duration time.Duration
	// OneWay is the network's delay in one direction. Zero means 25 ms.
	OneWay time.Duration
	// Seed of the workloads. The same seed gives the same bytes.
	Seed uint64
}

// Validate reports the first unusable field.
func (c Config) Validate() error {
	switch {
	case c.Duration < 0:
		return fmt.Errorf("seed: Config.Duration is %v, want at least 0", c.Duration)
	case c.OneWay < 0:
		return fmt.Errorf("seed: Config.OneWay is %v, want at least 0", c.OneWay)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Duration == 0 {
		c.Duration = 5 * time.Minute
	}
	if c.OneWay == 0 {
		c.OneWay = 25 * time.Millisecond
	}
	return c
}

// Report is what Run has found.
type Report struct {
	Scenario  string     `json:"scenario"`
	Seconds   float64    `json:"seconds"` // virtual
	RTT       float64    `json:"rtt_ms"`
	Workloads []Measured `json:"workloads"`
	Published []Claim    `json:"published"`
}

// Measured is one workload over all channels.
type Measured struct {
	Name       string   `json:"name"`
	What       string   `json:"what"`
	PollS      float64  `json:"poll_s"`
	Changes    int      `json:"changes"`
	StateBytes float64  `json:"state_bytes"` // of the JSON, mean
	GzipBytes  float64  `json:"gzip_bytes"`  // of the first JSON, compressed: what polling could save
	DeltaBytes float64  `json:"delta_bytes"` // of a message with a change, mean, without frame
	Channels   []Figure `json:"channels"`
}

// Figure is one channel's.
type Figure struct {
	Channel string `json:"channel"`
	Up      int64  `json:"up_bytes"`   // all that the client has written
	Down    int64  `json:"down_bytes"` // all that it has read
	// Data is the part of Down that is state or change; Overhead is all the rest of both directions.
	Data     int64 `json:"data_bytes"`
	Overhead int64 `json:"overhead_bytes"`
	// Messages are the answers, events and frames that the client got; Delivered of them brought something new.
	Messages  int `json:"messages"`
	Delivered int `json:"delivered"`
	// PerMessage is the overhead of each, without what opening the connection took.
	PerMessage float64 `json:"overhead_per_message"`
	LatencyP50 float64 `json:"latency_ms_p50"` // from a change to the client's having it
	// Opening is what was sent and read before the first message could come.
	Opening int64 `json:"opening_bytes"`
}

// Total is the bytes in both directions.
func (f Figure) Total() int64 { return f.Up + f.Down }

// Run measures all workloads over all channels.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if err := cfg.Validate(); err != nil {
		return Report{}, err
	}
	cfg = cfg.withDefaults()
	r := Report{Scenario: "seed", Seconds: cfg.Duration.Seconds(), RTT: ms(2 * cfg.OneWay)}
	for _, w := range workloads(cfg) {
		m, err := measure(ctx, cfg, w)
		if err != nil {
			return r, fmt.Errorf("seed: %s: %w", w.name, err)
		}
		r.Workloads = append(r.Workloads, m)
	}
	r.Published = claims(r)
	return r, nil
}

func measure(ctx context.Context, cfg Config, w *workload) (Measured, error) {
	m := Measured{Name: w.name, What: w.what, PollS: w.poll.Seconds(), Changes: len(w.changes), GzipBytes: float64(gzipped(w.states[0]))}
	m.StateBytes, m.DeltaBytes = mean(w.states), mean(w.deltas[1:])
	for _, c := range channels {
		f, err := over(ctx, cfg, w, c)
		if err != nil {
			return m, fmt.Errorf("%s: %w", c.name, err)
		}
		m.Channels = append(m.Channels, f)
	}
	return m, nil
}

// over measures one channel with a server and a connection of its own.
func over(ctx context.Context, cfg Config, w *workload, c channel) (f Figure, err error) {
	s, err := serve()
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	r := &run{ctx: ctx, cfg: cfg, w: w, server: s}
	defer r.hangUp()
	if err := c.play(r); err != nil {
		return f, err
	}
	return r.figure(c.name), ctx.Err()
}

// channel returns the figure of the named channel.
func (m Measured) channel(name string) Figure {
	for _, f := range m.Channels {
		if f.Channel == name {
			return f
		}
	}
	return Figure{}
}

// DeltasByNext is how many times the bytes of the cheapest other channel WebSocket deltas take, in both directions.
func (m Measured) DeltasByNext() float64 {
	least := int64(math.MaxInt64)
	for _, f := range m.Channels {
		if f.Channel != Changes {
			least = min(least, f.Total())
		}
	}
	return float64(m.channel(Changes).Total()) / float64(least)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func mean(list [][]byte) float64 {
	n := 0
	for _, b := range list {
		n += len(b)
	}
	return float64(n) / float64(max(1, len(list)))
}
