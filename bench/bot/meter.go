package bot

import (
	"sync"
	"time"

	"github.com/skirmish-dev/skirmish/bench/hist"
)

// meter collects what all bots see. Only what happens in the measured time counts, but for errors: those of joining matter as
// well. It is concurrent-safe.
type meter struct {
	all chan struct{} // closed when every client has played once

	mu        sync.Mutex
	clients   int
	start     time.Time // of the measured time; zero: not begun
	arrived   int       // clients that have played
	playing   int
	played    time.Duration // sum over clients, within the measured time
	snapshots uint64
	snapBytes uint64
	bytes     uint64
	open      map[*play]struct{}
	gaps      *hist.Histogram
	rtts      *hist.Histogram
	effects   *hist.Histogram

	disconnects int
	resumes     int
	desyncs     int
	errors      map[string]int

	shownAt        time.Time // of the live line before
	shownSnapshots uint64
	shownBytes     uint64
}

func newMeter(clients int) *meter {
	m := &meter{
		clients: clients, all: make(chan struct{}), open: map[*play]struct{}{}, errors: map[string]int{},
		gaps: hist.New(), rtts: hist.New(), effects: hist.New(),
	}
	return m
}

// play is what the meter keeps of one connection.
type play struct {
	since   time.Time // first snapshot
	last    time.Time // newest snapshot in the measured time
	longest time.Duration
}

// arrive counts a connection's first snapshot. first: the client has not played before.
func (m *meter) arrive(p *play, now time.Time, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.since = now
	m.open[p] = struct{}{}
	m.playing++
	if first {
		if m.arrived++; m.arrived == m.clients {
			close(m.all)
		}
	}
}

// leave counts a connection out.
func (m *meter) leave(p *play, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.open[p]; !ok {
		return
	}
	m.settle(p, now)
	delete(m.open, p)
	m.playing--
}

// settle adds what is open in p at now, the end of the connection or of the measured time. A silence counts though no snapshot
// has ended it, unless a longer one of this connection has been counted: a snapshot that is not due yet is no gap.
func (m *meter) settle(p *play, now time.Time) {
	if m.start.IsZero() {
		return
	}
	begin := p.since
	if begin.Before(m.start) {
		begin = m.start
	}
	m.played += now.Sub(begin)
	quiet := begin
	if p.last.After(quiet) {
		quiet = p.last
	}
	if open := now.Sub(quiet); open > p.longest && open > time.Second {
		m.gaps.Record(open)
	}
}

// message counts the bytes of any message.
func (m *meter) message(n int) {
	m.mu.Lock()
	m.bytes += uint64(n)
	m.mu.Unlock()
}

// sample is what one snapshot brings.
type sample struct {
	bytes   uint64
	rtt     time.Duration // zero: none new
	effects []time.Duration
}

func (m *meter) snapshot(p *play, now time.Time, s sample) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.snapshots++
	m.snapBytes += s.bytes
	if m.start.IsZero() {
		return
	}
	if !p.last.IsZero() {
		gap := now.Sub(p.last)
		p.longest = max(p.longest, gap)
		m.gaps.Record(gap)
	}
	p.last = now
	if s.rtt > 0 {
		m.rtts.Record(s.rtt)
	}
	for _, e := range s.effects {
		m.effects.Record(e)
	}
}

// begin starts the measured time: what was counted while joining is forgotten.
func (m *meter) begin(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.start = now
	m.snapshots, m.snapBytes, m.bytes = 0, 0, 0
	m.shownAt, m.shownSnapshots, m.shownBytes = now, 0, 0
}

// failed counts an error that does not end a connection.
func (m *meter) failed(kind string) {
	m.mu.Lock()
	m.errors[kind]++
	m.mu.Unlock()
}

func (m *meter) disconnected(kind string) {
	m.mu.Lock()
	m.disconnects++
	m.errors[kind]++
	m.mu.Unlock()
}

// resumed counts a disconnect that was made good.
func (m *meter) resumed() {
	m.mu.Lock()
	m.resumes++
	m.mu.Unlock()
}

func (m *meter) desynced(kind string) {
	m.mu.Lock()
	m.desyncs++
	m.errors[kind]++
	m.mu.Unlock()
}

// report sums up the measured time, which ends at now.
func (m *meter) report(now time.Time) Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	for p := range m.open {
		m.settle(p, now)
	}
	clear(m.open)
	r := Report{
		Clients: m.clients, Connected: m.arrived, Disconnects: m.disconnects, Resumed: m.resumes, Desyncs: m.desyncs, Errors: m.errors,
		GapMS:           Gap{P50: round(m.gaps.MS(50)), P99: round(m.gaps.MS(99)), Max: round(m.gaps.MaxMS())},
		RTTMS:           Quantiles{P50: round(m.rtts.MS(50)), P99: round(m.rtts.MS(99))},
		InputToEffectMS: Quantiles{P50: round(m.effects.MS(50)), P99: round(m.effects.MS(99))},
	}
	m.errors = map[string]int{} // what follows is the bots leaving
	if s := m.played.Seconds(); s > 0 {
		r.SnapshotsPerClientS = round(float64(m.snapshots) / s)
		r.BytesPerClientS = round(float64(m.bytes) / s)
	}
	if m.snapshots > 0 && !m.start.IsZero() {
		r.BytesPerSnapshot = round(float64(m.snapBytes) / float64(m.snapshots))
	}
	return r
}

// live is how it goes.
type live struct {
	clients, playing     int
	measuring            time.Duration // zero: joining
	snapshots, bytes     float64       // per playing client and second
	disconnects, desyncs int
	errors               int
}

func (m *meter) live(now time.Time) live {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := live{clients: m.clients, playing: m.playing, disconnects: m.disconnects, desyncs: m.desyncs}
	if !m.start.IsZero() {
		l.measuring = now.Sub(m.start)
	}
	for _, n := range m.errors {
		l.errors += n
	}
	if s := now.Sub(m.shownAt).Seconds() * float64(m.playing); s > 0 && !m.shownAt.IsZero() {
		l.snapshots = float64(m.snapshots-m.shownSnapshots) / s
		l.bytes = float64(m.bytes-m.shownBytes) / s
	}
	m.shownAt, m.shownSnapshots, m.shownBytes = now, m.snapshots, m.bytes
	return l
}
