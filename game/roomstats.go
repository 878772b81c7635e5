package game

import (
	"cmp"
	"slices"
	"time"
)

// statsEvery is how long a window of roomStats is. What is shown covers the current one and the one before.
const statsEvery = 10 * time.Second

// RoomStats is what an operator wants to know of a room: how its ticks keep their times, and what it sends.
type RoomStats struct {
	RoomInfo
	Tick        uint32        // the last that ran
	LatenessP50 time.Duration // how late its steps began, in the last ten to twenty seconds
	LatenessP99 time.Duration // likewise; interpolated within a bucket of LatenessBounds
	LateTicks   uint64        // that began later than a quarter of their period, and those dropped, since the room was made
	StepCost    time.Duration // what a step takes, averaged over about sixteen
	BytesOut    uint64        // sent to clients since the room was made
	BytesPerSec float64       // likewise, in the last ten to twenty seconds
}

// roomStats collects RoomStats. It is guarded by the mu of the loop that has the room.
type roomStats struct {
	tick        uint32
	late        uint64
	bytes       uint64
	took        time.Duration // by the last step
	slow        time.Duration // by a step after which ticks were dropped because of it; 0: takeSlow has it, or there was none
	now, before latenessWindow
}

// latenessWindow counts for statsEvery.
type latenessWindow struct {
	begun  time.Time
	bytes  uint64 // that the room had sent when it began
	counts [len(LatenessBounds) + 1]uint32
}

// begin notes a step that begins at now, late after its time, and those dropped before it.
func (s *roomStats) begin(now time.Time, late, period time.Duration, dropped uint64) {
	if now.Sub(s.now.begun) >= statsEvery {
		s.before, s.now = s.now, latenessWindow{begun: now, bytes: s.bytes}
		if s.before.begun.IsZero() {
			s.before.begun = now
		}
	}
	s.now.counts[bucket(late)]++
	if s.late += dropped; dropped > 0 && s.took > period {
		s.slow = max(s.slow, s.took)
	}
	if late > period/4 {
		s.late++
	}
}

// read adds what is known at now to r.
func (s *roomStats) read(r *RoomStats, now time.Time) {
	r.Tick, r.LateTicks, r.BytesOut = s.tick, s.late, s.bytes
	if s.now.begun.IsZero() {
		return
	}
	var counts [len(LatenessBounds) + 1]uint64
	for i := range counts {
		counts[i] = uint64(s.now.counts[i]) + uint64(s.before.counts[i])
	}
	r.LatenessP50, r.LatenessP99 = quantile(counts, 0.5), quantile(counts, 0.99)
	if span := now.Sub(s.before.begun); span > 0 {
		r.BytesPerSec = float64(s.bytes-s.before.bytes) / span.Seconds()
	}
}

// quantile interpolates within the bucket that holds it, as Prometheus does; beyond all bounds it is the last of them.
func quantile(counts [len(LatenessBounds) + 1]uint64, q float64) time.Duration {
	total := uint64(0)
	for _, n := range counts {
		total += n
	}
	rank, below, lower := q*float64(total), 0.0, time.Duration(0)
	for i, n := range counts[:len(LatenessBounds)] {
		upper := LatenessBounds[i]
		if n > 0 && below+float64(n) >= rank {
			return lower + time.Duration(float64(upper-lower)*(rank-below)/float64(n))
		}
		below, lower = below+float64(n), upper
	}
	if total == 0 {
		return 0
	}
	return lower
}

// Stats tells of all rooms, oldest first.
func (h *Host) Stats() []RoomStats {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]RoomStats, 0, len(h.rooms))
	now := h.cfg.Now()
	for _, l := range h.loops {
		l.mu.Lock()
		for r := range l.all() {
			if h.rooms[r.info.ID] != r {
				continue // ended, and waiting for its sockets to close
			}
			s := RoomStats{StepCost: r.cost.read()}
			r.stats.read(&s, now)
			s.RoomInfo = h.describe(r)
			list = append(list, s)
		}
		l.mu.Unlock()
	}
	slices.SortFunc(list, func(a, b RoomStats) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Overrun is a step that took longer than its room's period, or began so late.
type Overrun struct {
	Room, Game string
	Tick       uint32
	Late, Took time.Duration
}

// overran tells of a step that has just ended, if it was one.
func (h *Host) overran(r *hosted, late, took time.Duration) {
	if f := h.cfg.OnOverrun; f != nil && max(late, took) > r.room.period {
		f(Overrun{Room: r.info.ID, Game: r.info.Game, Tick: r.room.tick.N, Late: late, Took: took})
	}
}
