package game

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimerIsDueAfterItsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1, 128).Draw(t, "rate")
		d := time.Duration(rapid.Int64Range(-int64(time.Second), int64(time.Hour)).Draw(t, "d"))
		period := time.Second / time.Duration(rate)
		tick := &Tick{N: rapid.Uint32Range(0, 1<<20).Draw(t, "now"), Delta: 1 / float32(rate), room: &Room{period: period}}
		x, start := tick.After(d), tick.N
		if x.Done(tick) {
			t.Fatal("it is due at once")
		}
		left := x.Left(tick)
		if off := left - max(d, period); off < -period/2-time.Millisecond || off > period/2+time.Millisecond {
			t.Fatalf("at %d Hz %v are %v", rate, d, left)
		}
		tick.N = uint32(x) - 1
		if tick.N > start && x.Done(tick) {
			t.Fatal("it is due a tick early")
		}
		tick.N++
		if !x.Done(tick) || x.Left(tick) != 0 {
			t.Fatal("it is not due when it is")
		}
		if tick.N++; !x.Done(tick) || x.Left(tick) != 0 {
			t.Fatal("it is not due any more")
		}
	})
}

func TestZeroTimerIsNeverDue(t *testing.T) {
	if x := Timer(0); x.Done(&Tick{N: 1000}) || x.Left(&Tick{N: 1000}) != 0 {
		t.Error("a timer that was never set is due")
	}
}
