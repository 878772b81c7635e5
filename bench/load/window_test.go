//go:build linux

package load

import (
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/bench/hist"
)

func TestGapCountsAsMissedFromOneAndAHalfPeriods(t *testing.T) {
	w := &window{period: 50 * time.Millisecond}
	w.Gap = hist.New()
	// A tick that comes 30 ms late, and the next when it is due: as many as ever, and one of them was missed.
	for _, ms := range []time.Duration{50, 80, 20, 50, 75} {
		w.gap(ms * time.Millisecond)
	}
	if w.Missed != 1 || w.Gap.Count() != 5 {
		t.Errorf("%d of %d gaps were too long, want 1 of 5", w.Missed, w.Gap.Count())
	}
}
