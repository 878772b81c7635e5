package game

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// TestLogTellsOnceAMinuteWhatKeepsTicksFromTheirTimes: of each game that is too slow, of no game beside it, and of the door.
func TestLogTellsOnceAMinuteWhatKeepsTicksFromTheirTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.WarnLevel)
		var slow atomic.Bool
		cfg := HostConfig{AdmitLateness: 10 * time.Millisecond, HangAfter: time.Hour, Log: zap.New(core)}
		h := virtualHostWith(t, cfg, tinyDef("gems", Config{TickRate: 20, RunEmpty: true}, func(*Tick) {
			if slow.Load() {
				<-time.After(60 * time.Millisecond)
			}
		}), tinyDef("quick", Config{TickRate: 20, RunEmpty: true}, func(*Tick) {}))
		open(t, h, "gems")
		open(t, h, "gems")
		open(t, h, "quick")
		// said is how often each has been said since it was last asked.
		said := func() (steps, door int) {
			for _, e := range logs.TakeAll() {
				switch {
				case e.Message == "steps of gems take 60 ms, their period is 50 ms: ticks are dropped":
					steps++
				case strings.HasPrefix(e.Message, "ticks run late"):
					door++
				default:
					t.Errorf("said: %q", e.Message)
				}
			}
			return steps, door
		}
		pass(time.Minute)
		if steps, door := said(); steps+door != 0 {
			t.Errorf("while all ticks keep their times: %d, %d", steps, door)
		}
		slow.Store(true)
		pass(50 * time.Second)
		if steps, door := said(); steps != 1 || door != 1 {
			t.Errorf("in the first fifty seconds: %d times of the steps, %d of the door; want 1 and 1", steps, door)
		}
		pass(2 * time.Minute)
		if steps, door := said(); steps != 2 || door != 2 {
			t.Errorf("in two minutes more: %d times of the steps, %d of the door; want 2 and 2", steps, door)
		}
		slow.Store(false)
		pass(10 * time.Second) // what was late is made good
		said()
		pass(10 * time.Minute)
		if steps, door := said(); steps+door != 0 {
			t.Errorf("after it: %d, %d", steps, door)
		}
	})
}

// TestStallOfTheMachineIsNoSlowGame: ticks are dropped, but no step has taken long.
func TestStallOfTheMachineIsNoSlowGame(t *testing.T) {
	for _, c := range []struct {
		took time.Duration
		want time.Duration
	}{{time.Millisecond, 0}, {50 * time.Millisecond, 0}, {51 * time.Millisecond, 51 * time.Millisecond}} {
		s := roomStats{took: c.took}
		s.begin(time.Unix(1, 0), time.Second, 50*time.Millisecond, 20)
		if s.slow != c.want {
			t.Errorf("after a step of %v: slow is %v, want %v", c.took, s.slow, c.want)
		}
	}
}
