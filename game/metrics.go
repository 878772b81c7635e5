package game

import (
	"sync/atomic"
	"time"
)

// Metrics are the counters of a Host's rooms, or of one Room. Concurrent-safe: rooms add once per tick, anybody reads.
type Metrics struct {
	Ticks      atomic.Uint64 // steps run
	Dropped    atomic.Uint64 // steps left out because the machine was too slow
	Snapshots  atomic.Uint64 // taken by a transport
	Skipped    atomic.Uint64 // not made because the client was behind, or had used up its bytes
	Limited    atomic.Uint64 // taken by a transport, with something left out for its bytes
	BytesIn    atomic.Uint64 // messages of clients
	BytesOut   atomic.Uint64 // frames to clients
	Violations atomic.Uint64 // sessions ended by a protocol error, a limit or a timeout
	Crashes    atomic.Uint64 // rooms ended by a panic
	Hangs      atomic.Uint64 // rooms left alone because a step of theirs did not end
	Refused    atomic.Uint64 // rooms and seats not given because ticks ran late
	InputsKept atomic.Uint64
	InputsLate atomic.Uint64 // came after their tick
	InputsBad  atomic.Uint64 // too early, or a second one for their tick
	Lateness   Lateness
}

// inputs counts what became of a tick's inputs. Counting each on its own, the loops of all processors would take the numbers' memory
// from each other all the time.
func (m *Metrics) inputs(n [inputVerdicts]uint64) {
	m.InputsKept.Add(n[inputKept])
	m.InputsLate.Add(n[inputLate])
	m.InputsBad.Add(n[inputEarly] + n[inputTwice])
}

// LatenessBounds are the upper bounds of the buckets of Lateness; the last bucket has none.
var LatenessBounds = [...]time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond,
}

// Lateness is a histogram of how long after its time a step began.
type Lateness struct {
	buckets [len(LatenessBounds) + 1]atomic.Uint64
	sum     atomic.Int64 // nanoseconds
}

func (l *Lateness) observe(d time.Duration) {
	l.buckets[bucket(d)].Add(1)
	l.sum.Add(int64(d))
}

// bucket is the one that d falls into.
func bucket(d time.Duration) int {
	i := 0
	for i < len(LatenessBounds) && d > LatenessBounds[i] {
		i++
	}
	return i
}

// Read gives the number of steps in each bucket, the last one for those beyond all bounds, and the sum of all lateness.
func (l *Lateness) Read() (counts [len(LatenessBounds) + 1]uint64, sum time.Duration) {
	for i := range l.buckets {
		counts[i] = l.buckets[i].Load()
	}
	return counts, time.Duration(l.sum.Load())
}
