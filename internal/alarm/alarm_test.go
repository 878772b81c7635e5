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
		const sleeps = 10
		short := 0 // a Sleep may end early without a reason, which is rare
		for range sleeps {
			a.Wake()
			a.Wake()
			a.Sleep(time.Hour)
			start := time.Now()
			a.Sleep(5 * time.Millisecond)
			if time.Since(start) < time.Millisecond {
				short++
			}
		}
		if short > sleeps/2 {
			t.Errorf("%d of %d second sleeps ended at once", short, sleeps)
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
