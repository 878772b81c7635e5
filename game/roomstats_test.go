package game

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestStatsTellHowARoomKeepsItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := virtualHost(t, tinyDef("tiny", Config{TickRate: 20, RunEmpty: true}, func(tk *Tick) {
			if tk.N%20 == 0 { // the next step is 30 ms late
				<-time.After(80 * time.Millisecond)
			}
		}))
		open(t, h, "tiny")
		pass(60 * time.Second)
		all := h.Stats()
		if len(all) != 1 {
			t.Fatalf("%d rooms", len(all))
		}
		s := all[0]
		if !about(uint64(s.Tick), 1200) || !about(s.LateTicks, 60) || s.Game != "tiny" {
			t.Errorf("%s: tick %d with %d late, want 1200 and 60", s.Game, s.Tick, s.LateTicks)
		}
		if s.LatenessP50 > LatenessBounds[0] || s.LatenessP99 < 25*time.Millisecond || s.LatenessP99 > 100*time.Millisecond {
			t.Errorf("p50 %v, p99 %v; want none and the bucket of 30 ms", s.LatenessP50, s.LatenessP99)
		}
	})
}

func TestStatsForgetWhatIsOlderThanTwentySeconds(t *testing.T) {
	var s roomStats
	now := time.Unix(1_000_000_000, 0)
	period := 50 * time.Millisecond
	step := func(n int, late time.Duration, bytes uint64) {
		for range n {
			s.begin(now, late, period, 0)
			now = now.Add(period)
			s.bytes += bytes
		}
	}
	step(400, 40*time.Millisecond, 1000)
	step(400, 0, 50)
	var r RoomStats
	s.read(&r, now)
	if r.LatenessP99 > LatenessBounds[0] || r.LateTicks != 400 {
		t.Errorf("p99 %v with %d late ticks; want only the last twenty seconds in the first, all in the second", r.LatenessP99, r.LateTicks)
	}
	if r.BytesPerSec < 950 || r.BytesPerSec > 1050 {
		t.Errorf("%.0f bytes per second, want 1000", r.BytesPerSec)
	}
}

func TestQuantileInterpolatesWithinItsBucket(t *testing.T) {
	var counts [len(LatenessBounds) + 1]uint64
	if got := quantile(counts, 0.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	counts[1] = 100 // 50 to 100 us
	if got := quantile(counts, 0.5); got != 75*time.Microsecond {
		t.Errorf("the middle of a bucket from 50 to 100 us: %v", got)
	}
	counts[len(counts)-1] = 100
	if got := quantile(counts, 0.99); got != 100*time.Millisecond {
		t.Errorf("beyond all bounds: %v, want the last of them", got)
	}
}

func TestOverrunsAreToldWithTheirStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []Overrun
		h := virtualHostWith(t, HostConfig{HangAfter: time.Hour, OnOverrun: func(o Overrun) { told = append(told, o) }},
			tinyDef("tiny", Config{TickRate: 20, RunEmpty: true}, func(tk *Tick) {
				if tk.N == 20 {
					<-time.After(110 * time.Millisecond) // its own period and the next one, which then begins 60 ms late
				}
				if tk.N == 40 {
					<-time.After(50 * time.Millisecond)
				}
			}))
		open(t, h, "tiny")
		pass(10 * time.Second)
		if len(told) != 2 || told[0].Tick != 20 || told[0].Took != 110*time.Millisecond || told[1].Tick != 21 || told[1].Late != 60*time.Millisecond {
			t.Errorf("told of %+v, want the 20th step for what it took, and the 21st for how late it began", told)
		}
	})
}
