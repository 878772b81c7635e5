package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// link is one codec between a server and a client, fresh for one run over the workload.
type link interface {
	// fill puts tick i of the workload where the server has its state. It is not measured.
	fill(i int)
	// append appends the message that shows tick i, which has been filled.
	append(dst []byte, i int) []byte
	// check applies the message as the client does and compares what the client then has with tick i.
	check(message []byte, i int) error
}

// codecNames are the keys of report.Codecs, in the order they are shown.
var codecNames = []string{"packed", "plain", "json"}

func newLink(codec string, w *workload) link {
	switch codec {
	case "packed":
		return newBinaryLink(w, snapshot.Packed)
	case "plain":
		return newBinaryLink(w, snapshot.Plain)
	default:
		return newJSONLink(w)
	}
}

// report is what --json writes.
type report struct {
	Snapshots    int               `json:"snapshots"`
	LiveEntities float64           `json:"live_entities"` // mean per snapshot
	Codecs       map[string]figure `json:"codecs"`
}

// figure is the cost of one codec. Bytes are those of whole messages, the first one, which has no baseline, included; the 2 to
// 4 bytes of the WebSocket frame around each are not.
type figure struct {
	BytesPerEntity   float64 `json:"bytes_per_entity"`   // live entity and snapshot
	BytesPerSnapshot float64 `json:"bytes_per_snapshot"` // mean
	NsPerEntity      float64 `json:"ns_per_entity"`      // to encode; of each tick the fastest of several runs
	AllocsPerTick    float64 `json:"allocs_per_tick"`    // after the warm-up
}

const (
	timedRuns = 7  // the fastest of so many keeps out what else the machine is doing
	warmUp    = 10 // the part of a run, one in so many ticks, in which buffers find their size
)

// measure runs all codecs over the workload. dump is a folder for the messages, or empty.
func measure(w *workload, dump string) (report, error) {
	live := float64(w.live())
	r := report{Snapshots: len(w.ticks), LiveEntities: live / float64(len(w.ticks)), Codecs: map[string]figure{}}
	for _, codec := range codecNames {
		size, err := verify(codec, w, dump)
		if err != nil {
			return report{}, fmt.Errorf("%s: %w", codec, err)
		}
		f := figure{BytesPerEntity: float64(size) / live, BytesPerSnapshot: float64(size) / float64(len(w.ticks))}
		f.AllocsPerTick = allocations(newLink(codec, w), w)
		f.NsPerEntity = float64(encodeTime(codec, w).Nanoseconds()) / live
		r.Codecs[codec] = f
	}
	return r, nil
}

// verify encodes and decodes everything, writes the dump and returns the bytes of all messages.
func verify(codec string, w *workload, dump string) (size int, err error) {
	out, err := newDump(dump, codec, w)
	if err != nil {
		return 0, err
	}
	l := newLink(codec, w)
	var message []byte
	for i := range w.ticks {
		l.fill(i)
		message = l.append(message[:0], i)
		if err := l.check(message, i); err != nil {
			return 0, fmt.Errorf("tick %d: %w", w.ticks[i].number, err)
		}
		out.add(w.ticks[i], message)
		size += len(message)
	}
	return size, out.close()
}

// allocations is how many there are per tick, filling included, once the buffers have their size.
func allocations(l link, w *workload) float64 {
	var before, after runtime.MemStats
	var message []byte
	start := max(1, len(w.ticks)/warmUp)
	for i := range w.ticks {
		if i == start {
			runtime.ReadMemStats(&before)
		}
		l.fill(i)
		message = l.append(message[:0], i)
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(len(w.ticks)-start)
}

// encodeTime is the time that encoding everything takes; filling is left out.
func encodeTime(codec string, w *workload) (sum time.Duration) {
	fastest := make([]time.Duration, len(w.ticks))
	var message []byte
	for run := range timedRuns {
		l := newLink(codec, w)
		for i := range w.ticks {
			l.fill(i)
			start := time.Now()
			message = l.append(message[:0], i)
			if took := time.Since(start); run == 0 || took < fastest[i] {
				fastest[i] = took
			}
		}
	}
	for _, took := range fastest {
		sum += took
	}
	return sum
}
