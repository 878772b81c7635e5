package hist

import (
	"testing"
	"time"
)

func TestHistogramTellsWhatWasRecorded(t *testing.T) {
	h := New()
	if h.MS(50) != 0 || h.MaxMS() != 0 || h.Count() != 0 || h.Bars() != nil {
		t.Errorf("an empty one says %v, %v, %v, %v", h.MS(50), h.MaxMS(), h.Count(), h.Bars())
	}
	for i := range 99 {
		h.Record(time.Duration(i+1) * time.Millisecond)
	}
	h.Record(time.Hour)
	h.Record(-time.Second)
	if got := h.MS(50); got < 49 || got > 51 {
		t.Errorf("the median of 1..99 ms is %v ms", got)
	}
	if got := h.MaxMS(); got < 599_000 || got > 601_000 {
		t.Errorf("an hour counts as %v ms, want ten minutes", got)
	}
	n := int64(0)
	for _, b := range h.Bars() {
		n += b.Count
	}
	if n != 101 || h.Count() != 101 {
		t.Errorf("%d in the bars, %d in all, want 101", n, h.Count())
	}
}

func TestHistogramAddsAnother(t *testing.T) {
	a, b := New(), New()
	a.Record(time.Millisecond)
	b.Record(3 * time.Millisecond)
	b.Record(3 * time.Millisecond)
	a.Add(b)
	if a.Count() != 3 || a.MS(50) < 2.9 || b.Count() != 2 {
		t.Errorf("%d with a median of %v ms, and %d in the other", a.Count(), a.MS(50), b.Count())
	}
}
