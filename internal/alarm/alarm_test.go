package alarm

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func each(t *testing.T, f func(t *testing.T, a Alarm)) {
	for name, make := range map[string]func() Alarm{"system": New, "timer": NewTimer} {
		t.Run(name, func(t *testing.T) {
			runtime.LockOSThread() // not unlocked: the timer slack of the thread goes with it
			a := make()
			defer a.Close()
			f(t, a)
		})
	}
}

func TestSleepLastsAsLongAsAsked(t *testing.T) {
	each(t, func(t *testing.T, a Alarm) {
		for _, d := range []time.Duration{time.Microsecond, 300 * time.Microsecond, 5 * time.Millisecond} {
			for slept, start := time.Duration(0), time.Now(); slept < d; {
				a.Sleep(d - slept)
				if slept = time.Since(start); slept > d+5*time.Second {
					t.Errorf("Sleep(%v) has lasted %v", d, slept)
				}
			}
		}
		a.Sleep(0)
		a.Sleep(-time.Hour)
	})
}

func TestWakeEndsTheSleep(t *testing.T) {
	each(t, func(t *testing.T, a Alarm) {
		a.Wake()
		a.Wake()
		start := time.Now()
		a.Sleep(time.Hour) // woken before
		go a.Wake()
		a.Sleep(time.Hour) // woken meanwhile
		if d := time.Since(start); d > time.Minute {
			t.Errorf("two sleeps that were ended have lasted %v", d)
		}
	})
}

func TestWakeIsRememberedOnce(t *testing.T) {
	each(t, func(t *testing.T, a Alarm) {
		a.Wake()
		a.Wake()
		a.Sleep(time.Hour)
		start := time.Now()
		for time.Since(start) < time.Millisecond { // else it does not sleep at all, and the loop spins
			before := time.Now()
			a.Sleep(2 * time.Millisecond)
			if time.Since(before) < time.Millisecond {
				t.Fatal("a second sleep ended at once")
			}
		}
	})
}

func TestWakeAfterCloseDoesNothing(t *testing.T) {
	each(t, func(_ *testing.T, a Alarm) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(a.Wake)
		}
		a.Close()
		a.Close()
		a.Wake()
		wg.Wait()
	})
}

func TestTimerSleepsInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, start := NewTimer(), time.Now()
		a.Sleep(time.Hour)
		if d := time.Since(start); d != time.Hour {
			t.Errorf("slept %v", d)
		}
	})
}
