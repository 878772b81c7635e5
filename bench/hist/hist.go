// Package hist is how bots and benchmarks count durations: HdrHistogram with one range and unit for all of them. It is the one
// importer of that library, and imports nothing of this module.
package hist

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histogram counts durations from 1 us to 10 min with three digits; what lies outside counts as the nearer end. Not
// concurrent-safe.
type Histogram struct{ h *hdrhistogram.Histogram }

// New returns an empty one.
func New() *Histogram {
	return &Histogram{hdrhistogram.New(1, (10 * time.Minute).Microseconds(), 3)}
}

// Record counts d.
func (h *Histogram) Record(d time.Duration) {
	us := min(max(d.Microseconds(), h.h.LowestTrackableValue()), h.h.HighestTrackableValue())
	if err := h.h.RecordValue(us); err != nil {
		panic(err) // the value has been brought into the histogram's range
	}
}

// Add counts what o has counted.
func (h *Histogram) Add(o *Histogram) { h.h.Merge(o.h) }

// Reset forgets everything.
func (h *Histogram) Reset() { h.h.Reset() }

// Count is how many were recorded.
func (h *Histogram) Count() int64 { return h.h.TotalCount() }

// MS is the value, in milliseconds, that percent of all (0..100) do not exceed; 0 when there are none.
func (h *Histogram) MS(percent float64) float64 { return ms(h.h.ValueAtQuantile(percent)) }

// MaxMS is the largest in milliseconds; 0 when there are none.
func (h *Histogram) MaxMS() float64 { return ms(h.h.Max()) }

// Bar is one step of a distribution.
type Bar struct {
	MS    float64 `json:"ms"` // up to which
	Count int64   `json:"count"`
}

// Bars is the distribution, finest steps, without those that are empty.
func (h *Histogram) Bars() []Bar {
	var list []Bar
	for _, b := range h.h.Distribution() {
		if b.Count > 0 {
			list = append(list, Bar{MS: ms(b.To), Count: b.Count})
		}
	}
	return list
}

func ms(us int64) float64 { return float64(us) / 1000 }
