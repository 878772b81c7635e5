package skirmish

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/skirmish-dev/skirmish/game"
)

// newRegistry makes what /metrics shows: the process, the Go runtime, the game rooms, and how many results of matches wait.
func newRegistry(h *game.Host, waiting func() int) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsAll)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		hostCollector{h},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "skirmish_results_waiting", Help: "Results of matches in the file results, which wait for the database.",
		}, func() float64 { return float64(waiting()) }),
	)
	return reg
}

// hostCollector reads the host's counters when it is asked: the rooms never see Prometheus.
type hostCollector struct{ host *game.Host }

type counter struct {
	desc *prometheus.Desc
	read func(*game.Metrics) uint64
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("skirmish_"+name, help, labels, nil)
}

var (
	roomsDesc    = desc("rooms", "Rooms that run.", "game")
	playersDesc  = desc("players", "Players seated or on their way.", "game")
	overloadDesc = desc("overloaded", "1 while new rooms and players are refused because ticks run late, otherwise 0.")
	latenessDesc = desc("tick_lateness_seconds", "How long after its time a tick began.")
	counters     = []counter{
		{desc("ticks_total", "Ticks run in all rooms."), func(m *game.Metrics) uint64 { return m.Ticks.Load() }},
		{desc("ticks_dropped_total", "Ticks left out because the machine was too slow."), func(m *game.Metrics) uint64 { return m.Dropped.Load() }},
		{desc("snapshots_total", "Snapshots sent."), func(m *game.Metrics) uint64 { return m.Snapshots.Load() }},
		{desc("snapshots_skipped_total", "Snapshots not made because the client was behind or had used up its bytes."), func(m *game.Metrics) uint64 { return m.Skipped.Load() }},
		{desc("snapshots_limited_total", "Snapshots with something left out because the client had too few bytes."), func(m *game.Metrics) uint64 { return m.Limited.Load() }},
		{desc("received_bytes_total", "Bytes of game messages received."), func(m *game.Metrics) uint64 { return m.BytesIn.Load() }},
		{desc("sent_bytes_total", "Bytes of game messages sent, with frame headers."), func(m *game.Metrics) uint64 { return m.BytesOut.Load() }},
		{desc("violations_total", "Connections ended by a protocol error, a limit or a timeout."), func(m *game.Metrics) uint64 { return m.Violations.Load() }},
		{desc("room_crashes_total", "Rooms ended by a panic of their game."), func(m *game.Metrics) uint64 { return m.Crashes.Load() }},
		{desc("room_hangs_total", "Rooms left alone because a step of theirs did not end."), func(m *game.Metrics) uint64 { return m.Hangs.Load() }},
		{desc("refused_overloaded_total", "Rooms and seats not given because ticks ran late."), func(m *game.Metrics) uint64 { return m.Refused.Load() }},
		{desc("inputs_total", "Inputs in time for their tick."), func(m *game.Metrics) uint64 { return m.InputsKept.Load() }},
		{desc("inputs_late_total", "Inputs that came after their tick."), func(m *game.Metrics) uint64 { return m.InputsLate.Load() }},
		{desc("inputs_refused_total", "Inputs too early, or a second one for their tick."), func(m *game.Metrics) uint64 { return m.InputsBad.Load() }},
	}
)

// Describe implements prometheus.Collector.
func (c hostCollector) Describe(out chan<- *prometheus.Desc) {
	out <- roomsDesc
	out <- playersDesc
	out <- overloadDesc
	out <- latenessDesc
	for _, n := range counters {
		out <- n.desc
	}
}

// Collect implements prometheus.Collector.
func (c hostCollector) Collect(out chan<- prometheus.Metric) {
	rooms, players := map[string]int{}, map[string]int{}
	for _, g := range c.host.Games() {
		rooms[g.Name()] = 0
	}
	for _, r := range c.host.Rooms() {
		rooms[r.Game]++
		players[r.Game] += r.Players
	}
	for name, n := range rooms {
		out <- prometheus.MustNewConstMetric(roomsDesc, prometheus.GaugeValue, float64(n), name)
		out <- prometheus.MustNewConstMetric(playersDesc, prometheus.GaugeValue, float64(players[name]), name)
	}
	overloaded := 0.0
	if c.host.Overloaded() {
		overloaded = 1
	}
	out <- prometheus.MustNewConstMetric(overloadDesc, prometheus.GaugeValue, overloaded)
	m := c.host.Metrics()
	for _, n := range counters {
		out <- prometheus.MustNewConstMetric(n.desc, prometheus.CounterValue, float64(n.read(m)))
	}
	counts, sum := m.Lateness.Read()
	buckets, total := map[float64]uint64{}, uint64(0)
	for i, n := range counts {
		total += n
		if i < len(game.LatenessBounds) {
			buckets[time.Duration(game.LatenessBounds[i]).Seconds()] = total
		}
	}
	out <- prometheus.MustNewConstHistogram(latenessDesc, total, sum.Seconds(), buckets)
}
